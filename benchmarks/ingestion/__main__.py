"""Ingestion over HTTP against a real server: `python -m benchmarks.ingestion [sqlite|postgresql|batches|full|…]`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from benchmarks.ingestion import floors, measures, places
from benchmarks.ingestion.places import Place

PLACES: dict[str, Callable[[], AbstractContextManager[Place]]] = {
    "sqlite": places.sqlite,
    "postgresql": places.postgresql,
}
LOADS: dict[str, Callable[[Place], measures.Measure]] = {
    "batches": measures.batches,
    "singles": measures.singles,
    "offers": measures.offers,
}
LONG: dict[str, Callable[[Place], measures.Measure]] = {"full": measures.batches_beside_many}
"""What takes minutes is done where it is asked for by name."""


def main(arguments: Sequence[str] = ()) -> None:
    """Print a table for each database, then what the parts can do alone."""
    known = {*PLACES, *LOADS, *LONG, "alone"}
    unknown = [name for name in arguments if name not in known]
    if unknown:
        raise SystemExit(f"there is no {unknown[0]!r}; there are {', '.join(sorted(known))}")
    loads = {
        name: load
        for name, load in {**LOADS, **LONG}.items()
        if name in arguments or (name in LOADS and not {*LOADS, *LONG} & {*arguments})
    }
    for name, place in PLACES.items():
        if name in arguments or not PLACES.keys() & {*arguments}:
            with place() as installation:
                _measure(name, installation, loads)
    if "alone" in arguments or not arguments:
        print("\n  alone, in one thread")
        for label, rate in (
            ("msgspec decodes, nothing checked", floors.decoding),
            ("SQLite executemany", floors.sqlite),
            ("PostgreSQL COPY", floors.postgresql),
        ):
            print(f"  {label:34}{rate():12,.0f} /s", flush=True)


def _measure(name: str, installation: Place, loads: dict[str, Callable[[Place], measures.Measure]]) -> None:
    print(f"\n  {name}", flush=True)
    for load in loads.values():
        measure = load(installation)
        print(
            f"  {measure.name:34}{measure.rate:12,.0f} records/s   p99 {measure.p99 * 1000:8.1f} ms"
            f"   CPU each: server {measure.cpu * 1e6:6.1f} µs, sender {measure.sender * 1e6:5.1f} µs",
            flush=True,
        )
    print(f"  {'server memory at its peak':34}{installation.memory.peak:12,} MiB", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
