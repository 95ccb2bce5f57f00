"""Of two blends as good, the simpler one is taken: what says the same once more has to pay, and so has what is counted.

All that a history says is in *factors*, and how an offer stands with everybody in *appeal*. What tells these once more
counts them twice: what of that is likelier among the offers that were opened need not be so among all. And each
training counts what any way of the model learns from, incremental ones hardly anything else.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from cobi.recommenders.dataset import FloatArray
from cobi.recommenders.search.judging import half_interval
from cobi.recommenders.search.weighing import Field, by_likelihood, is_chance, is_loss
from cobi.recommenders.settings import COUNTED_FOR

REPEATED = "repeated"
TOLD_ONCE = ("appeal", "moment", "background", "factors")
"""Ways of which no two tell the same."""
EARNED = 3.0
"""So many standard errors have ways to bring that say the same once more: several are fitted to the same cases."""


def spared(field: Field, weights: FloatArray) -> tuple[FloatArray, dict[str, Any]]:
    """The weights without the ways that repeat others, or that something is counted for, if these bring little.

    Only of weights of likelihood, where reveals are judged: a search looks at each way like this by itself. The other
    ways are weighed anew (or keep their weights, if that is better and nothing was told twice), and are compared with
    the first weights each time, so that losses do not add up. Also answers figures for the card: for what is spared,
    the ways left out and what the cases lose.
    """
    if field.holdout.opened is None:
        return weights, {}
    before, told = field.values(weights), dict[str, Mapping[str, Any]]()
    kept = np.ones(len(weights), np.bool_)
    for spares, ways in _sparing(field.names).items():
        needs = np.array([name in ways for name in field.names])
        left_out = [name for name, own in zip(field.names, weights * needs, strict=True) if own > 0]
        several = [by_likelihood(field, kept & ~needs)]
        if spares != REPEATED:
            several.append(np.where(needs, 0.0, weights))
        others = max(several, key=lambda own: float(field.values(own).mean()))
        loss = before - field.values(others)
        little = not is_loss(-loss, EARNED) if spares == REPEATED else is_chance(loss)
        if left_out and others.any() and little:
            weights, kept = others, kept & ~needs
            told[spares] = {
                "ways": left_out,
                "loss": float(loss.mean()),
                "loss_interval": half_interval(loss),
            }
    return weights, {"spared": told}


def _sparing(names: Collection[str]) -> dict[str, Collection[str]]:
    """What may be spared, and which ways that leaves out."""
    told = {"factors", "appeal"} <= {*names}
    repeating = {REPEATED: {*names} - {*TOLD_ONCE}} if told else {}
    return {**repeating, **COUNTED_FOR}
