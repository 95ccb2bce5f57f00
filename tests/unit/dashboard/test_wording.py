"""Numbers and moments as people read them."""

from __future__ import annotations

import pytest

from cobi.dashboard import wording
from cobi.domain.moments import DAY, HOUR, SECOND


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "–"),
        (0, "0"),
        (950, "950"),
        (9999, "9,999"),
        (12_340, "12.3k"),
        (4_600_000, "4.6M"),
        (2e9, "2bn"),
    ],
)
def test_a_number_in_little_room(value: float | None, shown: str) -> None:
    assert wording.short(value) == shown


@pytest.mark.parametrize(
    ("past", "shown"),
    [
        (0, "just now"),
        (90 * SECOND, "1 min ago"),
        (5 * HOUR, "5 h ago"),
        (3 * DAY, "3 d ago"),
        (-DAY, "in the future"),
    ],
)
def test_how_long_ago(past: int, shown: str) -> None:
    assert wording.ago(10 * DAY - past, 10 * DAY) == shown


def test_shares_and_their_differences_have_their_units() -> None:
    assert wording.percent(0.1234) == "12.3 %"
    assert wording.points(0.004) == "+0.4 points"
    assert wording.interval({"value": 0.1, "low": 0.05, "high": 0.151}) == "5.0–15.1 %"


@pytest.mark.parametrize(
    ("difference", "shown"),
    [
        (None, "–"),
        (0.0123, "+1.2 points"),
        (-0.02, "−2.0 points"),
        (-0.0001, "0.0 points"),
        (0, "0.0 points"),
    ],
)
def test_a_difference_that_rounds_to_nothing_has_no_sign(difference: float | None, shown: str) -> None:
    assert wording.points(difference) == shown
