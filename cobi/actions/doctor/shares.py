"""Outcomes that too many claims come to, and sudden changes of the share that counts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cobi.actions.doctor.finding import (
    QUIET,
    USUAL,
    WINDOW,
    Finding,
    claims,
    over,
    platform_name,
)
from cobi.actions.doctor.illnesses import MIX, SHARES, Share
from cobi.analytics import loop_health
from cobi.domain.identifiers import format_id
from cobi.domain.interaction import Outcome
from cobi.domain.moments import DAY
from cobi.store import loop_checks
from cobi.store.database import Connection
from cobi.store.rollups.reading import Reading

_SAMPLES = 5
_LEAST_SHIFT, _ENOUGH = 0.15, 200


def shares(connection: Connection, read: Reading, today: int) -> Iterable[Finding]:
    """Too large shares: of all claims, and where it is one platform's doing, of that one."""
    first = today - WINDOW + 1
    platforms = sorted({of["platform"] for of, _ in read.outcomes if of["day"] >= first})
    for share in SHARES:
        of_all = _share(connection, read, share, None, today)
        own = [
            finding
            for platform in platforms
            if (finding := _share(connection, read, share, platform, today)) is not None
        ]
        # What most platforms share is told once, of all; else what is told of platforms need not be told again.
        most = 2 * len(own) > len(platforms)
        yield from [of_all] if of_all is not None and (most or not own) else own


def mix(read: Reading, today: int) -> Iterable[Finding]:
    """Whether the share of claims that count moved."""
    attributed = [outcome.value for outcome in Outcome if outcome.attributed]
    parts, wholes = claims(read, attributed), claims(read)
    recent = range(today - QUIET + 1, today + 1)
    usual = range(today - USUAL - QUIET + 1, today - QUIET + 1)
    before, now = ((over(parts, days), over(wholes, days)) for days in (usual, recent))
    if loop_health.has_shifted(before, now, _LEAST_SHIFT, _ENOUGH):
        told = {"attributed_before": before[0] / before[1], "attributed_now": now[0] / now[1]}
        yield Finding(MIX, recent[0], today, {}, told)


def _share(
    connection: Connection, read: Reading, share: Share, platform: int | None, today: int
) -> Finding | None:
    parts, wholes = claims(read, share.outcomes, platform), claims(read, None, platform)
    recent = range(today - WINDOW + 1, today + 1)
    part, whole = over(parts, recent), over(wholes, recent)
    if not loop_health.exceeds(part, whole, share.limit):
        return None
    began, ended = loop_health.run(parts, wholes, share.limit, recent)
    figures: dict[str, Any] = {"days": WINDOW, "interactions": whole, "affected": part, "share": part / whole}
    moment = recent[0] * DAY
    samples = [
        format_id(one) for one in loop_checks.samples(connection, share.outcomes, moment, platform, _SAMPLES)
    ]
    if share.outcomes == (Outcome.OTHER_STUDENT,):
        figures["shared_answers"] = [
            {"recommendation_id": format_id(answer), "students": students}
            for answer, students in loop_checks.shared_answers(connection, moment, _SAMPLES)
        ]
    where = {} if platform is None else {"platform": platform_name(platform)}
    return Finding(share.illness, began, ended, where, figures, samples)
