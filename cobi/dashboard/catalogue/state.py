"""The state of the view is its address, with the parameters' names of the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from cobi.dashboard.effectiveness.state import date_of
from cobi.dashboard.links import Link
from cobi.domain.catalogue import USUAL_DAYS
from cobi.domain.moments import DAY

PATH = "/catalogue"
PERIOD = ("from", "to")
OWNERS = ("shop_id", "tag_id", "keyword_id")
KEPT = ("kind", "search", "sort", *PERIOD, "region", *OWNERS, "expiring_within", "unshown")
_SOON = "14"

State = dict[str, str]


def state_of(query: Mapping[str, str], now: int) -> State:
    """What is asked, without what is empty; offers by impressions in the last four weeks where nothing is said."""
    asked = {name: query[name].strip() for name in KEPT if query.get(name, "").strip()}
    asked.setdefault("kind", "offers")
    if "from" not in asked and "to" not in asked:
        asked |= last_days(now, USUAL_DAYS)
    return {"sort": _usual_sort(asked), **asked}


def last_days(now: int, days: int) -> State:
    """The last so many days, today included."""
    return {"from": date_of(now - (days - 1) * DAY), "to": date_of(now + DAY)}


def address(
    state: Mapping[str, str], changes: Mapping[str, str | None] | None = None, path: str = PATH
) -> str:
    """A state's address, with some of it changed; None takes a parameter out."""
    changed = {**state, **(changes or {})}
    return f"{path}?{urlencode({name: value for name, value in changed.items() if value is not None})}"


def tabs(state: State) -> Sequence[Link]:
    """The kinds, and the two views of offers that want something done."""
    period = {name: state[name] for name in PERIOD if name in state}
    view = "expiring_within" if "expiring_within" in state else "unshown" if "unshown" in state else ""
    kinds = [
        Link(name.capitalize(), address({"kind": name, **period}), state["kind"] == name and not view)
        for name in ("offers", "shops", "tags", "keywords")
    ]
    ending = address({"kind": "offers", "expiring_within": _SOON, **period})
    unshown = address({"kind": "offers", "unshown": "0", **period})
    return [
        *kinds,
        Link("Ending soon", ending, view == "expiring_within"),
        Link("Shown to nobody", unshown, view == "unshown"),
    ]


def periods(state: State, now: int, path: str = PATH) -> Sequence[Link]:
    """Periods to go to."""
    found: list[Link] = []
    for days in (7, 28, 90):
        ends = last_days(now, days)
        found.append(Link(f"{days} days", address(state, ends, path), ends.items() <= state.items()))
    return found


def _usual_sort(asked: State) -> str:
    if "expiring_within" in asked:
        return "expires"
    return "interactions" if "unshown" in asked else "impressions"
