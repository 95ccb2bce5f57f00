"""The weights of the blend: a coordinate search on the items that some way ranks high."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from cobi.recommenders.dataset import FloatArray, IntArray
from cobi.recommenders.holdout import Holdout
from cobi.recommenders.judging import ranks
from cobi.recommenders.parallel import in_order, spans

ROWS_AT_ONCE = 128
CANDIDATES = 80
"""Each way brings forward so many items of each student; what nobody brings forward is not found."""
ROUNDS = 3
STEPS = (0.0, 0.5, 0.7, 0.85, 1.2, 1.5, 2.0, 3.0)
FIRST_STEPS = (0.03, 0.1, 0.25, 0.5, 1.0)
SHRINKAGE = 0.02
"""Weights of likelihood are drawn to 0 by this share of an observation for each target."""
LEAST_WEIGHT = 0.01
"""Ways of less than this share of the largest weight are left out."""
LEAST_GAIN = 3e-4
"""A change of weights that brings less, in relation, is not made: it would be chance."""

Cells = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Field:
    """Each way's scores of each case's candidates: ways × cases × candidates, ways brought to one scale."""

    names: tuple[str, ...]
    scores: Cells
    allowed: Cells
    """0 for a candidate, −inf for padding: cases × candidates."""
    case: IntArray
    place: IntArray
    """Of each target that is among the candidates, its column."""
    held: IntArray
    """How many targets each case has, candidates or not."""
    holdout: Holdout
    scale: Mapping[str, float]
    """The spread each way's scores were divided by."""

    def total(self, weights: FloatArray) -> Cells:
        """The blend's scores: cases × candidates."""
        return np.tensordot(weights.astype(np.float32), self.scores, 1) + self.allowed

    def values(self, weights: FloatArray) -> FloatArray:
        """Each case's worth under these weights."""
        return self.worths(self.total(weights))

    def worths(self, total: Cells) -> FloatArray:
        """Each case's worth of a ranking by these scores."""
        rank = np.full(int(self.held.sum()), np.inf)
        rank[: len(self.case)] = ranks(total, self.case, self.place)
        missed = np.maximum(self.held - np.bincount(self.case, minlength=len(self.held)), 0)
        case = np.concatenate([self.case, np.repeat(np.arange(len(self.held)), missed)])
        return self.holdout.worth(rank, case)


def field_of(scores: Mapping[str, Cells], holdout: Holdout, barred: Cells | None) -> Field:
    """Candidates are the union of what each way ranks highest; `barred` is −inf for what may not be ranked."""
    names = tuple(scores)
    chosen = _chosen(list(scores.values()), barred)
    cases = len(chosen)
    row: IntArray = np.arange(cases)[:, None]
    most = max(int(chosen.sum(axis=1).max()), 1)
    order = np.argsort(~chosen, axis=1, kind="stable")[:, :most]
    allowed = np.where(chosen[row, order], 0, -np.inf).astype(np.float32)
    stack = np.stack([own[row, order] for own in scores.values()])
    scale = {name: _spread(own, allowed) for name, own in zip(names, stack, strict=True)}
    stack /= np.array([scale[name] for name in names], np.float32)[:, None, None]
    found = chosen[holdout.case, holdout.item]
    case, item = holdout.case[found], holdout.item[found]
    column = np.cumsum(chosen, axis=1)[case, item] - 1
    held = np.bincount(holdout.case, minlength=cases)
    return Field(names, stack, allowed, case, column, held, holdout, scale)


def _chosen(scores: Sequence[Cells], barred: Cells | None) -> NDArray[np.bool_]:
    """What some way ranks among its highest: cases × ranked items."""
    cases, width = scores[0].shape
    found = np.zeros((cases, width), np.bool_)
    edge = width - min(CANDIDATES + 1, width)

    def part(span: tuple[int, int]) -> None:
        own = slice(*span)
        for way in scores:
            shown = way[own] if barred is None else way[own] + barred[own]
            # Above the next best: where many are equal at the edge, none of them is brought forward.
            found[own] |= shown > np.partition(shown, edge, axis=1)[:, edge, None]
        if barred is not None:
            found[own] &= barred[own] == 0

    for _ in in_order(part, spans(cases, ROWS_AT_ONCE)):
        pass
    return found


def weigh(field: Field, tell: Callable[[float], None]) -> FloatArray:
    """Weights ≥ 0: those of likelihood where reveals are judged, else from a coordinate search.

    The search begins with the best way alone or with the weights of likelihood, whichever is worth more. Few
    reveals make the worth too rough to search on.
    """
    likely = by_likelihood(field)
    if field.holdout.opened is not None:
        return likely
    alone = [float(field.values(unit).mean()) for unit in np.eye(len(field.names))]
    weights = np.zeros(len(field.names))
    weights[int(np.argmax(alone))] = 1.0
    best = max(alone)
    if likely.any() and float(field.values(likely).mean()) > best:
        weights, best = likely, float(field.values(likely).mean())
    for turn in range(ROUNDS):
        before = best
        for number in np.argsort(alone)[::-1].tolist():
            best = _step(field, weights, number, best)
            tell((turn + (number + 1) / len(alone)) / ROUNDS)
        if best <= before * (1 + LEAST_GAIN):
            break
    return weights


def by_likelihood(field: Field) -> FloatArray:
    """Shrunken weights ≥ 0 under which targets are likeliest to be picked of their candidates (McFadden 1974)."""
    hits = np.zeros(field.allowed.shape, np.float32)
    np.add.at(hits, (field.case, field.place), 1)
    held = hits.sum(axis=1, keepdims=True)
    shrinkage = SHRINKAGE * max(len(field.case), 1)

    def loss(weights: FloatArray) -> tuple[float, FloatArray]:
        total = np.tensordot(weights.astype(np.float32), field.scores, 1) + field.allowed
        total -= np.maximum(total.max(axis=1, keepdims=True), -1e30)
        odds = np.exp(total)
        mass = np.maximum(odds.sum(axis=1, keepdims=True), 1e-30)
        told = float((held * np.log(mass)).sum() - (hits * np.maximum(total, -1e30)).sum())
        slope = np.einsum("kij,ij->k", field.scores, held * odds / mass - hits).astype(np.float64)
        return told + shrinkage / 2 * float(weights @ weights), slope + shrinkage * weights

    count = len(field.names)
    found = optimize.minimize(
        loss,
        np.full(count, 0.1),
        jac=True,
        method="L-BFGS-B",
        bounds=[(0, None)] * count,
        options={"maxiter": 60},
    )
    weights = np.asarray(found.x, np.float64)
    return np.where(weights > LEAST_WEIGHT * max(weights.max(), 1e-12), weights, 0.0)


def _step(field: Field, weights: FloatArray, number: int, best: float) -> float:
    """Move one weight to where the cases are worth most; answers that worth."""
    now = weights[number]
    tried: Sequence[float] = [now * step for step in STEPS] if now > 0 else FIRST_STEPS
    others = weights.copy()
    others[number] = 0.0
    base, chosen = field.total(others), now
    for value in tried:
        if value == 0 and not others.any():
            continue
        own = float(field.worths(base + np.float32(value) * field.scores[number]).mean())
        if own > best * (1 + LEAST_GAIN):
            best, chosen = own, value
    weights[number] = chosen
    return best


def without(field: Field, weights: FloatArray) -> dict[str, float]:
    """What each way brings: the worth with it less the worth without it."""
    base = float(field.values(weights).mean())
    gains: dict[str, float] = {}
    for number, name in enumerate(field.names):
        if weights[number] > 0:
            less = weights.copy()
            less[number] = 0.0
            gains[name] = base - float(field.values(less).mean())
    return gains


def _spread(scores: Cells, allowed: Cells) -> float:
    """Root mean square over cases of the standard deviation over candidates; 1 where there is none."""
    there = allowed == 0
    count = np.maximum(there.sum(axis=1), 1)
    held = np.where(there, scores, 0.0)
    mean = held.sum(axis=1) / count
    variance = np.maximum((held**2).sum(axis=1) / count - mean**2, 0)
    spread = float(np.sqrt(variance.mean()))
    return spread if spread > 1e-12 else 1.0
