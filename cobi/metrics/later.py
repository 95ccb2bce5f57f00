"""Counting that waits until what is counted has become true."""

from __future__ import annotations

from collections.abc import Callable

from cobi.metrics.families import Family
from cobi.metrics.metrics import Counting, Labels


class Later:
    """Takes metrics down, to pass them on or, where nothing came of it all, to be forgotten."""

    def __init__(self) -> None:
        self._taken_down: list[Callable[[Counting], None]] = []

    def count(self, family: Family, labels: Labels, amount: float = 1) -> None:
        """Add to a counter."""
        self._taken_down.append(lambda metrics: metrics.count(family, labels, amount))

    def set(self, family: Family, labels: Labels, value: float) -> None:
        """Set a gauge."""
        self._taken_down.append(lambda metrics: metrics.set(family, labels, value))

    def observe(self, family: Family, labels: Labels, value: float) -> None:
        """Count a value in a histogram."""
        self._taken_down.append(lambda metrics: metrics.observe(family, labels, value))

    def pass_on(self, metrics: Counting) -> None:
        """Do what was taken down."""
        for do in self._taken_down:
            do(metrics)
