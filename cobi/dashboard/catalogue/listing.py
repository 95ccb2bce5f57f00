"""A table of items with how they did, sorted, chosen and page by page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cobi.dashboard.catalogue.figures import RATES, Cell, cells, scales
from cobi.dashboard.catalogue.state import (
    KEPT,
    OWNERS,
    PATH,
    PERIOD,
    State,
    address,
    periods,
    tabs,
)
from cobi.dashboard.causes import Cause, causes
from cobi.dashboard.links import Link
from cobi.dashboard.wording import ago, count
from cobi.domain.moments import DAY, HOUR, parse_moment

_COLUMNS = (
    ("impressions", "Impressions"),
    *RATES,
    ("interactions", "Interactions"),
    ("code_reveals", "Codes revealed"),
)
_CHOSEN = {"search", "region", *OWNERS}
_ASKED = ("search", "region", "expiring_within", "unshown", *PERIOD)


@dataclass(frozen=True)
class Column:
    """A column's name, where sorting by it leads, and whether it is sorted by."""

    name: str
    href: str
    sorted: bool


@dataclass(frozen=True)
class Row:
    """An item: where its page is, what it belongs to, what is to be known of it at once, its figures."""

    name: str
    href: str
    below: str
    badge: tuple[str, str] | None
    cells: Sequence[Cell]
    ends: tuple[str, str] | None
    why: Sequence[Cause]


@dataclass(frozen=True)
class Context:
    """What the page shows; `view` is ending, unshown or nothing, `empty` whether there is no offer at all."""

    tabs: Sequence[Link]
    periods: Sequence[Link]
    view: str
    kind: str
    fields: Mapping[str, str]
    kept: Sequence[tuple[str, str]]
    taken: Sequence[tuple[str, str]]
    heading: str
    counted: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    cut: bool
    following: str | None
    first: str | None
    empty: bool


def context(
    told: Mapping[str, Any], state: State, cursor: str | None, owner: str | None, now: int
) -> Context:
    """The page of what `GET /v1/catalogue/{kind}?performance=true` answers; `owner` is whose offers are shown."""
    view = "ending" if "expiring_within" in state else "unshown" if "unshown" in state else ""
    on = scales([one["performance"] for one in told["records"]])
    own = {name: state[name] for name in KEPT if name in state}
    # What is shown to nobody has no rates.
    columns = [one for one in _COLUMNS if view != "unshown" or one not in RATES]
    return Context(
        tabs(state),
        periods(own, now),
        view,
        state["kind"],
        {name: state.get(name, "") for name in _ASKED},
        [(name, state[name]) for name in ("kind", "sort", *OWNERS) if name in state],
        [(owner, address(own, dict.fromkeys(OWNERS)))] if owner else [],
        _heading(told, state),
        _counted(told, now),
        [Column(name, address(own, {"sort": sort}), state["sort"] == sort) for sort, name in columns],
        [_row(one, state, on, now) for one in told["records"]],
        not told["all_names_read"],
        None if told["next_cursor"] is None else address(own, {"cursor": told["next_cursor"]}),
        address(own) if cursor else None,
        not told["records"] and state["kind"] == "offers" and not view and not own.keys() & _CHOSEN,
    )


def _heading(told: Mapping[str, Any], state: State) -> str:
    number, kind = told["matching"], state["kind"]
    if number is None:
        return f"More {kind}"
    return f"{count(number)} {kind if number != 1 else kind.removesuffix('s')}"


def _counted(told: Mapping[str, Any], now: int) -> str:
    if told["counted"] is None:
        return "Nothing is counted yet: the server does it within a minute."
    return f"Counted {ago(parse_moment(told['counted']), now)}."


def _row(told: Mapping[str, Any], state: State, on: Mapping[str, Any], now: int) -> Row:
    return Row(
        told["name"],
        item_address(state, state["kind"], told["id"]),
        " · ".join(filter(None, (told["shop"], told["region"]))),
        badge(told),
        _figures(told, state, on),
        _ends(told["allowed_to"], now),
        causes(told.get("why", ())),
    )


def _figures(told: Mapping[str, Any], state: State, on: Mapping[str, Any]) -> list[Cell]:
    found = cells(told["performance"], on)
    return [found[0], *found[3:]] if "unshown" in state else found


def badge(told: Mapping[str, Any]) -> tuple[str, str] | None:
    """What is to be known of an item at once, with its tone."""
    if told["is_deleted"]:
        return "bad", "deleted"
    return None if told["eligible"] else ("warn", "not shown now")


def _ends(allowed_to: str | None, now: int) -> tuple[str, str] | None:
    """When an offer ends, and how much time that is."""
    moment = None if allowed_to is None else parse_moment(allowed_to)
    if allowed_to is None or moment is None:
        return None
    left = moment - now
    days, hours = left // DAY, left // HOUR
    if left < 0:
        return allowed_to, "over"
    if days:
        return allowed_to, f"in {days} day{'s' * (days != 1)}"
    return allowed_to, f"in {hours} hour{'s' * (hours != 1)}" if hours else "within the hour"


def item_address(state: Mapping[str, str], kind: str, identifier: str) -> str:
    """The page of an item, in the same period."""
    period = {name: state[name] for name in PERIOD if name in state}
    return address(period, path=f"{PATH}/{kind}/{identifier}")
