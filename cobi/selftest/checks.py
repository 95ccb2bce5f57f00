"""What is checked, what was to be expected, and what was seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

Tell = Callable[[float, str], None]
"""Hears the share done and what is being done."""

_MOST_TOLD = 3
_PLAIN = str.maketrans("", "", "()'")


@dataclass(frozen=True)
class Check:
    """One thing that must be so."""

    check: str
    expected: str
    observed: str
    passed: bool

    def as_json(self) -> dict[str, Any]:
        """As `cobi selftest --json` tells it."""
        return asdict(self)


def same(check: str, expected: Mapping[Any, Any], observed: Mapping[Any, Any], what: str) -> Check:
    """Whether figures are what they must be, one by one; `what` says in words what they are."""
    names = sorted({*expected, *observed}, key=str)
    wrong = [name for name in names if expected.get(name) != observed.get(name)]
    told = "; ".join(
        f"{_in_words(name)} {observed.get(name)} for {expected.get(name)}" for name in wrong[:_MOST_TOLD]
    )
    said = f"{len(wrong)} of {len(names)} differ: {told}" if wrong else "all the same"
    return Check(check, f"{len(names)} {what}", said, not wrong)


def _in_words(name: Any) -> str:
    return str(name).translate(_PLAIN)
