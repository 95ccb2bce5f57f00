"""The whole way from events to figures, gone a second time in plain Python by the definitions: equal to 1e-9."""

from __future__ import annotations

import math
from collections import Counter
from statistics import fmean
from typing import Any

import numpy as np
import pytest

from cobi.domain.evaluation import Seen, parse_split
from tests.unit.actions.exams import evaluated, events_of, material

STUDENTS, OFFERS, EVENTS, HOURS, CUT = 40, 30, 900, 100, 75
LENGTHS = (1, 5)
SEED = 3

Event = tuple[int, int, int]
"""Student, offer, hour."""


def world() -> list[Event]:
    """Visits of offers, some far more popular than others, each hour as many."""
    rng = np.random.default_rng(8)
    student = rng.integers(0, STUDENTS, EVENTS)
    offer = (OFFERS * rng.random(EVENTS) ** 2).astype(int)
    return list(
        zip(student.tolist(), offer.tolist(), sorted(rng.integers(0, HOURS, EVENTS).tolist()), strict=True)
    )


class Reference:
    """What an evaluation cut at an hour says of a method, by loops over sets."""

    def __init__(self, events: list[Event], cut: int) -> None:
        self.before = [event for event in events if event[2] < cut]
        self.touched = {s: {o for who, o, _ in self.before if who == s} for s in range(STUDENTS)}
        later = {s: {o for who, o, hour in events if who == s and hour >= cut} for s in range(STUDENTS)}
        self.wanted = {s: own - self.touched[s] for s, own in later.items() if own - self.touched[s]}
        self.known_to = Counter(o for own in self.touched.values() for o in own)
        self.luck = dict(
            zip(self.wanted, np.random.default_rng(SEED).random((len(self.wanted), OFFERS)), strict=True)
        )

    def popularity(self, _student: int, offer: int) -> float:
        return sum(o == offer for _, o, _ in self.before)

    def cosine(self, student: int, offer: int) -> float:
        def students_of(one: int) -> set[int]:
            return {s for s, own in self.touched.items() if one in own}

        mine, total = students_of(offer), 0.0
        for other in self.touched[student]:
            theirs = students_of(other)
            total += len(mine & theirs) / math.sqrt(max(len(mine), 1) * len(theirs))
        return total

    def rankings(self, score: Any) -> dict[int, list[int]]:
        made = {}
        for student in self.wanted:
            candidates = [o for o in range(OFFERS) if o not in self.touched[student]]
            made[student] = sorted(candidates, key=lambda o: (-score(student, o), self.luck[student][o]))
        return made

    def figures(self, score: Any) -> dict[str, list[float]]:
        made: dict[str, list[float]] = {}
        for student, ranking in self.rankings(score).items():
            hits = [offer in self.wanted[student] for offer in ranking]
            wanted = len(self.wanted[student])
            ranks = [place for place, hit in enumerate(hits, start=1) if hit]
            own = {"mrr": 1 / ranks[0], "map": sum((n + 1) / rank for n, rank in enumerate(ranks)) / wanted}
            for k in LENGTHS:
                gain = sum(1 / math.log2(1 + rank) for rank in ranks if rank <= k)
                ideal = sum(1 / math.log2(1 + place) for place in range(1, min(wanted, k) + 1))
                surprise = [-math.log2(max(self.known_to[o], 1) / self.active) for o in ranking[:k]]
                own |= {
                    f"recall@{k}": sum(hits[:k]) / wanted,
                    f"ndcg@{k}": gain / ideal,
                    f"hit_rate@{k}": float(any(hits[:k])),
                    f"novelty@{k}": fmean(surprise),
                }
            for name, value in own.items():
                made.setdefault(name, []).append(value)
        return made

    @property
    def active(self) -> int:
        return sum(bool(own) for own in self.touched.values())

    def coverage(self, score: Any, k: int) -> float:
        rankings = self.rankings(score)
        candidates = {o for ranking in rankings.values() for o in ranking}
        return len({o for ranking in rankings.values() for o in ranking[:k]}) / len(candidates)


@pytest.fixture(scope="module")
def both() -> tuple[dict[str, Any], Reference]:
    student, offer, hour = (np.array(column) for column in zip(*world(), strict=True))
    told = material(events_of(student, offer, hour), OFFERS)
    share = float(np.mean(hour >= CUT))
    figures = evaluated(told, lengths=LENGTHS, split=parse_split(f"time:{share}"), seen=Seen.HIDE, seed=SEED)
    return figures, Reference(world(), CUT)


@pytest.mark.parametrize("method", ["popularity", "one-hop"])
def test_every_figure_of_a_known_method_is_what_its_definition_says(
    both: tuple[dict[str, Any], Reference], method: str
) -> None:
    figures, reference = both
    score = reference.popularity if method == "popularity" else reference.cosine
    theirs = {name: fmean(own) for name, own in reference.figures(score).items()}
    theirs |= {f"coverage@{k}": reference.coverage(score, k) for k in LENGTHS}
    ours = {name: own["value"] for name, own in figures["methods"][method].items()}
    assert ours == pytest.approx(theirs, abs=1e-9)
    assert figures["tested"]["students"] == len(reference.wanted)
    assert all(own["low"] <= own["value"] <= own["high"] for own in figures["methods"][method].values())
