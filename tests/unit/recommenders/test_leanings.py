"""How far those who opened an offer lean towards it, and what that tells of its codes."""

from __future__ import annotations

import numpy as np
import pytest

from cobi.recommenders.dataset import EventKind, Events, Students
from cobi.recommenders.histories import histories_of
from cobi.recommenders.piece import Piece, whole_rows
from cobi.recommenders.settings import Settings
from cobi.recommenders.signals import space_of
from cobi.recommenders.ways.appeal import appeal
from cobi.recommenders.ways.factors import OfUnits
from cobi.recommenders.ways.leanings import Leanings, leanings
from tests.unit.recommenders.worlds import NOW, SHOPS, a_catalogue

OFFERS, STUDENTS = 64, 4000
CATALOGUE = a_catalogue(OFFERS)
SPACE = space_of(CATALOGUE, Students(STUDENTS))


def everybody_leans_to_offer_0(much: float) -> Piece:
    row = np.zeros((1, SPACE.items), np.float32)
    row[0, 0] = much
    return whole_rows(np.array([SPACE.constant]), row)


def told(events: Events, *pieces: Piece) -> Leanings:
    students = Students(STUDENTS)
    histories = histories_of(events, STUDENTS, CATALOGUE, NOW, Settings())
    of_items = OfUnits(pieces, np.arange(CATALOGUE.size))
    return leanings(SPACE, CATALOGUE, events, students, histories, Settings(), of_items)


def some_events(student: list[int], offer: list[int], kind: list[EventKind]) -> Events:
    return Events(np.array(student), np.array(offer), np.array(kind, np.int8), np.full(len(student), NOW))


def test_views_and_codes_are_counted_for_each_student_and_offer() -> None:
    view, code = EventKind.PAGE_VIEW, EventKind.DISCOUNT_CODE
    found = told(
        some_events(
            [3, 3, 3, 3, 5, 7, -1], [0, 0, 0, 2, 0, 1, 1], [view, view, code, view, view, code, view]
        ),
        everybody_leans_to_offer_0(0.25),
        everybody_leans_to_offer_0(0.5),
    )
    assert found.offer.tolist() == [0, 2, 0, 1]
    assert found.views.tolist() == [2, 1, 1, 1], "a code that came without a view had one"
    assert found.codes.tolist() == [1, 0, 0, 1]
    assert found.leaning.tolist() == [0.75, 0, 0.75, 0]
    mean = found.mean()
    assert mean[[0, 1, 2]].tolist() == [0.75, 0, 0]
    assert mean[5] == pytest.approx(0.75 * 3 / 5), "nobody opened it: as of all views"


def test_what_a_leaning_is_worth_is_told_among_those_who_opened_the_same_offer() -> None:
    """Offers differ, and those who lean more open the better ones: neither is taken for the leaning's own worth."""
    luck = np.random.default_rng(0)
    good = luck.normal(size=OFFERS)
    offer = luck.integers(0, OFFERS, 40_000)
    leaning = 0.8 * good[offer] + luck.normal(size=len(offer))
    chance = 1 / (1 + np.exp(1 - good[offer] - 0.7 * (leaning - 0.8 * good[offer])))
    codes = luck.binomial(1, chance).astype(np.float64)
    found = Leanings(offer, np.ones(len(offer)), codes, leaning, OFFERS)
    assert found.worth(good - 1) == pytest.approx(0.7, abs=0.05)
    assert found.worth(good - 1) > 0.5
    nothing = Leanings(offer[:0], leaning[:0], leaning[:0], leaning[:0], OFFERS)
    assert nothing.worth(good) == 0


def test_an_offer_is_not_taken_for_good_because_those_who_like_its_shop_open_it() -> None:
    """All offers are alike to everybody, but half of the shops are opened by few who like them much."""
    luck = np.random.default_rng(1)
    divides = (np.arange(OFFERS) % SHOPS) < SHOPS // 2
    offer = np.repeat(np.arange(OFFERS), 250)
    leaning = np.where(divides[offer], 1.0, 0.0) + luck.normal(size=len(offer))
    codes = luck.binomial(1, 1 / (1 + np.exp(1 - leaning)))
    student = np.arange(len(offer)) % STUDENTS
    revealed = codes > 0
    events = Events(
        np.concatenate([student, student[revealed]]),
        np.concatenate([offer, offer[revealed]]),
        np.repeat([EventKind.PAGE_VIEW, EventKind.DISCOUNT_CODE], [len(offer), int(revealed.sum())]).astype(
            np.int8
        ),
        np.full(len(offer) + int(revealed.sum()), NOW),
    )
    lean = Leanings(offer, np.ones(len(offer)), codes.astype(np.float64), leaning, OFFERS)
    gaps: list[float] = []
    for known in (None, lean):
        piece = appeal(SPACE, CATALOGUE, events, Students(STUDENTS), NOW, lambda known=known: known)
        assert piece is not None
        row = piece.matrix(SPACE.items, SPACE.size, SPACE.items).dense()[SPACE.constant, :OFFERS]
        gaps.append(float(row[divides].mean() - row[~divides].mean()))
    assert gaps[0] > 0.6
    assert gaps[1] < 0.7 * gaps[0], "half of it is taken off"
