"""The feedback doctor: looks for what is wrong with the loop itself, and says what it may be and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from cobi.actions.illnesses import (
    AHEAD,
    BURST,
    ILLNESSES,
    MIX,
    SHARES,
    SILENT_PLATFORM,
    SILENT_REGION,
    Illness,
    Share,
)
from cobi.analytics import loop_health
from cobi.domain.identifiers import format_id
from cobi.domain.interaction import Outcome, Platform
from cobi.domain.moments import DAY, SECOND, format_moment
from cobi.store import loop_checks
from cobi.store.database import Connection
from cobi.store.rollups import reading
from cobi.store.rollups.period import Period
from cobi.store.rollups.reading import Reading, Selection

WINDOW, MEMORY, QUIET = 7, 30, 2
"""Days that shares are taken over; that are looked back at; that count as silence."""

MOST_AN_HOUR = 300
"""No person does more."""

EARLY = 600 * SECOND
_SAMPLES = 5
_LEAST_SHIFT, _ENOUGH = 0.15, 200
_EPOCH = date(1970, 1, 1)

ByDay = dict[int, int]


@dataclass(frozen=True)
class Finding:
    """What is wrong, where, since which day, and what shows it."""

    illness: Illness
    since: int
    where: dict[str, str | None] = field(default_factory=dict[str, str | None])
    figures: dict[str, Any] = field(default_factory=dict[str, Any])
    samples: Sequence[str] = ()

    def as_json(self) -> dict[str, Any]:
        """As the doctor tells it."""
        return {
            "code": self.illness.code,
            "since": (_EPOCH + timedelta(days=self.since)).isoformat(),
            "where": self.where,
            "what": self.illness.what,
            "likely_cause": self.illness.cause,
            "what_to_do": self.illness.remedy,
            "figures": self.figures,
            "samples": list(self.samples),
        }


def examine(connection: Connection, now: int) -> dict[str, Any]:
    """All that is found wrong now."""
    today = now // DAY
    read = reading.read(connection, Selection(Period((today - MEMORY) * DAY, None)))
    findings = [
        *_shares(connection, read, today),
        *_silent_platforms(read, today),
        *_silent_regions(read, today),
        *_mix(read, today),
        *_bursts(connection, now),
        *_ahead(connection, now),
    ]
    return {
        "examined": format_moment(now),
        "healthy": not findings,
        "findings": [finding.as_json() for finding in findings],
        "looked_for": [illness.code for illness in ILLNESSES],
    }


def _shares(connection: Connection, read: Reading, today: int) -> Iterable[Finding]:
    """Outcomes that too many claims come to: of all, and where it is one platform's doing, of that one."""
    platforms = {None, *(dimensions["platform"] for dimensions, _ in read.outcomes)}
    for share in SHARES:
        found = [
            finding
            for platform in sorted(platforms, key=lambda one: -1 if one is None else one)
            if (finding := _share(connection, read, share, platform, today)) is not None
        ]
        # What is told of platforms need not be told again of all.
        yield from found[1:] or found


def _share(
    connection: Connection, read: Reading, share: Share, platform: int | None, today: int
) -> Finding | None:
    parts, wholes = _by_day(read, share.outcomes, platform), _by_day(read, None, platform)
    recent = range(today - WINDOW + 1, today + 1)
    part, whole = sum(parts.get(day, 0) for day in recent), sum(wholes.get(day, 0) for day in recent)
    if not loop_health.exceeds(part, whole, share.limit):
        return None
    began = loop_health.since(parts, wholes, share.limit, today)
    figures: dict[str, Any] = {"days": WINDOW, "interactions": whole, "affected": part, "share": part / whole}
    moment = (today - WINDOW + 1) * DAY
    samples = [
        format_id(one) for one in loop_checks.samples(connection, share.outcomes, moment, platform, _SAMPLES)
    ]
    if share.outcomes == (Outcome.OTHER_STUDENT,):
        figures["shared_answers"] = [
            {"recommendation_id": format_id(answer), "students": students}
            for answer, students in loop_checks.shared_answers(connection, moment, _SAMPLES)
        ]
    where = {} if platform is None else {"platform": _platform(platform)}
    return Finding(share.illness, began, where, figures, samples)


def _silent_platforms(read: Reading, today: int) -> Iterable[Finding]:
    counts: dict[int, ByDay] = {}
    for dimensions, (counted,) in read.outcomes:
        of_one = counts.setdefault(dimensions["platform"], {})
        of_one[dimensions["day"]] = of_one.get(dimensions["day"], 0) + counted
    for platform, by_day in sorted(counts.items()):
        if platform and loop_health.is_silent(by_day, today, QUIET, 2 * WINDOW):
            last = max(by_day)
            figures = {"last_day": (_EPOCH + timedelta(days=last)).isoformat(), "then": by_day[last]}
            yield Finding(SILENT_PLATFORM, last + 1, {"platform": _platform(platform)}, figures)


def _silent_regions(read: Reading, today: int) -> Iterable[Finding]:
    shown: dict[str, int] = {}
    clicked: dict[str, int] = {}
    for dimensions, (answers,) in read.answers:
        if dimensions["day"] > today - WINDOW:
            shown[dimensions["region"]] = shown.get(dimensions["region"], 0) + answers * dimensions["shown"]
    for dimensions, figures in read.clicks:
        if dimensions["day"] > today - WINDOW:
            clicked[dimensions["region"]] = clicked.get(dimensions["region"], 0) + figures[0]
    for region, impressions in sorted(shown.items()):
        part = sum(clicked.values()) - clicked.get(region, 0)
        whole = sum(shown.values()) - impressions
        if region and loop_health.is_missing(clicked.get(region, 0), impressions, part, whole):
            told = {"days": WINDOW, "impressions": impressions, "clicked": 0, "elsewhere": part / whole}
            yield Finding(SILENT_REGION, today - WINDOW + 1, {"region": region}, told)


def _mix(read: Reading, today: int) -> Iterable[Finding]:
    attributed = [outcome.value for outcome in Outcome if outcome.attributed]
    parts, wholes = _by_day(read, attributed, None), _by_day(read, None, None)
    recent, usual = (
        range(today - QUIET + 1, today + 1),
        range(today - 2 * WINDOW - QUIET + 1, today - QUIET + 1),
    )

    def total(days: range) -> tuple[int, int]:
        return sum(parts.get(day, 0) for day in days), sum(wholes.get(day, 0) for day in days)

    before, now = total(usual), total(recent)
    if loop_health.has_shifted(before, now, _LEAST_SHIFT, _ENOUGH):
        told = {"attributed_before": before[0] / before[1], "attributed_now": now[0] / now[1]}
        yield Finding(MIX, today - QUIET + 1, {}, told)


def _bursts(connection: Connection, now: int) -> Iterable[Finding]:
    found = loop_checks.bursts(connection, now - DAY, now + DAY, MOST_AN_HOUR)
    if found:
        owners = {owner for owner, _, _ in found}
        first = min(hour for _, hour, _ in found) * 3600 * SECOND
        figures = {
            "students_or_pseudonyms": len(owners),
            "interactions": sum(counted for _, _, counted in found),
            "most_in_an_hour": max(counted for _, _, counted in found),
        }
        yield Finding(BURST, first // DAY, {}, figures)


def _ahead(connection: Connection, now: int) -> Iterable[Finding]:
    for platform, (early, counted) in sorted(
        loop_checks.ahead(connection, now - DAY, now + DAY, EARLY).items()
    ):
        if loop_health.exceeds(early, counted, 0.01):
            told = {"hours": 24, "interactions": counted, "affected": early, "share": early / counted}
            yield Finding(AHEAD, (now - DAY) // DAY, {"platform": _platform(platform)}, told)


def _by_day(read: Reading, outcomes: Sequence[int] | None, platform: int | None) -> ByDay:
    found: ByDay = {}
    for dimensions, (counted,) in read.outcomes:
        wanted = outcomes is None or dimensions["outcome"] in outcomes
        if wanted and platform in (None, dimensions["platform"]):
            found[dimensions["day"]] = found.get(dimensions["day"], 0) + counted
    return found


def _platform(code: int) -> str | None:
    return Platform(code).name if code else None
