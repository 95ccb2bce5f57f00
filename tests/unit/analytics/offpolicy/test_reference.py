"""Off-policy estimates agree with the Open Bandit Pipeline to 1e-9: on drawn logs and, where installed, its own."""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any

import numpy as np
import pytest

from cobi.analytics.offpolicy import single, slates
from cobi.analytics.ratios import Ratios
from tests.unit.analytics.offpolicy.known_answers import ANSWERS, CLIP, LOGS, SHRINKAGE, THRESHOLD
from tests.unit.analytics.offpolicy.logs import Singles, Slates, open_bandit

KNOWN = json.loads(ANSWERS.read_text())
PYTHON = "COBI_REFERENCE_PYTHON"
"""Names a Python that has `requirements/reference.txt`."""


def of_singles(log: Singles) -> dict[str, Ratios]:
    policy = log.at(log.policy)
    given = log.reward, policy / log.logged
    modelled = *given, log.at(log.model), log.expected()
    rows = np.arange(len(log.item))
    return {
        "ips": single.ips(*given),
        "ips clipped": single.ips(*given, CLIP),
        "snips": single.snips(*given),
        "direct": single.direct(log.expected()),
        "doubly robust": single.doubly_robust(*modelled),
        "doubly robust clipped": single.doubly_robust(*modelled, CLIP),
        "self-normalised doubly robust": single.self_normalised_doubly_robust(*modelled),
        "switch": single.switch_doubly_robust(*modelled, THRESHOLD),
        "shrunk": single.shrunk_doubly_robust(*modelled, SHRINKAGE),
        "replay": single.replay(log.reward, policy == log.policy[rows, :, log.place].max(axis=1)),
    }


def of_slates(log: Slates) -> dict[str, Ratios]:
    given = log.reward, log.chances, log.logged
    alone = log.reward, log.marginal, log.logged_marginal
    return {
        "standard": slates.standard(*given),
        "standard normalised": slates.self_normalised_standard(*given),
        "independent": slates.independent(*alone),
        "independent normalised": slates.self_normalised_independent(*alone),
        "cascade": slates.cascade(*given),
        "cascade normalised": slates.self_normalised_cascade(*given),
        "cascade doubly robust": slates.cascade_doubly_robust(*given, log.shown(), log.expected()),
    }


def agree(log: Singles | Slates, known: dict[str, float]) -> None:
    ours = of_singles(log) if isinstance(log, Singles) else of_slates(log)
    assert ours.keys() == known.keys()
    for estimator, ratios in ours.items():
        assert ratios.value == pytest.approx(known[estimator], rel=0, abs=1e-9), estimator


@pytest.mark.parametrize("name", LOGS)
def test_every_estimate_is_the_references(name: str) -> None:
    agree(LOGS[name](), KNOWN[name])


with_the_reference = pytest.mark.skipif(
    PYTHON not in os.environ, reason=f"the reference itself is asked where {PYTHON} is set"
)


def told_by_the_reference(what: str) -> dict[str, Any]:
    command = [os.environ[PYTHON], "-W", "ignore", "-m", "tests.unit.analytics.offpolicy.known_answers", what]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(told.stdout.splitlines()[-1])


@with_the_reference
def test_the_known_answers_are_still_what_the_reference_says() -> None:
    found = told_by_the_reference("--drawn")
    assert found.keys() == KNOWN.keys()
    for name, answers in found.items():
        assert answers == pytest.approx(KNOWN[name], rel=0, abs=1e-12)


@with_the_reference
def test_every_estimate_is_the_references_on_the_logs_that_it_ships() -> None:
    for shipped in told_by_the_reference("--shipped").values():
        agree(open_bandit(shipped["columns"]), shipped["answers"])
