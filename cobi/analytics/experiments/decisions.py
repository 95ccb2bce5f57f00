"""What follows from an experiment's figures: one code, and the findings that led to it."""

from __future__ import annotations

from collections.abc import Sequence as Values
from dataclasses import dataclass
from enum import StrEnum

from cobi.analytics.experiments.readings import Finding, Reading
from cobi.analytics.experiments.sample_ratio import SampleRatio


class Guard(StrEnum):
    """How a metric that must not suffer stands."""

    HOLDS = "HOLDS"
    """Surely not worse by more than is tolerated."""
    BREACHED = "BREACHED"
    """Surely worse by more than is tolerated."""
    OPEN = "OPEN"
    """Not told yet."""


class Code(StrEnum):
    """The decision; the first that applies."""

    SAMPLE_RATIO_MISMATCH = "SAMPLE_RATIO_MISMATCH"
    """The arms were not divided as planned: believe no figure, look for the cause."""
    GUARDRAIL_BREACHED = "GUARDRAIL_BREACHED"
    """Stop, whatever the main metric says."""
    TOO_EARLY = "TOO_EARLY"
    WORSE = "WORSE"
    BETTER = "BETTER"
    NO_DIFFERENCE = "NO_DIFFERENCE"
    UNDECIDED = "UNDECIDED"


@dataclass(frozen=True, slots=True)
class Guardrail:
    """A metric that must not suffer, how it reads, and how much it may suffer."""

    reading: Reading
    tolerated: float
    """The relative loss that is accepted, 0 or above: 0.02 lets a metric lose 2 %."""

    @property
    def state(self) -> Guard:
        """Non-inferiority: the whole interval of the lift on one side of the tolerated loss."""
        low, high = self.reading.lift_low, self.reading.lift_high
        if low is None or high is None:
            return Guard.OPEN
        if not self.reading.metric.higher_is_better:
            low, high = -high, -low
        if high < -self.tolerated:
            return Guard.BREACHED
        return Guard.HOLDS if low > -self.tolerated else Guard.OPEN


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome so far; it may be acted on at any time."""

    code: Code
    main: Reading
    guardrails: tuple[tuple[str, Guard], ...]
    ratio: SampleRatio


def decide(main: Reading, guardrails: Values[Guardrail], ratio: SampleRatio) -> Decision:
    """Put one arm's findings together.

    Each guardrail is a comparison of its own, and so is each arm: whoever wants all promises of an experiment to
    hold together divides alpha by the arms beside the control (Bonferroni). Guardrails are not divided by: a false
    breach costs an experiment, not the marketplace.
    """
    states = tuple((guardrail.reading.metric.name, guardrail.state) for guardrail in guardrails)
    return Decision(_code(main.finding, [state for _, state in states], ratio), main, states, ratio)


def _code(finding: Finding, guards: Values[Guard], ratio: SampleRatio) -> Code:
    if ratio.mismatch:
        return Code.SAMPLE_RATIO_MISMATCH
    if Guard.BREACHED in guards:
        return Code.GUARDRAIL_BREACHED
    return Code(finding.value)
