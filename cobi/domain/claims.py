"""By what a claim that an interaction came of a recommendation is judged."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from cobi.domain.moments import SECOND
from cobi.domain.signature import Signature

CLOCK_TOLERANCE = 2 * SECOND
"""Apps that stamp whole seconds seem to click up to a second before they were served."""


class Touch(IntEnum):
    """Which of several that could be credited is: the one nearest to what happened, or the first one."""

    LAST = 1
    FIRST = 2


@dataclass(frozen=True)
class ClaimRules:
    """`window` is how long after an answer something may come of it, in µs; the signature tells made-up ids."""

    window: int
    signature: Signature
    touch: Touch = Touch.LAST
