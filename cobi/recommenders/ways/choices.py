"""A multinomial logit of what students choose, with latent factors and with what is a group's own in them.

A touch of student s goes to unit j, of those that are usual at the student's home r, with the chance

    P(j | s) ∝ exp(a_rj + λ_j · θ_s + ε_sj),     ε_sj ~ N(0, τ²),     λ_j ~ N(c_j M, ν I),     M ~ N(0, μ),
    θ_s ~ N(Σ γ_c, I) over the codes c of s's traits,     γ_c ~ N(0, ρ I),

where each trait has a ρ of its own and c_j is what the unit carries: what few touched, or at one home only, lies where
its like lies. ε is a liking for this very unit beside what it shares with others. τ, ν, μ and ρ are what the data tell.

Tastes multiply chances: means and sums of counts would take one strong taste for many. It is the factor analysis of
counts (Chiquet, Mariadassou & Robin 2018), by variational EM: each student's θ by Newton's steps, its covariance the
curvature there (Laplace; Rasmussen & Williams 2006, algorithm 3.1); λ by one step of Newton's, a by one of scaling; γ
and ρ as of a linear model of what touches alone say of θ. Of e touches expected those of a cell vary by e + τ² e², so
that they weigh as much as e / (1 + τ² e) would without ε (McCullagh & Nelder 1989, §9.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cobi.recommenders.dataset import FloatArray
from cobi.recommenders.gram import Cells
from cobi.recommenders.sparse import SparseMatrix

RANK = 12
SWEEPS = 12
STEPS = 2
"""Of Newton's for each student in a sweep."""
SETTLING = 4
"""The same from no taste at all."""
TRAIT_SWEEPS = 4
ITERATIONS = 20
LONGEST_STEP, LONGEST_OF_LOADINGS = 1.5, 0.5
FIRST_LOADING, FIRST_LOOSENESS, LEAST_LOOSENESS = 0.05, 0.3, 1e-3
FIRST_RHO, LEAST_RHO, MOST_RHO = 0.05, 1e-3, 2.0
FIRST_LIKING, MOST_LIKING = 0.1, 2.0
"""τ²."""
FIRST_REACH, LEAST_REACH = 0.1, 1e-4
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


@dataclass(frozen=True, slots=True)
class Crowd:
    """Some students who all did something."""

    counts: Cells
    """How much each touched of each unit; float32, as all that is students × units: half of the time it takes."""
    total: FloatArray
    """The same of all units."""
    home: SparseMatrix
    """1 for each one's home, float32."""


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
    reach: float = FIRST_REACH
    """μ, the variance of M."""


@dataclass(frozen=True, slots=True)
class _Tastes:
    """Students' θ: where the posterior has its mode, and its covariance there."""

    mean: FloatArray
    covariance: FloatArray

    @property
    def spread(self) -> FloatArray:
        """The variance of each factor: students × factors."""
        return np.einsum("skk->sk", self.covariance)


@dataclass(frozen=True, slots=True)
class Groups:
    """What is whose."""

    own: Sequence[FloatArray]
    """γ of each trait, codes × factors."""
    rho: Sequence[float]
    """Of each trait."""

    def prior(self, traits: Sequence[SparseMatrix], students: int) -> FloatArray:
        """Σ γ of each student."""
        parts = (codes.times(own) for codes, own in zip(traits, self.own, strict=True))
        return sum(parts, np.zeros((students, RANK)))


def usual_shares(own: FloatArray, everybody: FloatArray) -> FloatArray:
    """What is usual at each home, which of few students is near everybody's: each sums to 1."""
    shares = own + USUAL_PRIOR * everybody / everybody.sum()
    return shares / shares.sum(axis=1, keepdims=True)


def learned(crowd: Crowd, traits: Sequence[SparseMatrix], usual: FloatArray, carried: FloatArray) -> Logit:
    """The loadings, and what is usual when tastes are taken off.

    `traits` are students × codes of each, `carried` is units × attributes, its rows of length 1 or 0.
    """
    logit, size = Logit(np.log(usual), _first_loadings(crowd, usual, carried)), len(crowd.total)
    groups = _nobodys(traits)
    mean = prior = np.zeros((size, RANK))
    for _ in range(SWEEPS):
        tastes = _found(crowd, logit, mean, prior, STEPS)
        mean = tastes.mean
        groups = _told(groups, traits, *_alone(tastes, prior))
        prior = groups.prior(traits, size)
        logit = _better(crowd, logit, tastes, usual, carried)
    return logit


def observed(crowd: Crowd, logit: Logit) -> tuple[FloatArray, FloatArray]:
    """What students' touches alone say of θ, and how surely (0…1): students × factors each."""
    nothing = np.zeros((len(crowd.total), RANK))
    return _alone(_found(crowd, logit, nothing, nothing, SETTLING), nothing)


def told_apart(traits: Sequence[SparseMatrix], seen: FloatArray, surely: FloatArray) -> Groups:
    """Whose the tastes are that were `observed`, each trait's part beside the others'."""
    groups = _nobodys(traits)
    for _ in range(SETTLING):
        groups = _told(groups, traits, seen, surely)
    return groups


def _nobodys(traits: Sequence[SparseMatrix]) -> Groups:
    return Groups([np.zeros((codes.width, RANK)) for codes in traits], [FIRST_RHO] * len(traits))


def _first_loadings(crowd: Crowd, usual: FloatArray, carried: FloatArray) -> FloatArray:
    """The strongest directions of what is left beyond the usual, of units that carry the same together."""
    shares, total = crowd.home.times(usual.astype(np.float32)), crowd.total[:, None].astype(np.float32)
    rest = (crowd.counts - total * shares) / np.sqrt(total * (1 + total / TYPICAL) * (shares + LEAST_SHARE))
    square = (rest.T @ rest).astype(np.float64)
    if carried.shape[1]:
        alike = _alike(carried)
        square = alike @ square @ alike
    return FIRST_LOADING * _strongest(square) / np.sqrt(usual.mean(axis=0) + LEAST_SHARE)[:, None]


def _alike(carried: FloatArray) -> FloatArray:
    """Units × units: to what units carry, and back."""
    inner = carried.T @ carried + SMOOTHING * np.eye(carried.shape[1])
    return carried @ np.linalg.solve(inner, carried.T)


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
    loadings: FloatArray = logit.loadings
    covariance: FloatArray = np.empty(0)
    products = _products(loadings)
    for _ in range(steps):
        expected = _expected(crowd, logit, mean)
        weight = _weighed(expected, logit.liking)
        rest = (crowd.counts - expected) * weight
        weight *= expected
        total = weight.sum(axis=1, dtype=np.float64)[:, None]
        centre = _times(weight, loadings) / total
        curve = _times(weight, products).reshape(-1, RANK, RANK) + np.eye(RANK)
        curve -= total[:, :, None] * centre[:, :, None] * centre[:, None, :]
        covariance = np.asarray(np.linalg.inv(curve), np.float64)
        slope = _times(rest, loadings) - rest.sum(axis=1, dtype=np.float64)[:, None] * centre
        step = np.einsum("skl,sl->sk", covariance, slope - (mean - prior))
        mean = mean + _bounded(step, LONGEST_STEP)
    return _Tastes(mean, covariance)


def _alone(tastes: _Tastes, prior: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The posterior without its prior, and how much of it was not that."""
    told = np.clip(1 - tastes.spread, LEAST_TOLD, 1.0)
    return prior + (tastes.mean - prior) / told, told


def _told(groups: Groups, traits: Sequence[SparseMatrix], seen: FloatArray, surely: FloatArray) -> Groups:
    """γ and ρ of one trait after the other, a few times."""
    own, rho = list(groups.own), list(groups.rho)
    parts = [codes.times(one) for codes, one in zip(traits, own, strict=True)]
    total = sum(parts, np.zeros_like(seen))
    by_code = [codes.transposed() for codes in traits]
    for _ in range(TRAIT_SWEEPS):
        for number, codes in enumerate(traits):
            others = total - parts[number]
            precision = by_code[number].times(surely) + 1 / rho[number]
            own[number] = by_code[number].times(surely * (seen - others)) / precision
            parts[number] = codes.times(own[number])
            total = others + parts[number]
            rho[number] = float(np.clip((own[number] ** 2 + 1 / precision).mean(), LEAST_RHO, MOST_RHO))
    return Groups(own, rho)


def _better(crowd: Crowd, logit: Logit, tastes: _Tastes, usual: FloatArray, carried: FloatArray) -> Logit:
    """λ after one of Newton's steps, a after one of scaling, and the variances."""
    mean, spread, loadings = tastes.mean, tastes.spread, logit.loadings
    expected = _expected(crowd, logit, mean, spread)
    by_home, prior = crowd.home.transposed(), USUAL_PRIOR * usual
    scale = np.log((by_home.times(crowd.counts) + prior) / (by_home.times(expected) + prior))
    weight = _weighed(expected, logit.liking)
    rest = (crowd.counts - expected) * weight
    weight *= expected
    like, reach = _by_what_is_carried(carried, logit)
    held = _times(weight.T, spread)
    curve = _times(weight.T, _products(mean)).reshape(-1, RANK, RANK)
    curve[:, range(RANK), range(RANK)] += held + 1 / logit.looseness
    slope = _times(rest.T, mean) - held * loadings - (loadings - like) / logit.looseness
    step = np.asarray(np.linalg.solve(curve, slope[:, :, None])[:, :, 0], np.float64)
    loadings = loadings + _bounded(step, LONGEST_OF_LOADINGS)
    looseness = float(((loadings - like) ** 2 + 1 / np.einsum("jkk->jk", curve)).mean())
    return Logit(
        logit.usual + np.clip(scale, -1, 1),
        loadings,
        max(looseness, LEAST_LOOSENESS),
        _liking(rest, weight, logit.liking),
        reach,
    )


def _liking(rest: Cells, weight: Cells, liking: float) -> float:
    """τ² by Schall's fixed point (1991): the squares of all ε, for each of those that the data tell."""
    squares = float(np.einsum("sj,sj->", rest, rest, dtype=np.float64))
    told = float(weight.sum(dtype=np.float64))
    return min(liking * squares / max(told, 1e-12), MOST_LIKING)


def _by_what_is_carried(carried: FloatArray, logit: Logit) -> tuple[FloatArray, float]:
    """c M, and μ: where units lie by what they carry."""
    if carried.shape[1] == 0:
        return np.zeros_like(logit.loadings), logit.reach
    inner = carried.T @ carried / logit.looseness + np.eye(carried.shape[1]) / logit.reach
    spread = np.linalg.inv(inner)
    mean = spread @ (carried.T @ logit.loadings) / logit.looseness
    reach = float((mean**2).mean() + spread.diagonal().mean())
    return carried @ mean, max(reach, LEAST_REACH)


def _products(values: FloatArray) -> FloatArray:
    """Of each row's values, two by two."""
    return (values[:, :, None] * values[:, None, :]).reshape(len(values), -1)


def _bounded(step: FloatArray, longest: float) -> FloatArray:
    length = np.linalg.norm(step, axis=1, keepdims=True)
    return step * np.minimum(1.0, longest / np.maximum(length, 1e-12))
