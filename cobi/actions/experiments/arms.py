"""What the arms of running experiments change in what students are shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cobi.domain.experiments.experiment import Arm, Experiment, Listing, arms_of
from cobi.store.database import Connection
from cobi.store.experiments import counting, plans
from cobi.store.writer import Transaction

Exposure = tuple[int, int]
"""The key of an experiment and the number of an arm."""

_SPACE = "exposures"


@dataclass(frozen=True)
class Place:
    """Where a student stands in the running experiments; `label` None: answered like everybody."""

    label: str | None = None
    listing: Listing = Listing.PERSONAL
    exposures: tuple[Exposure, ...] = ()


NOWHERE = Place()


@dataclass(frozen=True)
class Trials:
    """The experiments that run now."""

    running: tuple[Experiment, ...] = ()

    def place(self, student_id: bytes) -> Place:
        """Where a student stands; the first arm of an experiment may be just what everybody gets."""
        if not self.running:
            return NOWHERE
        found = arms_of(self.running, student_id)
        label, listing = None, Listing.PERSONAL
        for experiment, number in found:
            arm = experiment.plan.arms[number]
            if _tells_apart(experiment, number):
                label, listing = experiment.label(number), arm.listing
        return Place(label, listing, tuple((experiment.key, number) for experiment, number in found))

    @property
    def arms(self) -> Mapping[str, Arm]:
        """The arms by their labels."""
        return {one.label(at): arm for one in self.running for at, arm in enumerate(one.plan.arms)}


def read(connection: Connection) -> Trials:
    """The experiments that run now."""
    return Trials(tuple(plans.running(connection)))


def expose(
    transaction: Transaction, answered: Iterable[tuple[int | None, int, tuple[Exposure, ...]]]
) -> None:
    """Note first answers, each given as (student, moment, exposures)."""
    known = transaction.keys.space(_SPACE)
    new: dict[tuple[int, int], tuple[int, int]] = {}
    for student, moment, exposures in answered:
        for experiment, arm in exposures:
            if student is not None and (experiment, student) not in known:
                new.setdefault((experiment, student), (arm, moment))
    if new:
        counting.expose(transaction.connection, ((*one, *arm) for one, arm in new.items()))
        transaction.keys.remember(_SPACE, {one: arm for one, (arm, _) in new.items()})


def _tells_apart(experiment: Experiment, number: int) -> bool:
    """Whether the arm is named in the log: all but the larger part of a holdout."""
    return not (experiment.plan.is_holdout and number > 0)


NO_TRIALS = Trials()
