"""What arrived and what was refused over time, and what has become of all that was ever refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from cobi.dashboard import arriving
from cobi.dashboard.charts.columns import ColumnChart
from cobi.dashboard.links import Link
from cobi.dashboard.viewer import Viewer
from cobi.dashboard.wording import count, percent

BY = {"hour": "48 hours", "day": "28 days"}

_FATES = (
    ("retried", "Mended or passed later", "3"),
    ("dropped", "Dropped", "4"),
    ("expired", "Grew too old", "quiet"),
    ("overflowed", "Quarantine was full", "5"),
    ("erased", "Erased with their student", "1"),
)


@dataclass(frozen=True)
class Part:
    """Some of all that was ever refused; across in per cent of the whole."""

    name: str
    records: str
    share: str
    tone: str
    x: float
    width: float


@dataclass(frozen=True)
class Flow:
    """The charts of a period, and where all refused records are now."""

    tabs: Sequence[Link]
    arrived: ColumnChart
    refused: ColumnChart
    became: Sequence[Part]
    ever: str


def flow_of(
    arrivals: Mapping[str, Any],
    waiting: int,
    left: Mapping[str, int],
    chosen: Mapping[str, str],
    viewer: Viewer,
) -> Flow:
    """The part of the page that is about time, of `GET /v1/arrivals` and `GET /v1/quarantine`."""
    record_type = chosen.get("type")
    arrived = (
        arriving.outcomes(arriving.only(arrivals, record_type), viewer, f"Arrivals of {record_type}")
        if record_type
        else arriving.by_type(arrivals, viewer, "Arrivals by type")
    )
    refused = arriving.by_reason(arrivals, viewer, "Refusals by reason", record_type)
    by = str(arrivals["by"])
    tabs = [Link(name, f"/quality?{urlencode({**chosen, 'by': one})}", one == by) for one, name in BY.items()]
    total = waiting + sum(left.values())
    return Flow(tabs, arrived, refused, _became(waiting, left, total), count(total))


def _became(waiting: int, left: Mapping[str, int], total: int) -> list[Part]:
    numbers = [("Waiting", waiting, "2"), *((name, left[fate], tone) for fate, name, tone in _FATES)]
    parts: list[Part] = []
    before = 0
    for name, records, tone in numbers:
        share = records / total if total else 0.0
        x, width = round(100 * before / (total or 1), 3), round(100 * share, 3)
        parts.append(Part(name, count(records), percent(share if total else None, 0), tone, x, width))
        before += records
    return parts
