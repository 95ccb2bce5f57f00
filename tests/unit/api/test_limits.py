"""Rate limits per key (D3)."""

import pytest

from cobi.api.limits import Limiter, enforce
from cobi.domain.errors import TooManyRequests


class Clock:
    """Stands where it is put."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def test_d3_a_key_is_turned_away_when_its_minute_is_used_up_and_let_in_again_after_it() -> None:
    clock = Clock()
    limiter = Limiter(2, clock)
    for _ in range(2):
        enforce(limiter.count(7))
    clock.seconds += 20.5
    with pytest.raises(TooManyRequests) as refused:
        enforce(limiter.count(7))
    assert refused.value.retry_after == 40
    clock.seconds += 39.5
    enforce(limiter.count(7))


def test_d3_one_key_does_not_use_up_another_ones_minute() -> None:
    limiter = Limiter(1, Clock())
    enforce(limiter.count(1))
    enforce(limiter.count(2))


def test_d3_zero_is_unlimited_and_says_nothing_in_headers() -> None:
    limiter = Limiter(0, Clock())
    assert all(limiter.count(1) is None for _ in range(10))


def test_d3_headers_say_what_is_left() -> None:
    quota = Limiter(1000, Clock()).count(1)
    assert quota is not None
    assert quota.headers() == {"RateLimit": '"minute";r=999;t=60', "RateLimit-Policy": '"minute";q=1000;w=60'}
