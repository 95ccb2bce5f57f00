"""What an offline evaluation is asked: how to hold back, whom to test, how long the lists are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from cobi.domain.errors import InvalidRequest
from cobi.domain.interaction import ItemType
from cobi.domain.json_values import is_array, is_object, whole_number

DEFAULT_SHARE = 0.2
MAX_LENGTH = 1000
MOST_LENGTHS = 10
"""Of lists in one request: each costs memory for every student."""
MAX_SEED = MAX_USERS = 2**53 - 1
SHAPE = 'send {"k": [5, 10], "split": "time:0.2"}, or nothing'
Chosen = TypeVar("Chosen")
_SPLIT = re.compile(r"(?P<way>time|last|random)(:(?P<share>[0-9]*\.?[0-9]+))?")


class Way(StrEnum):
    """How events are held back."""

    TIME = "time"
    LAST = "last"
    RANDOM = "random"


class Seen(StrEnum):
    """What becomes of items that the student had touched before."""

    HIDE = "hide"
    """They are not shown, and to find them again is not asked for."""
    SHOW = "show"
    """They are shown like any other, and to find them again counts."""


@dataclass(frozen=True)
class Split:
    """A way to hold back, and how much; `last` without a share holds back one item of each student."""

    way: Way
    share: float | None = DEFAULT_SHARE
    since: int | None = None
    """For `time`: hold back what happened from this moment on, instead of a share."""

    def __str__(self) -> str:
        return self.way.value if self.share is None else f"{self.way.value}:{self.share:g}"

    def as_text(self) -> str:
        """The same to the last digit, as `parse_split` reads it."""
        return self.way.value if self.share is None else f"{self.way.value}:{Decimal(repr(self.share)):f}"


@dataclass(frozen=True)
class Plan:
    """One evaluation; what is None is chosen by the data."""

    lengths: tuple[int, ...] = (10,)
    split: Split | None = None
    seen: Seen | None = None
    item_type: ItemType = ItemType.OFFER
    users: int | None = None
    """Test at most so many students, drawn by the seed."""
    seed: int = 0

    def as_json(self) -> dict[str, Any]:
        """A JSON-able form that `parse_plan` reads back."""
        return {
            "k": list(self.lengths),
            "split": None if self.split is None else self.split.as_text(),
            "seen": None if self.seen is None else self.seen.value,
            "item_type": self.item_type.name,
            "users": self.users,
            "seed": self.seed,
        }


def parse_split(text: str) -> Split:
    """Read `time`, `time:0.2`, `last`, `last:0.2`, `random` or `random:0.2`; raises InvalidRequest."""
    found = _SPLIT.fullmatch(text.strip().lower())
    if found is None:
        raise InvalidRequest(
            f"{text[:64]!r} is no way to split",
            hint="use time:0.2, last, last:0.2 or random:0.2; the number is a share",
        )
    way, share = Way(found["way"]), float(found["share"]) if found["share"] else None
    if share is not None and not 0 < share < 1:
        raise InvalidRequest(f"a share lies between 0 and 1, it is {share:g}", hint="such as time:0.2")
    return Split(way, share if share is not None or way is Way.LAST else DEFAULT_SHARE)


def parse_lengths(text: str) -> tuple[int, ...]:
    """Read lengths of lists such as `5,10`, without repeats; raises InvalidRequest."""
    parts = [part.strip() for part in text.split(",")]
    if not all(re.fullmatch(r"[0-9]{1,4}", part) and 1 <= int(part) <= MAX_LENGTH for part in parts):
        raise InvalidRequest(
            f"{text[:64]!r} are no lengths of lists", hint=f"whole numbers of 1 to {MAX_LENGTH}, such as 5,10"
        )
    return tuple(dict.fromkeys(map(int, parts)))


def parse_plan(document: Any) -> Plan:
    """Read a plan from JSON; what is absent or null is left to the default or the data. Raises InvalidRequest."""
    if not is_object(document):
        raise _malformed("the body must be a JSON object")
    unknown = sorted(document.keys() - Plan().as_json().keys())
    if unknown:
        raise _malformed(f"there is no field {unknown[0][:64]!r} here")
    told: Mapping[str, Any] = {name: value for name, value in document.items() if value is not None}
    return Plan(
        _lengths(told.get("k", [10])),
        parse_split(_text(told, "split")) if "split" in told else None,
        _choice(told, "seen", {one.value: one for one in Seen}) if "seen" in told else None,
        _choice(told, "item_type", ItemType.__members__) if "item_type" in told else ItemType.OFFER,
        _whole(told, "users", 1, MAX_USERS) if "users" in told else None,
        _whole(told, "seed", 0, MAX_SEED) if "seed" in told else 0,
    )


def _lengths(sent: Any) -> tuple[int, ...]:
    """Lengths of lists, without repeats."""
    numbers = [whole_number(one) for one in sent] if is_array(sent) else []
    found = tuple(dict.fromkeys(one for one in numbers if one is not None and 1 <= one <= MAX_LENGTH))
    if not 1 <= len(numbers) <= MOST_LENGTHS or len(found) != len(set(numbers)):
        raise _malformed(f"k is no array of 1 to {MOST_LENGTHS} whole numbers from 1 to {MAX_LENGTH}")
    return found


def _whole(told: Mapping[str, Any], name: str, least: int, most: int) -> int:
    number = whole_number(told[name])
    if number is None or not least <= number <= most:
        raise _malformed(f"{name} is no whole number from {least} to {most}")
    return number


def _text(told: Mapping[str, Any], name: str) -> str:
    if not isinstance(told[name], str):
        raise _malformed(f"{name} is no text")
    return told[name]


def _choice(told: Mapping[str, Any], name: str, known: Mapping[str, Chosen]) -> Chosen:
    chosen = known.get(_text(told, name))
    if chosen is None:
        raise _malformed(f"{name} is none of {', '.join(known)}")
    return chosen


def _malformed(message: str) -> InvalidRequest:
    return InvalidRequest(message, code="malformed_body", hint=SHAPE)
