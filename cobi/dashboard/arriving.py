"""What arrived, as columns over time: what pages make of `GET /v1/arrivals`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from cobi.dashboard.charts.columns import ColumnChart, Stack, column_chart
from cobi.dashboard.charts.scales import Tick, place
from cobi.dashboard.viewer import Viewer
from cobi.dashboard.wording import day, short, words
from cobi.domain.moments import parse_moment

Told = Mapping[str, Any]
"""What `GET /v1/arrivals` answers, or one of its periods."""

_MOST_PARTS = 5
_TONES = ("1", "3", "4", "2", "5")
_TONES_OF_REFUSALS = ("2", "5", "4", "3", "1")
_OTHERS = "others"
_LABEL_HOURS = 6


def outcomes(told: Told, viewer: Viewer, title: str) -> ColumnChart:
    """Records by what became of them."""
    parts = (
        ("Stored", "stored", "1"),
        ("Unchanged", "unchanged", "quiet"),
        ("Refused", "rejected", "2"),
    )
    stacks = [Stack(name, [one[key] for one in told["periods"]], tone) for name, key, tone in parts]
    return _columns(told, viewer, title, "records", stacks)


def answers(told: Told, viewer: Viewer, title: str) -> ColumnChart:
    """Lists that were given."""
    stacks = [Stack("Answers", [one["answers"] for one in told["periods"]], "3")]
    return _columns(told, viewer, title, "lists", stacks)


def only(told: Told, record_type: str) -> Told:
    """The same of one type alone."""
    blank = dict.fromkeys(("stored", "unchanged", "rejected"), 0)
    periods = [
        {"start": one["start"], **next((of for of in one["types"] if of["type"] == record_type), blank)}
        for one in told["periods"]
    ]
    return {**told, "periods": periods}


def by_type(told: Told, viewer: Viewer, title: str) -> ColumnChart:
    """Records by their type."""

    def counted(period: Told) -> dict[str, int]:
        return {one["type"]: one["received"] for one in period["types"]}

    return _columns(told, viewer, title, "records", _parts(told["periods"], counted, _TONES))


def by_reason(told: Told, viewer: Viewer, title: str, record_type: str | None = None) -> ColumnChart:
    """Refused records by the reasons, of all types or one."""

    def counted(period: Told) -> dict[str, int]:
        found = Counter[str]()
        for one in period["types"]:
            if record_type in (None, one["type"]):
                for reason in one["reasons"]:
                    found[", ".join(map(words, reason["codes"]))] += reason["records"]
        return found

    stacks = _parts(told["periods"], counted, _TONES_OF_REFUSALS)
    unit = "refused records"
    if len(stacks) == 1:
        # A single part needs no legend, but a name.
        unit = f"{unit}, {stacks[0].name},"
    return _columns(told, viewer, title, unit, stacks)


def _parts(
    periods: Sequence[Told], counted: Callable[[Told], Mapping[str, int]], tones: Sequence[str]
) -> list[Stack]:
    """The largest parts by themselves, the others together."""
    counts = [counted(period) for period in periods]
    total = Counter[str]()
    for one in counts:
        total.update(one)
    largest = [name for name, records in total.most_common() if records]
    shown = largest if len(largest) <= _MOST_PARTS else largest[: _MOST_PARTS - 1]
    stacks = [
        Stack(name, [one.get(name, 0) for one in counts], tone)
        for name, tone in zip(shown, tones, strict=False)
    ]
    if len(shown) < len(largest):
        rest = [sum(n for name, n in one.items() if name not in shown) for one in counts]
        stacks.append(Stack(_OTHERS, rest, "quiet"))
    return stacks


def _columns(told: Told, viewer: Viewer, title: str, unit: str, stacks: Sequence[Stack]) -> ColumnChart:
    hourly = told["by"] == "hour"
    moments = [parse_moment(one["start"]) or 0 for one in told["periods"]]
    if hourly:
        labels = [viewer.local(moment).strftime("%-d %b, %H:%M") for moment in moments]
        return column_chart(
            title, f"{unit} by hour", labels, stacks, short, "Hour", list(_hours(moments, viewer))
        )
    labels = [day(one["start"][:10]) for one in told["periods"]]
    return column_chart(title, f"{unit} by day", labels, stacks, short)


def _hours(moments: Sequence[int], viewer: Viewer) -> Iterable[Tick]:
    """Labels at the viewer's midnights, and some hours between."""
    for at, moment in enumerate(moments):
        local = viewer.local(moment)
        if local.hour % _LABEL_HOURS == 0:
            midnight = local.hour == 0
            label = local.strftime("%-d %b" if midnight else "%H:%M")
            yield Tick(place(at, len(moments), centred=True), label, minor=local.hour % 12 != 0)
