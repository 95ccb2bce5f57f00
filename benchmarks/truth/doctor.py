"""The feedback doctor: faults planted one by one in marketplaces of their own, and a hundred clean months.

Everything goes through the real uploads and answers. Marketplaces differ in size, in how often students come and how
much they do; weekends are quieter, and apps lose an id now and then.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from cobi.config.settings import Settings
from cobi.selftest.doctoring import CLEAN_DAYS
from cobi.selftest.door import Clock, Door
from cobi.selftest.faults import FAULTS, Fault
from cobi.selftest.loop import Habits, Loop
from cobi.selftest.run import MORNING_OF_TIME
from cobi.service.registry import Registry
from cobi.store.scratch import scratch

MONTH = 30
MONTHS_FOR = 5
"""One clean month for so many worlds of the other runs: 100 of 500."""


def run(worlds: int, seed: int) -> None:
    """Print a line for each fault, and what was found in clean months."""
    print(f"\n{len(FAULTS)} planted faults, each in a marketplace of its own")
    found = [_planted(fault, seed + number) for number, fault in enumerate(FAULTS)]
    print(f"  named with the right cause, and nothing else: {sum(found)} of {len(FAULTS)}")
    months, began = max(1, worlds // MONTHS_FOR), time.process_time()
    false: Counter[str] = Counter()
    accused = 0
    for number in range(months):
        codes = _clean_month(seed, number)
        false.update(codes)
        accused += bool(codes)
    told = ", ".join(f"{code} in {many}" for code, many in false.items()) or "none"
    print(f"{months} clean months, looked at on each of {MONTH} days: false findings in {accused} ({told})")
    print(f"  {time.process_time() - began:.0f} s of processor time", flush=True)


def _planted(fault: Fault, seed: int) -> bool:
    with _marketplace(Habits(), seed) as loop:
        for _ in range(CLEAN_DAYS):
            loop.clean_day()
            loop.sleep()
        before = loop.found()
        fault.plant(loop)
        right, said = fault.verdict(loop.found())
    right = right and not before
    print(f"  {'ok' if right else 'WRONG':6}{fault.name:50}{fault.code:26}{said}", flush=True)
    return right


def _clean_month(seed: int, number: int) -> set[str]:
    """The codes of all findings on any day."""
    luck = np.random.default_rng([seed, 77, number])
    students = round(30 * 5 ** luck.random())
    habits = Habits(students, comes=luck.uniform(0.3, 1.0), acts=luck.uniform(0.5, 4.0))
    codes: set[str] = set()
    with _marketplace(habits, seed + 1000 + number) as loop:
        for _ in range(MONTH):
            loop.clean_day()
            codes |= {finding["code"] for finding in loop.found()}
            loop.sleep()
    return codes


@contextmanager
def _marketplace(habits: Habits, seed: int) -> Generator[Loop]:
    clock = Clock(MORNING_OF_TIME)
    with scratch(None, seed) as (places, _):
        registry = Registry(Settings(data=Path("unused")), clock, places=places)
        try:
            registry.create("loop")
            loop = Loop(Door(registry.named("loop"), clock), habits, np.random.default_rng([seed, 12]))
            loop.open()
            yield loop
        finally:
            registry.close()
