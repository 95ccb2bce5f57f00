"""What to do about an experiment, in a word and a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from cobi.analytics.experiments.decisions import Code, Guard
from cobi.domain.experiments.experiment import Experiment, State


class Advice(StrEnum):
    """What to do."""

    GO_ON = "GO_ON"
    """Let it run, and look again."""
    PROMOTE = "PROMOTE"
    """Give everybody what the arm gets."""
    STOP = "STOP"
    """End it; what everybody gets stays as it is."""
    INVESTIGATE = "INVESTIGATE"
    """Something is wrong that no decision should be made upon."""
    LEAVE = "LEAVE"
    """It has ended, and nothing is to be changed."""


_URGENT = (Advice.INVESTIGATE, Advice.PROMOTE, Advice.GO_ON, Advice.STOP, Advice.LEAVE)
"""Of several arms, the first of these is what to do about all."""

_WORDS = {
    Advice.GO_ON: "Go on.",
    Advice.PROMOTE: "Promote {arm}.",
    Advice.STOP: "Stop.",
    Advice.INVESTIGATE: "Find out what is wrong.",
    Advice.LEAVE: "Leave everything as it is.",
}
_OPEN_GUARD = "{words} Whether {guards} holds is not told yet."
_PLANNED = "{words} The planned student-days have passed: what is left to be found is likely small."


def advised(experiment: Experiment, results: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What was read of an experiment, with advice for each arm and for all."""
    if results is None:
        return None
    passed = results["student_days"] >= experiment.plan.planned_days
    compared = [{**one, "advice": _of_arm(experiment, one, passed=passed)} for one in results["comparisons"]]
    return {**results, "comparisons": compared, "advice": _of_all(experiment, compared)}


def summary(experiment: Experiment, results: Mapping[str, Any]) -> dict[str, Any]:
    """What a list of experiments tells of one: how many students, what to do, and the lift of the arm it is about."""
    about = results["advice"]["arm"]
    lifts = [_lift_of(experiment, one) for one in results["comparisons"] if one["arm"] == about]
    return {
        "counted_until": results["counted_until"],
        "students": sum(arm["students"] for arm in results["arms"]),
        "advice": results["advice"],
        "lift": lifts[0] if lifts else None,
    }


def _of_arm(experiment: Experiment, compared: Mapping[str, Any], *, passed: bool) -> dict[str, Any]:
    code, said = Code(compared["decision"]["code"]), compared["decision"]["words"]
    open_guards = [one["metric"] for one in compared["guardrails"] if one["state"] == Guard.OPEN.value]
    advice = (
        _of_holdout(code) if experiment.plan.is_holdout else _of_experiment(code, certain=not open_guards)
    )
    if code is Code.BETTER and open_guards:
        said = _OPEN_GUARD.format(words=said, guards=" and ".join(open_guards).replace("_", " "))
    if experiment.state is State.STOPPED and advice in (Advice.GO_ON, Advice.STOP):
        advice = Advice.LEAVE
    if advice is Advice.GO_ON and code is Code.UNDECIDED and passed and not experiment.plan.is_holdout:
        said = _PLANNED.format(words=said)
    arm = compared["arm"]
    return {"what": advice.value, "arm": arm, "words": f"{_WORDS[advice].format(arm=arm)} {said}"}


def _of_experiment(code: Code, *, certain: bool) -> Advice:
    if code is Code.BETTER:
        return Advice.PROMOTE if certain else Advice.GO_ON
    return {
        Code.SAMPLE_RATIO_MISMATCH: Advice.INVESTIGATE,
        Code.GUARDRAIL_BREACHED: Advice.STOP,
        Code.WORSE: Advice.STOP,
        Code.NO_DIFFERENCE: Advice.STOP,
    }.get(code, Advice.GO_ON)


def _of_holdout(code: Code) -> Advice:
    """A holdout measures as long as one likes; what is bad there is what everybody else gets."""
    bad = (Code.SAMPLE_RATIO_MISMATCH, Code.GUARDRAIL_BREACHED, Code.WORSE)
    return Advice.INVESTIGATE if code in bad else Advice.GO_ON


def _of_all(experiment: Experiment, compared: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    if not compared:
        what = Advice.LEAVE if experiment.state is State.STOPPED else Advice.GO_ON
        words = f"{_WORDS[what]} No two arms have students to compare."
        return {"what": what.value, "arm": None, "words": words}
    first = min(_URGENT.index(Advice(one["advice"]["what"])) for one in compared)
    alike = [one for one in compared if one["advice"]["what"] == _URGENT[first].value]
    return max(alike, key=lambda one: _lift_of(experiment, one)["value"] or 0.0)["advice"]


def _lift_of(experiment: Experiment, compared: Mapping[str, Any]) -> Mapping[str, Any]:
    """Of the main metric."""
    return next(one["lift"] for one in compared["metrics"] if one["metric"] == experiment.plan.main)
