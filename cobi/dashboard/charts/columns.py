"""Counts over time as columns that stand on each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cobi.dashboard.charts.scales import HEIGHT, Tick, place, rounded, spread
from cobi.dashboard.wording import Say

_FILLED = 0.72
"""How much of its place a column takes; the rest is a gap."""


@dataclass(frozen=True)
class Stack:
    """What one part of the columns counts."""

    name: str
    values: Sequence[float]
    tone: str = "1"


@dataclass(frozen=True)
class Block:
    """A drawn part of a column; across in per cent, down in pixels."""

    x: float
    width: float
    y: float
    height: float
    tone: str


@dataclass(frozen=True)
class ColumnChart:
    """A whole chart; `table` says the same in words, a row for each place."""

    title: str
    unit: str
    blocks: Sequence[Block]
    names: Sequence[tuple[str, str]]
    across: Sequence[Tick]
    down: Sequence[Tick]
    head: Sequence[str]
    table: Sequence[Sequence[str]]
    height: float = HEIGHT

    @property
    def empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not self.blocks


def column_chart(
    title: str,
    unit: str,
    labels: Sequence[str],
    stacks: Sequence[Stack],
    say: Say,
    places: str = "Day",
    across: Sequence[Tick] | None = None,
) -> ColumnChart:
    """A chart of counts at the same labelled places, the first stack at the bottom.

    `say` words a value, `places` says what they are, `across` has the labels that are drawn where not all are alike.
    """
    of = len(labels)
    totals = [sum(stack.values[at] for stack in stacks) for at in range(of)]
    scale, marks = rounded(totals)
    blocks: list[Block] = []
    for at in range(of):
        below = 0.0
        for stack in stacks:
            value = stack.values[at]
            if value > 0:
                top, foot = scale.down(below + value), scale.down(below)
                width = 100 * _FILLED / of
                x = place(at, of, centred=True) - width / 2
                blocks.append(
                    Block(round(x, 3), round(width, 3), top, round(max(foot - top, 1.0), 2), stack.tone)
                )
            below += value
    return ColumnChart(
        title,
        unit,
        blocks,
        [(stack.name, stack.tone) for stack in stacks],
        spread(labels, centred=True) if across is None else across,
        [Tick(scale.down(mark), say(mark)) for mark in marks],
        [places, *(stack.name for stack in stacks)],
        [[label, *(say(stack.values[at]) for stack in stacks)] for at, label in enumerate(labels)],
    )
