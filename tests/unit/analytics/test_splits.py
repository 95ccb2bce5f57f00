"""What is held back is never learned from, by whichever way of splitting."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cobi.analytics.splits import Acts, Holdout, at_random, by_time, has_order, last_out, repeats

RANKED_ITEMS = 6

events = st.lists(
    st.tuples(st.integers(-1, 5), st.integers(0, 8), st.integers(0, 12)), min_size=1, max_size=60
)
"""(student, item, time); items from 6 on are of another type."""


def acts(rows: list[tuple[int, int, int]]) -> Acts:
    student, item, time = np.array(rows, np.int64).reshape(-1, 3).T
    return Acts(student, item, time, item < RANKED_ITEMS)


def pairs(holdout: Holdout) -> set[tuple[int, int]]:
    return set(zip(holdout.students[holdout.owner].tolist(), holdout.item.tolist(), strict=True))


def moment_of(holdout: Holdout) -> dict[int, int]:
    return dict(zip(holdout.students.tolist(), holdout.moments.tolist(), strict=True))


@given(events, st.floats(0.05, 0.95))
def test_a_cut_through_time_learns_from_nothing_at_or_after_it(rows: list, share: float) -> None:
    told = acts(rows)
    split = by_time(told, share)
    if len(split):
        cut = split.moments.min()
        assert split.training.tolist() == (told.time < cut).tolist()
        later = told.testable & (told.time >= cut)
        assert pairs(split) == set(zip(told.student[later].tolist(), told.item[later].tolist(), strict=True))


@given(events, st.booleans())
def test_leaving_the_last_out_learns_only_from_what_the_student_did_before(
    rows: list, new_only: bool
) -> None:
    told = acts(rows)
    split = last_out(told, new_only=new_only)
    moments = moment_of(split)
    for (student, _, time), learned in zip(rows, split.training, strict=True):
        assert learned == (student not in moments or time < moments[student])
    for student, item in pairs(split):
        assert any((who, what) == (student, item) and time >= moments[student] for who, what, time in rows)
        assert any(who == student and time < moments[student] for who, _, time in rows)


def test_the_last_fifth_of_each_student_is_held_back() -> None:
    told = acts(
        [(0, item, 10 * item) for item in range(5)] + [(1, item % 6, 100 + item) for item in range(10)]
    )
    assert pairs(last_out(told, 0.2, new_only=False)) == {(0, 4), (1, 2), (1, 3)}
    assert pairs(last_out(told, 0.2, new_only=True)) == {(0, 4), (1, 4), (1, 5)}


@given(events)
def test_the_last_new_item_was_not_touched_before(rows: list) -> None:
    told = acts(rows)
    split = last_out(told, new_only=True)
    assert not repeats(told, split).any()
    for student, moment in moment_of(split).items():
        before = {item for who, item, time in rows if who == student and time <= moment}
        ever = {item for who, item, _ in rows if who == student and item < RANKED_ITEMS}
        assert ever <= before


@given(events, st.floats(0.05, 0.95), st.integers(0, 100))
def test_a_random_split_holds_back_all_events_of_a_pair(rows: list, share: float, seed: int) -> None:
    told = acts(rows)
    split = at_random(told, share, seed)
    assert split.training.tolist() == [(student, item) not in pairs(split) for student, item, _ in rows]
    distinct = {(student, item) for student, item, _ in rows if student >= 0 and item < RANKED_ITEMS}
    assert len(pairs(split)) == round(share * len(distinct))


@given(events)
def test_repeats_are_what_the_student_had_touched_before(rows: list) -> None:
    told = acts(rows)
    split = by_time(told, 0.5)
    learned = {
        (student, item) for (student, item, _), known in zip(rows, split.training, strict=True) if known
    }
    asked = zip(split.students[split.owner].tolist(), split.item.tolist(), strict=True)
    assert repeats(told, split).tolist() == [pair in learned for pair in asked]


def test_the_last_fifth_is_counted_in_interactions_with_what_is_ranked() -> None:
    told = acts([(0, 0, t) for t in range(8)] + [(1, 1, 8), (1, 2, 9)] + [(2, 7, t) for t in range(50)])
    assert pairs(by_time(told, 0.2)) == {(1, 1), (1, 2)}


def test_the_anonymous_are_learned_from_and_never_tested() -> None:
    told = acts([(-1, 0, 5), (0, 1, 1), (0, 2, 2)])
    for split in (last_out(told, new_only=False), at_random(told, 0.5, 0)):
        assert -1 not in split.students
        assert split.training[0]


@pytest.mark.parametrize(
    ("rows", "ordered"),
    [
        ([(0, 0, 1), (0, 1, 2), (1, 0, 5), (1, 2, 7)], True),
        ([(0, 0, 9), (0, 1, 9), (1, 0, 9), (1, 2, 9)], False),
        ([(0, 0, 1), (0, 1, 1), (1, 0, 2), (1, 2, 2)], False),
        ([(0, 0, 1), (1, 0, 2)], True),
        ([(0, 0, 1)], False),
    ],
)
def test_times_tell_an_order_where_most_students_have_two(rows: list, ordered: bool) -> None:
    assert has_order(acts(rows)) is ordered


@given(events)
def test_fewer_students_and_pairs_are_the_same_split(rows: list) -> None:
    split = by_time(acts(rows), 0.5)
    few = split.only(np.arange(len(split)) % 2 == 0, np.ones(len(split.item), bool))
    assert pairs(few) == {pair for pair in pairs(split) if pair[0] in few.students}
    assert moment_of(few).items() <= moment_of(split).items()
