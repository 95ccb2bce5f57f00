"""The weights of the blend: a coordinate search on the items that some way ranks high."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from cobi.recommenders.dataset import FloatArray, IntArray
from cobi.recommenders.parallel import in_order, spans
from cobi.recommenders.search.holdout import Holdout, together
from cobi.recommenders.search.judging import ranks

ROWS_AT_ONCE = 128
CANDIDATES = 80
"""Each way brings forward so many items of each student; what nobody brings forward is not found."""
ROUNDS = 4
STEPS = (0.5, 0.7, 0.85, 1.2, 1.5, 2.0, 3.0)
FIRST_STEPS = (0.03, 0.1, 0.25, 0.5, 1.0)
SHRINKAGE = 0.02
"""Weights of likelihood are drawn to 0 by this share of an observation for each target."""
LEAST_WEIGHT = 0.01
"""Ways of less than this share of the largest weight are left out."""
LIKELY_SHARES = (0.5, 0.25)
"""How much the weights of likelihood count beside those of the search: as much as costs nothing for sure."""
SURE = 2.0
"""So many standard errors; what was searched for looks better than it is."""
ENOUGH_CASES = 1_400
"""Of so many cases the search learns enough by itself."""
LEAST_MIXED = 0.03
"""Ways of less than this share of the largest weight are left out of both together: each costs time."""
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
    chosen = _chosen(list(scores.values()), barred)
    cases = len(chosen)
    row: IntArray = np.arange(cases)[:, None]
    most = max(int(chosen.sum(axis=1).max()), 1)
    order = np.argsort(~chosen, axis=1, kind="stable")[:, :most]
    allowed = np.where(chosen[row, order], 0, -np.inf).astype(np.float32)
    stack = np.stack([own[row, order] for own in scores.values()])
    found = chosen[holdout.case, holdout.item]
    case, item = holdout.case[found], holdout.item[found]
    column = np.cumsum(chosen, axis=1)[case, item] - 1
    held = np.bincount(holdout.case, minlength=cases)
    return _even(Field(tuple(scores), stack, allowed, case, column, held, holdout, {}))


def _even(field: Field) -> Field:
    """The ways brought to one scale."""
    scale = {name: _spread(own, field.allowed) for name, own in zip(field.names, field.scores, strict=True)}
    before = np.array([field.scale.get(name, 1.0) for name in field.names])
    spread = np.array(list(scale.values()), np.float32)
    now = dict(zip(field.names, (before * spread).tolist(), strict=True))
    return replace(field, scores=field.scores / spread[:, None, None], scale=now)


def joined(fields: Sequence[Field]) -> Field:
    """The cases of several folds as of one; ways that one fold lacks are left out."""
    if len(fields) == 1:
        return fields[0]
    names = tuple(name for name in fields[0].names if all(name in field.names for field in fields))
    width, starts = max(field.scores.shape[2] for field in fields), _starts(fields)
    stacks, alloweds = zip(*(_widened(field, names, width) for field in fields), strict=True)
    whole = Field(
        names,
        np.concatenate(stacks, axis=1),
        np.concatenate(alloweds),
        np.concatenate([field.case + start for field, start in zip(fields, starts, strict=True)]),
        np.concatenate([field.place for field in fields]),
        np.concatenate([field.held for field in fields]),
        together([field.holdout for field in fields]),
        {},
    )
    return _even(whole)


def _starts(fields: Sequence[Field]) -> list[int]:
    """The number of each field's first case among all."""
    return np.cumsum([0, *(len(field.held) for field in fields)])[:-1].tolist()


def _widened(field: Field, names: Sequence[str], width: int) -> tuple[Cells, Cells]:
    """A field's scores of these ways, unscaled, and what is allowed, padded to so many candidates."""
    padding = ((0, 0), (0, width - field.scores.shape[2]))
    raw = [field.scores[field.names.index(name)] * np.float32(field.scale[name]) for name in names]
    stack = np.stack([np.pad(own, padding) for own in raw])
    return stack, np.pad(field.allowed, padding, constant_values=-np.inf)


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
    """Weights ≥ 0: those of likelihood where reveals are judged, else the better of two coordinate searches.

    They begin with the best way alone and with the weights of likelihood, and what they find is moved towards those
    where cases are few and nothing speaks against it. Few reveals make the worth too rough to search on.
    """
    likely = by_likelihood(field)
    if field.holdout.opened is not None:
        return likely
    alone = [float(field.values(unit).mean()) for unit in np.eye(len(field.names))]
    first = np.zeros(len(field.names))
    first[int(np.argmax(alone))] = 1.0
    begins = [begin / begin.max() for begin in (first, likely) if begin.any()]
    found: list[FloatArray] = []
    for number, begin in enumerate(begins):
        found.append(_searched(field, begin, alone))
        tell((number + 1) / len(begins))
    best = max(found, key=lambda weights: float(field.values(weights).mean()))
    return best if len(field.held) >= ENOUGH_CASES else _steadied(field, best, likely)


def _steadied(field: Field, found: FloatArray, likely: FloatArray) -> FloatArray:
    """The weights found moved towards the likely ones, as far as cases are not clearly worth less then.

    Only the tops of lists tell the search anything, so that chance has more of a hand in it than in the likelihood,
    to which every rank tells something.
    """
    before = field.values(found)
    for share in LIKELY_SHARES if found.any() and likely.any() else ():
        mixed = _of_one_spread(field, found) + share * _of_one_spread(field, likely)
        mixed = np.where(mixed >= LEAST_MIXED * mixed.max(), mixed, 0.0)
        if not is_loss(field.values(mixed) - before):
            return mixed
    return found


def _of_one_spread(field: Field, weights: FloatArray) -> FloatArray:
    return weights / _spread(field.total(weights), field.allowed)


def _searched(field: Field, weights: FloatArray, alone: Sequence[float]) -> FloatArray:
    """The weights after rounds of moving one at a time."""
    values = field.values(weights)
    for _ in range(ROUNDS):
        before = float(values.mean())
        for number in np.argsort(alone)[::-1].tolist():
            values = _step(field, weights, number, values)
        if float(values.mean()) <= before * (1 + LEAST_GAIN):
            break
    return weights


def by_likelihood(field: Field, among: NDArray[np.bool_] | None = None) -> FloatArray:
    """Shrunken weights ≥ 0 under which targets are likeliest to be picked of their candidates (McFadden 1974).

    Only of the ways marked True, where any are.
    """
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

    chosen = np.ones(len(field.names), np.bool_) if among is None else among
    found = optimize.minimize(
        loss,
        np.where(chosen, 0.1, 0.0),
        jac=True,
        method="L-BFGS-B",
        bounds=[(0, None if own else 0) for own in chosen],
        options={"maxiter": 60},
    )
    weights = np.asarray(found.x, np.float64)
    return np.where(weights > LEAST_WEIGHT * max(weights.max(), 1e-12), weights, 0.0)


def _step(field: Field, weights: FloatArray, number: int, values: FloatArray) -> FloatArray:
    """Move one weight to where the cases are worth most; answers their values.

    A way whose part is within one standard error of nothing is left out: of two blends the simpler one.
    """
    now = weights[number]
    others = weights.copy()
    others[number] = 0.0
    base = field.total(others)
    apart = field.worths(base) if others.any() else None
    best, chosen = values, now
    for value in [now * step for step in STEPS] if now > 0 else FIRST_STEPS:
        own = field.worths(base + np.float32(value) * field.scores[number])
        if own.mean() > best.mean() * (1 + LEAST_GAIN):
            best, chosen = own, value
    if apart is not None and is_chance(best - apart):
        best, chosen = apart, 0.0
    weights[number] = chosen
    return best


def is_chance(gain: FloatArray) -> bool:
    """Whether the mean of the cases' gains is less than its standard error."""
    return float(gain.mean()) <= float(gain.std()) / len(gain) ** 0.5


def is_loss(gain: FloatArray, sure: float = SURE) -> bool:
    """Whether the cases clearly lose on average."""
    return -float(gain.mean()) > sure * float(gain.std()) / len(gain) ** 0.5


def without(field: Field, weights: FloatArray) -> dict[str, FloatArray]:
    """What each way brings each case: its worth with the way less its worth without it, the others as they are."""
    base = field.values(weights)
    gains: dict[str, FloatArray] = {}
    for number, name in enumerate(field.names):
        if weights[number] > 0:
            less = weights.copy()
            less[number] = 0.0
            gains[name] = base - field.values(less)
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
