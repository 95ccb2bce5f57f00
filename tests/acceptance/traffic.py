"""Mixed traffic of callers who lose no request: what nobody answers is sent again, unchanged, until somebody does."""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.factories import an_id, interaction, minimal

CALLERS = 6
PATIENCE = 300
"""Seconds after which a request that is not answered hangs, also on a machine that has a lot else to do."""

BATCH = 50
_REMEMBERED = 20
_MOMENT_SECONDS = 0.05
_STUDENT = f"/v1/recommendations/customers/{an_id('customers')}"


@dataclass
class Promises:
    """What was acknowledged; each interaction and each refused record has a city of its own."""

    interactions: set[str] = field(default_factory=set)
    clicks: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    offers: dict[str, float] = field(default_factory=dict)
    recommendations: set[str] = field(default_factory=set)

    def __len__(self) -> int:
        parts = (self.interactions, self.clicks, self.refused, self.offers, self.recommendations)
        return sum(map(len, parts))

    def add(self, other: Promises) -> None:
        self.interactions |= other.interactions
        self.clicks |= other.clicks
        self.refused |= other.refused
        self.offers |= other.offers
        self.recommendations |= other.recommendations


@dataclass
class Ledger:
    """What all callers were promised, and how they fare; `life` counts how often the server came back."""

    promised: Promises = field(default_factory=Promises)
    recent: Promises = field(default_factory=Promises)
    requests: int = 0
    unanswered: int = 0
    turned_away: int = 0
    life: int = 0
    over: bool = False
    gone: bool = False
    failure: Exception | None = None
    reached: dict[int, int] = field(default_factory=dict)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def note(self, promise: Promises) -> None:
        with self.changed:
            self.recent.add(promise)

    def count_answer(self, caller: int, life: int) -> None:
        with self.changed:
            self.requests += 1
            self.reached[caller] = life
            self.changed.notify_all()

    def count_loss(self, *, answered: bool) -> None:
        """Count a request that has to be sent again, and wait a moment; raises ConnectionError if that is idle."""
        with self.changed:
            self.turned_away += answered
            self.unanswered += not answered
            if self.gone:
                raise ConnectionError("the server will not come back")
            self.changed.wait(_MOMENT_SECONDS)

    def fail(self, failure: Exception) -> None:
        with self.changed:
            self.failure = failure
            self.changed.notify_all()

    def turn_over(self) -> Promises:
        """What was promised since the last time."""
        with self.changed:
            recent, self.recent = self.recent, Promises()
            self.promised.add(recent)
            return recent

    def wait_for_requests(self, more: int) -> None:
        target = self.requests + more
        self._wait(lambda: self.requests >= target, f"{target} answers")

    def wait_for_all_callers(self) -> None:
        """Until each has an answer to something it asked in this life."""
        self._wait(lambda: list(self.reached.values()) == [self.life] * CALLERS, "an answer for each caller")

    def _wait(self, reached: Callable[[], bool], what: str) -> None:
        # By the second: a machine that is put to sleep in between costs one of them, not all.
        with self.changed:
            for _ in range(PATIENCE):
                if self.changed.wait_for(lambda: self.failure is not None or reached(), 1):
                    break
            else:
                raise TimeoutError(f"no {what} within {PATIENCE} s; reached are {self.reached}")
        if self.failure is not None:
            raise self.failure


class Caller:
    """One sender; everything it sends differs from what others send."""

    def __init__(self, number: int, client: httpx.Client, ledger: Ledger, seed: int) -> None:
        self.number = number
        self._client = client
        self._ledger = ledger
        self._luck = random.Random(f"{seed}/{number}")
        self._turn = 0
        self._shown: tuple[str, str] | None = None
        self._sent: deque[tuple[str, dict[str, Any], int]] = deque(maxlen=_REMEMBERED)
        self._named: deque[tuple[dict[str, Any], dict[str, str], bytes]] = deque(maxlen=_REMEMBERED)
        self._life = 0

    def work(self) -> None:
        """Send until the ledger says that it is over."""
        try:
            while not self._ledger.over:
                self._turn += 1
                self._luck.choice(STEPS)(self)
                self._ledger.count_answer(self.number, self._life)
        except ConnectionError:
            return
        except Exception as failure:
            self._ledger.fail(failure)
            raise

    def send_batch(self) -> None:
        records = [interaction(city=self._name(place)) for place in range(BATCH)]
        self._post("/user-interactions", {"records": records}, 200)
        self._ledger.note(Promises(interactions={record["city"] for record in records}))

    def send_named(self) -> None:
        """A batch with an Idempotency-Key: done with its answer or not at all, and answered alike ever after."""
        records = [interaction(city=self._name(place)) for place in range(BATCH)]
        body, headers = {"records": records}, {"Idempotency-Key": self._name()}
        answer = self._send("POST", "/user-interactions", body, 200, headers)
        # Had they been stored without the answer, they would be unchanged by now.
        assert answer.json()["batches"][0]["data"]["stored"] == BATCH, answer.text
        self._ledger.note(Promises(interactions={record["city"] for record in records}))
        self._named.append((body, headers, answer.content))

    def repeat_named(self) -> None:
        if not self._named:
            return self.send_named()
        body, headers, content = self._luck.choice(self._named)
        assert self._send("POST", "/user-interactions", body, 200, headers).content == content
        return None

    def send_single(self) -> None:
        record = interaction(city=self._name())
        self._post("/user-interactions", record, 201)
        self._ledger.note(Promises(interactions={record["city"]}))

    def click(self) -> None:
        """Answer the last recommendation, if there was one."""
        if self._shown is None:
            return self.ask()
        recommendation_id, offer = self._shown
        now = time.time_ns() // 1000
        claim = {"source": "COBI", "recommendation_id": recommendation_id, "event_timestamp": now}
        record = interaction(city=self._name(), item_id=offer, **claim)
        self._post("/user-interactions", record, 201)
        self._ledger.note(Promises(interactions={record["city"]}, clicks={record["city"]}))
        return None

    def send_partly_bad(self) -> None:
        good = interaction(city=self._name("good"))
        bad = interaction(city=self._name("bad"), item_id=an_id("nothing"))
        self._post("/user-interactions", {"records": [bad, good]}, 207)
        self._ledger.note(Promises(interactions={good["city"]}, refused={bad["city"]}))

    def change_offer(self) -> None:
        offer = minimal("offers", offer_id=an_id("caller", self.number), value=self._turn)
        self._post("/v1/data/offers", {"records": [offer]}, 200)
        self._ledger.note(Promises(offers={offer["offer_id"]: offer["value"]}))

    def ask(self) -> None:
        [answer] = self._send("GET", _STUDENT, None, 200).json()
        self._shown = answer["recommendation_id"], answer["offers"][0]
        self._ledger.note(Promises(recommendations={answer["recommendation_id"]}))

    def repeat(self) -> None:
        """Send again what has been acknowledged long since: nothing may come of it."""
        if not self._sent:
            return self.send_single()
        path, body, status = self._luck.choice(self._sent)
        answer = self._send("POST", path, body, status).json()
        if "batches" in answer:
            assert answer["batches"][0]["data"]["stored"] == 0, answer
        return None

    def _name(self, place: int | str = 0) -> str:
        return f"{self.number}/{self._turn}/{place}"

    def _post(self, path: str, body: dict[str, Any], status: int) -> None:
        self._send("POST", path, body, status)
        if path == "/user-interactions":
            self._sent.append((path, body, status))

    def _send(
        self, method: str, path: str, body: Any, status: int, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        while True:
            life = self._ledger.life
            try:
                answer = self._client.request(method, path, json=body, headers=headers)
            except httpx.TimeoutException:
                raise
            except httpx.TransportError:
                self._ledger.count_loss(answered=False)
                continue
            if answer.status_code != 503:
                assert answer.status_code == status, (
                    f"{method} {path}: {answer.status_code} {answer.text[:500]}"
                )
                self._life = life
                return answer
            self._ledger.count_loss(answered=True)


STEPS = (
    Caller.send_batch,
    Caller.send_named,
    Caller.repeat_named,
    Caller.send_single,
    Caller.send_single,
    Caller.click,
    Caller.send_partly_bad,
    Caller.change_offer,
    Caller.ask,
    Caller.repeat,
)


@contextmanager
def traffic(url: str, key: str, ledger: Ledger, seed: int = 0) -> Generator[None]:
    """Callers at work for as long as the block runs; after it each has finished what it had begun."""
    headers = {"Authorization": f"Bearer {key}"}
    with (
        ThreadPoolExecutor(CALLERS) as pool,
        httpx.Client(base_url=url, headers=headers, timeout=PATIENCE) as client,
    ):
        work = [pool.submit(Caller(n, client, ledger, seed).work) for n in range(CALLERS)]
        try:
            yield
        except BaseException:
            ledger.gone = True
            raise
        finally:
            ledger.over = True
        for caller in work:
            caller.result(2 * PATIENCE)
    ledger.turn_over()
