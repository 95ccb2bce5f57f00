"""What recommendations were answered with: the figures of each model version and day, with intervals."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from cobi.analytics.intervals import wilson
from cobi.domain.interaction import InteractionType, Outcome
from cobi.store import effectiveness
from cobi.store.database import Connection
from cobi.store.effectiveness import Cell, Period

_EPOCH = date(1970, 1, 1)


@dataclass
class Figures:
    """Counts of some answers. An impression is one item shown; it is clicked when at least one interaction is
    attributed to it, revealed when one of them is a DISCOUNT_CODE.
    """

    answers: int = 0
    impressions: int = 0
    clicked: int = 0
    revealed: int = 0
    attributed: dict[int, int] = field(default_factory=dict[int, int])

    def add(self, other: Figures) -> None:
        """Count these answers too."""
        self.answers += other.answers
        self.impressions += other.impressions
        self.clicked += other.clicked
        self.revealed += other.revealed
        for kind, counted in other.attributed.items():
            self.attributed[kind] = self.attributed.get(kind, 0) + counted

    def as_json(self) -> dict[str, Any]:
        """Counts, and rates per impression with their 95 % Wilson intervals."""
        return {
            "answers": self.answers,
            "impressions": self.impressions,
            "clicked_impressions": self.clicked,
            "revealed_impressions": self.revealed,
            "attributed": {kind.name: self.attributed.get(kind.value, 0) for kind in InteractionType},
            "click_through_rate": _rate(self.clicked, self.impressions),
            "code_reveal_rate": _rate(self.revealed, self.impressions),
        }


def _rate(part: int, whole: int) -> dict[str, Any]:
    low, high = wilson(part, whole)
    return {"value": part / whole if whole else None, "low": low, "high": high}


def effectiveness_report(connection: Connection, period: Period) -> dict[str, Any]:
    """The report `GET /v1/reports/effectiveness` answers."""
    cells = _cells(connection, period)
    by_version: dict[int, Figures] = {}
    total = Figures()
    for (_, version), figures in sorted(cells.items()):
        by_version.setdefault(version, Figures()).add(figures)
        total.add(figures)
    outcomes = effectiveness.outcomes(connection, period)
    return {
        "total": total.as_json(),
        "model_versions": [
            _row({"model_version": version}, by_version[version]) for version in sorted(by_version)
        ],
        "days": list(_days(cells)),
        "outcomes": {outcome.name: outcomes.get(outcome.value, 0) for outcome in Outcome},
    }


def figures_by_version(connection: Connection, period: Period) -> dict[int, Figures]:
    """What came of the answers of each model version."""
    found: dict[int, Figures] = {}
    for (_, version), figures in sorted(_cells(connection, period).items()):
        found.setdefault(version, Figures()).add(figures)
    return found


def _days(cells: dict[Cell, Figures]) -> Iterable[dict[str, Any]]:
    for (day, version), figures in sorted(cells.items()):
        yield _row({"day": (_EPOCH + timedelta(days=day)).isoformat(), "model_version": version}, figures)


def _row(head: dict[str, Any], figures: Figures) -> dict[str, Any]:
    return {**head, **figures.as_json()}


def _cells(connection: Connection, period: Period) -> dict[Cell, Figures]:
    answers = effectiveness.answers(connection, period)
    attributed = effectiveness.attributed(connection, period)
    converted = effectiveness.converted(connection, period)
    return {
        cell: Figures(*counts, *converted.get(cell, (0, 0)), attributed.get(cell, {}))
        for cell, counts in answers.items()
    }
