"""Comparing a candidate with the live model, and keeping what was decided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from cobi.actions.gate.bundle import pack
from cobi.actions.gate.comparison import Compared, Material, compare
from cobi.actions.gate.rule import Evidence, Judgement, judge
from cobi.domain.errors import Conflict
from cobi.domain.model_state import Verdict
from cobi.recommenders.progress import Progress
from cobi.store import model_registry
from cobi.store.model_registry import Decision
from cobi.store.writer import Transaction


@dataclass(frozen=True)
class Outcome:
    """A judgement with what it takes to come to it again."""

    judgement: Judgement
    decision: Decision


def decide(material: Material, zone: ZoneInfo, seed: int, now: int, progress: Progress) -> Outcome:
    """Compare and judge; where nobody can be tested, there is not enough evidence, and that is said."""
    try:
        compared = compare(material, zone, seed, now, progress)
        judgement = judge(compared.evidence, compared.metric)
    except Conflict as conflict:
        compared = _nothing(material, seed)
        judgement = judge(compared.evidence, compared.metric)
        judgement = Judgement(Verdict.NOT_ENOUGH_EVIDENCE, judgement.reasons, judgement.found)
        compared.inputs["hindrance"] = conflict.message
    bundle, digest = pack(compared.evidence, judgement, compared.inputs)
    candidate, live = material.candidate.version, material.live.version
    summary = _summary(compared, judgement)
    return Outcome(judgement, Decision(candidate, live, now, judgement.verdict, summary, digest, bundle))


def keep(transaction: Transaction, outcome: Outcome) -> None:
    """Write the decision down."""
    model_registry.decide(transaction.connection, outcome.decision)


def _nothing(material: Material, seed: int) -> Compared:
    none = np.empty(0, np.int64)
    inputs = {
        "metric": "ndcg@10",
        "models": {
            name: {"version": one.version, "digest": one.digest}
            for name, one in (("candidate", material.candidate), ("live", material.live))
        },
    }
    return Compared(Evidence(none, none, 0.0, 0.0, seed), "ndcg@10", inputs)


def _summary(compared: Compared, judgement: Judgement) -> dict[str, Any]:
    found, inputs = judgement.found, compared.inputs
    hindrance = inputs.get("hindrance")
    return {
        "reasons": [*judgement.reasons, *([hindrance] if hindrance else [])],
        "metric": compared.metric,
        "students": found.students,
        "candidate": found.one,
        "live": found.other,
        "difference": {"value": found.difference, "low": found.low, "high": found.high},
        "lead": judgement.lead,
        "asked": judgement.asked,
        "comparison": compared.evidence.look.number,
        "logged": _logged(judgement),
        "period": inputs.get("period"),
        "wanted": inputs.get("wanted"),
        "live_judged": inputs.get("live_judged"),
    }


def _logged(judgement: Judgement) -> dict[str, Any] | None:
    """What the log of answers said."""
    found = judgement.logged
    if found is None:
        return None
    return {
        "students": found.students,
        "candidate": found.one,
        "live": found.other,
        "difference": {"value": found.difference, "low": found.low, "high": found.high},
        "cautions": list(judgement.cautions),
    }
