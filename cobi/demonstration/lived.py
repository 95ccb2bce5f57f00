"""Living through it: a past of seven weeks, of which the last four had lists of Cobi's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from cobi.config.settings import Settings
from cobi.demonstration.happenings import HAPPENS
from cobi.demonstration.marketplace import Marketplace, Training
from cobi.domain.moments import DAY
from cobi.selftest.door import Clock, Door
from cobi.service.registry import Registry
from cobi.simulation.campus import DEMO, Campus
from cobi.simulation.daily import Daily
from cobi.simulation.play import Progress
from cobi.simulation.scoreboard import Result
from cobi.simulation.world import make_world

CAMPUS = replace(DEMO, daily=True, students=2000, organic_weeks=3, shops=120, offers=450)
_FOR_EVER = 10**6
_KEYS = (
    ("back end", ("ingest", "recommend")),
    ("growth team", ("report", "recommend")),
    ("nightly import", ("ingest",)),
)


def sized(students: int) -> Campus:
    """The campus with so many students; where they are fewer, there is less to choose from as well."""
    share = min(1.0, students / CAMPUS.students)
    return replace(
        CAMPUS,
        students=students,
        institutes=max(6, round(CAMPUS.institutes * share)),
        shops=max(24, round(CAMPUS.shops * share)),
        offers=max(96, round(CAMPUS.offers * share)),
    )


@dataclass(frozen=True)
class Lived:
    """What came of it: a key that opens everything, a student with a past, the scoreboard, the trainings."""

    key: str
    someone: str
    result: Result
    trainings: Sequence[Training]

    @property
    def served_by(self) -> list[str]:
        """What answered before the retraining of the play, and after it."""
        first, retrained = self.trainings[0], self.trainings[1]
        names: list[str] = []
        for begin, end in ((first.day, retrained.day), (retrained.day, _FOR_EVER)):
            new = [one.version for one in self.trainings if one.went_live and begin <= one.day < end]
            before = [one.version for one in self.trainings if one.went_live and one.day < begin]
            names.append(", then ".join(f"model {one}" for one in new) or f"still model {before[-1]}")
        return names


def live(
    settings: Settings, organisation: str, campus: Campus, seed: int, until: int, progress: Progress
) -> Lived:
    """Let a campus live in this installation until a moment; the same everything gives the same past."""
    progress(0, "Founding the campus")
    lists = 2 * campus.phase_weeks * 7
    world = make_world(campus, seed, until - (lists - 1) * DAY)
    clock = Clock(world.organic_end)
    registry = Registry(settings, clock)
    try:
        key = registry.create_key(organisation, frozenset(["admin"]), label="ada")
        for label, scopes in _KEYS:
            registry.create_key(organisation, frozenset(scopes), label=label)
        marketplace = Marketplace(Door(registry.named(organisation), clock), world, HAPPENS)
        result = Daily(world, marketplace, clock, until, progress).run()
        marketplace.door.service.tidy()
        marketplace.door.service.catalogue.count()
    finally:
        registry.close()
    someone = world.ids.students[int(np.argmax(world.students.activity))]
    return Lived(key, someone, result, marketplace.trainings)
