"""One item: whether it may be shown, how it did day by day, what resembles or belongs to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cobi.dashboard.catalogue.figures import Cell, cells, scales
from cobi.dashboard.catalogue.listing import badge, item_address
from cobi.dashboard.catalogue.state import PATH, PERIOD, State, address, periods
from cobi.dashboard.causes import Cause, causes
from cobi.dashboard.charts.columns import ColumnChart, Stack, column_chart
from cobi.dashboard.charts.lines import LineChart, Series, line_chart, point_of
from cobi.dashboard.charts.signed_bars import SignedBars, scale_of, signed_bars
from cobi.dashboard.links import Link
from cobi.dashboard.wording import AS_SHARES, ago, count, day, interval, percent, short, signed
from cobi.domain.catalogue import ITEM_TYPES
from cobi.domain.moments import parse_moment

_ONE = {"offers": "Offer", "shops": "Shop", "tags": "Tag", "keywords": "Keyword"}
_OWNER = {"shops": "shop_id", "tags": "tag_id", "keywords": "keyword_id"}
_FACTS = (
    ("type", "Kind of discount"),
    ("value", "Value"),
    ("region", "Region"),
    ("allowed_days", "Given on"),
)
_MOMENTS = (("allowed_from", "Begins"), ("allowed_to", "Ends"), ("created", "Since"))


@dataclass(frozen=True)
class Figure:
    """A figure of the period, with its interval or what it counts."""

    name: str
    value: str
    note: str


@dataclass(frozen=True)
class Alike:
    """An item of its kind that resembles this one, and why; `shop` of an offer."""

    position: int
    name: str
    shop: str | None
    href: str
    score: str
    main: str | None
    reasons: SignedBars


@dataclass(frozen=True)
class Own:
    """An offer that belongs to this item."""

    name: str
    href: str
    below: str
    badge: tuple[str, str] | None
    cells: Sequence[Cell]


@dataclass(frozen=True)
class Context:
    """What the page shows; `alike` is None where the key may not see it."""

    kind: str
    one: str
    identifier: str
    deleted: bool
    causes: Sequence[Cause]
    facts: Sequence[tuple[str, str]]
    moments: Sequence[tuple[str, str]]
    parents: Sequence[Link]
    periods: Sequence[Link]
    counted: str
    figures: Sequence[Figure]
    shown: ColumnChart
    rates: LineChart
    alike: Sequence[Alike] | None
    model: int | None
    offers: Sequence[Own]
    all_offers: Link | None
    record: Sequence[tuple[str, str]]


def context(
    told: Mapping[str, Any],
    similar: Mapping[str, Any] | None,
    offers: Sequence[Mapping[str, Any]],
    state: State,
    now: int,
) -> Context:
    """The page of what `GET /v1/catalogue/{kind}/{id}`, `…/similar` and the list of its offers answer."""
    kind, record = told["kind"], told["record"]
    return Context(
        kind,
        _ONE[kind],
        told["id"],
        bool(record["is_deleted"]),
        causes(told["removed_by"]),
        [(name, _said(record[field])) for field, name in _FACTS if record.get(field) is not None],
        [(name, record[field]) for field, name in _MOMENTS if record.get(field) is not None],
        [_parent(one, state) for one in told["belongs_to"]],
        periods(state, now, f"{PATH}/{kind}/{told['id']}"),
        "not counted yet"
        if told["counted"] is None
        else f"counted {ago(parse_moment(told['counted']), now)}",
        _figures(told["performance"]),
        _shown(told["by_day"]),
        _rates(told["by_day"]),
        None if similar is None else _alike(similar, state),
        None if similar is None else similar["model_version"],
        _own(offers, state),
        _all_offers(told, state),
        [(name, _said(value)) for name, value in record.items() if value is not None],
    )


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value).replace(",", ", ")


def _parent(told: Mapping[str, Any], state: State) -> Link:
    one = _ONE[told["kind"]].lower()
    return Link(f"{one} {told['name']}", item_address(state, told["kind"], told["id"]), False)


def _figures(told: Mapping[str, Any]) -> list[Figure]:
    return [
        Figure("Impressions", short(told["impressions"]), "places in lists"),
        Figure("Click-through", *_rate(told["click_through_rate"])),
        Figure("Reveal rate", *_rate(told["code_reveal_rate"])),
        Figure("Interactions", short(told["interactions"]), f"{count(told['code_reveals'])} codes revealed"),
    ]


def _rate(told: Mapping[str, Any]) -> tuple[str, str]:
    if told["value"] is None:
        return "–", "of no impression"
    return percent(told["value"]), f"{interval(told)} of impressions"


def _shown(days: Sequence[Mapping[str, Any]]) -> ColumnChart:
    stacks = [Stack("Impressions", [one["impressions"] for one in days])]
    return column_chart(
        "Impressions by day", "places in lists", [day(one["day"]) for one in days], stacks, short
    )


def _rates(days: Sequence[Mapping[str, Any]]) -> LineChart:
    series = [
        Series(name, [point_of(one[rate]) for one in days], tone)
        for rate, name, tone in (
            ("click_through_rate", "Click-through", "1"),
            ("code_reveal_rate", "Reveal rate", "2"),
        )
    ]
    return line_chart("Rates by day", "of impressions", [day(one["day"]) for one in days], series, AS_SHARES)


def _alike(told: Mapping[str, Any], state: State) -> list[Alike]:
    parts = [[(one["text"], one["contribution"]) for one in item["reasons"]] for item in told["items"]]
    scale = scale_of([[value for _, value in each] for each in parts])
    return [
        Alike(
            at,
            item["name"],
            item["shop"],
            item_address(state, told["kind"], item["item_id"]),
            signed(item["score"]),
            _main(told["kind"], item["reasons"]),
            signed_bars(reasons, scale),
        )
        for at, (item, reasons) in enumerate(zip(told["items"], parts, strict=True), 1)
    ]


def _main(kind: str, reasons: Sequence[Mapping[str, Any]]) -> str | None:
    """The weightiest reason; None where it is the item itself, which is the same for all."""
    if not reasons:
        return "no reason: nothing is learned yet"
    return None if reasons[0]["signal"].startswith(f"{ITEM_TYPES[kind].name}:") else reasons[0]["text"]


def _own(told: Sequence[Mapping[str, Any]], state: State) -> list[Own]:
    on = scales([one["performance"] for one in told])
    return [
        Own(
            one["name"],
            item_address(state, "offers", one["id"]),
            " · ".join(filter(None, (one["shop"], one["region"]))),
            badge(one),
            cells(one["performance"], on),
        )
        for one in told
    ]


def _all_offers(told: Mapping[str, Any], state: State) -> Link | None:
    owner = _OWNER.get(told["kind"])
    if owner is None or not told["offers"]:
        return None
    period = {name: state[name] for name in PERIOD if name in state}
    number = told["offers"]
    name = f"All {count(number)} offers" if number != 1 else "The offer"
    return Link(name, address({"kind": "offers", owner: told["id"], **period}), False)
