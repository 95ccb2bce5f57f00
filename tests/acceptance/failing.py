"""What the tests of failing storage share."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import httpx

from cobi.server.background import Background
from tests.acceptance.installation import PATIENCE
from tests.factories import an_id, interaction

RECOMMENDATION = f"/v1/recommendations/customers/{an_id('customers')}"
IMPATIENT = {"write_patience_seconds": 0.5}

Start = Callable[..., tuple[Background, httpx.Client]]
"""Starts a server with these settings on an installation, and answers it with a caller of it."""


def send(client: httpx.Client, city: str) -> httpx.Response:
    return client.post("/user-interactions", json=interaction(city=city))


def assert_unavailable(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable"), answer.text
    assert int(answer.headers["Retry-After"]) > 0


def until(answered: Callable[[], httpx.Response], status: int) -> httpx.Response:
    """Ask again until the answer has this status."""
    last, deadline = "", time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        answer = answered()
        if answer.status_code == status:
            return answer
        last = f"{answer.status_code} {answer.text}"
    raise AssertionError(f"the last answer was {last}")


def cities(client: httpx.Client) -> list[str]:
    page = client.get("/user-interactions", params={"limit": 1000}).json()
    return [record["city"] for record in page["records"]]


def workers_of(server: Background) -> list[int]:
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
    return [int(pid) for pid in children.read_text().split()]


@contextmanager
def full_disk(server: Background, most: int) -> Generator[None]:
    """No file of the server's workers can grow past so many bytes."""
    unlimited = resource.RLIM_INFINITY
    for worker in workers_of(server):
        resource.prlimit(worker, resource.RLIMIT_FSIZE, (most, unlimited))
    try:
        yield
    finally:
        for worker in workers_of(server):
            resource.prlimit(worker, resource.RLIMIT_FSIZE, (unlimited, unlimited))
