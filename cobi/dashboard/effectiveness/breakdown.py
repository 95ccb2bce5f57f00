"""The report told apart by one dimension: a row for each value, every figure with the rows behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cobi.dashboard.charts.intervals import IntervalChart, Measured, interval_chart
from cobi.dashboard.effectiveness.state import BY, State, address, date_of, rows
from cobi.dashboard.links import Link
from cobi.dashboard.wording import AS_SHARES, count, day
from cobi.domain.moments import DAY, parse_moment

_LISTS = {
    "model_version": "model_versions",
    "arm": "arms",
    "region": "regions",
    "platform": "platforms",
    "position": "positions",
    "day": "by_day",
}
_NAMES = {"model_version": "Model version"}
_NOBODY = {"arm": "no arm", "region": "several or all", "platform": "not said"}
_ALONE = ("platform", "shop_id", "tag_id", "position")
"""At most one of these can be asked for at once."""


@dataclass(frozen=True)
class Cell:
    """A figure and the rows behind it."""

    text: str
    href: str | None = None


@dataclass(frozen=True)
class Line:
    """One value of the dimension; `href` shows this one alone."""

    name: str
    href: str | None
    cells: Sequence[Cell]


@dataclass(frozen=True)
class Breakdown:
    """All of it; `rates` is None where impressions cannot be counted."""

    name: str
    tabs: Sequence[Link]
    rates: IntervalChart | None
    head: Sequence[str]
    lines: Sequence[Line]


def breakdown(
    report: Mapping[str, Any],
    against: Mapping[str, Any] | None,
    items: Mapping[str, Any] | None,
    state: State,
) -> Breakdown:
    """The report by `state["by"]`, the model version where nothing is said."""
    by = state.get("by", BY[0])
    told = items["items"] if items is not None else report[_LISTS[by]]
    of_other = {} if against is None or items is not None else _by_value(against[_LISTS[by]], by)
    lines = [_line(one, by, state) for one in told]
    head = (_name(by), "Answers", "Impressions", "Interactions", "Code reveals", "Purchases", "Savings")
    return Breakdown(_name(by), _tabs(by, state), _rates(told, of_other, by, state), head, lines)


def _name(by: str) -> str:
    return _NAMES.get(by, by.capitalize())


def _tabs(by: str, state: State) -> list[Link]:
    return [Link(_name(one), address(state, {"by": one}), one == by) for one in BY]


def _by_value(told: Sequence[Mapping[str, Any]], by: str) -> dict[Any, Mapping[str, Any]]:
    return {one[by]: one for one in told}


def _rates(
    told: Sequence[Mapping[str, Any]], others: Mapping[Any, Mapping[str, Any]], by: str, state: State
) -> IntervalChart | None:
    measured: list[Measured] = []
    for one in told:
        if one.get("click_through_rate") is None or by == "day":
            continue
        measured.append(_measured(one, _value_name(one, by), _only(one, by, state), "1"))
        if one[by] in others:
            measured.append(_measured(others[one[by]], "compared", None, "quiet"))
    if not measured:
        return None
    return interval_chart("Click-through", "of impressions, with 95 % intervals", measured, AS_SHARES)


def _measured(one: Mapping[str, Any], name: str, href: str | None, tone: str) -> Measured:
    rate = one["click_through_rate"]
    if rate is None or rate["value"] is None:
        return Measured(name, None, tone=tone, href=href)
    return Measured(name, rate["value"], rate["low"], rate["high"], tone, href)


def _value_name(one: Mapping[str, Any], by: str) -> str:
    if by in ("shop", "tag"):
        return one["name"]
    value = one[by]
    if value is None:
        return _NOBODY[by]
    if by == "day":
        return day(value)
    return f"Version {value}" if by == "model_version" and value else "no model" if value == 0 else str(value)


def _changes(one: Mapping[str, Any], by: str) -> dict[str, str | None] | None:
    """What narrows the view down to one value; None where the report cannot be asked for it alone."""
    if by == "day":
        start = parse_moment(f"{one['day']}T00:00:00Z") or 0
        return {"from": one["day"], "to": date_of(start + DAY)}
    name, value = (f"{by}_id", one["item_id"]) if by in ("shop", "tag") else (by, one[by])
    if value is None:
        return None
    others = dict.fromkeys(_ALONE) if name in _ALONE else {}
    return {**others, name: str(value)}


def _only(one: Mapping[str, Any], by: str, state: State) -> str | None:
    changes = _changes(one, by)
    return None if changes is None else address(state, changes)


def _line(one: Mapping[str, Any], by: str, state: State) -> Line:
    changes = _changes(one, by)

    def behind(value: float | None, text: str, of: str, **more: str) -> Cell:
        href = rows(state, of, {**(changes or {}), **more}) if changes is not None and value else None
        return Cell(text, href)

    attributed = one["attributed"]
    cells = [
        behind(one.get("answers"), count(one.get("answers")), "answers"),
        behind(one.get("impressions"), count(one.get("impressions")), "answers"),
        behind(sum(attributed.values()), count(sum(attributed.values())), "interactions"),
        behind(
            attributed["DISCOUNT_CODE"],
            count(attributed["DISCOUNT_CODE"]),
            "interactions",
            interaction_type="DISCOUNT_CODE",
        ),
        behind(one["conversions"], count(one["conversions"]), "interactions", converted="true"),
        behind(one["savings"], count(one["savings"]), "interactions", converted="true"),
    ]
    return Line(_value_name(one, by), _only(one, by, state), cells)
