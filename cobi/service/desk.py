"""Where plain questions for recommendations wait: those that come together are read, ranked and logged together."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from queue import Empty, Full, Queue

from cobi.actions import recommend
from cobi.domain.errors import NotFound, Overloaded
from cobi.domain.recommendation import Recommendation, Wanted
from cobi.service.core import Core
from cobi.service.counting import count_answers
from cobi.store.database import Connection

MOST_TOGETHER = 32
"""More would hardly be answered sooner, and the first of them would wait for the last."""

MOST_WAITING = 1024
MOST_LOGGING = 1
"""Batches that may be on their way to the disk at a time."""


@dataclass(frozen=True)
class _Ask:
    customer_id: bytes
    wanted: Wanted
    future: Future[list[Recommendation]]


class Desk:
    """One thread that answers what waits; made when the first question comes."""

    def __init__(self, core: Core, make: Callable[[Connection], recommend.Maker]) -> None:
        self._core = core
        self._make = make
        self._waiting: Queue[_Ask | None] = Queue(MOST_WAITING)
        self._door = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = False
        # While so many batches are being logged the next one grows: it costs hardly more than a small one.
        self._logging = threading.Semaphore(MOST_LOGGING)

    def ask(self, customer_id: bytes, wanted: Wanted) -> Future[list[Recommendation]]:
        """Queue a question; done once its answer is durably logged."""
        one = _Ask(customer_id, wanted, Future())
        with self._door:
            if self._closed:
                raise Overloaded("the server is stopping")
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="cobi-desk", daemon=True)
                self._thread.start()
            try:
                self._waiting.put_nowait(one)
            except Full:
                raise Overloaded("too many requests are waiting") from None
        return one.future

    def close(self) -> None:
        """Answer what waits, then stop."""
        with self._door:
            self._closed = True
            if self._thread is None:
                return
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (first := self._waiting.get()) is not None:
            self._logging.acquire()
            asks, last = self._more(first)
            # Whoever has given up is not answered; from here on nobody can.
            asks = [ask for ask in asks if ask.future.set_running_or_notify_cancel()]
            try:
                if not self._answer(asks):
                    self._logging.release()
            except BaseException as failure:  # noqa: BLE001 (whatever it was, every caller must hear of it)
                self._logging.release()
                for ask in asks:
                    _fail(ask, failure)
            if last:
                return

    def _more(self, first: _Ask) -> tuple[list[_Ask], bool]:
        asks = [first]
        while len(asks) < MOST_TOGETHER:
            try:
                ask = self._waiting.get_nowait()
            except Empty:
                break
            if ask is None:
                return asks, True
            asks.append(ask)
        return asks, False

    def _answer(self, asks: Sequence[_Ask]) -> bool:
        """Whether anything is being logged now."""
        core = self._core
        with core.reading() as connection:
            outcomes = recommend.for_customers(
                self._make(connection), [(ask.customer_id, ask.wanted) for ask in asks]
            )
        answered: list[tuple[_Ask, list[recommend.Answer]]] = []
        for ask, outcome in zip(asks, outcomes, strict=True):
            if isinstance(outcome, NotFound):
                ask.future.set_exception(outcome)
            else:
                answered.append((ask, outcome))
        if answered:
            self._begin_logging(answered)
        return bool(answered)

    def _begin_logging(self, answered: Sequence[tuple[_Ask, list[recommend.Answer]]]) -> None:
        self._log(answered).add_done_callback(lambda _: self._logging.release())

    def _log(self, answered: Sequence[tuple[_Ask, list[recommend.Answer]]]) -> Future[None]:
        flat = [answer for _, answers in answered for answer in answers]
        logged = self._core.database.write_to(recommend.log, flat, len(flat))
        logged.add_done_callback(lambda done: self._settle(answered, done))
        return logged

    def _settle(self, answered: Sequence[tuple[_Ask, list[recommend.Answer]]], done: Future[None]) -> None:
        """Called in the thread that logged."""
        failure = done.exception()
        if failure is None:
            for ask, answers in answered:
                count_answers(self._core.meter, answers)
                ask.future.set_result([answer.recommendation for answer in answers])
        elif isinstance(failure, NotFound) and len(answered) > 1:
            # One of these students was erased meanwhile: each for itself.
            for one in answered:
                try:
                    self._log([one])
                except Overloaded as overloaded:
                    _fail(one[0], overloaded)
        else:
            for ask, _ in answered:
                _fail(ask, failure)


def _fail(ask: _Ask, failure: BaseException) -> None:
    if not ask.future.done():
        ask.future.set_exception(failure)
