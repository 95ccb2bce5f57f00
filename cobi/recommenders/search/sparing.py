"""What is counted for some ways alone has to pay: of two blends as good, the one that spares the counting is taken.

Each training counts what any way of the model learns from, and incremental ones hardly anything else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from cobi.recommenders.dataset import FloatArray
from cobi.recommenders.search.judging import half_interval
from cobi.recommenders.search.weighing import Field, by_likelihood, is_chance
from cobi.recommenders.settings import COUNTED_FOR


def spared(field: Field, weights: FloatArray) -> tuple[FloatArray, dict[str, Any]]:
    """The weights without the ways that something is counted for, where those bring nothing but chance.

    Only of weights of likelihood, where reveals are judged: a search looks at each way like this by itself. The other
    ways are weighed anew or keep their weights, whichever is better, and are compared with the first weights each time,
    so that losses do not add up. Also answers figures for the card: for what is not counted then, the ways left out and
    what the cases lose.
    """
    if field.holdout.opened is None:
        return weights, {}
    before, told = field.values(weights), dict[str, Mapping[str, Any]]()
    kept = np.ones(len(weights), np.bool_)
    for counted, ways in COUNTED_FOR.items():
        needs = np.array([name in ways for name in field.names])
        left_out = [name for name, own in zip(field.names, weights * needs, strict=True) if own > 0]
        several = by_likelihood(field, kept & ~needs), np.where(needs, 0.0, weights)
        others = max(several, key=lambda own: float(field.values(own).mean()))
        loss = before - field.values(others)
        if left_out and others.any() and is_chance(loss):
            weights, kept = others, kept & ~needs
            told[counted] = {
                "ways": left_out,
                "loss": float(loss.mean()),
                "loss_interval": half_interval(loss),
            }
    return weights, {"spared": told}
