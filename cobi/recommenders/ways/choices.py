"""A multinomial logit of what students choose, with latent factors and with what is a group's own in them.

A touch of student s goes to unit j, of those that are usual at the student's home r, with the chance

    P(j | s) ∝ exp(a_rj + λ_j · θ_s + ε_sj),     ε_sj ~ N(0, τ²),     λ_j ~ N(c_j M, ν I),     M ~ N(0, μ),
    θ_s ~ N(Σ γ_c, I) over the codes c of s's traits,     γ_c ~ N(0, ρ I),

where each trait has a ρ of its own, each family of attributes a μ (`carried.py`), and c_j is what the unit carries:
what few touched, or at one home only, lies where its like lies. ε is a liking for this very unit beside what it shares
with others. τ, ν, μ and ρ are what the data tell.

Tastes multiply chances: means and sums of counts would take one strong taste for many. It is the factor analysis of
counts (Chiquet, Mariadassou & Robin 2018), by variational EM: each student's θ by Newton's steps, its covariance the
curvature there (Laplace; Rasmussen & Williams 2006, algorithm 3.1); λ by one step of Newton's, a by one of scaling; γ
and ρ as of a linear model of what touches alone say of θ. Of e touches expected those of a cell vary by e + τ² e², so
that they weigh as much as e / (1 + τ² e) would without ε (McCullagh & Nelder 1989, §9.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from cobi.recommenders.dataset import FloatArray
from cobi.recommenders.gram import Cells
from cobi.recommenders.parallel import in_order, spans
from cobi.recommenders.sparse import SparseMatrix
from cobi.recommenders.ways.carried import Carried, carried_by
from cobi.recommenders.ways.groups import nobodys, told

RANK = 12
SWEEPS = 8
STEPS = 2
"""Of Newton's for each student in a sweep."""
UNGROUPED = 2
"""Sweeps before anything is a group's: first loadings are short, and what groups share would be made long for them."""
SETTLING = 2
"""The same from no taste at all."""
ITERATIONS = 20
LONGEST_STEP, LONGEST_OF_LOADINGS = 1.5, 0.5
FIRST_LOADING, FIRST_LOOSENESS, LEAST_LOOSENESS = 0.05, 0.3, 1e-3
FIRST_LIKING, MOST_LIKING = 0.1, 2.0
"""τ²."""
FIRST_REACH = 0.02
"""μ, the variance of M."""
SMOOTHING = 0.5
"""Of the first loadings: how much of a unit's own there is beside one thing that it carries."""
LEAST_TOLD = 1e-3
LEAST_SHARE = 1e-4
"""What is touched less weighs no more in the first loadings."""
USUAL_PRIOR = 20.0
"""What is usual at a home counts as if so much more had been touched there as everywhere."""
TYPICAL = 25.0
"""Long histories weigh no more in the first loadings than this one."""
STUDENTS_AT_ONCE = 256
"""So many are worked on together: their cells, gone through many times, stay in the processor's cache."""
ONE, OTHER = np.triu_indices(RANK)
"""Each pair of factors once."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """Some students who all did something."""

    counts: Cells
    """How much each touched of each unit; float32, as all that is students × units: half of the time it takes."""
    total: FloatArray
    """The same of all units."""
    home: SparseMatrix
    """1 for each one's home, float32."""

    def part(self, first: int, last: int) -> Crowd:
        return Crowd(self.counts[first:last], self.total[first:last], self.home.row_range(first, last))

    def spans(self) -> list[tuple[int, int]]:
        return spans(len(self.total), STUDENTS_AT_ONCE)


@dataclass(frozen=True, slots=True)
class Logit:
    """What the chances are made of."""

    usual: FloatArray
    """a, homes × units."""
    loadings: FloatArray
    """λ, units × factors."""
    looseness: float = FIRST_LOOSENESS
    """ν, the variance of λ beside what units carry."""
    liking: float = FIRST_LIKING
    """τ², the variance of ε."""
    reach: FloatArray = field(default_factory=lambda: np.empty(0))
    """μ, the variance of M in each family of attributes."""


@dataclass(frozen=True, slots=True)
class _Tastes:
    """Students' θ: where the posterior has its mode, and its covariance there, students × factors (× factors)."""

    mean: FloatArray
    covariance: FloatArray
    told: FloatArray
    """How much of what touches tell of ε they could tell of θ as well, of each student."""

    @property
    def spread(self) -> FloatArray:
        """The variance of each factor: students × factors."""
        return np.einsum("skk->sk", self.covariance)


@dataclass(frozen=True, slots=True)
class _Given:
    """What stays the same in all sweeps."""

    crowd: Crowd
    prior: FloatArray
    """So much is counted as touched beside, homes × units."""
    touched: FloatArray
    """With that."""
    carried: Carried


def usual_shares(own: FloatArray, everybody: FloatArray) -> FloatArray:
    """What is usual at each home, which of few students is near everybody's: each sums to 1."""
    shares = own + USUAL_PRIOR * everybody / everybody.sum()
    return shares / shares.sum(axis=1, keepdims=True)


def learned(
    crowd: Crowd, traits: Sequence[SparseMatrix], usual: FloatArray, carried: Sequence[FloatArray]
) -> Logit:
    """The loadings, and what is usual when tastes are taken off.

    `traits` are students × codes of each, `carried` is units × attributes of each family.
    """
    prior, size = USUAL_PRIOR * usual, len(crowd.total)
    given = _Given(crowd, prior, crowd.home.transposed().times(crowd.counts) + prior, carried_by(carried))
    reach = np.full(len(carried), FIRST_REACH)
    logit = Logit(np.log(usual), _first_loadings(crowd, usual, given.carried), reach=reach)
    groups = nobodys(traits, RANK)
    beyond = prior = usually = np.zeros((size, RANK))
    for sweep in range(SWEEPS):
        # Tastes move with what they are drawn to: steps are short, and what lags behind it would tell the contrary.
        tastes = _found(crowd, logit, prior + beyond, prior, STEPS)
        beyond = tastes.mean - prior
        if sweep >= UNGROUPED:
            precision = np.eye(RANK) - tastes.covariance
            pull = beyond + np.einsum("skl,sl->sk", precision, prior + usually)
            groups = told(groups, traits, pull, precision)
        prior = groups.prior(traits, beyond)
        # What all at a home have in common is in what is usual there; in both it would run away.
        usually = _at_home(crowd, prior)
        prior = prior - usually
        logit = _better(given, logit, tastes)
    return logit


def observed(crowd: Crowd, logit: Logit) -> tuple[FloatArray, FloatArray]:
    """What students' touches alone say of θ, and how surely (0…1): students × factors each."""
    nothing = np.zeros((len(crowd.total), RANK))
    tastes = _found(crowd, logit, nothing, nothing, SETTLING)
    surely = np.clip(1 - tastes.spread, LEAST_TOLD, 1.0)
    return tastes.mean / surely, surely


def _at_home(crowd: Crowd, values: FloatArray) -> FloatArray:
    """The mean at each student's home."""
    by_home = crowd.home.transposed()
    many = np.maximum(by_home.row_sums(), 1.0)
    return crowd.home.times(by_home.times(values) / many[:, None])


def _first_loadings(crowd: Crowd, usual: FloatArray, carried: Carried) -> FloatArray:
    """The strongest directions of what is left beyond the usual, of units that carry the same together."""
    shares, total = crowd.home.times(usual.astype(np.float32)), crowd.total[:, None].astype(np.float32)
    rest = (crowd.counts - total * shares) / np.sqrt(total * (1 + total / TYPICAL) * (shares + LEAST_SHARE))
    square = (rest.T @ rest).astype(np.float64)
    if carried.common:
        alike = carried.alike(SMOOTHING)
        square = alike @ square @ alike
    return FIRST_LOADING * _strongest(square) / np.sqrt(usual.mean(axis=0) + LEAST_SHARE)[:, None]


def _strongest(square: FloatArray) -> FloatArray:
    """Its first eigenvectors, by orthogonal iteration (Golub & Van Loan 2013, section 8.2.4) from a fixed start."""
    basis: FloatArray = np.random.default_rng(0).standard_normal((len(square), RANK))
    for _ in range(ITERATIONS):
        basis = np.linalg.qr(square @ basis)[0]
    return basis @ np.linalg.eigh(basis.T @ square @ basis)[1]


def _expected(crowd: Crowd, logit: Logit, mean: FloatArray, spread: FloatArray | None = None) -> Cells:
    """How much each student touches of each unit on average, given how much of all: students × units, float32."""
    eta = crowd.home.times(logit.usual.astype(np.float32))
    eta += mean.astype(np.float32) @ logit.loadings.T.astype(np.float32)
    if spread is not None:
        eta += spread.astype(np.float32) @ (logit.loadings.T**2 / 2).astype(np.float32)
    eta -= eta.max(axis=1, keepdims=True)
    np.exp(eta, out=eta)
    eta *= (crowd.total / eta.sum(axis=1, dtype=np.float64))[:, None].astype(np.float32)
    return eta


def _times(cells: Cells, few: FloatArray) -> FloatArray:
    """cells · few, of float32 products."""
    return (cells @ few.astype(np.float32)).astype(np.float64)


def _weighed(expected: Cells, liking: float) -> Cells:
    """What a touch more or less says, beside what is expected to vary by liking: 1 / (1 + τ² e)."""
    return np.reciprocal(1 + np.float32(liking) * expected)


def _found(crowd: Crowd, logit: Logit, mean: FloatArray, prior: FloatArray, steps: int) -> _Tastes:
    """All students' θ after some of Newton's steps from `mean`."""
    sides = np.column_stack([_pairs(logit.loadings), logit.loadings])

    def part(span: tuple[int, int]) -> _Tastes:
        return _moved(crowd.part(*span), logit, sides, mean[slice(*span)], prior[slice(*span)], steps)

    found = list(in_order(part, crowd.spans()))
    parts = ((one.mean, one.covariance, one.told) for one in found)
    mean, covariance, told = (np.concatenate(several) for several in zip(*parts, strict=True))
    return _Tastes(mean, covariance, told)


def _moved(
    crowd: Crowd, logit: Logit, sides: FloatArray, mean: FloatArray, prior: FloatArray, steps: int
) -> _Tastes:
    """The same of few students, in one thread; `sides` are the loadings two by two, and alone."""
    curve, weight = np.empty(0), np.empty(0, np.float32)
    for _ in range(steps):
        expected = _expected(crowd, logit, mean)
        weight = _weighed(expected, logit.liking)
        rest = (crowd.counts - expected) * weight
        weight *= expected
        total = weight.sum(axis=1, dtype=np.float64)[:, None]
        pairs, centre = np.split(_times(weight, sides), [len(ONE)], axis=1)
        centre /= total
        curve = _squares(pairs) - total[:, :, None] * centre[:, :, None] * centre[:, None, :] + np.eye(RANK)
        slope = _times(rest, logit.loadings) - rest.sum(axis=1, dtype=np.float64)[:, None] * centre
        mean = mean + _bounded(_solved(curve, slope - (mean - prior)), LONGEST_STEP)
    covariance = np.linalg.inv(curve).astype(np.float64)
    shared = _squares(_times(weight**2, sides[:, : len(ONE)]))
    told = np.einsum("skl,skl->s", shared, covariance)
    return _Tastes(mean, covariance, told)


def _solved(squares: FloatArray, right: FloatArray) -> FloatArray:
    """Each matrix's solution."""
    return np.asarray(np.linalg.solve(squares, right[:, :, None])[:, :, 0], np.float64)


def _better(given: _Given, logit: Logit, tastes: _Tastes) -> Logit:
    """λ after one of Newton's steps, a after one of scaling, and the variances."""
    loadings, homes = logit.loadings, given.prior.shape[0]
    expected, pairs, held, slope, squares, told = np.split(
        _summed(given.crowd, logit, tastes), np.cumsum([homes, len(ONE), RANK, RANK, 1]), axis=1
    )
    scale = np.log(given.touched / (expected.T + given.prior))
    like, reach = given.carried.told(loadings, logit.looseness, logit.reach)
    curve = _squares(pairs)
    curve[:, range(RANK), range(RANK)] += held + 1 / logit.looseness
    slope -= held * loadings + (loadings - like) / logit.looseness
    loadings = loadings + _bounded(_solved(curve, slope), LONGEST_OF_LOADINGS)
    looseness = float(((loadings - like) ** 2 + 1 / np.einsum("jkk->jk", curve)).mean())
    # τ² by Schall's fixed point (1991): the squares of all ε, for each of those that the data tell.
    known = float(told.sum())
    known -= min(float(tastes.told.sum()), known / 2)
    liking = logit.liking * float(squares.sum()) / max(known, 1e-12)
    return Logit(
        logit.usual + np.clip(scale, -1, 1),
        loadings,
        max(looseness, LEAST_LOOSENESS),
        min(liking, MOST_LIKING),
        reach,
    )


def _summed(crowd: Crowd, logit: Logit, tastes: _Tastes) -> FloatArray:
    """Sums over students of each unit's expected touches at each home, what its curve and slope are of, ε² and told."""

    def part(span: tuple[int, int]) -> FloatArray:
        own, mean, spread = crowd.part(*span), tastes.mean[slice(*span)], tastes.spread[slice(*span)]
        expected = _expected(own, logit, mean, spread)
        weight = _weighed(expected, logit.liking)
        rest = (own.counts - expected) * weight
        by_home = own.home.transposed().times(expected)
        weight *= expected
        held = _times(weight.T, np.column_stack([_pairs(mean), spread]))
        squares = np.einsum("sj,sj->j", rest, rest)
        return np.column_stack([by_home.T, held, _times(rest.T, mean), squares, weight.sum(axis=0)])

    return sum(in_order(part, crowd.spans()), np.zeros(1))


def _pairs(values: FloatArray) -> FloatArray:
    """Of each row's values, two by two."""
    return values[:, ONE] * values[:, OTHER]


def _squares(pairs: FloatArray) -> FloatArray:
    """The symmetric matrix of each row's pairs."""
    squares = np.empty((len(pairs), RANK, RANK))
    squares[:, ONE, OTHER] = squares[:, OTHER, ONE] = pairs
    return squares


def _bounded(step: FloatArray, longest: float) -> FloatArray:
    length = np.linalg.norm(step, axis=1, keepdims=True)
    return step * np.minimum(1.0, longest / np.maximum(length, 1e-12))
