"""A worker that is told to stop hears it, whether or not its loop runs at that moment."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator

import pytest

from cobi.server import stopping

PATIENCE_SECONDS = 10


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    before = signal.getsignal(signal.SIGTERM)
    made = stopping.event_loop()
    yield made
    made.close()
    asyncio.set_event_loop(None)
    signal.signal(signal.SIGTERM, before)


def tell() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


@pytest.mark.parametrize(
    "told", ["before it runs", "while it runs", "as it ends", "between two runs", "later"]
)
def test_a_signal_is_heard_at_whatever_moment_it_comes(loop: asyncio.AbstractEventLoop, told: str) -> None:
    heard = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, heard.set)

    async def start() -> None:
        if told == "while it runs":
            tell()
            await asyncio.sleep(0)
        if told == "as it ends":
            loop.call_soon(tell)

    async def work() -> None:
        if told == "later":
            loop.call_later(0.01, tell)
        await asyncio.wait_for(heard.wait(), PATIENCE_SECONDS)

    if told == "before it runs":
        tell()
    loop.run_until_complete(start())
    if told == "between two runs":
        tell()
    loop.run_until_complete(work())
