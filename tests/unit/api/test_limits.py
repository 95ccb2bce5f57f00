"""Rate limits per key (D3)."""

import pytest

from cobi.api.limits import Limiter, enforce
from cobi.domain.errors import TooManyRequests


class Clock:
    """Stands where it is put; it begins with a minute."""

    def __init__(self) -> None:
        self.seconds = 1020.0

    def __call__(self) -> float:
        return self.seconds


class Counter:
    """What the processes share, and how often it was asked."""

    def __init__(self) -> None:
        self.used: dict[tuple[int, str, int], int] = {}
        self.asked = 0

    def __call__(self, key: int, kind: str, minute: int, number: int) -> tuple[int, int]:
        self.asked += 1
        self.used[key, kind, minute] = self.used.get((key, kind, minute), 0) + number
        return minute, self.used[key, kind, minute]


def a_limiter(limit: int, counter: Counter | None = None, clock: Clock | None = None) -> Limiter:
    return Limiter("data", limit, counter or Counter(), clock or Clock())


def let_through(limiter: Limiter) -> bool:
    quota = limiter.count(1)
    assert quota is not None
    return quota.remaining >= 0


def test_d3_a_key_is_turned_away_when_its_minute_is_used_up_and_let_in_again_after_it() -> None:
    clock = Clock()
    limiter = a_limiter(2, clock=clock)
    for _ in range(2):
        enforce(limiter.count(7))
    clock.seconds += 20.5
    with pytest.raises(TooManyRequests) as refused:
        enforce(limiter.count(7))
    assert refused.value.retry_after == 40
    clock.seconds += 39.5
    enforce(limiter.count(7))


@pytest.mark.parametrize(("server", "own", "holds"), [(5, 0, 5), (5, 2, 2), (5, 9, 5), (0, 3, 3), (0, 0, 0)])
def test_d3_an_organisation_may_choose_less_than_the_server_allows_and_no_more(
    server: int, own: int, holds: int
) -> None:
    limiter = a_limiter(server)
    assert limiter.limit(own) == holds
    let_in = 0
    for _ in range(10):
        quota = limiter.count(1, own)
        let_in += quota is None or quota.remaining >= 0
    assert let_in == (holds or 10)


def test_d3_a_limit_that_changes_holds_at_once_where_it_falls_and_from_the_next_minute_where_it_rises() -> (
    None
):
    clock = Clock()
    limiter = a_limiter(0, clock=clock)
    for own, remaining in ((3, 2), (2, 0), (2, -1), (5, -1)):
        quota = limiter.count(1, own)
        assert quota is not None
        assert (quota.limit, quota.remaining) == (own, remaining)
    clock.seconds += 60
    quota = limiter.count(1, 5)
    assert quota is not None
    assert quota.remaining == 4


def test_d3_one_key_does_not_use_up_another_ones_minute() -> None:
    limiter = a_limiter(1)
    enforce(limiter.count(1))
    enforce(limiter.count(2))


def test_d3_zero_is_unlimited_and_says_nothing_in_headers() -> None:
    limiter = a_limiter(0)
    assert all(limiter.count(1) is None for _ in range(10))


def test_d3_headers_say_what_is_left() -> None:
    quota = a_limiter(1000).count(1)
    assert quota is not None
    assert quota.headers() == {"RateLimit": '"minute";r=999;t=60', "RateLimit-Policy": '"minute";q=1000;w=60'}


def test_d3_two_processes_together_let_exactly_the_limit_through() -> None:
    counter = Counter()
    processes = [a_limiter(9, counter), a_limiter(9, counter)]
    # Only the first one is asked for a while, then both, unevenly.
    turns = [0, 0, 0, 0, 1, 0, 1, 1, 0, 1, 1, 0, 0, 1]
    assert [let_through(processes[turn]) for turn in turns] == [True] * 9 + [False] * 5


def test_d3_a_high_limit_is_never_passed_and_seldom_asks_the_shared_counter() -> None:
    counter = Counter()
    processes = [a_limiter(60_000, counter), a_limiter(60_000, counter)]
    through = sum(let_through(processes[turn % 7 == 0]) for turn in range(70_000))
    assert 60_000 - 9 <= through <= 60_000
    assert counter.asked <= 6002


def test_d3_a_key_that_goes_on_asking_does_not_burden_the_shared_counter() -> None:
    counter = Counter()
    limiter = a_limiter(1, counter)
    assert [let_through(limiter) for _ in range(100)] == [True] + [False] * 99
    assert counter.asked == 1
