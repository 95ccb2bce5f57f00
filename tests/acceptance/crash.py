"""Kills a real server with SIGKILL under mixed load, again and again, and looks for what it had acknowledged.

python -m tests.acceptance.crash --kills 20
"""

from __future__ import annotations

import argparse
import random
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
from sqlalchemy import func, select

from cobi.config.settings import Settings
from cobi.domain.identifiers import format_id
from cobi.server.background import Background, free_port, start
from cobi.service.registry import Registry
from cobi.store.database import Database
from cobi.store.schema import ENTITIES, interactions, recommendations
from tests.acceptance.installation import Installation, install
from tests.factories import an_id, interaction, minimal

PATIENCE = 60
BATCH = 50
FEWEST, MOST = 20, 150
"""A kill comes after a random number of acknowledged requests between these."""


@dataclass
class Ledger:
    """What the callers sent and what the server acknowledged; interactions are told apart by their city."""

    interactions: set[str] = field(default_factory=set)
    recommendations: set[str] = field(default_factory=set)
    offers: dict[str, int] = field(default_factory=dict)
    attempted: dict[str, int] = field(default_factory=dict)
    uncertain: list[list[dict[str, Any]]] = field(default_factory=list)
    requests: int = 0
    changed: threading.Condition = field(default_factory=threading.Condition)

    def acknowledge(self) -> None:
        with self.changed:
            self.requests += 1
            self.changed.notify()

    def wait_for(self, requests: int) -> None:
        with self.changed:
            if not self.changed.wait_for(lambda: self.requests >= requests, PATIENCE):
                raise TimeoutError(f"only {self.requests} of {requests} requests were answered")


@dataclass(frozen=True)
class Kill:
    """What was acknowledged until one kill, and what of it was found after it."""

    acknowledged: int
    found: int
    doubled: int
    resent: int
    recovery_seconds: float

    @property
    def whole(self) -> bool:
        return self.acknowledged == self.found and self.doubled == 0


Step = Callable[[httpx.Client, Ledger, str], None]


def send_batch(client: httpx.Client, ledger: Ledger, name: str) -> None:
    _interact(client, ledger, [interaction(city=f"{name}/{number}") for number in range(BATCH)])


def send_single(client: httpx.Client, ledger: Ledger, name: str) -> None:
    record = interaction(city=name)
    ledger.uncertain.append([record])
    answer = client.post("/user-interactions", json=record)
    assert answer.status_code == 201, answer.text
    ledger.interactions.add(name)
    ledger.uncertain.remove([record])


def change_offer(client: httpx.Client, ledger: Ledger, name: str) -> None:
    caller, _, number = name.rpartition("/")
    value = int(number) + 1
    offer = minimal("offers", offer_id=an_id(f"offers of {caller}"), value=value)
    ledger.attempted[offer["offer_id"]] = value
    answer = client.post("/v1/data/offers", json={"records": [offer]})
    assert answer.status_code == 200, answer.text
    ledger.offers[offer["offer_id"]] = value


def ask(client: httpx.Client, ledger: Ledger, name: str) -> None:
    answer = client.get(f"/v1/recommendations/customers/{an_id('customers')}")
    assert answer.status_code == 200, answer.text
    ledger.recommendations.add(answer.json()[0]["recommendation_id"])


LOAD: tuple[Step, ...] = (send_batch, send_batch, send_single, send_single, change_offer, ask)


def crashes(data: Path, kills: int, seed: int = 0) -> Iterator[Kill]:
    """Kill a server so many times; what each kill left behind."""
    installation, ledger, luck = install(data), Ledger(), random.Random(seed)
    server = _start(installation)
    try:
        for number in range(kills):
            _until_killed(server, installation, ledger, number, ledger.requests + luck.randint(FEWEST, MOST))
            began = time.monotonic()
            server = _start(installation)
            recovery = time.monotonic() - began
            lost = _examine(installation, ledger)
            resent = _resend(server, installation, ledger)
            yield Kill(*lost, *_doubled_after(installation, resent), recovery)
    finally:
        server.kill()


def _start(installation: Installation) -> Background:
    settings = {"recommendations_per_minute": 0}
    return start(installation.data, free_port("127.0.0.1"), settings)


def _client(server: Background, installation: Installation) -> httpx.Client:
    headers = {"Authorization": f"Bearer {installation.key}"}
    return httpx.Client(base_url=server.url, headers=headers, timeout=PATIENCE)


def _until_killed(
    server: Background, installation: Installation, ledger: Ledger, number: int, requests: int
) -> None:
    def call(caller: int) -> None:
        with _client(server, installation) as client:
            try:
                for turn in count():
                    LOAD[caller](client, ledger, f"kill {number}/caller {caller}/{turn}")
                    ledger.acknowledge()
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
