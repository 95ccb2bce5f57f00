"""A month of a clean loop, then one fault after another with clean weeks between; the doctor is asked each time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from cobi.selftest.checks import Check, Tell
from cobi.selftest.door import Door
from cobi.selftest.faults import FAULTS, Fault
from cobi.selftest.loop import Habits, Loop

CLEAN_DAYS, DAYS_BETWEEN = 18, 17
"""Nothing of a fault is left in what the doctor looks at after so many."""


def prove_doctor(
    door: Door, habits: Habits, seed: int, tell: Tell, faults: Sequence[Fault] = FAULTS
) -> Iterator[Check]:
    """Each planted fault is found with its cause, marked in the report, and gone once it is mended."""
    loop = Loop(door, habits, np.random.default_rng([seed, 12]))
    loop.open()
    tell(0.0, "a clean month")
    false: list[str] = []
    _rest(loop, CLEAN_DAYS, false)
    for number, fault in enumerate(faults):
        tell((number + 1) / (len(faults) + 1), f"planting: {fault.name}")
        loop.sleep()
        fault.plant(loop)
        right, said = fault.verdict(loop.found())
        door.service.tidy()
        marked = {one["code"] for one in door.report()["doubts"]}
        yield Check(
            f"doctor: {fault.name}",
            f"{fault.code} {'/'.join(map(str, fault.where.values()))}".strip() + ", marked in the report",
            said if fault.code in marked else f"{said}; not marked",
            right and fault.code in marked,
        )
        _rest(loop, DAYS_BETWEEN, false)
    looks = (len(faults) + 1) * 2
    yield Check(
        "doctor: finds nothing where nothing is wrong",
        f"nothing at {looks} looks",
        ", ".join(false) or "nothing",
        not false,
    )


def _rest(loop: Loop, days: int, false: list[str]) -> None:
    """Let clean days pass, and look on the last two of them."""
    for day in range(days):
        loop.sleep()
        loop.clean_day()
        if day >= days - 2:
            false += [one["code"] for one in loop.found()]
