"""How a period falls into days, quarters of an hour and corrections: every moment counts once, as short as can be."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from cobi.domain.moments import DAY, MINUTE, QUARTER_HOUR
from cobi.store.rollups.period import Period

_STEP = 5 * MINUTE
_STEPS = 3 * DAY // _STEP
_MOMENTS = st.integers(0, _STEPS).map(lambda steps: steps * _STEP)
# Such as 5 h 45 min, which is Nepal's.
_ZONES = st.integers(-12 * 4, 14 * 4).map(lambda quarters: quarters * QUARTER_HOUR)


@given(st.none() | _MOMENTS, st.none() | _MOMENTS)
def test_days_quarters_and_corrections_make_up_the_period(since: int | None, until: int | None) -> None:
    period = Period(since, until)
    moments = range(0, _STEPS * _STEP, _STEP)
    first, end = period.days
    counted = {
        moment: int((first is None or moment // DAY >= first) and (end is None or moment // DAY < end))
        for moment in moments
    }
    for part, added in (*_quarters(period), *period.corrections):
        for moment in range(part.since or 0, min(part.until or 0, _STEPS * _STEP), _STEP):
            counted[moment] += 1 if added else -1
    inside = [
        moment for moment in moments if (since or 0) <= moment < (moments.stop if until is None else until)
    ]
    assert [moment for moment, times in counted.items() if times] == inside
    assert set(counted.values()) <= {0, 1}


def _quarters(period: Period) -> Iterable[tuple[Period, bool]]:
    for first, end, added in period.quarters:
        yield Period(first * QUARTER_HOUR, end * QUARTER_HOUR), added


@given(_MOMENTS, _MOMENTS)
def test_no_more_is_made_up_than_half_a_day_and_half_a_quarter(since: int, until: int) -> None:
    if until - since >= DAY:
        period = Period(since, until)
        assert all(end - first <= DAY // QUARTER_HOUR // 2 for first, end, _ in period.quarters)
        for part, _ in period.corrections:
            assert (part.until or 0) - (part.since or 0) <= QUARTER_HOUR // 2


@given(st.integers(1, 100), st.integers(1, 30), _ZONES)
def test_days_of_another_time_zone_need_no_rows(first: int, days: int, offset: int) -> None:
    period = Period(first * DAY - offset, (first + days) * DAY - offset)
    assert list(period.corrections) == []
