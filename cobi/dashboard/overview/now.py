"""What changes while one looks: how things stand, and the last hours. A script renews it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cobi.dashboard import arriving
from cobi.dashboard.charts.columns import ColumnChart
from cobi.dashboard.viewer import Viewer
from cobi.dashboard.wording import ago, count
from cobi.domain.moments import parse_moment


@dataclass(frozen=True)
class Status:
    """Something that is well (good), wants a look (warn), is broken (bad), or is neither (quiet)."""

    name: str
    value: str
    state: str
    note: str
    href: str | None = None


@dataclass(frozen=True)
class Now:
    """How things stand; `told` is the moment that was."""

    statuses: Sequence[Status]
    records: ColumnChart
    answers: ColumnChart
    told: str


def now_of(told: Mapping[str, Any], viewer: Viewer, quality: str | None) -> Now:
    """The part of the page that is renewed, of what `GET /v1/overview` answers; `quality` is where refusals are."""
    arrivals = told["arrivals"]
    return Now(
        _statuses(told, quality),
        arriving.outcomes(arrivals, viewer, "Records received"),
        arriving.answers(arrivals, viewer, "Answers given"),
        told["now"],
    )


def _statuses(told: Mapping[str, Any], quality: str | None) -> list[Status]:
    now = parse_moment(told["now"]) or 0
    newest, waiting = told["newest_interaction"], told["refused_waiting"]
    return [
        _loop(told["health"], newest is not None, now),
        Status("Last interaction", ago(newest and parse_moment(newest), now), "quiet", "by its own time"),
        Status(
            "Refused records", count(waiting), "warn" if waiting else "good", "waiting in quarantine", quality
        ),
        _live(told["live_model"], now),
    ]


def _loop(health: Mapping[str, Any], begun: bool, now: int) -> Status:
    found = len(health["findings"])
    looked = f"looked for {len(health['looked_for'])} faults {ago(parse_moment(health['examined']), now)}"
    if not found:
        return Status("Loop", *(("Healthy", "good") if begun else ("Not begun", "quiet")), looked)
    return Status("Loop", f"{found} finding{'s' * (found != 1)}", "bad", looked)


def _live(live: Mapping[str, Any] | None, now: int) -> Status:
    if live is None:
        return Status("Live model", "none yet", "warn", "train one", "/models")
    trained = f"trained {ago(parse_moment(live['trained']), now)}"
    version = live["model_version"]
    return Status("Live model", f"Version {version}", "quiet", trained, f"/models/{version}")
