"""By what a claim that an interaction came of a recommendation is judged."""

from __future__ import annotations

from dataclasses import dataclass

from cobi.domain.signature import Signature


@dataclass(frozen=True)
class ClaimRules:
    """`window` is how long after an answer something may come of it, in µs; the signature tells made-up ids."""

    window: int
    signature: Signature
