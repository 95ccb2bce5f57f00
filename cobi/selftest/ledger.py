"""What truly came of the answers of a simulated campus, counted without Cobi, in the shape of its report.

It is told of every answer, of what students did with it and of what they bought, and counts by brute force: which offer
of a list a shop or a tag leads to, which impressions were clicked, which purchase followed which code.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from cobi.domain.interaction import InteractionType, ItemType
from cobi.domain.moments import DAY, SECOND, format_day, parse_moment
from cobi.simulation.world import World

WINDOW = 7 * DAY
"""The attribution window of the scratch installation."""

_TOLERANCE = 2 * SECOND
COUNTS = ("answers", "impressions", "clicked_impressions", "revealed_impressions", "conversions")
MONEY = ("amount", "savings")


@dataclass(frozen=True)
class Answer:
    """A list that a student was given; offers are rows of the world."""

    answer_id: str
    served: int
    student: int
    offers: tuple[int, ...]


@dataclass(frozen=True)
class Claim:
    """What a student did with a list; `record` is what is sent of it."""

    answer: Answer
    interaction: InteractionType
    item_type: ItemType
    item: int
    time: int
    record: dict[str, Any]


@dataclass
class Ledger:
    """All that happened so far."""

    world: World
    answers: list[Answer] = field(default_factory=list[Answer])
    claims: list[Claim] = field(default_factory=list[Claim])
    bought: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def days(self) -> dict[tuple[str, str], float]:
        """Each figure of each day of answers, 0 left out."""
        found: Counter[tuple[str, str]] = Counter()
        for answer in self.answers:
            found[day_of(answer.served), "answers"] += 1
            found[day_of(answer.served), "impressions"] += len(answer.offers)
        clicked: dict[tuple[str, int], tuple[str, bool]] = {}
        for claim in self.claims:
            day, place = day_of(claim.answer.served), (claim.answer.answer_id, self.position(claim))
            found[day, claim.interaction.name] += 1
            reveals = claim.interaction is InteractionType.DISCOUNT_CODE
            clicked[place] = (day, reveals or (place in clicked and clicked[place][1]))
        for day, revealed in clicked.values():
            found[day, "clicked_impressions"] += 1
            found[day, "revealed_impressions"] += revealed
        for day, record in self._conversions():
            found[day, "conversions"] += 1
            for name in MONEY:
                found[day, name] += round(record[name] * 1000)
        return {name: value for name, value in found.items() if value}

    def outcomes(self) -> dict[str, int]:
        """What the claims must come to: all name the right answer, or none, and then it is inferred."""
        named = sum(claim.record["recommendation_id"] is not None for claim in self.claims)
        return {"MATCHED": named, "INFERRED": len(self.claims) - named}

    def position(self, claim: Claim) -> int:
        """Where the list had what was touched: the offer itself, or the first one of that shop or with that tag."""
        shops = self.world.offers.shop
        for place, offer in enumerate(claim.answer.offers, 1):
            leads_to = {
                ItemType.OFFER: lambda offer=offer: offer == claim.item,
                ItemType.SHOP: lambda offer=offer: shops[offer] == claim.item,
                ItemType.TAG: lambda offer=offer: claim.item in self.world.shops.tags[shops[offer]],
            }
            if leads_to[claim.item_type]():
                return place
        raise LookupError("the simulated student touched what no list had")

    def _conversions(self) -> Iterable[tuple[str, dict[str, Any]]]:
        """Each purchase behind a code that a list led to, with the day of that list's answer."""
        revealed: dict[tuple[str, str], list[Claim]] = {}
        for claim in sorted(self.claims, key=lambda one: one.time):
            if claim.interaction is InteractionType.DISCOUNT_CODE:
                pair = (
                    self.world.ids.students[claim.answer.student],
                    self.world.ids.offers[claim.item],
                )
                revealed.setdefault(pair, []).append(claim)
        for record in self.bought:
            moment = parse_moment(record["created"]) or 0
            before = [
                claim
                for claim in revealed.get((record["student_id"], record["offer_id"]), [])
                if moment - WINDOW <= claim.time <= moment + _TOLERANCE
            ]
            if before:
                yield day_of(before[-1].answer.served), record


def reported(report: dict[str, Any]) -> dict[tuple[str, str], float]:
    """The same figures as a report has them, of all model versions together."""
    found: Counter[tuple[str, str]] = Counter()
    for row in report["days"]:
        figures = {name: row[name] for name in COUNTS} | row["attributed"]
        figures |= {name: round(row[name] * 1000) for name in MONEY}
        for name, value in figures.items():
            found[row["day"], name] += value
    return {name: value for name, value in found.items() if value}


def day_of(moment: int) -> str:
    """The day of a moment, in UTC."""
    return format_day(moment // DAY)
