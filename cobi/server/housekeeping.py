"""Work that no request asks for: now and then, old things are let go of."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import anyio
import structlog

from cobi.api.answers import run_apart

FIRST_AFTER_SECONDS = 60.0
EVERY_SECONDS = 3600.0
COUNT_EVERY_SECONDS = 5.0
"""How often it is looked whether it is time to count."""

_log = structlog.get_logger("cobi.housekeeping")


@asynccontextmanager
async def housekeeping(
    tidy: Callable[[], None], first_after: float = FIRST_AFTER_SECONDS, every: float = EVERY_SECONDS
) -> AsyncGenerator[None]:
    """Tidy up while the block lasts; what fails is logged and tried again next time."""
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_keep_tidy, tidy, first_after, every)
        yield
        tasks.cancel_scope.cancel()


async def _keep_tidy(tidy: Callable[[], None], first_after: float, every: float) -> None:
    await anyio.sleep(first_after)
    while True:
        try:
            await run_apart(tidy)
        except Exception:  # noqa: BLE001 (whatever it was, requests are none the worse for it)
            _log.exception("housekeeping failed")
        await anyio.sleep(every)
