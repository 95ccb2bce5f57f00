"""Of two blends as good, the simpler one is taken: what says the same once more has to pay, and so has what is counted.

All that a history says is in *factors*, and how an offer stands with everybody in *appeal*. What tells these once more
counts them twice: what of that is likelier among the offers that were opened need not be so among all. And each
training counts what any way of the model learns from, and makes its rows, incremental ones hardly anything else.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cobi.recommenders.dataset import FloatArray
from cobi.recommenders.search.judging import half_interval
from cobi.recommenders.search.weighing import Field, by_likelihood, is_loss
from cobi.recommenders.settings import COLD_WAYS, COUNTED_FOR

REPEATED, LITTLE = "repeated", "little"
TOLD_ONCE = ("appeal", "moment", "background", "factors")
"""Ways of which no two tell the same."""
DEAR = ("low-pass", "ridge")
"""What each training has to solve for these grows with the square of the offers …"""
MANY_OFFERS = 5_000
"""… and of more than so many it is most of what is done, with what is counted."""
EARNED = 3.0
"""So many standard errors have ways to bring that say the same once more, or that are dear or counted for among many
offers: several are fitted to the same cases."""
LEAST_EARNED = 0.01
"""… and at least so much of the worth, the share of what was opened that reveals stand above: many cases make a little
no truer of whole lists, and no cheaper."""


@dataclass
class _Sparer:
    """Leaves out one thing after the other; what that loses is always told from the first weights."""

    field: Field
    weights: FloatArray
    before: FloatArray
    kept: NDArray[np.bool_]

    def without(self, ways: Collection[str], *, earning: bool, repeating: bool = False) -> FloatArray | None:
        """Do without these ways, if the others lose no more than one standard error; answers what each case loses.

        Ways that have to be `earning` their place stay only for more than that. The others are weighed anew, or keep
        their weights if that is better and nothing was told twice.
        """
        leaving = np.array([name in ways for name in self.field.names])
        if not (self.weights * leaving).any():
            # It is not to come back when others leave: what is counted would be counted for it.
            self.kept = self.kept & ~leaving
            return None
        several = [by_likelihood(self.field, self.kept & ~leaving)]
        if not repeating:
            several.append(np.where(leaving, 0.0, self.weights))
        others = max(several, key=lambda own: float(self.field.values(own).mean()))
        loss = self.before - self.field.values(others)
        matters = not earning or float(loss.mean()) > LEAST_EARNED
        if not others.any() or (is_loss(-loss, EARNED if earning else 1.0) and matters):
            return None
        self.weights, self.kept = others, self.kept & ~leaving
        return loss


def spared(field: Field, weights: FloatArray) -> tuple[FloatArray, dict[str, Any]]:
    """The weights without the ways that repeat others, that something is counted for, or that alone bring little.

    Only of weights of likelihood, where reveals are judged: a search looks at each way like this by itself. Also
    answers figures for the card: for what is spared, the ways left out and what the cases lose.
    """
    if field.holdout.opened is None:
        return weights, {}
    sparer = _Sparer(field, weights, field.values(weights), np.ones(len(weights), np.bool_))
    told = dict[str, Mapping[str, Any]]()
    many = field.holdout.ranked.stop - field.holdout.ranked.start > MANY_OFFERS
    for spares, ways in _sparing(field.names).items():
        several = _used(field, sparer.weights, ways)
        repeating = spares == REPEATED
        loss = sparer.without(ways, earning=repeating or many, repeating=repeating)
        if loss is not None:
            told[spares] = _figures(several, loss)
    little: list[str] = []
    for name in _by_themselves(field):
        loss = sparer.without([name], earning=many and name in DEAR)
        if loss is not None:
            little.append(name)
            told[LITTLE] = _figures(little, loss)
    return sparer.weights, {"spared": told}


def _used(field: Field, weights: FloatArray, ways: Collection[str]) -> list[str]:
    return [name for name, own in zip(field.names, weights, strict=True) if own > 0 and name in ways]


def _figures(ways: Collection[str], loss: FloatArray) -> Mapping[str, Any]:
    return {"ways": [*ways], "loss": float(loss.mean()), "loss_interval": half_interval(loss)}


def _by_themselves(field: Field) -> list[str]:
    """The ways that have to bring something by themselves, the dear ones first.

    Not those that tell of students who have done nothing yet: the cases are of others, mostly.
    """
    mine = [name for name in field.names if name not in COLD_WAYS and name != "factors"]
    return sorted(mine, key=lambda name: (name not in DEAR, -field.names.index(name)))


def _sparing(names: Collection[str]) -> dict[str, Collection[str]]:
    """What may be spared, and which ways that leaves out."""
    told = {"factors", "appeal"} <= {*names}
    repeating = {REPEATED: {*names} - {*TOLD_ONCE}} if told else {}
    return {**repeating, **COUNTED_FOR}
