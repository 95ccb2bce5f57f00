"""What to do about an experiment, in a word and a sentence."""

from __future__ import annotations

from typing import Any

import pytest

from cobi.actions.experiments.advice import advised
from cobi.analytics.experiments.decisions import Code
from cobi.domain.experiments.declaring import parse_plan
from cobi.domain.experiments.experiment import Experiment, State

ARMS = [{"name": "control"}, {"name": "warm"}, {"name": "hot"}]


def experiment(document: dict[str, Any], state: State = State.RUNNING) -> Experiment:
    return Experiment(1, b"0" * 16, parse_plan(document), state, 0, 0)


TWO = {"name": "trial", "arms": ARMS[:2], "planned_student_days": 1000}


def compared(code: str, arm: str = "warm", lift: float | None = 0.1, **guards: str) -> dict[str, Any]:
    return {
        "arm": arm,
        "decision": {"code": code, "words": "Said."},
        "guardrails": [{"metric": metric, "state": state} for metric, state in guards.items()],
        "metrics": [{"metric": "code_reveals", "lift": {"value": lift}}],
    }


def advice(of: Experiment, *arms: dict[str, Any], student_days: int = 10) -> dict[str, Any]:
    told = advised(of, {"comparisons": list(arms), "student_days": student_days})
    assert told is not None
    return told["advice"]


@pytest.mark.parametrize(
    ("code", "running", "stopped", "of_holdout"),
    [
        ("SAMPLE_RATIO_MISMATCH", "INVESTIGATE", "INVESTIGATE", "INVESTIGATE"),
        ("GUARDRAIL_BREACHED", "STOP", "LEAVE", "INVESTIGATE"),
        ("TOO_EARLY", "GO_ON", "LEAVE", "GO_ON"),
        ("WORSE", "STOP", "LEAVE", "INVESTIGATE"),
        ("BETTER", "PROMOTE", "PROMOTE", "GO_ON"),
        ("NO_DIFFERENCE", "STOP", "LEAVE", "GO_ON"),
        ("UNDECIDED", "GO_ON", "LEAVE", "GO_ON"),
    ],
)
def test_each_decision_has_its_advice(code: str, running: str, stopped: str, of_holdout: str) -> None:
    assert code in Code.__members__
    assert advice(experiment(TWO), compared(code))["what"] == running
    assert advice(experiment(TWO, State.STOPPED), compared(code))["what"] == stopped
    assert advice(experiment({"kind": "HOLDOUT"}), compared(code, "recommended"))["what"] == of_holdout


def test_what_is_better_is_not_promoted_before_its_guardrails_hold() -> None:
    told = advice(experiment(TWO), compared("BETTER", savings="OPEN"))
    assert (told["what"], told["words"]) == ("GO_ON", "Go on. Said. Whether savings holds is not told yet.")
    assert advice(experiment(TWO), compared("BETTER", savings="HOLDS"))["words"] == "Promote warm. Said."


def test_what_is_undecided_after_the_planned_time_is_said_to_be_small() -> None:
    before, after = (
        advice(experiment(TWO), compared("UNDECIDED"), student_days=days)["words"] for days in (999, 1000)
    )
    assert ("have passed" in before, "have passed" in after) == (False, True)


def test_of_several_arms_the_best_one_is_promoted_and_what_is_wrong_comes_first() -> None:
    three = experiment({"name": "trial", "arms": ARMS})
    both = (compared("BETTER", "warm", 0.1), compared("BETTER", "hot", 0.2))
    assert advice(three, *both)["arm"] == "hot"
    assert advice(three, both[0], compared("WORSE", "hot", None))["arm"] == "warm"
    assert advice(three, both[0], compared("SAMPLE_RATIO_MISMATCH", "hot"))["what"] == "INVESTIGATE"
    assert advice(three, compared("WORSE"), compared("UNDECIDED", "hot"))["what"] == "GO_ON"


def test_without_two_arms_there_is_nothing_to_decide() -> None:
    assert advice(experiment(TWO))["what"] == "GO_ON"
    assert advice(experiment(TWO, State.STOPPED))["what"] == "LEAVE"
    assert advised(experiment(TWO), None) is None
