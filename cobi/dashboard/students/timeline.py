"""The entries of a timeline in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cobi.dashboard.wording import words

_ACTS = {
    "FILTER_CLICK": "Filtered by",
    "SHARE": "Shared",
    "PAGE_VIEW": "Looked at",
    "DISCOUNT_CODE": "Revealed the code of",
}
_DONE = {"FILTER_CLICK": "filtered", "SHARE": "shared", "PAGE_VIEW": "looked at", "DISCOUNT_CODE": "revealed"}
_PLATFORMS = {"IOS": "iOS", "ANDROID": "Android", "WEB": "Web"}
_ATTRIBUTED = ("MATCHED", "INFERRED")


@dataclass(frozen=True)
class Shown:
    """An item of an answer, and what the student did with it."""

    position: int
    name: str
    done: str


@dataclass(frozen=True)
class Entry:
    """Something that happened: its kind, when, in words, more in small words, a mark, and what was shown."""

    kind: str
    when: str
    what: str
    more: str
    badge: tuple[str, str] | None
    items: Sequence[Shown]


def entries_of(records: Sequence[Mapping[str, Any]]) -> list[Entry]:
    """The records of `GET /v1/students/{customer_id}/timeline`."""
    return [_KINDS[record["kind"]](record) for record in records]


def _act(told: Mapping[str, Any]) -> Entry:
    what = f"{_ACTS[told['interaction_type']]} {_name(told['item'])}"
    place = " · ".join(filter(None, (_PLATFORMS.get(told["platform"], ""), told["city"])))
    return Entry("act", told["when"], what, place, _badge(told), ())


def _badge(told: Mapping[str, Any]) -> tuple[str, str] | None:
    outcome = told["outcome"]
    if outcome is None:
        return None
    if outcome in _ATTRIBUTED:
        return "good", f"of place {told['position']} of an answer"
    return "warn", words(outcome.lower())


def _answer(told: Mapping[str, Any]) -> Entry:
    items = [
        Shown(one["position"], one["name"] or "?", ", ".join(_DONE[kind] for kind in one["came_of_it"]))
        for one in told["items"]
    ]
    acted = sum(bool(one.done) for one in items)
    about = {
        "SELF": "Shown",
        "SEGMENT": f"Shown for segment {told['segment']}:",
        "SIMILAR": "Shown as similar:",
    }
    what = f"{about[told['type']]} {len(items)} offer{'s' * (len(items) != 1)}"
    arm = f"arm {told['arm']}" if told["arm"] else ""
    more = " · ".join(filter(None, (f"model {told['model_version']}", told["policy"], arm)))
    return Entry("shown", told["when"], what, more, ("good", f"{acted} acted on") if acted else None, items)


def _bought(told: Mapping[str, Any]) -> Entry:
    with_offer = f" with {_name(told['offer'])}" if told["offer"] else ""
    money = f"{told['amount']:,.2f} paid, {told['savings']:,.2f} saved"
    return Entry("bought", told["when"], f"Bought at {_name(told['shop'])}{with_offer}", money, None, ())


def _liked(told: Mapping[str, Any]) -> Entry:
    return Entry("liked", told["when"], f"Marked {_name(told['shop'])} as a favourite", "", None, ())


def _name(item: Mapping[str, Any]) -> str:
    kind = "" if item["item_type"] == "OFFER" else f"{item['item_type'].lower()} "
    return f"{kind}{item['name'] or '?'}"


_KINDS = {"INTERACTION": _act, "ANSWER": _answer, "TRANSACTION": _bought, "FAVOURITE": _liked}
