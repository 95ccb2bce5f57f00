"""Encoding answers, and running the synchronous core outside the event loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import msgspec
from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar
from litestar import Response

from cobi.domain.errors import Overloaded

MOST_WAITING = 512
"""Requests that may wait for a thread before the next one is turned away."""

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


class Threads:
    """Runs synchronous functions in a limited number of threads of this event loop."""

    def __init__(self, name: str, number: int) -> None:
        self._number = number
        self._limiter: RunVar[CapacityLimiter] = RunVar(name)

    async def __call__(
        self, function: Callable[Parameters, Result], *arguments: Parameters.args, **named: Parameters.kwargs
    ) -> Result:
        """Call a function in one of the threads; raises Overloaded where too many wait."""
        try:
            limiter = self._limiter.get()
        except LookupError:
            limiter = CapacityLimiter(self._number)
            self._limiter.set(limiter)
        if limiter.statistics().tasks_waiting >= MOST_WAITING:
            raise Overloaded("too many requests are waiting; nothing of this request was stored")
        return await to_thread.run_sync(lambda: function(*arguments, **named), limiter=limiter)


run = Threads("cobi_work", 64)
"""For the work itself; requests that wait for the same commit share it."""

run_at_gate = Threads("cobi_gate", 4)
"""For asking who calls: neither do strangers take the threads of work, nor does work hold up the gate."""

run_counting = Threads("cobi_counting", 4)
"""For counting requests; more would only wait for each other."""


async def run_apart(function: Callable[[], Result]) -> Result:
    """Call a function in a thread of its own, however many requests are being worked on."""
    return await to_thread.run_sync(function, limiter=CapacityLimiter(1))


def json_answer(value: Any, status: int = 200) -> Response[bytes]:
    """A JSON response."""
    return Response(msgspec.json.encode(value), status_code=status, media_type="application/json")
