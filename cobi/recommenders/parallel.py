"""Work in threads, its results in order: NumPy and SciPy let other threads run while they count.

Every part is computed as if it were alone, its products on one core, and parts are joined in the order they were given,
so that the number of threads changes no bit.
"""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# threadpoolctl ships no types.

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from threading import Lock
from typing import Self, TypeVar

from threadpoolctl import ThreadpoolController

Part = TypeVar("Part")
Result = TypeVar("Result")
Other = TypeVar("Other")


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Alone:
    """While anybody is inside, BLAS makes each product on the thread that asks for it, not on all cores at once.

    Where many products are small, and where NumPy's and SciPy's take turns, that is sooner: after each the other cores
    would wait for the next one at full speed, in the way of whatever else runs. It is one number for the whole process,
    so the first to come sets it and the last to go puts it back.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._inside = 0

    def __enter__(self) -> Self:
        with self._lock:
            if self._inside == 0:
                self._limit = _blas().limit(limits=1)
            self._inside += 1
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                self._limit.restore_original_limits()


@cache
def _blas() -> ThreadpoolController:
    """NumPy's and SciPy's, which have one each; finding them takes milliseconds."""
    return ThreadpoolController().select(user_api="blas")


alone = _Alone()


def in_order(
    work: Callable[[Part], Result], parts: Iterable[Part], threads: int | None = None
) -> Iterator[Result]:
    """Each part's result, in the order of the parts; only a few are held at a time, so memory stays bounded."""
    threads = threads or cores()
    if threads == 1:
        with alone:
            yield from map(work, parts)
        return
    waiting: deque[Future[Result]] = deque()
    with alone, ThreadPoolExecutor(threads) as pool:
        for part in parts:
            waiting.append(pool.submit(work, part))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def beside(one: Callable[[], Result], other: Callable[[], Other]) -> tuple[Result, Other]:
    """Both results, worked on at the same time where there are several processors."""
    if cores() == 1:
        return one(), other()
    with alone, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(other)
        return one(), waiting.result()


def spans(size: int, step: int) -> list[tuple[int, int]]:
    """0…size cut into neighbouring (first, last) of at most `step`."""
    return [(first, min(first + step, size)) for first in range(0, size, step)]
