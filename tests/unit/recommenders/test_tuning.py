"""Tuning: what is set aside, and what it finds by itself."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from statistics import NormalDist, stdev

import numpy as np
import pytest

from cobi.domain.interaction import ItemType
from cobi.domain.moments import MINUTE
from cobi.recommenders.blend import _read, fit
from cobi.recommenders.dataset import (
    Catalogue,
    EventKind,
    Events,
    Students,
    Trait,
    catalogue_of,
)
from cobi.recommenders.model import Model
from cobi.recommenders.search import holdout, trial, tuning, weighing
from cobi.recommenders.search.folds import folds_of
from cobi.recommenders.search.holdout import Holdout, hold_out
from cobi.recommenders.search.judging import half_interval, ranks, share_above, worth
from cobi.recommenders.search.weighing import field_of, joined, weigh, without
from cobi.recommenders.settings import Settings
from cobi.recommenders.signals import SignalSpace
from tests.unit.recommenders.worlds import DAY, NOW

OFFERS, STUDENTS, STEPS = 40, 200, 12


def plain_catalogue() -> Catalogue:
    return catalogue_of({ItemType.OFFER: np.arange(OFFERS)}, {})


def walks(*, timed: bool = True, forward: bool = True) -> Events:
    """Every student walks round a circle of offers from some place on; or visits the same offers mixed up."""
    rng = np.random.default_rng(0)
    step = np.tile(np.arange(STEPS), STUDENTS)
    student = np.repeat(np.arange(STUDENTS), STEPS)
    start = np.repeat(rng.integers(0, OFFERS, STUDENTS), STEPS)
    place = step if forward else np.concatenate([rng.permutation(STEPS) for _ in range(STUDENTS)])
    time = NOW - (STEPS - place) * DAY if timed else np.full(len(step), NOW - DAY)
    kind = np.full(len(step), EventKind.PAGE_VIEW, np.int8)
    return Events(student, (start + step) % OFFERS, kind, time)


def set_aside(events: Events) -> Holdout:
    held = hold_out(plain_catalogue(), events, Settings(), 0)
    assert held is not None
    return held


def taught(events: Events) -> Model:
    return fit(plain_catalogue(), events, Students(STUDENTS), NOW)


def test_what_is_held_out_lies_after_what_is_left() -> None:
    events = walks()
    held = set_aside(events)
    assert held.ordered
    for number, student in enumerate(held.cases.tolist()):
        left = held.train.where(held.train.student == student)
        targets = held.item[held.case == number]
        later = events.where((events.student == student) & np.isin(events.item, targets))
        assert later.time.min() > left.time.max()
        assert not set(targets.tolist()) & set(left.item.tolist())


def test_without_an_order_a_random_part_is_held_out() -> None:
    held = set_aside(walks(timed=False))
    assert not held.ordered
    assert len(held.train) + len(held.item) == STUDENTS * STEPS


def test_what_comes_back_is_ranked_again_where_students_repeat() -> None:
    events = walks()
    again = Events(
        np.tile(events.student, 2), np.tile(events.item, 2), np.tile(events.kind, 2), np.tile(events.time, 2)
    )
    again.time[: len(events)] -= STEPS * DAY
    assert set_aside(again).repeating
    assert not set_aside(events).repeating


def test_too_few_students_are_not_tuned_on() -> None:
    events = walks()
    assert hold_out(plain_catalogue(), events.where(events.student < 20), Settings(), 0) is None


def test_few_students_are_held_out_some_at_a_time_each_once() -> None:
    events = walks()
    whole = set_aside(events)
    folds = folds_of(events, whole, 0)
    assert len(folds) == 5
    assert sorted(np.concatenate([fold.cases for fold in folds]).tolist()) == whole.cases.tolist()
    assert sum(len(fold.item) for fold in folds) == len(whole.item)
    for fold in folds:
        assert len(fold.train) + len(fold.aside) == len(events)
        others = ~np.isin(events.student, fold.students)
        assert np.count_nonzero(others) == np.count_nonzero(~np.isin(fold.train.student, fold.students))


def test_folds_say_together_what_their_cases_say_alone() -> None:
    luck = np.random.default_rng(0)
    folds = folds_of(walks(), set_aside(walks()), 0)
    fields = [
        field_of({"one": luck.random((len(fold.cases), OFFERS), np.float32)}, fold, None) for fold in folds
    ]
    alone = np.concatenate([field.values(np.ones(1)) for field in fields])
    assert joined(fields).values(np.ones(1)) == pytest.approx(alone)


def test_a_way_that_brings_nothing_but_chance_is_left_out() -> None:
    held = set_aside(walks())
    luck = np.random.default_rng(0)
    good = luck.random((len(held.cases), OFFERS), np.float32)
    good[held.case, held.item] += np.float32(0.5)
    field = field_of({"good": good, "noise": luck.random(good.shape, np.float32)}, held, None)
    weights = weigh(field, lambda _: None)
    assert weights[0] > 0
    assert weights[1] == 0


def test_weights_are_moved_towards_the_likely_unless_that_costs() -> None:
    held = set_aside(walks())
    luck = np.random.default_rng(0)
    good, noise = (luck.random((len(held.cases), OFFERS), np.float32) for _ in range(2))
    good[held.case, held.item] += np.float32(0.5)
    alone, other = np.array([1.0, 0.0]), np.array([0.0, 3.0])
    alike = field_of({"good": good, "as good": good}, held, None)
    assert (weighing._steadied(alike, alone, other) > 0).all()
    misled = field_of({"good": good, "noise": noise}, held, None)
    assert weighing._steadied(misled, alone, other).tolist() == alone.tolist()


def test_what_a_way_brings_is_told_with_its_interval_over_the_same_cases() -> None:
    held = set_aside(walks())
    luck = np.random.default_rng(0)
    good, fair = (luck.random((len(held.cases), OFFERS), np.float32) for _ in range(2))
    for scores, more in ((good, 0.6), (fair, 0.3)):
        scores[held.case, held.item] += np.float32(more)
    field = field_of({"good": good, "fair": fair, "idle": good}, held, None)
    gains = without(field, np.array([1.0, 0.5, 0.0]))
    both, without_fair = field.values(np.array([1.0, 0.5, 0.0])), field.values(np.array([1.0, 0.0, 0.0]))
    assert list(gains) == ["good", "fair"]
    assert gains["fair"] == pytest.approx(both - without_fair)
    differences = (both - without_fair).tolist()
    half = NormalDist().inv_cdf(0.975) * stdev(differences) / len(differences) ** 0.5
    assert half_interval(gains["fair"]) == pytest.approx(half, rel=1e-4)
    assert half_interval(gains["fair"]) < half_interval(both) + half_interval(without_fair)


def test_where_order_tells_what_comes_next_the_tuning_finds_it() -> None:
    model = taught(walks())
    last = np.array([5, 6, 7])
    kinds = np.full(3, EventKind.PAGE_VIEW)
    x = model.signals(last, kinds, NOW - np.array([3, 2, 1]) * DAY, NOW)
    unseen = np.setdiff1d(np.arange(OFFERS), last)
    assert unseen[model.score(x)[unseen].argmax()] == 8
    assert model.card["figures"]["brings"]["sequence"] > 0


def test_where_there_is_no_order_nothing_is_learned_from_it() -> None:
    model = taught(walks(timed=False))
    assert "sequence" not in model.settings.weights
    assert model.settings.order_damping == 0


def test_the_blend_is_not_clearly_worse_than_its_best_part_and_each_has_its_interval() -> None:
    figures = taught(walks(forward=False)).card["figures"]
    assert figures["worth"] + figures["worth_interval"] >= max(figures["alone"].values())
    for figure in ("alone", "brings"):
        assert figures[f"{figure}_interval"].keys() == figures[figure].keys()
    assert figures["alone_interval"]["hop"] > 0


def test_tuning_again_gives_the_same_model() -> None:
    one, other = taught(walks()), taught(walks())
    assert one.card == other.card
    assert one.matrix.data.tobytes() == other.matrix.data.tobytes()


def test_how_many_scores_are_held_at_once_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for most in (1, 10**9):
        monkeypatch.setattr(trial, "MOST_CELLS", most)
        found.append(taught(walks()))
    assert found[0].card == found[1].card
    assert found[0].matrix.data.tobytes() == found[1].matrix.data.tobytes()


def test_a_perfect_ranking_is_worth_one_and_a_blind_one_less() -> None:
    scores = np.zeros((2, 50), np.float32)
    case, item = np.array([0, 0, 1]), np.array([3, 4, 9])
    scores[case, item] = [2, 1, 1]
    assert worth(ranks(scores, case, item), case, 2) == pytest.approx([1.0, 1.0])
    assert worth(ranks(np.zeros((2, 50), np.float32), case, item), case, 2) == pytest.approx([0.0, 0.0])


def with_codes(views: Events) -> Events:
    """Nine of ten students reveal every other offer."""
    codes = views.where((views.item % 2 == 0) & (views.student % 10 > 0))
    both = [np.concatenate([getattr(views, name), getattr(codes, name)]) for name in Events.__slots__]
    both[2][len(views) :] = EventKind.DISCOUNT_CODE
    return Events(*both)


def test_where_codes_are_revealed_of_few_offers_more_students_are_judged_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(holdout, "MOST_CASES", 100)
    assert len(set_aside(walks()).students) == 100
    assert len(set_aside(with_codes(walks())).students) == STUDENTS
    monkeypatch.setattr(holdout, "FUNNEL_CELLS", 120 * OFFERS)
    assert len(set_aside(with_codes(walks())).students) == 120
    monkeypatch.setattr(holdout, "FEWEST_FUNNEL_CASES", STUDENTS + 1)
    assert len(set_aside(with_codes(walks())).cases) == 100


def test_where_each_student_holds_few_targets_more_students_are_judged_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(holdout, "MOST_CASES", 20)
    assert len(set_aside(walks()).cases) == holdout.SPARED_SHARE * STUDENTS
    monkeypatch.setattr(holdout, "HELD_TARGETS", 60)
    assert len(set_aside(walks()).item) == 60
    monkeypatch.setattr(holdout, "CELLS_OF_FEW", 25 * OFFERS)
    assert len(set_aside(walks()).cases) == 25


def test_many_cases_are_searched_without_a_move_towards_the_likely(monkeypatch: pytest.MonkeyPatch) -> None:
    held = set_aside(walks())
    luck = np.random.default_rng(0)
    good = luck.random((len(held.cases), OFFERS), np.float32)
    good[held.case, held.item] += np.float32(0.3)
    field = field_of({"good": good, "as good": good * np.float32(1.01)}, held, None)
    few = weigh(field, lambda _: None)
    monkeypatch.setattr(weighing, "ENOUGH_CASES", len(held.cases))
    many = weigh(field, lambda _: None)
    assert (few > 0).all()
    assert (many > 0).sum() == 1


def test_of_what_serves_as_well_where_reveals_are_judged_the_first_is_taken() -> None:
    luck = np.random.default_rng(0).standard_normal(400)
    alike, better = 0.5 + 0.1 * luck, 0.52 + 0.1 * luck[::-1]
    assert tuning.least(np.stack([alike, alike + 1e-9 * luck, alike + 0.001 * luck])) == 0
    assert tuning.least(np.stack([alike, better + 0.05])) == 1


def test_where_codes_are_revealed_it_is_judged_by_what_was_revealed_of_what_was_opened() -> None:
    held = set_aside(with_codes(walks()))
    assert held.opened is not None
    assert (held.item % 2 == 0).all()
    assert set(held.item.tolist()) < set(held.opened[1].tolist())


def test_what_became_of_an_offer_that_was_opened_before_is_no_answer() -> None:
    """Histories would end with the view whose code is asked for: what was touched last would seem to foretell it."""
    view, code, bought = EventKind.PAGE_VIEW, EventKind.DISCOUNT_CODE, EventKind.TRANSACTION
    before = _of_one_student([(0, view), (4, view), (6, bought)])
    later = _of_one_student(
        [
            (0, code),
            (0, view),
            (1, view),
            (1, code),
            (2, view),
            (3, bought),
            (4, code),
            (5, code),
            (6, code),
        ]
    )
    before.time[:] -= MINUTE
    opened, revealed = holdout._became(before, later, OFFERS)
    assert opened.tolist() == [0, 1, 2, 5, 6]
    assert revealed.tolist() == [1, 5, 6], "a code without a view, or only bought before, was opened then"
    before.time[:] -= holdout.VISIT
    revealed = holdout._became(before, later, OFFERS)[1]
    assert revealed.tolist() == [0, 1, 4, 5, 6], "by then views were of another visit"


def _of_one_student(deeds: list[tuple[int, EventKind]]) -> Events:
    item, kind = (np.array(column, np.int64) for column in zip(*deeds, strict=True))
    return Events(np.zeros(len(deeds), np.int64), item, kind.astype(np.int8), NOW + np.arange(len(deeds)))


def test_histories_are_judged_by_what_reads_them(monkeypatch: pytest.MonkeyPatch) -> None:
    pieces = {"factors": object()}
    monkeypatch.setattr(trial, "piece_of", lambda name, *_: pieces.get(name))
    folds = [set_aside(with_codes(walks())), set_aside(walks())]
    read = partial(
        _read, SignalSpace(plain_catalogue().item_type, {}), plain_catalogue(), Students(STUDENTS), NOW
    )
    revealed, found = (trial.Trial(read(one, Settings()), one) for one in folds)
    assert trial.readers(revealed, Settings(), ("hop",)) == trial.ONCE
    assert trial.readers(found, Settings(), ("hop",)) == ("hop",)
    pieces.clear()
    assert trial.readers(revealed, Settings(), ("hop",)) == ("hop",)


def test_reveals_above_all_else_that_was_opened_are_worth_one_and_chance_a_half() -> None:
    shown, case = np.array([5, 3]), np.array([0, 1])
    assert share_above(np.array([0.0, 0.0]), case, shown).tolist() == [1.0, 1.0]
    assert share_above(np.array([2.0, 1.0]), case, shown).tolist() == [0.5, 0.5]


def test_a_trait_that_tells_what_is_liked_weighs_more_than_one_that_tells_nothing() -> None:
    luck = np.random.default_rng(1)
    events = walks(timed=False)
    course, gender = luck.integers(0, 4, STUDENTS), luck.integers(0, 4, STUDENTS)
    own = Events(
        events.student, (events.item % 20 + 10 * course[events.student]) % OFFERS, events.kind, events.time
    )
    model = fit(plain_catalogue(), own, Students(STUDENTS, {Trait.COURSE: course, Trait.GENDER: gender}), NOW)
    assert model.settings.weights["who-course"] > 3 * model.settings.weights.get("who-gender", 0.0)


def test_what_histories_tell_weighs_more_in_lists_than_among_what_was_opened() -> None:
    held = set_aside(with_codes(walks()))
    ways = {name: np.zeros((len(held.cases), OFFERS), np.float32) for name in ("appeal", "factors", "own")}
    field = field_of(ways, held, None)
    weights = np.array([1.0, 1.0, 0.0])
    assert tuning._of_lists(field, weights) == {"appeal": 1.0, "factors": tuning.OF_HISTORIES}
    # Where all offers are ranked nothing is made of it.
    plain = replace(field, holdout=replace(held, opened=None))
    assert tuning._of_lists(plain, weights) == {"appeal": 1.0, "factors": 1.0}
