"""What came in and what was answered, hour by hour or day by day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from cobi.domain.arrivals import Span, first_hour_kept
from cobi.domain.moments import DAY, HOUR, format_day, format_moment
from cobi.domain.quarantine import TYPES
from cobi.store.arrivals import kept
from cobi.store.arrivals.kept import Arrived
from cobi.store.arrivals.tables import ANSWERS, MENDED, REJECTED, STORED, UNCHANGED
from cobi.store.database import Connection
from cobi.store.writer import Transaction

WEEK, SHOWN_DAYS = 7, 28
_HOURS_A_DAY = DAY // HOUR
_CAME = (STORED, UNCHANGED, REJECTED)


def arrivals(connection: Connection, asked: Span) -> dict[str, Any]:
    """The document `GET /v1/arrivals` answers."""
    hours = asked.step // HOUR
    found = kept.between(connection, asked.first * hours, asked.end * hours, hours)
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


def by_week(connection: Connection, today: int) -> dict[str, Any]:
    """Records of the last seven days, of the seven before and of each day, and why they were refused that was new."""
    first = today - SHOWN_DAYS + 1
    found = kept.between(connection, first * _HOURS_A_DAY, (today + 1) * _HOURS_A_DAY, _HOURS_A_DAY)
    days: dict[int, list[Arrived]] = {day: [] for day in range(first, today + 1)}
    for one in found:
        days[one.hour // _HOURS_A_DAY].append(one)
    week, before = (
        [one for day in range(last - WEEK + 1, last + 1) for one in days[day]]
        for last in (today, today - WEEK)
    )
    return {
        "week": _sums(week),
        "week_before": _sums(before),
        "days": [{"day": format_day(day), **_sums(came)} for day, came in days.items()],
        "new_reasons": _new_reasons(week, before),
    }


def coarsen(transaction: Transaction, now: int) -> None:
    """Tell old days no longer apart by hour."""
    kept.coarsen(transaction.connection, first_hour_kept(now))


def is_finer_than_told(connection: Connection, now: int) -> bool:
    """Whether there is something to do for `coarsen`."""
    return kept.is_finer(connection, first_hour_kept(now))


def _told(arrived: Sequence[Arrived]) -> dict[str, Any]:
    by_type: dict[str, list[Arrived]] = {}
    for one in arrived:
        by_type.setdefault(one.type, []).append(one)
    types = [{"type": name, **_of_type(by_type[name])} for name in TYPES if name in by_type]
    return {"answers": _answers(arrived), **_counts(arrived), "types": types}


def _of_type(arrived: Sequence[Arrived]) -> dict[str, Any]:
    reasons = Counter[str]()
    for one in arrived:
        if one.outcome == REJECTED:
            reasons[one.codes] += one.records
    listed = [{"codes": codes.split(","), "records": records} for codes, records in reasons.most_common()]
    return {**_counts(arrived), "reasons": listed}


def _counts(arrived: Iterable[Arrived]) -> dict[str, int]:
    counts = Counter[str]()
    for one in arrived:
        counts[one.outcome] += one.records
    received = sum(counts[outcome] for outcome in _CAME)
    return {"received": received, **{outcome: counts[outcome] for outcome in (*_CAME, MENDED)}}


def _answers(arrived: Iterable[Arrived]) -> int:
    return sum(one.records for one in arrived if one.type == ANSWERS)


def _sums(arrived: Sequence[Arrived]) -> dict[str, Any]:
    counts = _counts(arrived)
    received, rejected = counts["received"], counts[REJECTED]
    share = rejected / received if received else None
    return {"answers": _answers(arrived), **counts, "rejected_share": share}


def _new_reasons(now: Iterable[Arrived], before: Iterable[Arrived]) -> list[dict[str, Any]]:
    """Why records were refused for which none of their type had been, most first."""
    known = {(one.type, one.codes) for one in before if one.outcome == REJECTED}
    new = Counter[tuple[str, str]]()
    for one in now:
        if one.outcome == REJECTED and (one.type, one.codes) not in known:
            new[one.type, one.codes] += one.records
    return [{"type": name, "codes": codes.split(","), "records": n} for (name, codes), n in new.most_common()]
