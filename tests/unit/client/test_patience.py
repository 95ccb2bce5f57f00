from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from cobi.client.client import Client, ClientError
from cobi.client.patience import Patience

BUSY = httpx.Response(503)
STORED = {"batches": [{"data": {"stored": 1}}]}


class Script:
    """A server that answers as it is told, and what its caller waited for, in seconds."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers: Iterator[httpx.Response | Exception] = iter(answers)
        self.waits: list[float] = []
        self.told: list[str] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        answer = next(self.answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def upload(self) -> int:
        patience = Patience(attempts=4, sleep=self.waits.append, tell=self.told.append)
        with Client(
            "http://cobi", "key", transport=httpx.MockTransport(self.answer), patience=patience
        ) as one:
            return one.upload_encoded("tags", [b"{}"])["stored"]


def stored() -> httpx.Response:
    return httpx.Response(200, json=STORED)


def test_a_server_that_is_away_or_busy_is_asked_again_after_ever_longer_waits() -> None:
    script = Script(httpx.ConnectError("refused"), BUSY, httpx.ReadTimeout(""), stored())
    assert script.upload() == 1
    assert script.waits == [0.5, 1.0, 2.0]
    assert script.told[0] == "no answer (refused); trying again in 0.5 s"


def test_retry_after_is_respected_in_both_of_its_forms() -> None:
    dates = {"Retry-After": "Mon, 15 Jun 2026 12:00:09 GMT", "Date": "Mon, 15 Jun 2026 12:00:00 GMT"}
    script = Script(
        httpx.Response(429, headers={"Retry-After": "37"}), httpx.Response(503, headers=dates), stored()
    )
    assert script.upload() == 1
    assert script.waits == [37, 9]


@pytest.mark.parametrize("nonsense", ["soon", "-1", "", "1e3", "Mon, 99 Jun 2026"])
def test_a_retry_after_that_says_nothing_is_passed_over(nonsense: str) -> None:
    script = Script(httpx.Response(429, headers={"Retry-After": nonsense}), stored())
    assert script.upload() == 1
    assert script.waits == [0.5]


def test_patience_ends_with_the_last_answer() -> None:
    script = Script(BUSY, BUSY, BUSY, httpx.Response(503, json={"message": "too many"}))
    with pytest.raises(ClientError, match="503: too many"):
        script.upload()
    script = Script(*[httpx.ConnectError("refused")] * 4)
    with pytest.raises(httpx.ConnectError):
        script.upload()
    assert len(script.waits) == 3


def test_a_server_that_asks_for_an_hour_is_not_waited_for() -> None:
    script = Script(httpx.Response(429, headers={"Retry-After": "3600"}, json={"message": "later"}))
    with pytest.raises(ClientError, match="429: later"):
        script.upload()
    assert script.waits == []


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 500])
def test_what_asking_again_does_not_mend_is_raised_at_once(status: int) -> None:
    script = Script(httpx.Response(status, json={"message": "no"}))
    with pytest.raises(ClientError):
        script.upload()
    assert script.waits == []
