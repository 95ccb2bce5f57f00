"""What used to come and comes no more: answers asked for, claims, a platform's, a region's clicks, a kind of act.

The widest silence is told alone: where nobody asks for lists, nothing else can come of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cobi.actions.doctor.finding import (
    QUIET,
    USUAL,
    WINDOW,
    ByDay,
    Finding,
    claims,
    over,
    platform_name,
)
from cobi.actions.doctor.illnesses import (
    SILENT_ANSWERS,
    SILENT_FEEDBACK,
    SILENT_KIND,
    SILENT_PLATFORM,
    SILENT_REGION,
    Illness,
)
from cobi.analytics import loop_health
from cobi.domain.interaction import InteractionType
from cobi.domain.moments import format_day
from cobi.store.rollups.reading import Reading


def silences(read: Reading, today: int) -> Iterable[Finding]:
    """All silences, or the one that explains the others."""
    widest = [*_silent(SILENT_ANSWERS, _answers(read), today)] or [
        *_silent(SILENT_FEEDBACK, claims(read), today)
    ]
    yield from widest or [*_platforms(read, today), *_kinds(read, today)]
    yield from _regions(read, today)


def _silent(
    illness: Illness, counts: ByDay, today: int, where: dict[str, str | None] | None = None
) -> Iterable[Finding]:
    if loop_health.is_silent(counts, today, QUIET, USUAL):
        last = max(counts)
        figures = {"last_day": format_day(last), "then": counts[last]}
        yield Finding(illness, last + 1, today, where or {}, figures)


def _answers(read: Reading) -> ByDay:
    found: ByDay = {}
    for dimensions, (answers,) in read.answers:
        found[dimensions["day"]] = found.get(dimensions["day"], 0) + answers
    return found


def _platforms(read: Reading, today: int) -> Iterable[Finding]:
    platforms = {dimensions["platform"] for dimensions, _ in read.outcomes}
    for platform in sorted(platforms - {0}):
        where = {"platform": platform_name(platform)}
        yield from _silent(SILENT_PLATFORM, claims(read, None, platform), today, where)


def _kinds(read: Reading, today: int) -> Iterable[Finding]:
    """Kinds of attributed interactions that stopped while others went on; by the day of the answer."""
    counts: dict[InteractionType, ByDay] = {kind: {} for kind in InteractionType}
    for dimensions, figures in read.platforms:
        for kind, counted in zip(counts, figures, strict=False):
            by_day = counts[kind]
            by_day[dimensions["day"]] = by_day.get(dimensions["day"], 0) + counted
    for kind, by_day in counts.items():
        last = max((day for day, counted in by_day.items() if counted), default=today)
        if today - last > QUIET and (found := _stopped(counts, kind, last, today)):
            yield found


def _stopped(
    counts: dict[InteractionType, ByDay], kind: InteractionType, last: int, today: int
) -> Finding | None:
    usual, since = range(last - USUAL + 1, last + 1), range(last + 1, today + 1)
    others: Sequence[ByDay] = [by_day for other, by_day in counts.items() if other is not kind]
    before, now = (sum(over(by_day, days) for by_day in others) for days in (usual, since))
    if not loop_health.is_missing(0, now, over(counts[kind], usual), before):
        return None
    told = {
        "last_day": format_day(last),
        "others_since": now,
        "expected": now * over(counts[kind], usual) / before,
    }
    return Finding(SILENT_KIND, last + 1, today, {"interaction_type": kind.name}, told)


def _regions(read: Reading, today: int) -> Iterable[Finding]:
    shown: dict[str, int] = {}
    clicked: dict[str, int] = {}
    first = today - WINDOW + 1
    for dimensions, (answers,) in read.answers:
        if dimensions["day"] >= first:
            shown[dimensions["region"]] = shown.get(dimensions["region"], 0) + answers * dimensions["shown"]
    for dimensions, figures in read.clicks:
        if dimensions["day"] >= first:
            clicked[dimensions["region"]] = clicked.get(dimensions["region"], 0) + figures[0]
    for region, impressions in sorted(shown.items()):
        part = sum(clicked.values()) - clicked.get(region, 0)
        whole = sum(shown.values()) - impressions
        if region and loop_health.is_missing(clicked.get(region, 0), impressions, part, whole):
            told = {"days": WINDOW, "impressions": impressions, "clicked": 0, "elsewhere": part / whole}
            yield Finding(SILENT_REGION, first, today, {"region": region}, told)
