"""Signals x: from events to one sparse row."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cobi.domain.interaction import ItemType
from cobi.recommenders.dataset import EventKind, Students, Trait
from cobi.recommenders.histories import histories_of, signal_rows
from cobi.recommenders.settings import Deed, Settings, SignalRule, settings_from
from cobi.recommenders.signals import SignalName, of_history, of_segment, space_of
from cobi.recommenders.ways.popularity import popularity
from tests.unit.recommenders.worlds import DAY, NOW, STUDENTS, a_catalogue, some_events, some_students

PLAIN = Settings(history_damping=0.0, order_damping=0.0)
CATALOGUE = a_catalogue()
SPACE = space_of(CATALOGUE, some_students())
few = settings(max_examples=20, deadline=None)


def x_of(items: list[int], days_ago: list[int], told: Settings = PLAIN) -> dict[int, float]:
    kinds = np.full(len(items), EventKind.PAGE_VIEW)
    times = NOW - np.array(days_ago, np.int64) * DAY
    x = of_history(SPACE, told, np.array(items, np.int64), kinds, times, NOW)
    return dict(zip(x.index.tolist(), x.value.tolist(), strict=True))


@few
@given(st.integers(0, 2**32 - 1))
def test_training_and_serving_weigh_a_history_alike(seed: int) -> None:
    told, known = Settings(), some_students()
    events = some_events(CATALOGUE, seed)
    histories = histories_of(events, STUDENTS, CATALOGUE, NOW, told)
    matrix = signal_rows(SPACE, histories, known, np.arange(STUDENTS), told)
    for student in range(STUDENTS):
        own = events.where(events.student == student)
        traits = {Trait.REGION: int(known.traits[Trait.REGION][student])}
        x = of_history(SPACE, told, own.item, own.kind, own.time, NOW, traits)
        row = matrix.row_range(student, student + 1)
        assert x.index.tolist() == row.indices.tolist()
        assert x.value == pytest.approx(row.data)


@few
@given(st.lists(st.integers(0, CATALOGUE.size - 1), max_size=9), st.sampled_from([None, 0, 1, 77]))
def test_how_much_was_touched_stands_under_the_students_region(items: list[int], region: int | None) -> None:
    traits = {} if region is None else {Trait.REGION: region}
    some = np.array(items, np.int64)
    kinds = np.full(len(items), EventKind.PAGE_VIEW)
    x = of_history(SPACE, Settings(), some, kinds, np.full(len(items), NOW), NOW, traits)
    usual = {
        signal: value
        for signal, value in zip(x.index.tolist(), x.value, strict=True)
        if signal in SPACE.usual
    }
    touched = x.value[x.index < SPACE.items].sum()
    assert usual == ({SPACE.usual_of(region): pytest.approx(touched)} if items else {})
    known = region in SPACE.traits[Trait.REGION]
    for signal in usual:
        expected = (
            SignalName(trait=Trait.REGION, code=region, usual=True) if known else SignalName(usual=True)
        )
        assert SPACE.name(signal) == expected


def test_repeating_an_event_counts_less_and_less_up_to_a_cap() -> None:
    values = [x_of([3] * count, [0] * count)[3] for count in (1, 3, 7, 2000)]
    assert values == pytest.approx([1, 2, 3, 8])


def test_what_was_touched_last_speaks_loudest() -> None:
    x = x_of([1, 2, 3], [9, 5, 1], Settings())
    assert x[3] > x[2] > x[1]


def test_an_old_event_fades_by_its_half_life() -> None:
    fading = Settings({Deed(EventKind.PAGE_VIEW, ItemType.OFFER): SignalRule(half_life_days=10)}, 0.0, 0.0)
    assert x_of([1], [10], fading)[1] == pytest.approx(np.log2(1.5))


def test_an_event_of_a_kind_without_a_rule_is_passed_over() -> None:
    assert x_of([1], [1], Settings(signals={})) == {SPACE.constant: 1.0}


def test_every_signal_has_a_name_and_is_found_by_it() -> None:
    names = [SPACE.name(signal) for signal in range(SPACE.size)]
    assert names[:2] == [SignalName(item=0), SignalName(item=1)]
    regions = [SignalName(None, Trait.REGION, code) for code in (0, 1)]
    usual = [SignalName(usual=True), *(replace(name, usual=True) for name in regions)]
    assert names[SPACE.constant : SPACE.moment.start] == [SignalName(), *regions, *usual]
    assert len(set(names)) == SPACE.size
    assert [SPACE.of_trait(Trait.REGION, code) for code in (0, 1, 5)] == [
        SPACE.constant + 1,
        SPACE.constant + 2,
        None,
    ]


def test_a_segment_is_the_mean_of_its_members() -> None:
    one = of_history(SPACE, PLAIN, np.array([1]), np.array([EventKind.SHARE]), np.array([NOW]), NOW)
    none = of_history(SPACE, PLAIN, np.array([2]), np.array([EventKind.SHARE]), np.array([NOW]), NOW)
    mean = of_segment([one, none])
    assert mean.index.tolist() == [1, 2, SPACE.constant, SPACE.usual_of(None)]
    assert mean.value.tolist() == [0.5, 0.5, 1.0, 1.0]
    assert len(of_segment([]).index) == 0


def test_settings_survive_the_card() -> None:
    told = Settings(
        weights={"hop": 0.7}, signals={Deed(EventKind.SHARE, ItemType.SHOP): SignalRule(2.0, 1.0, 30.0)}
    )
    assert settings_from(told.as_json()) == told


def test_students_need_no_traits() -> None:
    assert space_of(CATALOGUE, Students(3)).usual.stop == CATALOGUE.size + 2


def test_long_ago_all_items_count_alike() -> None:
    x = x_of(list(range(25)), list(range(25)), Settings())
    assert x[21] == x[24] < x[19]


def test_events_of_no_weight_leave_no_taste() -> None:
    mute = Settings(signals={Deed(EventKind.PAGE_VIEW, ItemType.OFFER): SignalRule(weight=0.0)})
    assert x_of([1], [1], mute) == {1: 0.0, SPACE.constant: 1.0}


def test_each_trait_has_signals_of_its_own() -> None:
    for trait, codes in SPACE.traits.items():
        named = [SPACE.name(signal) for signal in SPACE.signals_of(trait)]
        assert named == [SignalName(trait=trait, code=int(code)) for code in codes]
        assert [SPACE.of_trait(trait, int(code)) for code in codes] == list(SPACE.signals_of(trait))


@few
@given(st.integers(0, 40), st.floats(1.0, 100.0))
def test_who_a_student_is_counts_less_the_more_they_touched(many: int, acquaintance: float) -> None:
    """As a prior does beside what was observed; half once so much was touched."""
    told, items = replace(PLAIN, acquaintance=acquaintance), np.arange(many) % CATALOGUE.size
    kinds, times = np.full(many, EventKind.PAGE_VIEW), np.full(many, NOW)
    x = of_history(SPACE, told, items, kinds, times, NOW, {Trait.REGION: 0})
    values = dict(zip(x.index.tolist(), x.value.tolist(), strict=True))
    touched = x.value[x.index < SPACE.items].sum()
    own = SPACE.of_trait(Trait.REGION, 0)
    assert own is not None
    assert values[SPACE.constant] == 1
    assert values[own] == pytest.approx(acquaintance / (acquaintance + touched))


def test_what_ended_years_ago_still_tells_what_was_popular_last() -> None:
    catalogue = a_catalogue()
    events, told = some_events(catalogue), Settings(popularity_half_life_days=14.0)
    space = space_of(catalogue, some_students())
    moments = int(events.time.max()), NOW + 6_000 * DAY
    fresh, late = (np.asarray(popularity(space, events, now, told).rows(0, 1)) for now in moments)
    assert late.tolist() == fresh.tolist()
    assert late.max() > 0
