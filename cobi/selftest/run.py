"""The whole selftest: every check, in scratch databases that are gone afterwards."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from cobi import __version__
from cobi.config.settings import Settings
from cobi.domain.moments import DAY
from cobi.selftest.campus import Size, stay
from cobi.selftest.checks import Check, Tell
from cobi.selftest.doctoring import prove_doctor
from cobi.selftest.door import Clock, Door
from cobi.selftest.faults import FAULTS, Fault
from cobi.selftest.figures import prove_figures
from cobi.selftest.loop import Habits
from cobi.selftest.trials import Trial, prove_trials
from cobi.service.core import system_clock
from cobi.service.registry import Registry
from cobi.store.scratch import scratch

MORNING_OF_TIME = 20_620 * DAY
"""Midnight before Tuesday 16 June 2026: what is simulated does not hang on the day it is run."""


@dataclass(frozen=True)
class Scale:
    """How much is simulated."""

    campus: Size = field(default_factory=Size)
    trial: Trial = field(default_factory=Trial)
    habits: Habits = field(default_factory=Habits)
    faults: tuple[Fault, ...] = FAULTS
    parts: tuple[str, ...] = ("figures", "trials", "doctor")


@dataclass
class Report:
    """What came of it."""

    where: str
    seed: int
    checks: list[Check] = field(default_factory=list[Check])
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether there were checks and all hold."""
        return bool(self.checks) and all(check.passed for check in self.checks)

    def as_json(self) -> dict[str, Any]:
        """As `cobi selftest --json` tells it."""
        return {
            "passed": self.passed,
            "version": __version__,
            "database": self.where,
            "seed": self.seed,
            "seconds": round(self.seconds, 1),
            "checks": [check.as_json() for check in self.checks],
        }


def selftest(settings: Settings, seed: int, tell: Tell, scale: Scale | None = None) -> Report:
    """Run everything with this installation's database and settings, beside its data."""
    scale, began = scale or Scale(), time.perf_counter()
    with scratch(settings.database_url or None, system_clock()) as (places, where):
        report = Report(where, seed)
        clock = Clock(MORNING_OF_TIME)
        # The clock is the simulation's, and so is the window that it goes by.
        registry = Registry(replace(settings, now="", attribution_window_days=7.0), clock, places=places)
        try:
            for part, begin, end in _spans(scale):
                clock.now = MORNING_OF_TIME
                registry.create(part)
                door = Door(registry.named(part), clock)
                telling = _within(tell, begin, end)
                report.checks += _PARTS[part](door, scale, seed, telling)
        finally:
            registry.close()
    report.seconds = time.perf_counter() - began
    tell(1.0, "done")
    return report


def _figures(door: Door, scale: Scale, seed: int, tell: Tell) -> Iterator[Check]:
    return prove_figures(stay(door, scale.campus, seed, tell), seed)


def _trials(door: Door, scale: Scale, seed: int, tell: Tell) -> Iterator[Check]:
    return prove_trials(door, scale.trial, seed, tell)


def _doctor(door: Door, scale: Scale, seed: int, tell: Tell) -> Iterator[Check]:
    return prove_doctor(door, scale.habits, seed, tell, scale.faults)


_PARTS = {"figures": _figures, "trials": _trials, "doctor": _doctor}
_SHARES = {"figures": 0.08, "trials": 0.46, "doctor": 0.46}
"""Of the time it takes."""


def _spans(scale: Scale) -> Iterator[tuple[str, float, float]]:
    whole, begin = sum(_SHARES[part] for part in scale.parts), 0.0
    for part in scale.parts:
        end = begin + _SHARES[part] / whole
        yield part, begin, end
        begin = end


def _within(tell: Tell, begin: float, end: float) -> Tell:
    return lambda share, message: tell(begin + (end - begin) * share, message)
