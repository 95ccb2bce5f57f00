"""Reports beside the ledger: exact at first, unmoved by what must not count, and moved just so by what comes late."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from cobi.domain.identifiers import format_id, recommendation_id
from cobi.domain.moments import DAY, HOUR, MILLISECOND
from cobi.selftest.campus import Stay
from cobi.selftest.checks import Check, same
from cobi.selftest.door import Record
from cobi.selftest.ledger import Claim, day_of, reported
from cobi.simulation.arrays import listed

_SEVERAL = 40
"""How often each kind of false claim is made."""

Figures = dict[tuple[str, str], float]


def prove_figures(played: Stay, seed: int) -> Iterator[Check]:
    """All checks of a campus's figures, in the order of what is done."""
    luck = random.Random(seed)  # noqa: S311 (nobody is to be kept from guessing)
    yield Check(
        "what may not be shown is not shown",
        "no place of any list is spent on it",
        f"{played.worthless} of {sum(len(answer.offers) for answer in played.ledger.answers)} places",
        played.worthless == 0,
    )
    first = played.door.report()
    yield same("the report says what happened", played.ledger.days(), reported(first), "figures by day")
    yield same(
        "claims come to what they are",
        played.ledger.outcomes(),
        {name: many for name, many in first["outcomes"].items() if many},
        "outcomes",
    )
    yield from _duplicates(played, luck, reported(first))
    yield from _false_claims(played, luck)
    yield from _late(played)
    played.sell()
    after = reported(played.door.report())
    yield same("purchases convert the codes behind them", played.ledger.days(), after, "figures by day")
    differing = played.door.service.reports.differences()
    yield Check("kept figures are what the rows come to", "0 differ", f"{differing} differ", differing == 0)


def _duplicates(played: Stay, luck: random.Random, before: Figures) -> Iterator[Check]:
    again = luck.sample(played.sent, len(played.sent))
    stored = played.door.interact(again)
    yield Check(
        "what is sent twice is stored once",
        f"0 of {len(again)} stored again",
        f"{stored} of {len(again)} stored again",
        stored == 0,
    )
    after = reported(played.door.report())
    yield same("what is sent twice moves nothing", before, after, "figures by day")


def _false_claims(played: Stay, luck: random.Random) -> Iterator[Check]:
    """Claims that must not count: each kind comes to its own outcome, and no figure of any answer moves."""
    door, before = played.door, played.door.report()
    expected = dict(before["outcomes"])
    named = [claim for claim in played.ledger.claims if claim.record["recommendation_id"] is not None]
    for number, (outcome, forge) in enumerate(_FORGERIES.items(), 1):
        those = luck.sample(named, min(_SEVERAL, len(named)))
        records = [forge(played, claim) for claim in those]
        # A later moment each, so that none is taken for one of those that were sent.
        door.interact([_moved(record, number * 10 * MILLISECOND) for record in records])
        expected[outcome] += len(records)
    after = door.report()
    yield same("false claims come to what they are", expected, after["outcomes"], "outcomes")
    yield same("false claims move nothing", reported(before), reported(after), "figures by day")


def _late(played: Stay) -> Iterator[Check]:
    """What comes late changes the days of its answers, and only those."""
    before, days = reported(played.door.report()), {day_of(claim.answer.served) for claim in played.late}
    late = len(played.late)
    played.deliver()
    after = reported(played.door.report())
    yield same(
        f"{late} that came late are counted on their days", played.ledger.days(), after, "figures by day"
    )
    others = [
        {name: value for name, value in figures.items() if name[0] not in days} for figures in (before, after)
    ]
    yield same("what came late moves no other day", others[0], others[1], "figures of other days")
    moved = {name[0] for name in {*before, *after} if before.get(name) != after.get(name)}
    yield Check(
        "each day that something came late for is moved",
        f"{len(days)} days",
        f"{len(moved)} days",
        moved == days and late > 0,
    )


def _made_up(played: Stay, claim: Claim) -> Record:
    """An id that nobody gave."""
    del played
    return {**claim.record, "recommendation_id": str(uuid.uuid5(uuid.NAMESPACE_OID, claim.answer.answer_id))}


def _unknown(played: Stay, claim: Claim) -> Record:
    """An id as it was given before there were signatures, of an answer that nobody knows."""
    old = recommendation_id(played.world.start - 365 * DAY, uuid.UUID(claim.answer.answer_id).bytes[:10])
    return {**claim.record, "recommendation_id": format_id(old)}


def _by_another(played: Stay, claim: Claim) -> Record:
    ids, founders = played.world.ids, np.flatnonzero(played.world.students.arrival == 0)
    other = int(founders[0] if founders[0] != claim.answer.student else founders[1])
    return {**claim.record, "student_id": ids.students[other], "user_id": ids.users[other]}


def _too_early(played: Stay, claim: Claim) -> Record:
    del played
    return _moved(claim.record, -HOUR)


def _too_late(played: Stay, claim: Claim) -> Record:
    """Past the window; the clock of the installation is later still, or the tolerance of clocks ahead admits it."""
    played.door.clock.now = max(played.door.clock.now, claim.time + 8 * DAY)
    return _moved(claim.record, 7 * DAY + HOUR)


def _of_another_item(played: Stay, claim: Claim) -> Record:
    shown = set(claim.answer.offers)
    founding = listed(np.flatnonzero(played.world.offers.arrival == 0))
    other = next(row for row in founding if row not in shown)
    return {**claim.record, "item_type": "OFFER", "item_id": played.world.ids.offers[other]}


_FORGERIES: dict[str, Callable[[Stay, Claim], Record]] = {
    "FORGED": _made_up,
    "UNKNOWN_ID": _unknown,
    "OTHER_STUDENT": _by_another,
    "BEFORE_SERVED": _too_early,
    "EXPIRED": _too_late,
    "ITEM_NOT_SHOWN": _of_another_item,
}


def _moved(record: dict[str, Any], by: int) -> Record:
    return {**record, "event_timestamp": record["event_timestamp"] + by}
