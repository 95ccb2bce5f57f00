"""What the log of answers says of both models: lists that were drawn by chance, weighed as each would have drawn them.

Both are asked as they were learned for the gate, with the settings, the history and the offers of each answer's moment,
so that they differ in nothing but the model. Of each student the mean over their answers is kept: code reveals that the
model's lists would have brought within a day, by cascade-DR with a reward model learned from the other half of the
students.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from cobi.actions.evaluating.contestants import ByModel
from cobi.actions.evaluating.examination import Exam, Past
from cobi.actions.gate.reward import Reward, learn
from cobi.actions.gate.rule import Logged, rounded
from cobi.actions.learning.histories import histories
from cobi.actions.ranking.shelf import region_code
from cobi.actions.ranking.used import policy, used_rows
from cobi.actions.recommending.candidates import Askers, weekdays
from cobi.analytics.offpolicy import slates
from cobi.analytics.offpolicy.report import answer_weights
from cobi.analytics.paired import in_steps
from cobi.domain.interaction import ItemType
from cobi.domain.moments import DAY
from cobi.domain.organisation_settings import Seen, effective
from cobi.recommenders.lists.exploration import distributions
from cobi.recommenders.progress import Progress
from cobi.store import drawn_lists
from cobi.store import events as event_store
from cobi.store.database import Connection
from cobi.store.drawn_lists import DrawnList

MOST = 3_000
"""So many answers are weighed, of more the ones of some students."""

MATURITY = DAY
"""A reveal counts within so long after its answer, and an answer once it is so old."""

_HEAVIEST = 1_000.0
"""Where an answer counts for more, nothing can be told anyway, as the cautions say."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Log:
    """Drawn lists with their students' rows, and which places were revealed; answers × places."""

    lists: Sequence[DrawnList]
    student: Ints
    reward: Floats

    @property
    def width(self) -> int:
        """Places of the longest list."""
        return self.reward.shape[1]


def read_log(connection: Connection, since: int, until: int) -> Log:
    """The drawn lists of a period, without those that were made place by place by other rules than chance."""
    found = [one for one in drawn_lists.drawn(connection, since, until, MOST) if _is_plain(one)]
    keys = event_store.student_keys(connection)
    wanted = np.array([one.student_key for one in found], np.int64)
    place = np.searchsorted(keys, wanted)
    known = (
        (place < len(keys)) & (keys[np.minimum(place, len(keys) - 1)] == wanted) if len(keys) else wanted < 0
    )
    lists = [one for one, is_known in zip(found, known.tolist(), strict=True) if is_known]
    reward = np.zeros((len(lists), max((len(one.items) for one in lists), default=0)))
    revealed = drawn_lists.revealed(connection, lists, MATURITY)
    row_of = {one.answer_id: row for row, one in enumerate(lists)}
    for answer_id, position in revealed:
        reward[row_of[answer_id], position - 1] = 1.0
    return Log(lists, place[known], reward)


def weigh(
    log: Log, past: Past, exam: Exam, contestants: Mapping[str, ByModel], zone: ZoneInfo, progress: Progress
) -> Logged | None:
    """Each student's figures under both; None where no list was drawn."""
    if not len(log.lists):
        return None
    asked = _Asked(log, past, exam, zone)
    reward = learn(log.reward, asked.items, log.student)
    values: dict[str, Ints] = {}
    weights: dict[str, Ints] = {}
    owner = np.unique(log.student, return_inverse=True)[1]
    for number, (name, contestant) in enumerate(contestants.items()):
        progress(number / len(contestants), f"weighing {len(log.lists):,} drawn lists")
        value, weight = _judged(asked, contestant, reward)
        values[name] = rounded(_means(value, owner))
        weights[name] = in_steps(_means(weight, owner))
    return Logged(values["candidate"], values["live"], weights["candidate"], weights["live"])


class _Asked:
    """The answers of the log as they are asked again: the same for both models."""

    def __init__(self, log: Log, past: Past, exam: Exam, zone: ZoneInfo) -> None:
        self.log, self.exam, self._past = log, exam, past
        lessons = past.lessons
        self._histories = histories(lessons.events, lessons.students.size)
        self._shop = lessons.catalogue.shops()
        served = np.array([one.served for one in log.lists], np.int64)
        self._askers = Askers(served, weekdays(served, zone), past.regions[log.student])
        self.items = np.full(log.reward.shape, -1, np.int64)
        for row, one in enumerate(log.lists):
            self.items[row, : len(one.items)] = lessons.catalogue.rows(ItemType.OFFER, one.items)

    def settings(self, row: int) -> Mapping[str, Any]:
        """The settings an answer was made with."""
        return effective(self.log.lists[row].settings)

    def scores(self, row: int, contestant: ByModel) -> tuple[Floats, Ints]:
        """All scores at an answer's moment, and the rows that could be shown then."""
        one, student = self.log.lists[row], int(self.log.student[row])
        past = self._histories.of(student)
        known = past.where(past.time < one.served)
        lessons = self._past.lessons
        traits = {trait: int(codes[student]) for trait, codes in lessons.students.traits.items()}
        x = contestant.model.signals(known.item, known.kind.astype(np.int64), known.time, one.served, traits)
        allowed, first = self._allowed(row), self.exam.items.start
        settings = self.settings(row)
        if policy(settings, ItemType.OFFER) is not Seen.SHOW:
            used = used_rows(
                known.item,
                known.kind.astype(np.int64),
                known.time,
                one.served,
                ItemType.OFFER,
                settings,
                self._shop,
            )
            allowed = np.setdiff1d(allowed, used - first)
        return contestant.model.score(x), allowed + first

    def _allowed(self, row: int) -> Ints:
        every, askers = np.arange(len(self.exam.candidates)), self._askers.at(slice(row, row + 1))
        regions = self.log.lists[row].regions
        if regions is None or regions == "":
            return np.flatnonzero(self._anywhere(every, askers))
        allowed = np.zeros(len(every), np.bool_)
        for region in regions.split(","):
            there = Askers(askers.moment, askers.weekday, np.array([region_code(region)], np.int64))
            allowed |= self.exam.candidates.may_show(every, there, timeless=False)
        return np.flatnonzero(allowed)

    def _anywhere(self, every: Ints, askers: Askers) -> NDArray[np.bool_]:
        regions = np.unique(self.exam.candidates.region)
        return np.any(
            [
                self.exam.candidates.may_show(
                    every, Askers(askers.moment, askers.weekday, region[None]), timeless=False
                )
                for region in regions
            ],
            axis=0,
        )


def _judged(asked: _Asked, contestant: ByModel, reward: Reward) -> tuple[Floats, Floats]:
    """Of each answer: what the model's list would have brought, and how much the answer counts."""
    log, shape = asked.log, asked.log.reward.shape
    chances, logged = np.ones(shape), np.ones(shape)
    shown, expected = np.zeros(shape), np.zeros(shape)
    for row, one in enumerate(log.lists):
        length = len(one.items)
        scores, rows = asked.scores(row, contestant)
        settings, order = asked.settings(row), asked.items[row, :length]
        kept, chance = distributions(
            scores, rows, order, settings["exploration_temperature"], share=settings["exploration_share"]
        )
        at = (
            np.minimum(np.searchsorted(kept, order), len(kept) - 1)
            if len(kept)
            else np.zeros(length, np.int64)
        )
        possible = kept[at] == order if len(kept) else np.zeros(length, np.bool_)
        chances[row, :length] = np.where(possible, chance[np.arange(length), at], 0.0) if len(kept) else 0.0
        logged[row, :length] = one.propensities
        student = int(log.student[row])
        shown[row, :length] = reward.of_shown(student, order)
        expected[row, :length] = reward.of_all(student, kept, chance)
    value = slates.cascade_doubly_robust(log.reward, chances, logged, shown, expected).numerators[:, 0]
    return np.clip(value, -_HEAVIEST, _HEAVIEST), np.minimum(
        answer_weights(log.reward, chances, logged), _HEAVIEST
    )


def _means(values: Floats, owner: Ints) -> Floats:
    """Each student's mean."""
    return np.bincount(owner, values) / np.bincount(owner)


def _is_plain(one: DrawnList) -> bool:
    """Whether chance and scores alone made the list."""
    settings = effective(one.settings)
    return len(one.items) > 0 and not settings["most_per_shop"] and not settings["diversity"]
