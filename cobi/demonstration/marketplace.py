"""The marketplace of the demonstration: what its back end sends, and what its people do on which day."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from cobi.domain.batch import BatchResult
from cobi.domain.experiments.experiment import Experiment, Listing
from cobi.domain.identifiers import parse_id
from cobi.domain.interaction_record import INTERACTIONS
from cobi.domain.moments import DAY, HOUR
from cobi.domain.records import RECORD_TYPES
from cobi.selftest.door import Clock, Door, Record
from cobi.simulation.daily import Answered
from cobi.simulation.world import World

_TIDY_DAYS = 6


@dataclass(frozen=True)
class Training:
    """A training on a day of lists: whether its model went live, and the gate's reasons where it was asked."""

    day: int
    version: int
    went_live: bool
    reasons: tuple[str, ...]


@dataclass
class Marketplace:
    """What the play needs of it; `happens` has what is done on a morning beside the daily work, by day."""

    door: Door
    world: World
    happens: Mapping[int, Callable[[Marketplace], None]]
    release_loses_ids: bool = False
    """Whether the web app forgets which list an interaction came of."""
    trials: dict[str, Experiment] = field(default_factory=dict[str, Experiment])
    """The experiments that run, by their names."""
    trainings: list[Training] = field(default_factory=list[Training])
    """What became of each training."""

    @property
    def clock(self) -> Clock:
        """What everything here goes by."""
        return self.door.clock

    def upload(self, record_type: str, records: Sequence[Record]) -> None:
        """Send records that are as they should be."""
        self.door.upload(record_type, records)

    def upload_unlooked(self, record_type: str, records: Sequence[Record]) -> BatchResult:
        """Send records as somebody wrote them; what is refused waits in quarantine."""
        kind = INTERACTIONS if record_type == INTERACTIONS.name else RECORD_TYPES[record_type]
        return self.door.service.upload(kind, [msgspec.json.encode(one) for one in records], "demonstration")

    def interact(self, records: Sequence[Record]) -> None:
        """Send what students did, as their apps tell it."""
        if self.release_loses_ids:
            records = [{**one, "recommendation_id": None} if _of_web(one) else one for one in records]
        self.door.interact(records)

    def recommend(self, student_id: str, limit: int) -> tuple[str, Sequence[str]]:
        """Ask for a list."""
        return self.door.ask(student_id, limit)

    def recommend_together(self, students: Sequence[str], limit: int) -> Sequence[Answered]:
        """Ask for the lists of those who come in the same minutes."""
        answers = self.door.ask_together(students, limit)
        return [Answered(*answer, self._by_model(one)) for one, answer in zip(students, answers, strict=True)]

    def _by_model(self, student_id: str) -> bool:
        student = parse_id(student_id) or b""
        arms = ((one.plan.arms, one.arm_of(student)) for one in self.trials.values())
        return all(arm is None or own[arm].listing is Listing.PERSONAL for own, arm in arms)

    def train(self) -> None:
        """Learn from everything so far; the gate decides what becomes of it."""
        card = self.door.service.learning.train(by="cobi train", incremental=bool(self.trainings))
        reasons = () if "decision" not in card else tuple(card["decision"]["reasons"])
        # In the last moment of a day, for those to come.
        day = (self.clock.now + HOUR - self.world.organic_end) // DAY
        self.trainings.append(Training(day, card["model_version"], card["state"] == "live", reasons))

    def begin_day(self, day: int) -> None:
        """The housekeeping that a server does every hour, here now and then, and what people do on that day."""
        if day % _TIDY_DAYS == 0:
            self.door.service.tidy()
        self.happens.get(day, _nothing)(self)


def _of_web(record: Record) -> bool:
    return record["source"] is not None and record["platform"] == "WEB"


def _nothing(_: Marketplace) -> None:
    """An ordinary day."""
