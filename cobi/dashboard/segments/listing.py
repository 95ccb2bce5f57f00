"""All segments, and those found in what students do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from cobi.dashboard.segments.building import address
from cobi.dashboard.segments.conditions import Resolve
from cobi.dashboard.segments.rules import Names, faithful, words_of
from cobi.dashboard.wording import count, percent, words

_STABLE = 0.6
"""Below this a cluster is as likely a coincidence; docs/how-to/segments.md says so."""


@dataclass(frozen=True)
class Row:
    """A segment: its rule in words, how many belong, as a share of the largest in per cent, and what it gets."""

    id: str
    name: str
    href: str
    words: str
    members: str
    share: float
    gets: Sequence[tuple[str, str, str]]
    known: bool


@dataclass(frozen=True)
class Context:
    """What the page shows; `later` is where the rest of it is seen, if it is not all of it."""

    rows: Sequence[Row]
    later: str | None
    done: str | None
    may_build: bool


@dataclass(frozen=True)
class Signal:
    """What sets a group apart: its share there and among all, in words and in per cent."""

    name: str
    share: str
    everybody: str
    wide: float
    at: float


@dataclass(frozen=True)
class Suggestion:
    """A group found, and the rule that tells it; `build` is where that can be changed before."""

    name: str
    students: str
    stable: bool
    signals: Sequence[Signal]
    words: str
    tells: str
    rule: str
    build: str | None


@dataclass(frozen=True)
class Suggesting:
    """The page of suggestions before there are any; `later` is where they are seen."""

    later: str


@dataclass(frozen=True)
class Suggested:
    """What the page of suggestions shows."""

    looked_at: str
    suggestions: Sequence[Suggestion]


def context(told: Mapping[str, Any], later: str | None, done: str | None, *, may_build: bool) -> Context:
    """The page of what `GET /v1/segments?offers=3` answers; `later` is where what it leaves out is seen."""
    most = max((one["members"] or 0 for one in told["segments"]), default=0) or 1
    complete = all(None not in (one["members"], one["offers"]) for one in told["segments"])
    rows = [_row(one, told["names"], most) for one in told["segments"]]
    return Context(rows, None if complete else later, done, may_build)


def _row(told: Mapping[str, Any], names: Names, most: int) -> Row:
    return Row(
        told["segment_id"],
        told["name"],
        f"/segments/{told['segment_id']}",
        words_of(told["rule"], names),
        count(told["members"]) if told["members"] is not None else "not counted yet",
        round(100 * (told["members"] or 0) / most, 1),
        [(one["name"], one["shop"], f"/catalogue/offers/{one['offer_id']}") for one in told["offers"] or ()],
        told["offers"] is not None,
    )


def suggested(told: Mapping[str, Any], resolve: Resolve) -> Suggested:
    """The page of what `GET /v1/segments/suggestions` answers."""
    return Suggested(
        f"{count(told['active'])} of {count(told['sampled'])} students who were looked at did something in the "
        f"last 90 days.",
        [_suggestion(one, told["names"], resolve) for one in told["suggestions"]],
    )


def _suggestion(told: Mapping[str, Any], names: Names, resolve: Resolve) -> Suggestion:
    conditions = faithful(told["rule"], names, resolve)
    return Suggestion(
        told["name"],
        f"about {count(told['students'])} students, {percent(told['share'])} of the active",
        told["stability"] >= _STABLE,
        [_signal(one) for one in told["signals"]],
        words_of(told["rule"], names),
        f"{percent(told['precision'], 0)} of who meets the rule are of the group, "
        f"{percent(told['recall'], 0)} of the group meet it",
        msgspec.json.encode(told["rule"]).decode(),
        None if conditions is None else address(conditions, {"name": told["name"]}),
    )


def _signal(told: Mapping[str, Any]) -> Signal:
    return Signal(
        f"{words(told['condition']).removesuffix('s')} {told['name']}",
        percent(told["share"], 0),
        percent(told["everybody"], 0),
        round(100 * told["share"], 1),
        round(100 * told["everybody"], 1),
    )
