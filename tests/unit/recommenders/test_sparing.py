"""Of two blends as good the simpler one is taken, where reveals among what was opened are judged."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cobi.recommenders.search import sparing
from cobi.recommenders.search.sparing import spared
from cobi.recommenders.search.weighing import Field, by_likelihood, field_of
from cobi.recommenders.settings import COUNTED_FOR
from tests.unit.recommenders.test_tuning import OFFERS, set_aside, walks, with_codes


@pytest.mark.parametrize(("told", "left_out"), [(0, {"pairs", "order"}), (1, {"order"})])
def test_where_codes_are_revealed_what_is_counted_for_some_ways_alone_has_to_pay(
    told: int, left_out: set[str]
) -> None:
    held = set_aside(with_codes(walks()))
    shape = (len(held.cases), OFFERS)
    own, hop = np.random.default_rng(0).standard_normal((2, *shape), np.float32)
    own[held.case, held.item] += 1
    hop[held.case, held.item] += 1
    nothing = np.zeros(shape, np.float32)
    ways = {"own": own, "hop": told * hop, "ridge": nothing, "sequence": nothing}
    field = field_of(ways, held, None)
    before = by_likelihood(field) + np.array([0, 0, 0.01, 0.01])
    weights, figures = spared(field, before)
    assert figures["spared"]
    assert figures["spared"].keys() <= left_out
    used = {name for name, weight in zip(field.names, weights, strict=True) if weight > 0}
    assert {name for name, ways in COUNTED_FOR.items() if not used & {*ways}} == left_out
    assert "own" in used
    # Where all offers are ranked the search has looked at each way by itself already.
    plain = replace(field, holdout=replace(held, opened=None))
    assert spared(plain, before) == (pytest.approx(before), {})


@pytest.mark.parametrize(("told", "stays"), [(0.1, False), (2.0, True)])
def test_what_says_once_more_what_factors_and_appeal_say_has_to_earn_its_place(
    told: float, stays: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = set_aside(with_codes(walks()))
    factors, appeal, noise = np.random.default_rng(0).standard_normal(
        (3, len(held.cases), OFFERS), np.float32
    )
    factors[held.case, held.item] += 1
    relatives = factors / 2 + noise
    relatives[held.case, held.item] += np.float32(told)
    field = field_of(
        {"appeal": appeal, "factors": factors, "relatives": relatives, "own": relatives}, held, None
    )
    weights, figures = spared(field, by_likelihood(field))
    assert (weights[2:].max() > 0) == stays
    assert weights[1] > 0
    assert ("repeated" in figures["spared"]) != stays
    # However sure it is, a little is not worth it.
    monkeypatch.setattr(sparing, "LEAST_EARNED", 10.0)
    assert "repeated" in spared(field, by_likelihood(field))[1]["spared"]
    without_factors = field_of({"appeal": appeal, "relatives": relatives}, held, None)
    assert spared(without_factors, by_likelihood(without_factors))[0][1] > 0


def weak_beside_strong(told: float, weak: str) -> Field:
    """*Own* tells what is revealed; the other way so much of it, and luck of its own."""
    held = set_aside(with_codes(walks()))
    strong, other = np.random.default_rng(1).standard_normal((2, len(held.cases), OFFERS), np.float32)
    strong[held.case, held.item] += np.float32(1.5)
    other[held.case, held.item] += np.float32(told)
    return field_of({"own": strong, weak: other}, held, None)


@pytest.mark.parametrize(("told", "stays"), [(0.0, False), (1.0, True)])
def test_a_way_that_brings_no_more_than_chance_by_itself_is_left_out(told: float, stays: bool) -> None:
    field = weak_beside_strong(told, "kinship")
    weights, figures = spared(field, by_likelihood(field) + np.array([0, 0.02]))
    assert (weights[1] > 0) == stays
    assert weights[0] > 0
    assert figures["spared"].get("little", {}).get("ways", []) == ([] if stays else ["kinship"])


def test_a_way_for_those_who_did_nothing_yet_stays_as_the_cases_are_not_of_them() -> None:
    field = weak_beside_strong(0.0, "background")
    weights, figures = spared(field, by_likelihood(field) + np.array([0, 0.02]))
    assert weights[1] > 0
    assert figures == {"spared": {}}


def test_what_is_dear_among_many_offers_has_to_bring_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """*Low-pass* brings between one and three standard errors."""
    monkeypatch.setattr(sparing, "_sparing", lambda _: {})
    field = weak_beside_strong(0.25, "low-pass")
    before = by_likelihood(field) + np.array([0, 0.02])
    assert spared(field, before)[0][1] > 0
    monkeypatch.setattr(sparing, "MANY_OFFERS", OFFERS - 1)
    assert spared(field, before)[0][1] == 0


def test_what_is_not_used_does_not_come_back_when_others_leave() -> None:
    """*Sequence* says what *kinship* says, which is left out after it: nothing is counted for it then."""
    field = weak_beside_strong(0.25, "kinship")
    both = [*field.names, "sequence"]
    scores = dict(zip(both, [*field.scores, field.scores[1]], strict=True))
    field = field_of(scores, field.holdout, None)
    weights, figures = spared(field, np.array([1.0, 0.02, 0.0]))
    assert weights[2] == 0
    assert "order" not in figures["spared"]
