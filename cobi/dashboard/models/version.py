"""One version: what it learned from, what each part brings, what the gate decided, what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from litestar import Request, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from cobi.api import parameters
from cobi.api.answers import run
from cobi.dashboard.charts.intervals import IntervalChart, Measured, interval_chart
from cobi.dashboard.door import Dashboard, Page
from cobi.dashboard.models.words import PARTS, RATES, Badge, badge, how_it_was_made, measured
from cobi.dashboard.wording import AS_SHARES, NOTHING, Words, count, minus
from cobi.domain.json_values import is_array, is_object
from cobi.domain.model_card import by_worth, spared, with_half

AnyRequest = Request[Any, Any, Any]


@dataclass(frozen=True)
class Part:
    """A way to learn: its weight, the worth with it alone, and what it brings beside the others."""

    name: str
    meaning: str
    weight: str
    alone: str
    brings: str


@dataclass(frozen=True)
class Decision:
    """What the gate decided and on what; `facts` are pairs of a name and words."""

    verdict: Badge
    against: int
    decided: str
    reasons: Sequence[str]
    charts: Sequence[IntervalChart]
    facts: Sequence[tuple[str, str]]
    period: tuple[str, str] | None
    digest: str


@dataclass(frozen=True)
class Event:
    """Something that became of the version."""

    moment: str
    what: str
    by: str
    reason: str


@dataclass(frozen=True)
class Context:
    """What the page shows."""

    number: int
    state: Badge
    trained: str
    window: tuple[str, str] | None
    made: Sequence[tuple[str, str]]
    served: IntervalChart | None
    impressions: str
    worth: str | None
    spared: Sequence[str]
    parts: Sequence[Part]
    decisions: Sequence[Decision]
    settings: Sequence[tuple[str, str]]
    history: Sequence[Event]
    may_go_live: bool
    why_not: str | None
    compare_with: int | None
    verify_command: str


@get("/models/{version:str}")
async def show(request: AnyRequest, version: FromPath[str], dashboard: NamedDependency[Dashboard]) -> Page:
    """All that is known of one version."""
    visit = await dashboard.enter(request, "report")
    told = await run(visit.service.models.read, parameters.version("version", version))
    page = context(told, visit.key.organisation.name, may_change=visit.may("admin"))
    return await dashboard.render("models/version.html", visit.frame(f"Version {version}"), page)


def context(told: Mapping[str, Any], organisation: str, *, may_change: bool) -> Context:
    """The page of what `GET /v1/models/{version}` answers."""
    window, figures, served = told["data_window"], told["figures"], told["served"]
    worth, half = figures.get("worth"), figures.get("worth_interval")
    why_not = _why_not(told)
    return Context(
        told["version"],
        badge(told["state"]),
        told["trained"],
        None if window is None else (window["from"], window["to"]),
        how_it_was_made(told),
        None
        if served is None
        else interval_chart(
            "Rates", "of impressions", [measured(name, served, rate) for rate, name in RATES], AS_SHARES
        ),
        count(served and served["impressions"]),
        None if worth is None or half is None else f"{worth:.3f} ± {half:.3f}, {figures['judged']}",
        spared(figures),
        _parts(told),
        [decision(one) for one in reversed(told["decisions"])],
        list(_leaves(told["card"].get("settings", {}))),
        [Event(one["moment"], one["event"], one["by"], one["reason"]) for one in reversed(told["history"])],
        may_change and why_not is None and told["state"] != "live",
        why_not,
        told["parent"],
        f"cobi models verify --org {organisation} {told['version']}",
    )


def _why_not(told: Mapping[str, Any]) -> str | None:
    if told["state"] == "failed":
        return "It cannot go live: its training failed."
    if told["pruned"] is not None:
        return "It cannot go live any more: its arrays were let go of."
    return None


def _parts(told: Mapping[str, Any]) -> list[Part]:
    """The ways that are used, the most useful first, then the others, the better alone first."""
    figures, weights = told["figures"], told["card"].get("settings", {}).get("weights", {})
    return [
        Part(
            name,
            PARTS.get(name, ""),
            f"{weights[name]:.3f}" if weights.get(name) else "not used",
            with_half(figures, "alone", name, "{:.4f}") or NOTHING,
            with_half(figures, "brings", name, "{:+.4f}") or NOTHING,
        )
        for name in by_worth(figures, weights)
    ]


def decision(told: Mapping[str, Any]) -> Decision:
    """A decision as the API tells it."""
    difference, period = told["difference"], told["period"]
    facts = [
        ("Students tested", count(told["students"])),
        ("What counts", told["wanted"]),
        ("The live model", told["live_judged"]),
    ]
    both = [Measured("Candidate", told["candidate"]), Measured("Live", told["live"], tone="quiet")]
    apart = [Measured("Difference", difference["value"], difference["low"], difference["high"])]
    return Decision(
        badge(told["verdict"]),
        told["against"],
        told["decided"],
        told["reasons"],
        # A scale of its own: beside the scores any difference would be a dot at zero.
        [
            interval_chart(
                told["metric"].upper(), "mean over students", both, Words("{:.4f}".format, "{:.3g}".format)
            ),
            interval_chart("Candidate less live", "with the 99 % interval", apart, Words(_signed, _mark)),
        ],
        [(name, value) for name, value in facts if value is not None],
        None if period is None else (period["from"], period["to"]),
        told["digest"],
    )


def _signed(value: float) -> str:
    return minus(f"{value:+.4f}")


def _mark(value: float) -> str:
    return minus(f"{value:+.3g}") if value else "0"


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if is_object(value):
        for name, member in value.items():
            yield from _leaves(member, f"{path}.{name}" if path else name)
    elif not is_array(value):
        yield path, "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
