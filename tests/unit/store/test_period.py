"""How a period falls into whole days and corrections: every moment counts once, no correction is longer than needed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cobi.domain.moments import DAY, HOUR
from cobi.store.rollups.period import Period

_MOMENTS = st.integers(0, 20 * 24).map(lambda hours: hours * HOUR)


@given(st.none() | _MOMENTS, st.none() | _MOMENTS)
def test_whole_days_and_corrections_make_up_the_period(since: int | None, until: int | None) -> None:
    period = Period(since, until)
    counted = dict.fromkeys(range(0, 20 * 24 * HOUR, HOUR), 0)
    first, end = period.days
    for hour in counted:
        if (first is None or hour // DAY >= first) and (end is None or hour // DAY < end):
            counted[hour] += 1
    for part, added in period.corrections:
        for hour in counted:
            if (part.since or 0) <= hour < (part.until or 0):
                counted[hour] += 1 if added else -1
    inside = [
        hour for hour in counted if (since is None or hour >= since) and (until is None or hour < until)
    ]
    assert [hour for hour, times in counted.items() if times] == inside
    assert set(counted.values()) <= {0, 1}


@given(_MOMENTS, _MOMENTS)
def test_of_longer_periods_no_correction_is_longer_than_half_a_day(since: int, until: int) -> None:
    if until - since >= DAY:
        for part, _ in Period(since, until).corrections:
            assert (part.until or 0) - (part.since or 0) <= DAY // 2
