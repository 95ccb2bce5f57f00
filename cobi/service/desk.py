"""Where plain questions for recommendations wait: those that come together are read, ranked and logged together."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from cobi.actions.recommending import recommend
from cobi.domain.errors import NotFound, Overloaded
from cobi.domain.recommendation import Recommendation, Wanted
from cobi.service.core import Core
from cobi.service.counting import count_answers
from cobi.store import askers, keys
from cobi.store.database import Connection
from cobi.store.line import Ticket

MOST_TOGETHER = 16
"""More would hardly be answered sooner; the first would wait for the last, and who just missed them for all."""

MOST_WAITING = 1024
MOST_LOGGING = 2
"""Batches that may be on their way to the disk at a time: one is ranked while another is written."""

Question = tuple[bytes, Wanted]
"""A customer's id, and what is wanted."""


@dataclass(frozen=True, slots=True)
class _Ask:
    question: Question
    ticket: Ticket


_Answered = Sequence[tuple[_Ask, list[recommend.Answer]]]


class Desk:
    """One thread that answers what waits; made when the first question comes."""

    def __init__(
        self,
        core: Core,
        make: Callable[[Connection], recommend.Maker],
        make_at_hand: Callable[[Connection, Mapping[str, int]], recommend.Maker | None],
    ) -> None:
        self._core = core
        self._make = make
        self._make_at_hand = make_at_hand
        self._reader = core.database.reader()
        self._waiting: deque[_Ask] = deque()
        self._changed = threading.Condition(threading.Lock())
        self._thread: threading.Thread | None = None
        self._closed = False
        # While so many batches are being logged the next one grows: it costs hardly more than a small one.
        self._logging = threading.Semaphore(MOST_LOGGING)

    def ask(self, question: Question) -> Future[list[Recommendation]]:
        """Queue a question; done once its answer is durably logged."""
        future: Future[list[Recommendation]] = Future()
        for _, refusal in self._join([_Ask(question, future)]):
            raise refusal
        return future

    def ask_all(self, questions: Sequence[tuple[Question, Ticket]]) -> None:
        """Queue what several callers ask; each hears by their ticket once their answer is durably logged."""
        for ask, refusal in self._join([_Ask(*one) for one in questions]):
            ask.ticket.set_exception(refusal)

    def close(self) -> None:
        """Answer what waits, then stop."""
        with self._changed:
            self._closed = True
            self._changed.notify()
            if self._thread is None:
                return
        self._thread.join()

    def _join(self, asks: Sequence[_Ask]) -> list[tuple[_Ask, Overloaded]]:
        """Wait at the end; answers who is turned away, and why."""
        with self._changed:
            room = 0 if self._closed else MOST_WAITING - len(self._waiting)
            self._waiting.extend(asks[:room])
            reason = "the server is stopping" if self._closed else "too many requests are waiting"
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._run, name="cobi-desk", daemon=True)
                self._thread.start()
            self._changed.notify()
        return [(ask, Overloaded(reason)) for ask in asks[room:]]

    def _run(self) -> None:
        while self._wait():
            self._logging.acquire()
            answered = self._ranked(self._take())
            if not answered or not self._begin_logging(answered):
                self._logging.release()
        self._reader.close()

    def _wait(self) -> bool:
        """Wait until somebody does; False when nobody will."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            return bool(self._waiting)

    def _take(self) -> list[_Ask]:
        """The next ones, but for those who have given up; from here on nobody can."""
        with self._changed:
            taken = [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST_TOGETHER))]
        return [ask for ask in taken if ask.ticket.set_running_or_notify_cancel()]

    def _ranked(self, asks: Sequence[_Ask]) -> _Answered:
        """What everybody is answered; who gets no answer is told why."""
        try:
            outcomes = self._outcomes([ask.question for ask in asks])
        except BaseException as failure:  # noqa: BLE001 (whatever it was, every caller must hear of it)
            return _turned_away(asks, failure)
        answered: list[tuple[_Ask, list[recommend.Answer]]] = []
        for ask, outcome in zip(asks, outcomes, strict=True):
            if isinstance(outcome, NotFound):
                ask.ticket.set_exception(outcome)
            else:
                answered.append((ask, outcome))
        return answered

    def _outcomes(self, questions: Sequence[Question]) -> Sequence[list[recommend.Answer] | NotFound]:
        answers = self._reader.read(lambda connection: self._from_one_look(connection, questions))
        if answers is None:
            with self._core.reading() as connection:
                answers = recommend.for_customers(self._make(connection), questions)
        return answers

    def _from_one_look(
        self, connection: Connection, questions: Sequence[Question]
    ) -> Sequence[list[recommend.Answer] | NotFound] | None:
        """What one statement suffices for; None where it does not."""
        glance = self._core.database.glance()
        seen = askers.seen(connection, sorted({customer_id for customer_id, _ in questions}))
        maker = self._make_at_hand(connection, seen.revisions)
        if maker is None or not seen.complete:
            return None
        keys.note_students(glance, {one: student["key"] for one, student in seen.students.items()})
        return recommend.answers_to(maker, questions, seen.students, seen.events)

    def _begin_logging(self, answered: _Answered) -> bool:
        """Whether it is being logged now."""
        try:
            self._log(answered).add_done_callback(lambda _: self._logging.release())
        except Exception as failure:  # noqa: BLE001 (as above)
            _turned_away([ask for ask, _ in answered], failure)
            return False
        return True

    def _log(self, answered: _Answered) -> Future[None]:
        flat = [answer for _, answers in answered for answer in answers]
        logged = self._core.database.write_to(recommend.log, flat, len(flat))
        logged.add_done_callback(lambda done: self._settle(answered, done))
        return logged

    def _settle(self, answered: _Answered, done: Future[None]) -> None:
        """Called in the thread that logged."""
        failure = done.exception()
        if failure is None:
            count_answers(self._core.meter, [answer for _, answers in answered for answer in answers])
            for ask, answers in answered:
                ask.ticket.set_result([answer.recommendation for answer in answers])
        elif isinstance(failure, NotFound) and len(answered) > 1:
            # One of these students was erased meanwhile: each for itself.
            for one in answered:
                try:
                    self._log([one])
                except Overloaded as overloaded:
                    one[0].ticket.set_exception(overloaded)
        else:
            _turned_away([ask for ask, _ in answered], failure)


def _turned_away(asks: Sequence[_Ask], failure: BaseException) -> _Answered:
    for ask in asks:
        ask.ticket.set_exception(failure)
    return []
