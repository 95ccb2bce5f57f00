"""Experiments somebody has lived through: what their students did is written where counting would have put it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection, insert

from cobi.domain.experiments.metrics import BEFORE, COUNTS
from cobi.domain.moments import DAY, HOUR
from cobi.store.experiments.tables import exposure_days, exposures

_FIRST_STUDENT = 1_000_000
"""Keys that no student of a test has."""


@dataclass(frozen=True)
class Story:
    """How many students come into each arm on each of the days, and how many codes a day each reveals."""

    arms: Sequence[float]
    per_day: int
    days: int
    seed: int = 1


def live(connection: Connection, key: int, started: int, story: Story) -> None:
    """Write down what the students of the experiment of that key did."""
    luck = np.random.default_rng(story.seed)
    students, did = [], []
    first = started // DAY
    for number in range(story.per_day * story.days):
        came, arm = number // story.per_day, number % len(story.arms)
        exposed = max(started, (first + came) * DAY + int(luck.integers(DAY - HOUR)))
        liking = float(luck.gamma(2.0, 0.5))
        total = np.zeros(len(COUNTS), np.int64)
        for day in range(first + came, first + story.days):
            counts = _day(luck, liking * story.arms[arm], back=day - first - came >= 7)
            if counts[COUNTS.index("interactions")] or counts[COUNTS.index("shown")]:
                did.append(_row(key, day, number, counts))
                total += counts
        before = {f"before_{name}": 0 for name in BEFORE}
        before |= {"before_interactions": int(luck.poisson(14 * liking))}
        before |= {"before_code_reveals": int(luck.poisson(5 * liking))}
        sums = {name: int(value) for name, value in zip(COUNTS, total, strict=True)}
        own = {"experiment_key": key, "student_key": _FIRST_STUDENT + number, "arm": arm, "exposed": exposed}
        students.append({**own, **sums, **before})
    connection.execute(insert(exposures), students)
    connection.execute(insert(exposure_days), did)


def _day(luck: np.random.Generator, liking: float, *, back: bool) -> np.ndarray:
    views = int(luck.poisson(0.8 * liking))
    reveals = int(luck.binomial(views, 0.4)) if views else 0
    bought = int(luck.binomial(reveals, 0.3)) if reveals else 0
    shown = 10 * int(views > 0)
    counted = {
        "interactions": views,
        "code_reveals": reveals,
        "purchases": bought,
        "amount": 25_000 * bought,
        "savings": 4000 * bought,
        "active_days": int(views > 0),
        "returned": views if back else 0,
        "shown": shown,
        "clicked": min(views, shown),
    }
    return np.array([counted[name] for name in COUNTS], np.int64)


def _row(key: int, day: int, number: int, counts: np.ndarray) -> dict[str, int]:
    own = {"experiment_key": key, "day": day, "student_key": _FIRST_STUDENT + number}
    return own | {name: int(value) for name, value in zip(COUNTS, counts, strict=True)}
