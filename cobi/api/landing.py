"""Waiting for the writer without holding a thread: one wake-up of the event loop for all that a commit finished."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, TypeVar

from cobi.domain.errors import StorageUnavailable

Result = TypeVar("Result")

_GLANCE_SECONDS = 1.0


class Passenger:
    """What a coroutine waits with for another thread: a ticket of the writer's for a fifth of a future's price."""

    __slots__ = ("_arrive", "_claim", "answer", "failure", "result")

    def __init__(self, answer: asyncio.Future[Any], arrive: Callable[[Passenger], object]) -> None:
        self.answer = answer
        self.result: Any = None
        self.failure: BaseException | None = None
        self._arrive = arrive
        # Taken once, by whoever begins the work or gives it up.
        self._claim = [True]

    def set_running_or_notify_cancel(self) -> bool:
        """Begin, unless it has been given up."""
        try:
            return self._claim.pop()
        except IndexError:
            return False

    def give_up(self) -> None:
        """Turn back unless it has begun: to say of what has begun that it failed could be wrong."""
        if self.set_running_or_notify_cancel():
            self.set_exception(StorageUnavailable.not_begun())

    def set_result(self, result: Any) -> None:
        """Arrive with a result."""
        self.result = result
        self._arrive(self)

    def set_exception(self, exception: BaseException) -> None:
        """Arrive with a failure."""
        self.failure = exception
        self._arrive(self)


class _Follower(Passenger):
    """One that waits for a future of the writer's."""

    __slots__ = ("_future",)

    def __init__(
        self, answer: asyncio.Future[Any], arrive: Callable[[Passenger], object], future: Future[Any]
    ) -> None:
        super().__init__(answer, arrive)
        self._future = future
        future.add_done_callback(self._follow)

    def give_up(self) -> None:
        self._future.cancel()

    def _follow(self, done: Future[Any]) -> None:
        failure = StorageUnavailable.not_begun() if done.cancelled() else done.exception()
        if failure is None:
            self.set_result(done.result())
        else:
            self.set_exception(failure)


Leave = Callable[[Sequence[tuple[Any, Passenger]]], object]
"""Hands over what several wait for, each with their ticket."""


class _Landing:
    """Those who wait in one event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._arrived: deque[Passenger] = deque()
        self._woken = False
        self._departing: dict[Leave, list[tuple[Any, Passenger]]] = {}
        self._expected: deque[tuple[float, Sequence[Passenger]]] = deque()
        self._glancing = False

    def is_of(self, loop: asyncio.AbstractEventLoop) -> bool:
        return self._loop is loop

    def hand_over(self, leave: Leave, item: Any, patience: float) -> asyncio.Future[Any]:
        passenger = Passenger(self._loop.create_future(), self._arrive)
        if not self._departing:
            self._loop.call_soon(self._depart, patience)
        self._departing.setdefault(leave, []).append((item, passenger))
        return passenger.answer

    def expect(self, future: Future[Any], patience: float) -> asyncio.Future[Any]:
        follower = _Follower(self._loop.create_future(), self._arrive, future)
        self._expect([follower], patience)
        return follower.answer

    def _depart(self, patience: float) -> None:
        departing, self._departing = self._departing, {}
        for leave, everybody in departing.items():
            # Nothing is begun for whoever has gone before.
            together = [one for one in everybody if not one[1].answer.done()]
            self._expect([passenger for _, passenger in together], patience)
            try:
                leave(together)
            except Exception as failure:  # noqa: BLE001 (whatever it was, every caller must hear of it)
                for _, passenger in together:
                    passenger.set_exception(failure)

    def _expect(self, passengers: Sequence[Passenger], patience: float) -> None:
        self._expected.append((self._loop.time() + patience, passengers))
        if not self._glancing:
            self._glancing = True
            self._loop.call_later(_GLANCE_SECONDS, self._glance)

    def _glance(self) -> None:
        """Let go of who has landed, and have who has waited too long give up."""
        now = self._loop.time()
        while self._expected:
            deadline, passengers = self._expected[0]
            if deadline > now and not all(passenger.answer.done() for passenger in passengers):
                break
            self._expected.popleft()
            for passenger in passengers:
                if not passenger.answer.done():
                    passenger.give_up()
        self._glancing = bool(self._expected)
        if self._glancing:
            self._loop.call_later(_GLANCE_SECONDS, self._glance)

    def _arrive(self, passenger: Passenger) -> None:
        """Called in the thread that it waited for."""
        self._arrived.append(passenger)
        if not self._woken:
            self._woken = True
            self._loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        # First, so that what lands while this loop runs out wakes the loop again rather than be missed.
        self._woken = False
        while self._arrived:
            passenger = self._arrived.popleft()
            if passenger.answer.done():  # whoever waited has gone; what was written stays written
                continue
            if passenger.failure is None:
                passenger.answer.set_result(passenger.result)
            else:
                passenger.answer.set_exception(passenger.failure)


class _Here(threading.local):
    """Those who wait in the event loop that this thread runs."""

    landing: _Landing | None = None


_here = _Here()


async def landed(future: Future[Result], patience: float) -> Result:
    """The result of a future that the writer finishes; raises StorageUnavailable if it has not begun in time.

    `patience` is in seconds, and kept to about one.
    """
    return await _of_this_loop().expect(future, patience)


async def handed_over(leave: Leave, item: Any, patience: float) -> Any:
    """As `landed`, of an item that is handed over together with those of the other requests that have come by now.

    So the writer is woken once for all of them, and finds them together.
    """
    return await _of_this_loop().hand_over(leave, item, patience)


def _of_this_loop() -> _Landing:
    loop, landing = asyncio.get_running_loop(), _here.landing
    if landing is None or not landing.is_of(loop):
        landing = _here.landing = _Landing(loop)
    return landing
