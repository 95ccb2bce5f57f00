"""Ranking quality on public sets, beside the simple and the published: `python -m benchmarks.quality TABLE [PACK]`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.public_sets import Task

Scorer = Callable[[NDArray[np.int64]], NDArray[np.floating]]
"""Scores of all offers for these students, students × offers."""
BLOCK = 256


@dataclass(frozen=True)
class Figures:
    """What each test student's ranking was worth."""

    values: Mapping[str, NDArray[np.float64]]

    def mean_and_half(self, name: str) -> tuple[float, float]:
        """Mean over students and half-width of its 95 % interval (normal)."""
        own = self.values[name]
        return float(own.mean()), 1.96 * float(own.std(ddof=1)) / len(own) ** 0.5


def judge(task: Task, score: Scorer, cuts: tuple[int, ...] = (5, 10, 20)) -> Figures:
    """Rank all unseen offers (or the task's candidates) of each test student; equals in a shuffled order."""
    students = np.array(sorted(s for s, held in task.test.items() if held), np.int64)
    seen = _seen(task)
    noise = np.random.default_rng(9).random(task.offers) * 1e-9
    found: dict[str, list[float]] = {}
    for first in range(0, len(students), BLOCK):
        block = students[first : first + BLOCK]
        scores = np.asarray(score(block), np.float64)
        for student, row in zip(block.tolist(), scores, strict=True):
            own = row + noise * max(np.abs(row).max(), 1e-300)
            if task.candidates is None:
                if not task.returning:
                    own[seen.get(student, [])] = -np.inf
                ranks = _ranks(own, np.array(task.test[student]))
                _add(found, ranks, len(task.test[student]), cuts)
            else:
                _add_recalls_among_sampled(found, own, task.test[student], task.candidates[student], cuts)
    return Figures({name: np.array(values) for name, values in found.items()})


def _seen(task: Task) -> dict[int, list[int]]:
    seen: dict[int, list[int]] = {}
    for student, offer, _ in task.train.tolist():
        seen.setdefault(student, []).append(offer)
    return seen


def _ranks(row: NDArray[np.float64], targets: NDArray[np.int64]) -> NDArray[np.int64]:
    return (row[None, :] > row[targets][:, None]).sum(axis=1)


def _add(found: dict[str, list[float]], ranks: NDArray[np.int64], held: int, cuts: tuple[int, ...]) -> None:
    for cut in cuts:
        hits = ranks[ranks < cut]
        ideal = (1 / np.log2(2 + np.arange(min(held, cut)))).sum()
        found.setdefault(f"HR@{cut}", []).append(float(len(hits) > 0))
        found.setdefault(f"recall@{cut}", []).append(len(hits) / held)
        found.setdefault(f"NDCG@{cut}", []).append(float((1 / np.log2(2 + hits)).sum() / ideal))


def _add_recalls_among_sampled(
    found: dict[str, list[float]],
    row: NDArray[np.float64],
    held: list[int],
    others: list[int],
    cuts: tuple[int, ...],
) -> None:
    """Deskdrop's protocol: each held-out item alone among the sampled ones; the mean is over items."""
    rivals = row[others]
    for item in held:
        rank = int((rivals > row[item]).sum())
        for cut in cuts:
            found.setdefault(f"recall@{cut}", []).append(float(rank < cut))
