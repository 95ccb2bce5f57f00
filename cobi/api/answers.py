"""Encoding answers, and running the synchronous core outside the event loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import msgspec
from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar
from litestar import Response

from cobi.domain.errors import Overloaded

_THREADS = 64
"""Requests worked on at once; those that wait for the same commit share it."""

MOST_WAITING = 512
"""Requests that may wait for a thread before the next one is turned away."""

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

_limiter: RunVar[CapacityLimiter] = RunVar("cobi_threads")


async def run(
    function: Callable[Parameters, Result], *arguments: Parameters.args, **named: Parameters.kwargs
) -> Result:
    """Call a synchronous function in a worker thread."""
    try:
        limiter = _limiter.get()
    except LookupError:
        limiter = CapacityLimiter(_THREADS)
        _limiter.set(limiter)
    if limiter.statistics().tasks_waiting >= MOST_WAITING:
        raise Overloaded("too many requests are waiting; nothing of this request was stored")
    return await to_thread.run_sync(lambda: function(*arguments, **named), limiter=limiter)


async def run_apart(function: Callable[[], Result]) -> Result:
    """Call a function in a thread of its own, however many requests are being worked on."""
    return await to_thread.run_sync(function, limiter=CapacityLimiter(1))


def json_answer(value: Any, status: int = 200) -> Response[bytes]:
    """A JSON response."""
    return Response(msgspec.json.encode(value), status_code=status, media_type="application/json")
