"""What an offline evaluation is asked: how to hold back, whom to test, how long the lists are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from cobi.domain.errors import InvalidRequest
from cobi.domain.interaction import ItemType

DEFAULT_SHARE = 0.2
MAX_LENGTH = 1000
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
