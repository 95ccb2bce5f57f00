"""Waiting for the writer without holding a thread: one wake-up of the event loop for all that a commit finished."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from cobi.domain.errors import CobiError, StorageUnavailable

Result = TypeVar("Result")

_GLANCE_SECONDS = 1.0


class _Landing:
    """The futures of one event loop that other threads are to finish."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._finished: deque[tuple[asyncio.Future[Any], Future[Any]]] = deque()
        self._woken = False
        self._departing: list[tuple[asyncio.Future[Any], Callable[[], Future[Any]], float]] = []
        self._expected: deque[tuple[float, Future[Any]]] = deque()
        self._glancing = False

    def hand_over(self, begin: Callable[[], Future[Result]], patience: float) -> asyncio.Future[Result]:
        waiting: asyncio.Future[Result] = self._loop.create_future()
        if not self._departing:
            self._loop.call_soon(self._depart)
        self._departing.append((waiting, begin, patience))
        return waiting

    def _depart(self) -> None:
        departing, self._departing = self._departing, []
        for waiting, begin, patience in departing:
            if waiting.done():  # whoever waited has gone before anything was begun
                continue
            try:
                future = begin()
            except CobiError as error:
                waiting.set_exception(error)
            else:
                self._expect(waiting, future, patience)

    def expect(self, future: Future[Result], patience: float) -> asyncio.Future[Result]:
        waiting: asyncio.Future[Result] = self._loop.create_future()
        self._expect(waiting, future, patience)
        return waiting

    def _expect(self, waiting: asyncio.Future[Any], future: Future[Any], patience: float) -> None:
        future.add_done_callback(lambda done: self._land(waiting, done))
        self._expected.append((self._loop.time() + patience, future))
        if not self._glancing:
            self._glancing = True
            self._loop.call_later(_GLANCE_SECONDS, self._glance)

    def _glance(self) -> None:
        """Let go of what has landed, and give up what has waited too long."""
        now = self._loop.time()
        while self._expected and (self._expected[0][1].done() or self._expected[0][0] <= now):
            # One that has begun is waited for: to say that it failed could be wrong.
            self._expected.popleft()[1].cancel()
        self._glancing = bool(self._expected)
        if self._glancing:
            self._loop.call_later(_GLANCE_SECONDS, self._glance)

    def _land(self, waiting: asyncio.Future[Any], done: Future[Any]) -> None:
        """Called in the thread that finished it."""
        self._finished.append((waiting, done))
        if not self._woken:
            self._woken = True
            self._loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        # First, so that what lands while this loop runs out wakes the loop again rather than be missed.
        self._woken = False
        while self._finished:
            waiting, done = self._finished.popleft()
            if waiting.done():  # whoever waited has gone; what was written stays written
                continue
            failure = StorageUnavailable.not_begun() if done.cancelled() else done.exception()
            if failure is None:
                waiting.set_result(done.result())
            else:
                waiting.set_exception(failure)


_landings: WeakKeyDictionary[asyncio.AbstractEventLoop, _Landing] = WeakKeyDictionary()


async def landed(future: Future[Result], patience: float) -> Result:
    """The result of a future that the writer finishes; raises StorageUnavailable if it has not begun in time.

    `patience` is in seconds, and kept to about one.
    """
    return await _of_this_loop().expect(future, patience)


async def handed_over(begin: Callable[[], Future[Result]], patience: float) -> Result:
    """As `landed`, of a write that is begun together with those of the other requests that have come by now.

    So the writer is woken once for all of them, and finds them together.
    """
    return await _of_this_loop().hand_over(begin, patience)


def _of_this_loop() -> _Landing:
    loop = asyncio.get_running_loop()
    landing = _landings.get(loop)
    if landing is None:
        landing = _landings[loop] = _Landing(loop)
    return landing
