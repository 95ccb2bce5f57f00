"""One segment: its rule, who belongs, what they get; another name, another rule, an end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from cobi.dashboard.segments.building import address
from cobi.dashboard.segments.conditions import Resolve
from cobi.dashboard.segments.gets import GETS, Gets, gets
from cobi.dashboard.segments.rules import faithful, words_of
from cobi.dashboard.wording import count


@dataclass(frozen=True)
class Context:
    """What the page shows; `gets` is None where the key may not see it, `edit` where no form can say the rule."""

    identifier: str
    name: str
    words: str
    members: str
    created: str
    updated: str
    rule: str
    may_change: bool
    edit: str | None
    done: str | None
    gets: Gets | None


@dataclass(frozen=True)
class Ending:
    """What the page that asks before a segment ends shows."""

    identifier: str
    name: str
    members: str


def context(
    told: Mapping[str, Any],
    preview: Mapping[str, Any] | None,
    resolve: Resolve,
    done: str | None,
    *,
    may_change: bool,
) -> Context:
    """The page of what `GET /v1/segments/{segment_id}` and `POST /v1/segments/preview` answer."""
    names = told["names"]
    conditions = faithful(told["rule"], names, resolve) if may_change else None
    kept = {"segment": told["segment_id"], "name": told["name"]}
    return Context(
        told["segment_id"],
        told["name"],
        words_of(told["rule"], names),
        count((preview or told)["members"]),
        told["created"],
        told["updated"],
        msgspec.json.format(msgspec.json.encode(told["rule"]), indent=2).decode(),
        may_change,
        None if conditions is None else address(conditions, kept),
        done,
        None if preview is None else gets(preview, f"{GETS}?of={told['segment_id']}"),
    )


def ending(told: Mapping[str, Any]) -> Ending:
    """The question before a segment ends."""
    return Ending(told["segment_id"], told["name"], count(told["members"]))
