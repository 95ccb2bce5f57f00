"""Counting, observing and setting metrics, and adding up what all processes of a server have counted."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import msgspec

from cobi.metrics import sheet
from cobi.metrics.families import BY_NAME, Family
from cobi.metrics.sheet import Sheet

Labels = tuple[str, ...]
Numbers = tuple[float, ...]
"""A counter's or gauge's value; a histogram's count in each bucket, past the last bound, and the sum."""

Samples = dict[Family, dict[Labels, Numbers]]

_NAMES = 10_000
"""About as many as a sheet holds."""

_decode = msgspec.json.Decoder(tuple[str, ...]).decode


class Counting(Protocol):
    """Where metrics go."""

    def count(self, family: Family, labels: Labels, amount: float = 1) -> None:
        """Add to a counter."""
        ...

    def set(self, family: Family, labels: Labels, value: float) -> None:
        """Set a gauge."""
        ...

    def observe(self, family: Family, labels: Labels, value: float) -> None:
        """Count a value in a histogram."""
        ...


class Metrics:
    """What this process has counted; in a directory it is shared with the server's other processes."""

    def __init__(self, directory: Path | None = None) -> None:
        self._directory = directory
        self._sheet = Sheet(bytearray(sheet.SIZE)) if directory is None else sheet.in_directory(directory)

    def count(self, family: Family, labels: Labels, amount: float = 1) -> None:
        """Add to a counter."""
        self._sheet.add(_name(family, labels), 1, [(0, amount)])

    def set(self, family: Family, labels: Labels, value: float) -> None:
        """Set a gauge; those of all living processes are added up."""
        self._sheet.set(_name(family, labels), value)

    def observe(self, family: Family, labels: Labels, value: float) -> None:
        """Count a value in a histogram."""
        bounds = family.buckets
        places = [(bisect_left(bounds, value), 1.0), (len(bounds) + 1, value)]
        self._sheet.add(_name(family, labels), len(bounds) + 2, places)

    def of(self, organisation: str) -> Meter:
        """The metrics of one organisation."""
        return Meter(self, organisation)

    def collect(self) -> Samples:
        """The sum over all processes; of those that have ended, counters and histograms only."""
        samples: Samples = {}
        _add(samples, sheet.read(self._sheet.buffer), gauges=True)
        if self._directory is not None:
            for lives, content in sheet.others(self._directory, self._sheet):
                _add(samples, sheet.read(content), gauges=lives)
        return samples


@dataclass(frozen=True)
class Meter:
    """Metrics whose organisation is already said."""

    metrics: Counting
    organisation: str

    def count(self, family: Family, *labels: str, amount: float = 1) -> None:
        """Add to a counter."""
        self.metrics.count(family, (self.organisation, *labels), amount)

    def set(self, family: Family, *labels: str, value: float) -> None:
        """Set a gauge."""
        self.metrics.set(family, (self.organisation, *labels), value)

    def observe(self, family: Family, *labels: str, value: float) -> None:
        """Count a value in a histogram."""
        self.metrics.observe(family, (self.organisation, *labels), value)


@lru_cache(_NAMES)
def _name(family: Family, labels: Labels) -> bytes:
    return msgspec.json.encode((family.name, *labels))


def _add(samples: Samples, entries: Iterable[tuple[bytes, Numbers]], *, gauges: bool) -> None:
    for name, numbers in entries:
        family_name, *labels = _decode(name)
        family = BY_NAME[family_name]
        if gauges or family.kind != "gauge":
            of_family = samples.setdefault(family, {})
            before = of_family.get(tuple(labels), (0.0,) * len(numbers))
            of_family[tuple(labels)] = tuple(map(sum, zip(before, numbers, strict=True)))
