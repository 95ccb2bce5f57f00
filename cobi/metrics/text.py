"""Metrics in Prometheus' text format, version 0.0.4."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import accumulate

from cobi.metrics.families import FAMILIES, Family
from cobi.metrics.metrics import Labels, Numbers, Samples

MEDIA_TYPE = "text/plain; version=0.0.4"

_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


def render(samples: Samples, organisation: str | None = None) -> str:
    """The exposition of one organisation's samples, or of all."""
    lines: list[str] = []
    for family in FAMILIES:
        shown = {
            labels: numbers
            for labels, numbers in sorted(samples.get(family, {}).items())
            if organisation is None or labels[0] == organisation
        }
        if shown:
            lines += [f"# HELP {family.name} {family.meaning}", f"# TYPE {family.name} {family.kind}"]
            for labels, numbers in shown.items():
                lines += _series(family, labels, numbers)
    return "".join(f"{line}\n" for line in lines)


def _series(family: Family, labels: Labels, numbers: Numbers) -> Iterator[str]:
    pairs = list(zip(family.all_labels, labels, strict=True))
    if family.kind != "histogram":
        yield f"{family.name}{_braces(pairs)} {_number(numbers[0])}"
        return
    *counts, total = numbers
    bounds = [*map(_number, family.buckets), "+Inf"]
    for bound, count in zip(bounds, accumulate(counts), strict=True):
        yield f"{family.name}_bucket{_braces([*pairs, ('le', bound)])} {_number(count)}"
    yield f"{family.name}_sum{_braces(pairs)} {_number(total)}"
    yield f"{family.name}_count{_braces(pairs)} {_number(sum(counts))}"


def _braces(pairs: Iterable[tuple[str, str]]) -> str:
    return "{" + ",".join(f'{name}="{value.translate(_ESCAPES)}"' for name, value in pairs) + "}"


def _number(value: float) -> str:
    return str(int(value)) if value.is_integer() else repr(value)
