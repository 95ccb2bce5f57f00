"""What came in and what was answered, hour by hour or day by day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from cobi.domain.arrivals import Span, first_hour_kept
from cobi.domain.moments import HOUR, format_moment
from cobi.domain.quarantine import TYPES
from cobi.store.arrivals import kept
from cobi.store.arrivals.kept import Arrived
from cobi.store.arrivals.tables import ANSWERS, MENDED, REJECTED, STORED, UNCHANGED
from cobi.store.database import Connection
from cobi.store.writer import Transaction

_CAME = (STORED, UNCHANGED, REJECTED)


def arrivals(connection: Connection, asked: Span) -> dict[str, Any]:
    """The document `GET /v1/arrivals` answers."""
    hours = asked.step // HOUR
    found = kept.between(connection, asked.first * hours, asked.end * hours)
    periods: dict[int, list[Arrived]] = {at: [] for at in range(asked.first, asked.end)}
    for one in found:
        periods[one.hour // hours].append(one)
    return {
        "by": asked.by,
        "since": format_moment(asked.first * asked.step),
        "until": format_moment(asked.end * asked.step),
        "total": _told(found),
        "periods": [{"start": format_moment(at * asked.step), **_told(came)} for at, came in periods.items()],
    }


def coarsen(transaction: Transaction, now: int) -> None:
    """Tell old days no longer apart by hour."""
    kept.coarsen(transaction.connection, first_hour_kept(now))


def is_finer_than_told(connection: Connection, now: int) -> bool:
    """Whether there is something to do for `coarsen`."""
    return kept.is_finer(connection, first_hour_kept(now))


def _told(arrived: Iterable[Arrived]) -> dict[str, Any]:
    by_type: dict[str, list[Arrived]] = {}
    for one in arrived:
        by_type.setdefault(one.type, []).append(one)
    answers = sum(one.records for one in by_type.get(ANSWERS, ()))
    types: list[dict[str, Any]] = [
        {"type": name, **_of_type(by_type[name])} for name in TYPES if name in by_type
    ]
    counts = {name: sum(one[name] for one in types) for name in ("received", *_CAME, MENDED)}
    return {"answers": answers, **counts, "types": types}


def _of_type(arrived: Iterable[Arrived]) -> dict[str, Any]:
    counts, reasons = Counter[str](), Counter[str]()
    for one in arrived:
        counts[one.outcome] += one.records
        if one.outcome == REJECTED:
            reasons[one.codes] += one.records
    return {
        "received": sum(counts[outcome] for outcome in _CAME),
        **{outcome: counts[outcome] for outcome in (*_CAME, MENDED)},
        "reasons": [
            {"codes": codes.split(","), "records": records} for codes, records in reasons.most_common()
        ],
    }
