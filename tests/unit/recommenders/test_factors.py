"""Where items lie among tastes, and whose the tastes are, found again in choices that were drawn from a known truth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from cobi.domain.interaction import ItemType
from cobi.recommenders.blend import merged
from cobi.recommenders.dataset import (
    ABSENT,
    Catalogue,
    EventKind,
    Events,
    FloatArray,
    IntArray,
    Students,
    Trait,
    catalogue_of,
)
from cobi.recommenders.evidence import evidence_of, piece_of, worth_trying
from cobi.recommenders.progress import silent
from cobi.recommenders.settings import Settings
from cobi.recommenders.signals import space_of
from cobi.recommenders.sparse import SparseMatrix
from cobi.recommenders.ways.factors import Factors, backgrounds, factors, of_units, tendencies
from tests.unit.recommenders.worlds import NOW

SHOPS, STUDENTS, COURSES, REGIONS, LATENT = 40, 900, 12, 2, 2


def a_catalogue(shops: int = SHOPS) -> Catalogue:
    """Two offers of each shop, offer o of shop o mod the number of shops."""
    offer = np.arange(2 * shops)
    own = {ItemType.OFFER: offer, ItemType.SHOP: np.arange(shops), ItemType.TAG: np.arange(1)}
    links = {
        (ItemType.OFFER, ItemType.SHOP): np.stack([offer, offer % shops], axis=1),
        (ItemType.SHOP, ItemType.TAG): np.stack([np.arange(shops), np.zeros(shops, np.int64)], axis=1),
    }
    return catalogue_of(own, links)


CATALOGUE = a_catalogue()
OFFERS = CATALOGUE.of_type(ItemType.OFFER)


@dataclass(frozen=True)
class Truth:
    """What was drawn, and what students did."""

    touched: SparseMatrix
    students: Students
    taste: FloatArray
    course_taste: FloatArray
    place: FloatArray

    @property
    def course(self) -> IntArray:
        return self.students.traits[Trait.COURSE]


def a_truth(seed: int = 0, long: float = 12.0) -> Truth:
    """Each student opens offers with chances ∝ popularity · exp(place · taste), half of a taste its course's."""
    rng = np.random.default_rng(seed)
    course, region = rng.integers(0, COURSES, STUDENTS), rng.integers(0, REGIONS, STUDENTS)
    course_taste = rng.normal(size=(COURSES, LATENT))
    taste = course_taste[course] + rng.normal(size=(STUDENTS, LATENT))
    place = rng.normal(size=(SHOPS, LATENT)) / LATENT**0.5
    popularity = rng.exponential(size=(REGIONS, SHOPS))
    chance = popularity[region] * np.exp(taste @ place.T)
    chance /= chance.sum(axis=1, keepdims=True)
    many = rng.poisson(long * rng.gamma(0.7, 1 / 0.7, STUDENTS))
    shop = np.concatenate([rng.choice(SHOPS, n, p=own) for n, own in zip(many, chance, strict=True)])
    offer = OFFERS.start + shop + SHOPS * rng.integers(0, 2, len(shop))
    student = np.repeat(np.arange(STUDENTS), many)
    touched = SparseMatrix.of_triples(student, offer, np.ones(len(offer)), (STUDENTS, CATALOGUE.size))
    students = Students(STUDENTS, {Trait.COURSE: course, Trait.REGION: region})
    return Truth(touched, students, taste, course_taste, place)


@pytest.fixture(scope="module")
def truth() -> Truth:
    return a_truth()


@pytest.fixture(scope="module")
def known(truth: Truth) -> Factors:
    return learned(truth)


SPACE = space_of(CATALOGUE, a_truth().students)


def learned(truth: Truth) -> Factors:
    space = space_of(CATALOGUE, truth.students)
    found = factors(space, CATALOGUE, truth.touched, truth.students)
    assert found is not None
    return found


def likeness(one: NDArray[np.floating[Any]], other: NDArray[np.floating[Any]]) -> float:
    """Correlation when each row's mean is taken off: a constant moves no ranking."""
    one, other = (values - values.mean(axis=1, keepdims=True) for values in (one, other))
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def test_what_is_a_courses_own_is_found_again(truth: Truth, known: Factors) -> None:
    """Beside students' own tastes of the same size, and what is popular in a region."""
    space = space_of(CATALOGUE, truth.students)
    rows = backgrounds(space, known).matrix(space.items, space.size, space.items).dense()
    course = space.signals_of(Trait.COURSE)
    offers = rows[course.start : course.stop, OFFERS]
    assert likeness(offers, np.tile(truth.course_taste @ truth.place.T, 2)) > 0.85
    region = space.signals_of(Trait.REGION)
    assert np.abs(rows[region.start : region.stop]).max() < 0.3 * np.abs(offers).max()


def test_tastes_are_found_again_from_histories(truth: Truth, known: Factors) -> None:
    space = space_of(CATALOGUE, truth.students)
    piece, long = tendencies(space, known, Settings()), np.flatnonzero(truth.touched.row_sums() > 20)
    region = truth.students.traits[Trait.REGION][long]
    touched = truth.touched.rows(long)
    usual = SparseMatrix.of_triples(
        np.arange(len(long)),
        np.array([space.usual_of(int(one)) for one in region]),
        touched.row_sums(),
        (len(long), space.size),
    )
    padded = SparseMatrix(touched.indptr, touched.indices, touched.data, space.size)
    scores = piece.scores(padded + usual, OFFERS)
    assert likeness(scores, np.tile(truth.taste[long] @ truth.place.T, 2)) > 0.7


def test_offers_of_a_shop_are_one_but_for_the_very_offer_and_filters_tell_nothing(known: Factors) -> None:
    unit = known.unit[OFFERS]
    assert (unit[:SHOPS] == unit[SHOPS:]).all()
    assert (unit[:SHOPS] == known.unit[CATALOGUE.of_type(ItemType.SHOP)]).all()
    assert (known.unit[CATALOGUE.of_type(ItemType.TAG)] == ABSENT).all()
    every = tendencies(SPACE, known, Settings()).matrix(SPACE.items, SPACE.size, SPACE.items).dense()
    first, other = np.split(every[OFFERS, OFFERS], 2)
    singly = first.diagonal() - other.diagonal()
    assert (singly > 0).all()
    np.testing.assert_allclose(
        first - other, np.concatenate([np.diag(singly), -np.diag(singly)], axis=1), atol=1e-5
    )
    assert not every[CATALOGUE.of_type(ItemType.TAG)].any()


def test_an_item_that_was_not_touched_itself_is_scored_as_its_unit_is(truth: Truth, known: Factors) -> None:
    space, every = space_of(CATALOGUE, truth.students), slice(0, CATALOGUE.size)
    drawn = np.random.default_rng(0).integers(0, 2, (5, space.size)).astype(np.float64)
    x, touched = SparseMatrix.of_dense(drawn), drawn[:, : CATALOGUE.size] > 0
    units, pieces = (
        of_units(space, known, Settings()),
        (tendencies(space, known, Settings()), backgrounds(space, known)),
    )
    for of_unit, piece in zip(units.pieces, pieces, strict=True):
        told = np.pad(of_unit.scores(x, slice(0, known.units)), ((0, 0), (0, 1)))
        assert (piece.scores(x, every) == told[:, units.unit])[~touched].all()


def test_the_matrix_is_what_histories_are_scored_by(truth: Truth, known: Factors) -> None:
    space = space_of(CATALOGUE, truth.students)
    x = SparseMatrix.of_triples(
        np.array([0, 0, 0]),
        np.array([3, space.constant + 2, space.usual.start + 1]),
        np.array([2.0, 1.0, 0.5]),
        (1, space.size),
    )
    for piece in (tendencies(space, known, Settings()), backgrounds(space, known)):
        matrix = piece.matrix(space.items, space.size, space.items, space.usual)
        assert piece.scores(x, OFFERS)[0] == pytest.approx(
            (x @ matrix).dense()[0, OFFERS], rel=1e-4, abs=1e-6
        )


def test_traits_are_tried_one_by_one_only_where_their_tastes_cannot_be_learned(truth: Truth) -> None:
    for catalogue, many, spared in (
        (CATALOGUE, STUDENTS, True),
        (CATALOGUE, 50, False),
        (CATALOGUE.only(CATALOGUE.item_type == ItemType.OFFER), STUDENTS, False),
    ):
        row, item = truth.touched.row_of_entry, truth.touched.indices.astype(np.int64) - OFFERS.start
        item += catalogue.of_type(ItemType.OFFER).start
        kind = np.full(len(item), EventKind.PAGE_VIEW, np.int8)
        events = Events(row, item, kind, np.full(len(item), NOW)).where(row < many)
        space = space_of(catalogue, truth.students)
        told = evidence_of(space, catalogue, events, truth.students, NOW, Settings(), ordered=False)
        traits = {"who-course", "who-region"} & {*worth_trying(told)}
        assert not traits if spared else len(traits) == 2


def test_a_way_that_only_an_older_cobi_knows_is_passed_over(truth: Truth) -> None:
    space = space_of(CATALOGUE, truth.students)
    nothing = np.empty(0, np.int64)
    none = Events(nothing, nothing, nothing.astype(np.int8), nothing)
    told = Settings(weights={"popularity": 1.0, "circle": 1.0})
    evidence = evidence_of(space, CATALOGUE, none, truth.students, NOW, told, ordered=False)
    assert piece_of("circle", evidence, told) is None
    without, both = (
        merged(evidence, replace(told, weights=weights), {}, silent)[0]
        for weights in ({"popularity": 1.0}, told.weights)
    )
    assert without.data.tobytes() == both.data.tobytes()


def test_the_same_touches_give_the_same_bits(truth: Truth, known: Factors) -> None:
    again = learned(truth)
    assert (again.loadings == known.loadings).all()
    assert (again.groups == known.groups).all()


def test_who_share_no_taste_are_told_apart_by_nothing() -> None:
    """Codes dealt out by chance come to next to nothing beside a real course's."""
    real = a_truth(1)
    dealt = np.random.default_rng(0).permutation(real.course)
    mixed = Truth(
        real.touched,
        Students(STUDENTS, {**real.students.traits, Trait.COURSE: dealt}),
        real.taste,
        real.course_taste,
        real.place,
    )
    sizes = [float(np.abs(learned(one).groups[:COURSES]).mean()) for one in (real, mixed)]
    assert sizes[1] < 0.3 * sizes[0]


def test_of_few_shops_or_few_students_nothing_is_learned(truth: Truth) -> None:
    few = np.arange(STUDENTS) < 50
    idle = truth.touched.keeping(few[truth.touched.row_of_entry])
    space = space_of(CATALOGUE, truth.students)
    assert factors(space, CATALOGUE, idle, truth.students) is None
    small = a_catalogue(shops=4)
    touched = SparseMatrix.of_dense(np.ones((STUDENTS, small.size)))
    assert factors(space_of(small, truth.students), small, touched, truth.students) is None
