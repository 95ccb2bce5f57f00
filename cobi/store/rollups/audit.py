"""The tables beside what the rows come to: how many figures are different, and filling them anew."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import ColumnElement, Connection, Table, delete, select, true

from cobi.domain.identifiers import first_id
from cobi.domain.moments import DAY
from cobi.store.inserting import insert_rows
from cobi.store.rollups.period import Period
from cobi.store.rollups.recount import recount
from cobi.store.rollups.tables import QUARTERS, ROLLUPS
from cobi.store.rollups.tallies import Cells, by_day, day_of_id
from cobi.store.schema import attributions, recommendations


def rebuild(connection: Connection) -> int:
    """Fill the tables from the rows; answers how many of their rows had been different."""
    total = 0
    for table, within, stored_cells, counted in _compared(connection):
        if different := _different(stored_cells, counted):
            total += different
            connection.execute(delete(table).where(within))
            rows = [(*key, *figures) for key, figures in sorted(counted.items())]
            insert_rows(connection, table, table.columns.keys(), rows)
    return total


def differences(connection: Connection) -> int:
    """How many rows of the tables are not what the rows they count come to."""
    return sum(_different(stored_cells, counted) for _, _, stored_cells, counted in _compared(connection))


def stored(connection: Connection, table: Table, within: ColumnElement[bool] | None = None) -> Cells:
    """The figures as a table has them."""
    found = connection.execute(select(table).where(true() if within is None else within))
    keys = len(table.primary_key.columns)
    return {tuple(row[:keys]): tuple(row[keys:]) for row in found}


def _compared(connection: Connection) -> Iterator[tuple[Table, ColumnElement[bool], Cells, Cells]]:
    """What is stored beside what is counted: of the quarters of an hour a day at a time, as there may be many."""
    of_days: dict[Table, Cells] = {rollup.days: {} for rollup in ROLLUPS}
    for day in _days(connection):
        counted = recount(connection, Period(day * DAY, (day + 1) * DAY))
        for rollup in ROLLUPS:
            table, cells = rollup.quarters, counted.of(rollup)
            within = table.c.quarter_hour.between(day * QUARTERS, (day + 1) * QUARTERS - 1)
            yield table, within, stored(connection, table, within), cells
            of_days[rollup.days] |= by_day(rollup, cells)
    for table, cells in of_days.items():
        yield table, true(), stored(connection, table), cells


def _different(one: Cells, other: Cells) -> int:
    """How many figures are not the same; none at all and nothing but zeros are."""
    keys = one.keys() | other.keys()
    return sum(
        1 for key in keys if one.get(key) != other.get(key) and any((*one.get(key, ()), *other.get(key, ())))
    )


def _days(connection: Connection) -> list[int]:
    """The days of which there are rows or figures."""
    found: set[int] = set()
    for rollup in ROLLUPS:
        quarter = rollup.quarters.c.quarter_hour
        found.update(connection.scalars(select(quarter // QUARTERS).distinct()))
        found.update(connection.scalars(select(rollup.days.c.day).distinct()))
    for identifier in (recommendations.c.recommendation_id, attributions.c.interaction_id):
        found.update(_days_of_ids(connection, identifier))
    return sorted(found)


def _days_of_ids(connection: Connection, identifier: ColumnElement[bytes]) -> Iterator[int]:
    """Those of ids that begin with their times, from one day to the next that has any."""
    begin, query = 0, select(identifier).order_by(identifier).limit(1)
    while (found := connection.scalar(query.where(identifier >= first_id(begin * DAY)))) is not None:
        day = day_of_id(found)
        if day < begin:
            return
        yield day
        begin = day + 1
