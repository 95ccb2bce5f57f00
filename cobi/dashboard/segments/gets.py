"""What a segment gets: who belongs, and the offers they would be shown, with reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cobi.dashboard.charts.signed_bars import SignedBars, scale_of, signed_bars
from cobi.dashboard.wording import count, percent

GETS = "/segments/gets"
"""Where what a segment gets is seen by itself; for a large one that takes longer than its page may."""


@dataclass(frozen=True)
class Offer:
    """An offer of the list, with the reasons its score is the sum of."""

    position: int
    identifier: str
    name: str
    shop: str
    main: str
    reasons: SignedBars


@dataclass(frozen=True)
class Gets:
    """How many belong, their share of all in words and in per cent, some of them, and what they get.

    `offers` is None where that is read for a page of its own, which `later` is the address of.
    """

    members: str
    of_all: str
    share: float
    sample: Sequence[str]
    offers: Sequence[Offer] | None
    later: str


@dataclass(frozen=True)
class Context:
    """The page of what those get who meet a rule; `back` is the segment's own, or where it is built."""

    words: str
    gets: Gets
    back: str


def gets(told: Mapping[str, Any], later: str = "") -> Gets:
    """What `POST /v1/segments/preview` answers, with `explain` or with `count_only`."""
    offers = _offers(told["recommended"]) if "recommended" in told else None
    share, sample = round(100 * _share(told), 2), told.get("sample", [])
    return Gets(count(told["members"]), of_all(told), share, sample, offers, later)


def _offers(recommended: Sequence[Mapping[str, Any]]) -> list[Offer]:
    parts = [_together(offer["reasons"]) for offer in recommended]
    scale = scale_of([[value for _, value in each] for each in parts])
    return [
        Offer(
            at,
            offer["offer_id"],
            offer["name"],
            offer["shop"],
            reasons[0][0] if reasons else "no reason: nothing is learned yet",
            signed_bars(reasons, scale),
        )
        for at, (offer, reasons) in enumerate(zip(recommended, parts, strict=True), 1)
    ]


def _together(reasons: Sequence[Mapping[str, Any]]) -> list[tuple[str, float]]:
    """Reasons of the same words as one, largest first: members study at many institutes."""
    sums: dict[str, float] = {}
    for one in reasons:
        sums[one["text"]] = sums.get(one["text"], 0.0) + one["contribution"]
    return sorted(sums.items(), key=lambda part: -abs(part[1]))


def of_all(told: Mapping[str, Any]) -> str:
    """The share of all students, in words."""
    return f"of {count(told['students'])} students, {percent(_share(told))}"


def _share(told: Mapping[str, Any]) -> float:
    return told["members"] / told["students"] if told["students"] else 0.0
