"""What the sums of the arms say: every metric of every arm beside the control, and what follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from cobi.analytics.experiments.decisions import Code, Decision, Guard, Guardrail, decide
from cobi.analytics.experiments.readings import Metric, Reading, read
from cobi.analytics.experiments.sample_ratio import SampleRatio, check_ratio
from cobi.analytics.experiments.sequences import Sequence
from cobi.analytics.experiments.sums import Sums
from cobi.domain.experiments.experiment import Experiment, Kind, Plan
from cobi.domain.experiments.metrics import METRICS
from cobi.domain.moments import format_moment
from cobi.domain.per_cent import signed_per_cent
from cobi.store.experiments.sums import ArmSums

_WORDS = {
    Code.SAMPLE_RATIO_MISMATCH: "The arms were not divided as planned: believe no figure and look for the cause.",
    Code.GUARDRAIL_BREACHED: "Stop: {breached} suffers by more than is tolerated.",
    Code.TOO_EARLY: "Too early: too few students have {main} yet.",
    Code.WORSE: "{arm} is worse than {control} in {main}: {lift}.",
    Code.BETTER: "{arm} is better than {control} in {main}: {lift}.",
    Code.NO_DIFFERENCE: "Any difference in {main} is too small to matter: {lift}.",
    Code.UNDECIDED: "Not decided yet: the difference in {main} is {lift}.",
}


def results_of(experiment: Experiment, arms: Mapping[int, ArmSums], now: int) -> dict[str, Any]:
    """The reading of an experiment with everything counted up to `now`."""
    plan = experiment.plan
    present = {number: arms.get(number) for number in range(len(plan.arms))}
    ratio = _ratio(plan, present)
    compared = [
        _compared(plan, number, arms[0], arms[number], ratio)
        for number in range(1, len(plan.arms))
        if 0 in arms and number in arms
    ]
    return {
        "counted_until": format_moment(now),
        "arms": [
            {
                "name": arm.name,
                "planned_share": arm.share,
                "students": 0 if (found := present[number]) is None else found.students,
            }
            for number, arm in enumerate(plan.arms)
        ],
        "student_days": sum(arm.student_days for arm in arms.values()),
        "sample_ratio": None if ratio is None else asdict(ratio),
        "comparisons": compared,
    }


def _ratio(plan: Plan, arms: Mapping[int, ArmSums | None]) -> SampleRatio | None:
    counts = [0 if arm is None else arm.students for arm in arms.values()]
    shares = [arm.share for arm in plan.arms]
    if not sum(counts):
        return None
    return check_ratio(counts, [share / sum(shares) for share in shares])


def _compared(
    plan: Plan, number: int, control: ArmSums, treated: ArmSums, ratio: SampleRatio | None
) -> dict[str, Any]:
    readings = {name: reading_of(plan, name, control, treated) for name in METRICS}
    guards = [Guardrail(readings[guard.metric], guard.tolerated) for guard in plan.guardrails]
    decision = decide(readings[plan.main], guards, ratio or SampleRatio(1.0, (), mismatch=False))
    return {
        "arm": plan.arms[number].name,
        "control": plan.arms[0].name,
        "decision": {"code": decision.code.value, "words": _in_words(plan, number, decision)},
        "guardrails": [{"metric": name, "state": state.value} for name, state in decision.guardrails],
        "metrics": [told(name, reading) for name, reading in readings.items()],
        "caused": _caused(readings, treated) if plan.kind is Kind.HOLDOUT else None,
    }


def reading_of(plan: Plan, name: str, control: ArmSums, treated: ArmSums) -> Reading:
    """One metric of an arm beside the control."""
    metric = Metric(name, matters=plan.matters)
    # Each comparison with the control is a promise of its own (Bonferroni).
    sequence = Sequence(plan.planned_days, plan.alpha / (len(plan.arms) - 1))
    days = control.student_days + treated.student_days
    return read(metric, _sums(treated, name), _sums(control, name), sequence, days)


def _sums(arm: ArmSums, name: str) -> Sums:
    return Sums(arm.students, np.array(arm.sums[name]), np.array(arm.products[name]))


def told(name: str, reading: Reading) -> dict[str, Any]:
    """A reading as JSON."""
    metric = METRICS[name]

    def scaled(value: float | None) -> float | None:
        return None if value is None else value / metric.scale

    return {
        "metric": name,
        "meaning": metric.meaning,
        "finding": reading.finding.value,
        "treated": scaled(reading.treated),
        "control": scaled(reading.control),
        "difference": _interval(
            scaled(reading.difference), scaled(reading.difference_low), scaled(reading.difference_high)
        ),
        "lift": _interval(reading.lift, reading.lift_low, reading.lift_high),
        "p_value": reading.p_value,
        "unadjusted_difference": scaled(reading.raw_difference),
        "variance_reduction": reading.variance_reduction,
    }


def _interval(value: float | None, low: float | None, high: float | None) -> dict[str, float | None]:
    return {"value": value, "low": low, "high": high}


def _caused(readings: Mapping[str, Reading], treated: ArmSums) -> dict[str, Any]:
    """What recommendations caused in all: the difference per student, times the students who got them."""
    found: dict[str, Any] = {}
    for name in ("code_reveals", "purchases", "amount", "savings"):
        reading, scale = readings[name], METRICS[name].scale / treated.students
        found[name] = _interval(
            *(
                None if value is None else value / scale
                for value in (reading.difference, reading.difference_low, reading.difference_high)
            )
        )
    return found


def _in_words(plan: Plan, number: int, decision: Decision) -> str:
    breached = ", ".join(name for name, state in decision.guardrails if state is Guard.BREACHED)
    return _WORDS[decision.code].format(
        arm=plan.arms[number].name,
        control=plan.arms[0].name,
        main=_called(plan.main),
        lift=_lift(decision.main),
        breached=breached.replace("_", " "),
    )


def _called(metric: str) -> str:
    return "click-through" if metric == "click_through" else metric.replace("_", " ")


def _lift(reading: Reading) -> str:
    if reading.lift is None or reading.lift_low is None or reading.lift_high is None:
        return "an amount that cannot be told as a share yet"
    value, low, high = map(signed_per_cent, (reading.lift, reading.lift_low, reading.lift_high))
    return f"{value} (surely between {low} and {high})"
