"""Reading what was counted, telling old days less finely, and counting anew what there are rows of."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Connection, cast, delete, func, insert, select, text

from cobi.domain.interaction_record import INTERACTIONS
from cobi.domain.moments import DAY, HOUR
from cobi.domain.records import RECORD_TYPES
from cobi.store import entities, interactions
from cobi.store.arrivals.tables import hourly_arrivals, record_counts

_HOURS_A_DAY = DAY // HOUR
_columns = hourly_arrivals.c

_MERGE = text(
    "INSERT INTO hourly_arrivals (hour, type, outcome, codes, records) "
    "SELECT hour - hour % 24, type, outcome, codes, SUM(records) FROM hourly_arrivals "
    "WHERE hour < :before AND hour % 24 <> 0 GROUP BY hour - hour % 24, type, outcome, codes "
    "ON CONFLICT (hour, type, outcome, codes) DO UPDATE SET records = hourly_arrivals.records + excluded.records"
)


class Arrived(NamedTuple):
    """So many records of a type came to an outcome in an hour; the codes of what was refused."""

    hour: int
    type: str
    outcome: str
    codes: str
    records: int


class Held(NamedTuple):
    """How many records of a type there are, and when the last one came."""

    records: int
    last_upload: int | None


NOTHING = Held(0, None)


def between(connection: Connection, first: int, end: int, together: int = 1) -> list[Arrived]:
    """What arrived in these hours, the end exclusive; so many of them told together by the first."""
    hour = _columns.hour - _columns.hour % together
    by = (hour, _columns.type, _columns.outcome, _columns.codes)
    query = select(*by, cast(func.sum(_columns.records), BigInteger)).group_by(*by)
    found = connection.execute(query.where(_columns.hour >= first, _columns.hour < end))
    return [Arrived(*row) for row in found]


def is_finer(connection: Connection, before: int) -> bool:
    """Whether days before that hour are told apart by hour."""
    return connection.scalar(select(_columns.hour).where(_finer(before)).limit(1)) is not None


def coarsen(connection: Connection, before: int) -> None:
    """Tell the days before that hour, which begins one, no longer apart by hour."""
    connection.execute(_MERGE, {"before": before})
    connection.execute(delete(hourly_arrivals).where(_finer(before)))


def _finer(before: int) -> ColumnElement[bool]:
    return (_columns.hour < before) & (_columns.hour % _HOURS_A_DAY != 0)


def held(connection: Connection) -> dict[str, Held]:
    """What there is of each type that anything has come of."""
    rows = connection.execute(select(record_counts))
    return {name: Held(records, last or None) for name, records, last in rows}


def recount(connection: Connection) -> dict[str, Held]:
    """The same from the rows."""
    found = {name: Held(*entities.count(connection, RECORD_TYPES[name])) for name in RECORD_TYPES}
    return {**found, INTERACTIONS.name: Held(*interactions.count(connection))}


def differences(connection: Connection) -> int:
    """Of how many types another number is kept than there are rows."""
    counted, found = held(connection), recount(connection)
    return sum(counted.get(name, NOTHING).records != one.records for name, one in found.items())


def rebuild(connection: Connection) -> None:
    """Keep what the rows come to."""
    rows = [
        {"type": name, "records": one.records, "last_upload": one.last_upload or 0}
        for name, one in recount(connection).items()
    ]
    connection.execute(delete(record_counts))
    connection.execute(insert(record_counts), rows)
