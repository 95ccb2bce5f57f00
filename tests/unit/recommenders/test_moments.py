"""When a student asks: weekdays and parts of the day."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cobi.domain.interaction import ItemType
from cobi.domain.moments import as_datetime
from cobi.recommenders.blend import fit
from cobi.recommenders.dataset import EventKind, Events, FloatArray, Students, catalogue_of
from cobi.recommenders.model import Model
from cobi.recommenders.settings import Settings
from cobi.recommenders.signals import MOMENT, SignalName, moment_signals, space_of
from cobi.recommenders.ways.moments import moment
from tests.unit.recommenders.worlds import DAY, NOW

OFFERS, STUDENTS, DAYS = 14, 300, 56
CATALOGUE = catalogue_of({ItemType.OFFER: np.arange(OFFERS)}, {})
SPACE = space_of(CATALOGUE, Students(STUDENTS))


@given(st.integers(0, 4_000_000_000_000_000))
def test_a_moment_has_its_weekday_and_its_part_of_the_day(when: int) -> None:
    [[weekday, band]] = moment_signals(SPACE, np.array([when])).tolist()
    at = as_datetime(when)
    assert SPACE.name(weekday) == SignalName(weekday=at.weekday())
    assert SPACE.name(band) == SignalName(band=at.hour // 4)


def weekly() -> Events:
    """On each weekday mostly two offers of its own are touched, by anybody."""
    luck = np.random.default_rng(0)
    day = luck.integers(1, DAYS, STUDENTS * 8)
    time = NOW - day * DAY
    weekday = moment_signals(SPACE, time)[:, 0] - SPACE.moment.start
    own = 2 * weekday + luck.integers(0, 2, len(day))
    item = np.where(luck.random(len(day)) < 0.8, own, luck.integers(0, OFFERS, len(day)))
    return Events(np.arange(len(day)) % STUDENTS, item, np.full(len(day), EventKind.PAGE_VIEW, np.int8), time)


@pytest.fixture(scope="module")
def model() -> Model:
    return fit(CATALOGUE, weekly(), Students(STUDENTS), NOW)


def asked(model: Model, now: int) -> FloatArray:
    nothing = np.empty(0, np.int64)
    return model.score(model.signals(nothing, nothing, nothing, now))


def test_where_weekdays_tell_they_are_learned_and_served(model: Model) -> None:
    assert model.card["figures"]["brings"][MOMENT] > 0
    for later in range(7):
        now = NOW + later * DAY
        weekday = int(moment_signals(SPACE, np.array([now]))[0, 0]) - SPACE.moment.start
        best = np.argsort(-asked(model, now))[:2]
        assert sorted(best.tolist()) == [2 * weekday, 2 * weekday + 1]


def test_what_the_moment_brings_is_a_reason_like_any_other(model: Model) -> None:
    nothing = np.empty(0, np.int64)
    x = model.signals(nothing, nothing, nothing, NOW)
    for item in range(OFFERS):
        reasons = model.explain(x, item)
        assert sum(part for _, part in reasons) == pytest.approx(model.score(x)[item])
    assert any(signal in SPACE.moment for signal, _ in model.explain(x, int(asked(model, NOW).argmax())))


def test_what_is_not_learned_of_moments_is_not_asked(model: Model) -> None:
    """Without the way x has no signal of the moment, so that answers cost nothing more."""
    weights = {name: weight for name, weight in model.settings.weights.items() if name != MOMENT}
    plain = replace(model, settings=replace(model.settings, weights=weights))
    nothing = np.empty(0, np.int64)
    assert plain.signals(nothing, nothing, nothing, NOW).index.tolist() == [SPACE.constant]


def test_of_few_days_no_weekday_is_learned() -> None:
    events = weekly()
    few = events.where(events.time > NOW - 15 * DAY)
    assert moment(SPACE, few, Settings()) is None
