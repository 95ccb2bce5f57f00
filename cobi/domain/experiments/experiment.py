"""What an experiment is: its arms, the shares of students in them, and what it is to be judged by."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from cobi.domain.experiments.metrics import METRICS
from cobi.domain.identifiers import TIME_BYTES, format_id
from cobi.domain.moments import format_moment


class Listing(IntEnum):
    """What an arm's students are shown."""

    PERSONAL = 1
    POPULAR = 2
    """The same for everybody: what is popular, of nobody's history or traits."""
    NONE = 3
    """An empty list."""

    @property
    def policy(self) -> str:
        """What it is called in the log of answers."""
        return self.name.lower()


class State(IntEnum):
    """Where an experiment stands."""

    DRAFT = 1
    RUNNING = 2
    STOPPED = 3


class Kind(IntEnum):
    """Who may be in it beside another one."""

    EXPERIMENT = 1
    """Runs alone; whoever is held out is not in it."""
    HOLDOUT = 2
    """Runs beside an experiment: its first arm is answered without recommendations, to know what they cause."""


@dataclass(frozen=True)
class Arm:
    """A part of the students; `model_version` None = the live one, `settings` override those of the organisation."""

    name: str
    share: float
    listing: Listing = Listing.PERSONAL
    model_version: int | None = None
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def as_json(self) -> dict[str, Any]:
        """As it is declared."""
        return {
            "name": self.name,
            "share": self.share,
            "list": self.listing.name,
            "model_version": self.model_version,
            "settings": dict(self.settings),
        }


@dataclass(frozen=True)
class Guard:
    """A metric that must not suffer by more than this share."""

    metric: str
    tolerated: float

    def as_json(self) -> dict[str, Any]:
        """As it is declared."""
        return {"metric": self.metric, "tolerated": self.tolerated}


@dataclass(frozen=True)
class Plan:
    """An experiment as it was declared; the first arm is the control.

    `planned_days` is the number of student-days near which intervals are to be narrowest; `matters` the smallest
    relative lift worth knowing of.
    """

    name: str
    kind: Kind
    arms: tuple[Arm, ...]
    main: str = "code_reveals"
    guardrails: tuple[Guard, ...] = ()
    planned_days: int = 100_000
    matters: float = 0.0
    alpha: float = 0.05

    @property
    def is_holdout(self) -> bool:
        """Whether it only holds students out of recommendations."""
        return self.kind is Kind.HOLDOUT

    def as_json(self) -> dict[str, Any]:
        """As it is declared."""
        return {
            "name": self.name,
            "kind": self.kind.name,
            "arms": [arm.as_json() for arm in self.arms],
            "main_metric": self.main,
            "guardrails": [guard.as_json() for guard in self.guardrails],
            "planned_student_days": self.planned_days,
            "matters": self.matters,
            "alpha": self.alpha,
        }


@dataclass(frozen=True)
class Experiment:
    """A stored experiment; moments are None until they come."""

    key: int
    experiment_id: bytes
    plan: Plan
    state: State
    created: int
    started: int | None = None
    stopped: int | None = None

    def label(self, arm: int) -> str:
        """What an arm is called in the log of answers and in reports."""
        return f"{self.plan.name}:{self.plan.arms[arm].name}"

    def arm_of(self, student_id: bytes) -> int | None:
        """The student's arm, always the same one, whenever it began; None for who is not in the experiment."""
        drawn = place(self.experiment_id[TIME_BYTES:], student_id)
        edge = 0.0
        for number, arm in enumerate(self.plan.arms):
            edge += arm.share
            # The last edge of shares that add up to 1 may round to less.
            if drawn < edge or (number == len(self.plan.arms) - 1 and edge > 1 - 1e-9):
                return number
        return None

    def as_json(self) -> dict[str, Any]:
        """What is known of it but its figures."""
        return {
            "experiment_id": format_id(self.experiment_id),
            **self.plan.as_json(),
            "state": self.state.name,
            "created": format_moment(self.created),
            "started": None if self.started is None else format_moment(self.started),
            "stopped": None if self.stopped is None else format_moment(self.stopped),
        }


def place(salt: bytes, student_id: bytes) -> float:
    """A number in 0…1 that is the student's own in this experiment, and independent of those in others."""
    digest = hashlib.blake2b(student_id, key=salt, digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def arms_of(running: Sequence[Experiment], student_id: bytes) -> tuple[tuple[Experiment, int], ...]:
    """The experiments a student is in now, each with the arm; who is held out is in no other."""
    found: list[tuple[Experiment, int]] = []
    for experiment in sorted(running, key=lambda one: one.plan.kind, reverse=True):
        arm = experiment.arm_of(student_id)
        if arm is not None:
            found.append((experiment, arm))
            if experiment.plan.kind is Kind.HOLDOUT and arm == 0:
                break
    return tuple(found)


def holdout_arms(share: float, listing: Listing) -> tuple[Arm, ...]:
    """The two arms of a holdout."""
    return Arm("held out", share, listing), Arm("recommended", 1 - share)


assert Plan.main in METRICS
