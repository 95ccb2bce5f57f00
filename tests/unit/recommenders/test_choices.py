"""What students choose, drawn from a known truth: likings for units by themselves, and units where their like are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from cobi.recommenders.dataset import FloatArray, IntArray
from cobi.recommenders.sparse import SparseMatrix
from cobi.recommenders.ways import choices
from cobi.recommenders.ways.carried import carried_by
from cobi.recommenders.ways.choices import Crowd, Logit, learned, observed, usual_shares
from cobi.recommenders.ways.groups import told_apart

UNITS, STUDENTS, LATENT, LABELS, COURSES = 60, 1500, 3, 12, 10


@dataclass(frozen=True)
class Drawn:
    """A crowd, and what it was drawn from."""

    crowd: Crowd
    usual: FloatArray
    carried: FloatArray
    place: FloatArray
    course: IntArray
    course_taste: FloatArray

    @property
    def courses(self) -> SparseMatrix:
        return _one_each(self.course, COURSES)


def _one_each(code: IntArray, many: int) -> SparseMatrix:
    height = len(code)
    return SparseMatrix(np.arange(height + 1), code.astype(np.int32), np.ones(height), many)


def drawn(liking: float, *, apart: bool = False, seed: int = 0) -> Drawn:
    """Units lie where their labels put them; `apart`, each of two homes has units of its own."""
    luck = np.random.default_rng(seed)
    label = luck.integers(0, LABELS, (UNITS, 2))
    carried = np.zeros((UNITS, LABELS))
    np.add.at(carried, (np.arange(UNITS)[:, None], label), 1)
    carried /= np.linalg.norm(carried, axis=1, keepdims=True)
    place = carried @ luck.normal(size=(LABELS, LATENT))
    course, home = luck.integers(0, COURSES, STUDENTS), luck.integers(0, 2, STUDENTS)
    course_taste = 0.7 * luck.normal(size=(COURSES, LATENT))
    taste = course_taste[course] + 0.5 * luck.normal(size=(STUDENTS, LATENT))
    eta = taste @ place.T + liking * luck.normal(size=(STUDENTS, UNITS)) + luck.normal(size=UNITS)
    if apart:
        eta[home[:, None] != np.arange(UNITS)[None, :] % 2] = -np.inf
    chance = np.exp(eta - eta.max(axis=1, keepdims=True))
    chance /= chance.sum(axis=1, keepdims=True)
    many = 1 + luck.poisson(40 * luck.gamma(0.7, 1 / 0.7, STUDENTS))
    counts = np.stack([luck.multinomial(n, own) for n, own in zip(many, chance, strict=True)]).astype(
        np.float32
    )
    homes = _one_each(home, 2).stored_as(np.float32)
    at_home = homes.transposed().times(counts).astype(np.float64)
    usual = usual_shares(at_home, at_home.sum(axis=0))
    return Drawn(
        Crowd(counts, counts.sum(axis=1, dtype=np.float64), homes),
        usual,
        carried,
        place,
        course,
        course_taste,
    )


def found(one: Drawn, *, by_label: bool) -> Logit:
    carried = [one.carried] if by_label else []
    return learned(one.crowd, [one.courses], one.usual, carried)


@pytest.mark.parametrize("liking", [0.0, 0.8])
def test_how_much_students_like_a_unit_by_itself_is_told_by_the_data(liking: float) -> None:
    assert found(drawn(liking), by_label=True).liking == pytest.approx(liking**2, abs=0.2)


def _of_courses(one: Drawn, logit: Logit) -> float:
    """How much what is found to be the courses' own is like the truth, over all units."""
    own = told_apart([one.courses], *observed(one.crowd, logit)).own[0]
    told, truth = own @ logit.loadings.T, one.course_taste @ one.place.T
    told, truth = (values - values.mean(axis=1, keepdims=True) for values in (told, truth))
    return float(np.corrcoef(told.ravel(), truth.ravel())[0, 1])


def test_units_of_different_homes_lie_together_where_they_carry_the_same() -> None:
    """Nobody touches units of both homes: what is a course's own at both, only labels can tell."""
    one = drawn(0.3, apart=True)
    told, blind = (_of_courses(one, found(one, by_label=known)) for known in (True, False))
    assert told > 0.9
    assert told > blind + 0.02


def test_how_many_students_are_worked_on_together_changes_only_rounding(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = drawn(0.3)
    few = found(one, by_label=True)
    monkeypatch.setattr(choices, "STUDENTS_AT_ONCE", 2 * STUDENTS)
    together = found(one, by_label=True)
    np.testing.assert_allclose(few.loadings, together.loadings, atol=1e-3)
    np.testing.assert_allclose(few.usual, together.usual, atol=1e-3)
    assert few.liking == pytest.approx(together.liking, rel=1e-3)


def test_a_students_taste_is_the_mode_of_the_posterior_and_its_variance_the_inverse_of_the_curve_there() -> (
    None
):
    one = drawn(0.3)
    logit = found(one, by_label=True)
    nothing = np.zeros((STUDENTS, choices.RANK))
    tastes = choices._found(one.crowd, logit, nothing, nothing, 30)
    expected = choices._expected(one.crowd, logit, tastes.mean).astype(np.float64)
    weight = 1 / (1 + logit.liking * expected)
    for student in range(5):
        own = weight[student] * expected[student]
        centre = own @ logit.loadings / own.sum()
        curve = np.eye(choices.RANK) + (logit.loadings - centre).T * own @ (logit.loadings - centre)
        rest = weight[student] * (one.crowd.counts[student] - expected[student])
        slope = rest @ (logit.loadings - centre) - tastes.mean[student]
        np.testing.assert_allclose(slope, 0, atol=1e-3)
        np.testing.assert_allclose(tastes.spread[student], np.linalg.inv(curve).diagonal(), rtol=1e-3)


def test_what_units_carry_tells_where_they_lie_as_ridge_regressions_of_two_families_do() -> None:
    carried, places, looseness = drawn(0.3).carried, drawn(0.3).place, 0.4
    families = [carried[:, : LABELS // 2], carried[:, LABELS // 2 :]]
    like, reach = carried_by(families).told(places, looseness, np.array([0.7, 0.2]))
    both, variance = np.concatenate(families, axis=1), np.repeat(reach, LABELS // 2)
    mean = np.linalg.solve(both.T @ both / looseness + np.diag(1 / variance), both.T @ places / looseness)
    np.testing.assert_allclose(like, both @ mean, rtol=1e-9)
    smoothed = carried @ np.linalg.solve(carried.T @ carried + 0.5 * np.eye(LABELS), carried.T)
    np.testing.assert_allclose(carried_by(families).alike(0.5), smoothed, atol=1e-12)
    nothing, none = carried_by([]).told(places, looseness, np.zeros(0))
    assert not nothing.any()
    assert len(none) == 0


def test_each_family_of_attributes_is_believed_as_far_as_it_tells_where_units_lie() -> None:
    luck = np.random.default_rng(3)
    telling, telling_nothing = (np.eye(8)[luck.integers(0, 8, 400)] for _ in range(2))
    places = 0.5 * telling @ luck.standard_normal((8, 12)) + 0.3 * luck.standard_normal((400, 12))
    known, reach = carried_by([telling, telling_nothing]), np.full(2, 0.02)
    for _ in range(10):
        reach = known.told(places, 0.09, reach)[1]
    assert reach[0] == pytest.approx(0.25, rel=0.5)
    assert reach[1] < 0.01


def test_tastes_stay_where_they_are_when_groups_lie_within_homes() -> None:
    """What all of a home share could be theirs as well as what is usual there, and would run away between both."""
    luck = np.random.default_rng(2)
    units, students, homes = 60, 800, 4
    place, home = 0.5 * luck.normal(size=(units, 4)), luck.integers(0, homes, students)
    institute, course = home * 6 + luck.integers(0, 6, students), luck.integers(0, 30, students)
    others = luck.integers(0, 4, students), luck.integers(0, 2, students)
    taste = 0.6 * luck.normal(size=(30, 4))[course] + 0.4 * luck.normal(size=(24, 4))[institute]
    taste += luck.normal(size=(students, 4))
    eta = taste @ place.T + luck.normal(size=units) + 0.5 * luck.normal(size=(students, units))
    eta[home[:, None] != np.arange(units)[None, :] % homes] = -np.inf
    chance = np.exp(eta - eta.max(axis=1, keepdims=True))
    chance /= chance.sum(axis=1, keepdims=True)
    many = 1 + luck.poisson(15 * luck.gamma(0.4, 1 / 0.4, students))
    drawn_of = zip(many, chance, strict=True)
    counts = np.stack([luck.multinomial(n, own) for n, own in drawn_of]).astype(np.float32)
    at = _one_each(home, homes).stored_as(np.float32)
    there = at.transposed().times(counts).astype(np.float64)
    crowd = Crowd(counts, counts.sum(axis=1, dtype=np.float64), at)
    codes = ((others[0], 4), (course, 30), (others[1], 2), (institute, 24), (home, homes))
    traits = [_one_each(code, width) for code, width in codes]
    told: list[float] = []
    found_of = choices._found

    def seen(some: Crowd, logit: Logit, mean: FloatArray, prior: FloatArray, steps: int) -> choices._Tastes:
        told.append(float(np.abs(prior).max()))
        return found_of(some, logit, mean, prior, steps)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(choices, "_found", seen)
        learned(crowd, traits, usual_shares(there, there.sum(axis=0)), [])
    assert max(told) < 10
