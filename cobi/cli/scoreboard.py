"""The figures of a simulated campus as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table

from cobi.cli.options import table
from cobi.simulation.scoreboard import CHANCE, COBI, MIND_READER, POPULARITY

if TYPE_CHECKING:
    from cobi.simulation.scoreboard import Board, Result

_NAMES = {CHANCE: "chance", POPULARITY: "popularity", COBI: "Cobi", MIND_READER: "mind-reader"}
_CAPTION = """clicks: offers opened per 100 impressions · reveals: codes revealed per 1,000 impressions
share: expected reveals as a share of the mind-reader's, who knows what each student wants"""


def scoreboard(result: Result, served_by: Sequence[str]) -> Table:
    """Each policy on the same students, before and after Cobi was trained on its own feedback.

    `served_by` says which model answered in each of these times: the gate may hold a new one.
    """
    figures = [f"{name}\n{phase}" for phase in served_by for name in ("clicks %", "reveals ‰", "share %")]
    made = table("slates for", "chosen by", *figures, right=figures)
    made.caption = _CAPTION
    groups = {"all students": [phase.everyone for phase in result.phases]}
    groups["new students"] = [phase.newcomers for phase in result.phases]
    for group, boards in groups.items():
        for policy, name in _NAMES.items():
            cells = [cell for board in boards for cell in _figures(board, policy)]
            made.add_row(
                group if policy == CHANCE else "", name, *cells, style="bold" if policy == COBI else None
            )
        made.add_section()
    return made


def _figures(board: Board, policy: str) -> tuple[str, str, str]:
    outcome = board.outcomes[policy]
    share = 100 * board.share_of_mind_reader(policy)
    return f"{100 * outcome.click_through:.1f}", f"{outcome.reveals_per_thousand:.1f}", f"{share:.0f}"
