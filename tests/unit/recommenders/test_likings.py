"""Reading histories: the sums that are kept are those of the full posterior."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cobi.recommenders.ways.choices import Logit
from cobi.recommenders.ways.likings import read


@given(
    st.integers(0, 2**32 - 1), st.integers(2, 12), st.integers(1, 4), st.floats(0.01, 2), st.floats(0.5, 200)
)
def test_a_reading_is_the_mean_of_the_posterior_but_for_a_constant(
    seed: int, units: int, factors: int, liking: float, length: float
) -> None:
    luck = np.random.default_rng(seed)
    loadings, share = luck.normal(size=(units, factors)), luck.dirichlet(np.full(units, 2.0))
    rest = luck.normal(size=units)
    rest -= rest.mean()
    covariance = loadings @ loadings.T + liking * np.eye(units)
    touch = np.diag(share) - np.outer(share, share)
    whole = covariance @ np.linalg.solve(np.eye(units) + length * touch @ covariance, rest)
    logit = Logit(np.log(share)[None, :], loadings, liking=liking)
    reading = read(logit, share[None, :], np.ones(1), length)
    told = reading.own * rest + reading.damped @ (reading.inner @ (reading.damped.T @ rest))
    apart = told - whole
    assert np.abs(apart - apart.mean()).max() < 1e-6 * max(np.abs(whole).max(), 1.0)


def test_of_several_homes_each_unit_is_read_by_how_usual_it_is_where_it_is_touched() -> None:
    """Two homes with units of their own are read as each would be by itself, but for what they share."""
    luck = np.random.default_rng(0)
    share = luck.dirichlet(np.ones(5))
    usual = np.array([[*share, *np.zeros(5)], [*np.zeros(5), *share]])
    logit = Logit(np.zeros((2, 10)), np.tile(luck.normal(size=(5, 2)), (2, 1)), liking=0.5)
    both = read(logit, usual, np.array([30.0, 10.0]), 20.0)
    alone = read(Logit(np.zeros((1, 5)), logit.loadings[:5], liking=0.5), share[None, :], np.ones(1), 20.0)
    assert np.allclose(both.own, np.tile(alone.own, 2))
    assert np.allclose(both.inner, alone.inner)
    assert np.allclose(both.damped, np.tile(alone.damped, (2, 1)))
