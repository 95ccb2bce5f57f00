"""Kills a real server with SIGKILL under mixed load, again and again, and looks for all it had acknowledged.

python -m tests.acceptance.crash --kills 20
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select

from cobi.config.settings import Settings
from cobi.domain.identifiers import format_id
from cobi.server.background import Background
from cobi.service.registry import Registry
from cobi.store.schema import ENTITIES, interactions, recommendations
from tests.acceptance.installation import PATIENCE, Installation, install
from tests.factories import an_id, interaction, minimal

BATCH = 50
FEWEST, MOST = 20, 150
"""A kill comes after a random number of acknowledged requests between these."""


@dataclass
class Ledger:
    """What callers sent until a kill and what was acknowledged; each interaction has a city of its own.

    `named` and `answers` are the requests that had an Idempotency-Key, and what those that came back said.
    """

    name: str
    interactions: set[str] = field(default_factory=set)
    offers: dict[str, float] = field(default_factory=dict)
    recommendations: set[str] = field(default_factory=set)
    sent: list[dict[str, Any]] = field(default_factory=list)
    named: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    answers: dict[str, bytes] = field(default_factory=dict)
    requests: int = 0
    changed: threading.Condition = field(default_factory=threading.Condition)

    @property
    def acknowledged(self) -> int:
        return len(self.interactions) + len(self.offers) + len(self.recommendations)

    def count_request(self) -> None:
        with self.changed:
            self.requests += 1
            self.changed.notify()

    def wait_for(self, requests: int) -> None:
        with self.changed:
            if not self.changed.wait_for(lambda: self.requests >= requests, PATIENCE):
                raise TimeoutError(f"only {self.requests} of {requests} requests were answered")


@dataclass(frozen=True)
class Stored:
    """What a database holds: how often each city and recommendation, and each offer's value."""

    interactions: Counter[str]
    offers: dict[str, float]
    recommendations: Counter[str]

    def kept(self, ledger: Ledger) -> int:
        """How much of what was acknowledged is there; of an offer, that change or a later one."""
        offers = sum(self.offers.get(offer, 0) >= value for offer, value in ledger.offers.items())
        return (
            len(ledger.interactions & self.interactions.keys())
            + offers
            + len(ledger.recommendations & self.recommendations.keys())
        )

    @property
    def doubled(self) -> int:
        everything = [*self.interactions.values(), *self.recommendations.values()]
        return sum(times - 1 for times in everything)


@dataclass(frozen=True)
class Kill:
    """One kill: what was acknowledged until then, what of it was stored after it, and what was stored twice
    after the callers had sent everything again.
    """

    requests: int
    acknowledged: int
    stored: int
    doubled: int
    seconds: float


Step = Callable[[httpx.Client, Ledger, str], None]


def send_batch(client: httpx.Client, ledger: Ledger, name: str) -> None:
    records = [interaction(city=f"{name}/{number}") for number in range(BATCH)]
    ledger.sent += records
    assert client.post("/user-interactions", json={"records": records}).status_code == 200
    ledger.interactions |= {record["city"] for record in records}


def send_single(client: httpx.Client, ledger: Ledger, name: str) -> None:
    record = interaction(city=name)
    ledger.sent.append(record)
    assert client.post("/user-interactions", json=record).status_code == 201
    ledger.interactions.add(name)


def send_named(client: httpx.Client, ledger: Ledger, name: str) -> None:
    records = [interaction(city=f"{name}/{number}") for number in range(BATCH)]
    ledger.named[name.replace(" ", "-")] = records
    answer = post_named(client, name.replace(" ", "-"), records)
    ledger.answers[name.replace(" ", "-")] = answer.content
    ledger.interactions |= {record["city"] for record in records}


def post_named(client: httpx.Client, key: str, records: list[dict[str, Any]]) -> httpx.Response:
    answer = client.post("/user-interactions", json={"records": records}, headers={"Idempotency-Key": key})
    assert answer.status_code == 200
    return answer


def change_offer(client: httpx.Client, ledger: Ledger, name: str) -> None:
    caller, _, turn = name.rpartition("/")
    offer = minimal("offers", offer_id=an_id(caller), value=int(turn) + 1)
    assert client.post("/v1/data/offers", json={"records": [offer]}).status_code == 200
    ledger.offers[offer["offer_id"]] = offer["value"]


def ask(client: httpx.Client, ledger: Ledger, name: str) -> None:
    answer = client.get(f"/v1/recommendations/customers/{an_id('customers')}")
    assert answer.status_code == 200
    ledger.recommendations.add(answer.json()[0]["recommendation_id"])


LOAD: tuple[Step, ...] = (send_batch, send_named, send_named, send_single, send_single, change_offer, ask)


def crashes(settings: Settings, kills: int, seed: int = 0) -> Iterator[Kill]:
    """Kill a server so many times, and give an account of each; all of it is counted again at the end."""
    installation, luck = install(settings), random.Random(seed)
    ledgers = [Ledger(f"kill {number}") for number in range(kills)]
    server = installation.start()
    try:
        for ledger in ledgers:
            _load_and_kill(server, installation, ledger, luck.randint(FEWEST, MOST))
            began = time.monotonic()
            server = installation.start()
            seconds = time.monotonic() - began
            kept = _read(settings).kept(ledger)
            _send_again(server, installation, ledger)
            yield Kill(ledger.requests, ledger.acknowledged, kept, _read(settings).doubled, seconds)
    finally:
        server.kill()
    at_last = _read(settings)
    assert [at_last.kept(ledger) for ledger in ledgers] == [ledger.acknowledged for ledger in ledgers]


def _load_and_kill(server: Background, installation: Installation, ledger: Ledger, requests: int) -> None:
    def call(caller: int) -> None:
        with installation.client(server) as client:
            try:
                for turn in count():
                    LOAD[caller](client, ledger, f"{ledger.name}/caller {caller}/{turn}")
                    ledger.count_request()
            except httpx.TransportError:
                return

    with ThreadPoolExecutor(len(LOAD)) as pool:
        callers = [pool.submit(call, caller) for caller in range(len(LOAD))]
        try:
            ledger.wait_for(requests)
        finally:
            server.kill()
        for caller in callers:
            caller.result(PATIENCE)


def _send_again(server: Background, installation: Installation, ledger: Ledger) -> None:
    """What careful callers do who do not know what of it had arrived."""
    with installation.client(server) as client:
        for begin in range(0, len(ledger.sent), 5000):
            records = ledger.sent[begin : begin + 5000]
            assert client.post("/user-interactions", json={"records": records}).status_code == 200
        for key, records in ledger.named.items():
            answer = post_named(client, key, records)
            # Done with its answer or not at all: had the records been stored without it, they would be unchanged.
            assert answer.json()["batches"][0]["data"]["stored"] == BATCH
            assert answer.content == ledger.answers.get(key, answer.content)


def _read(settings: Settings) -> Stored:
    offers = ENTITIES["offers"].c
    registry = Registry(settings)
    with registry.named("campus")._database.read() as connection:
        stored = Stored(
            Counter(connection.scalars(select(interactions.c.city))),
            {
                format_id(offer): value
                for offer, value in connection.execute(select(offers.offer_id, offers.value))
            },
            Counter(map(format_id, connection.scalars(select(recommendations.c.recommendation_id)))),
        )
    registry.close()
    return stored


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    done: list[Kill] = []
    print("kill  requests  acknowledged  stored  doubled  recovery")
    with tempfile.TemporaryDirectory() as directory:
        for one in crashes(Settings(data=Path(directory)), chosen.kills, chosen.seed):
            done.append(one)
            print(
                f"{len(done):4}  {one.requests:8}  {one.acknowledged:12}  {one.stored:6}  {one.doubled:7}"
                f"  {one.seconds:6.2f} s"
            )
    acknowledged, stored = sum(one.acknowledged for one in done), sum(one.stored for one in done)
    doubled = done[-1].doubled
    print(f"{acknowledged} acknowledged, {acknowledged - stored} lost, {doubled} doubled")
    sys.exit(acknowledged != stored or doubled > 0)


if __name__ == "__main__":
    main()
