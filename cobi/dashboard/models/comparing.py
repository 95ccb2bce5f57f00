"""Two versions side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from litestar import Request, get
from litestar.di import NamedDependency

from cobi.api import parameters
from cobi.api.answers import run
from cobi.dashboard.charts.intervals import IntervalChart, interval_chart
from cobi.dashboard.door import Dashboard, Page
from cobi.dashboard.models.version import Decision, decision
from cobi.dashboard.models.words import RATES, Badge, badge, how_it_was_made, measured
from cobi.dashboard.wording import AS_SHARES, NOTHING, count

AnyRequest = Request[Any, Any, Any]
_MOST_SHOWN = 200


@dataclass(frozen=True)
class Side:
    """One of the two; `window` are the first and the last moment it learned from."""

    number: int
    state: Badge
    trained: str
    window: tuple[str, str] | None


@dataclass(frozen=True)
class Context:
    """What the page shows; `rows` are a name and the words of both, `differences` the same of their cards."""

    a: Side
    b: Side
    rows: Sequence[tuple[str, str, str]]
    served: Sequence[IntervalChart]
    decisions: Sequence[Decision]
    differences: Sequence[tuple[str, str, str]]


@get("/models/compare")
async def show(request: AnyRequest, dashboard: NamedDependency[Dashboard]) -> Page:
    """Two versions of which the address tells."""
    visit = await dashboard.enter(request, "report")
    a, b = (parameters.version(name, request.query_params.get(name, "")) for name in ("a", "b"))
    page = context(await run(visit.service.models.compare, a, b))
    return await dashboard.render("models/compare.html", visit.frame(f"Versions {a} and {b}"), page)


def context(told: Mapping[str, Any]) -> Context:
    """The page of what `GET /v1/models/compare` answers."""
    a, b = told["a"], told["b"]
    made = zip(how_it_was_made(a), how_it_was_made(b), strict=True)
    shown = [
        (name, count(a["served"] and a["served"][key]), count(b["served"] and b["served"][key]))
        for key, name in _COUNTS
    ]
    return Context(
        _side(a),
        _side(b),
        [*((name, one, other) for (name, one), (_, other) in made), *shown],
        [
            interval_chart(
                name,
                "of impressions",
                [
                    measured(f"Version {a['version']}", a["served"], rate),
                    measured(f"Version {b['version']}", b["served"], rate, "2"),
                ],
                AS_SHARES,
            )
            for rate, name in RATES
            if a["served"] or b["served"]
        ],
        [decision(one) for one in reversed(told["decisions"])],
        [(one["path"], _told(one["a"]), _told(one["b"])) for one in told["differences"][:_MOST_SHOWN]],
    )


_COUNTS = (("answers", "Answers"), ("impressions", "Impressions"), ("conversions", "Purchases behind codes"))


def _side(told: Mapping[str, Any]) -> Side:
    window = told["data_window"]
    return Side(
        told["version"],
        badge(told["state"]),
        told["trained"],
        None if window is None else (window["from"], window["to"]),
    )


def _told(value: Any) -> str:
    if value is None:
        return NOTHING
    return f"{value:g}" if isinstance(value, float) else str(value)[:60]
