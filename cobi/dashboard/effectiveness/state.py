"""The state of the view is its address, with the parameters' names of the API."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from cobi.domain.moments import DAY, as_datetime

FILTERS = ("from", "to", "model_version", "arm", "region", "platform", "position", "shop_id", "tag_id")
OF_ANSWERS = ("model_version", "arm", "region", "position", "shop_id", "tag_id")
"""Filters that say nothing of a claim that fits no answer."""

OF_CLAIMS = ("from", "to", "platform")
"""Filters of claims, whatever became of them."""

PERIOD = "period"
"""What the form sends to compare with a period of which it names both ends."""

VIEW = ("against", "by")
BY = ("model_version", "arm", "region", "platform", "position", "day", "shop", "tag")
DAYS = 28
PATH = "/effectiveness"

State = dict[str, str]


def state_of(query: Mapping[str, str], now: int) -> State:
    """What is asked, without what is empty: a form sends all its fields. The last four weeks where no day is named."""
    asked = {name: query[name] for name in (*FILTERS, *VIEW) if query.get(name)}
    if asked.get("against") == PERIOD:
        del asked["against"]
        # The form has a field for each end, the API one parameter for both.
        if query.get("other_from") and query.get("other_to"):
            asked["against"] = f"{query['other_from']}/{query['other_to']}"
    if "from" not in asked and "to" not in asked:
        asked |= {"from": date_of(now - (DAYS - 1) * DAY), "to": date_of(now + DAY)}
    return asked


def date_of(moment: int) -> str:
    """The day of a moment, in UTC."""
    return as_datetime(moment).date().isoformat()


def address(state: State, changes: Mapping[str, str | None], path: str = PATH) -> str:
    """A state's address, with some of it changed; None takes a parameter out."""
    changed = {**state, **changes}
    return f"{path}?{urlencode({name: value for name, value in changed.items() if value is not None})}"


def rows(state: State, of: str, changes: Mapping[str, str | None]) -> str:
    """The address of the rows behind a figure."""
    return address(state, {**dict.fromkeys(VIEW), **changes}, f"{PATH}/{of}")
