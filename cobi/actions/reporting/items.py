"""What came with each shop or each tag."""

from __future__ import annotations

from typing import Any

from cobi.actions.reporting.figures import Figures
from cobi.actions.reporting.report import selection
from cobi.domain.identifiers import format_id
from cobi.domain.reports import Question
from cobi.store.database import Connection
from cobi.store.labels import labels
from cobi.store.rollups import items

BY = ("shop", "tag")


def items_report(connection: Connection, question: Question, by: str, limit: int) -> dict[str, Any]:
    """The shops or tags that most codes were revealed with in a report's period."""
    of = items.of_shops if by == "shop" else items.of_tags
    found = {
        key: figures
        for key, worth in of(connection, selection(connection, question)).items()
        if not (figures := _figures(worth)).empty
    }
    # By code reveals, then by all that came, then as they were uploaded.
    best = sorted(found, key=lambda key: (-found[key].attributed[-1], -sum(found[key].attributed), key))[
        :limit
    ]
    named = labels(connection, f"{by}s", best)
    return {
        "by": by,
        "items": [
            {"item_id": format_id(named[key][0]), "name": named[key][1], **found[key].worth_as_json()}
            for key in best
            if key in named
        ],
    }


def _figures(worth: tuple[int, ...]) -> Figures:
    figures = Figures()
    figures.add_clicks((0, 0, *worth))
    return figures
