"""Work in threads, its results in order: NumPy and SciPy let other threads run while they count.

Every part is computed as if it were alone, and parts are joined in the order they were given, so that the number of
threads changes no bit.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Part = TypeVar("Part")
Result = TypeVar("Result")


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_order(
    work: Callable[[Part], Result], parts: Iterable[Part], threads: int | None = None
) -> Iterator[Result]:
    """Each part's result, in the order of the parts; only a few are held at a time, so memory stays bounded."""
    threads = threads or cores()
    if threads == 1:
        yield from map(work, parts)
        return
    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for part in parts:
            waiting.append(pool.submit(work, part))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def spans(size: int, step: int) -> list[tuple[int, int]]:
    """0…size cut into neighbouring (first, last) of at most `step`."""
    return [(first, min(first + step, size)) for first in range(0, size, step)]
