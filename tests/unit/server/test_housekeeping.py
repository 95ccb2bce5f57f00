"""Old things are let go of though nobody asks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from cobi.server.housekeeping import housekeeping


def keep_house(tidy: Callable[[], None], times: int) -> None:
    """Let time run until that many rounds have been begun."""
    rounds: asyncio.Queue[None] = asyncio.Queue()

    async def live() -> None:
        loop = asyncio.get_running_loop()

        def counted() -> None:
            loop.call_soon_threadsafe(rounds.put_nowait, None)
            tidy()

        async with housekeeping(counted, first_after=0, every=0):
            for _ in range(times):
                await asyncio.wait_for(rounds.get(), 60)

    asyncio.run(live())


def test_it_goes_on_after_a_round_that_failed() -> None:
    def fail() -> None:
        raise ZeroDivisionError

    keep_house(fail, 3)


def test_it_ends_with_its_block() -> None:
    rounds = list[None]()
    keep_house(lambda: rounds.append(None), 2)
    assert len(rounds) >= 2
