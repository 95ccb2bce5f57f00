"""Going on when a server is busy or away: all that is sent may be sent twice, so asking again is harmless."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import httpx

_BUSY = frozenset(
    {
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)
_FIRST_WAIT_SECONDS = 0.5
_LONGEST_WAIT_SECONDS = 60.0


def _silent(_message: str) -> None:
    pass


@dataclass(frozen=True)
class Patience:
    """How often to ask, and what to do in between; waits double, or are as long as the server says."""

    attempts: int = 8
    longest_wait: float = _LONGEST_WAIT_SECONDS
    """In seconds; a server that asks for more has its answer raised."""
    sleep: Callable[[float], None] = time.sleep
    tell: Callable[[str], None] = _silent

    def ask(self, request: Callable[[], httpx.Response]) -> httpx.Response:
        """The answer to a request, the last one where all say to come again; raises httpx.TransportError."""
        for attempt in range(self.attempts - 1):
            wait = min(_FIRST_WAIT_SECONDS * 2**attempt, self.longest_wait)
            try:
                response = request()
            except (httpx.UnsupportedProtocol, httpx.LocalProtocolError):
                raise
            except httpx.TransportError as error:
                why = f"no answer ({error or type(error).__name__})"
            else:
                wanted = _retry_after(response) or wait
                if response.status_code not in _BUSY or wanted > self.longest_wait:
                    return response
                why, wait = f"the server answers {response.status_code}", wanted
            self.tell(f"{why}; trying again in {wait:g} s")
            self.sleep(wait)
        return request()


IMPATIENT = Patience(attempts=1)
"""Asks once."""


def _retry_after(response: httpx.Response) -> float | None:
    """The seconds a server wants to be left alone, which it may say as a date of its clock (RFC 9110 §10.2.3)."""
    text = response.headers.get("Retry-After", "")
    if text.isascii() and text.isdecimal():
        return float(text)
    try:
        until, now = map(parsedate_to_datetime, (text, response.headers["Date"]))
        return max(0.0, (until - now).total_seconds())
    except (KeyError, ValueError, TypeError):
        return None
