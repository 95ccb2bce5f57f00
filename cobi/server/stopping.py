"""A worker ends when it is told to, at whatever moment of its start or work that is."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from asyncio import SelectorEventLoop as Loop
else:
    try:
        from uvloop import Loop
    except ImportError:
        from asyncio import SelectorEventLoop as Loop

_TOLD_BY = (signal.SIGTERM, signal.SIGINT)
_ORPHAN_GLANCE_SECONDS = 1.0


def end_at_once() -> None:
    """Let a worker be stopped that has no handlers of its own yet; to be called in it right after the fork.

    Those it inherits only make a note that nobody reads: it would go on until it is killed.
    """
    for told in _TOLD_BY:
        signal.signal(told, signal.SIG_DFL)


def stop_without(parent: int) -> None:
    """Stop this worker when its parent was killed: an orphan would keep the port from the next server."""
    while os.getppid() == parent:
        time.sleep(_ORPHAN_GLANCE_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)


class _Heeding(Loop):
    """A loop that loses no signal.

    A worker runs its loop twice, for the start of the application and for its requests, and uvloop drops a
    signal that comes while it does not run. What is to be called soon waits in a loop until it runs.
    """

    def add_signal_handler(self, sig: int, callback: Callable[..., object], *args: Any) -> None:
        def heard(_number: int, _frame: FrameType | None) -> None:
            self.call_soon_threadsafe(callback, *args)

        signal.signal(sig, heard)


def event_loop() -> asyncio.AbstractEventLoop:
    """The loop a worker runs on: uvloop's where it is installed."""
    loop = _Heeding()
    asyncio.set_event_loop(loop)
    return loop
