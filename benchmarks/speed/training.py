"""Training with tuning on made-up marketplaces: wall clock, processor time and peak memory, each in its own process.

`python -m benchmarks.speed.training [SHAPE …]`; what is measured is `fit`, as `cobi train` calls it on arrays. Reading
those from the database is another matter.
"""

from __future__ import annotations

import argparse
import itertools
import resource
import subprocess
import sys
import time
from collections.abc import Sequence

from benchmarks.speed.marketplaces import NOW, SHAPES, make
from cobi.domain.model_card import spared
from cobi.recommenders.blend import fit, refit

LIMITS = {"dense": (30, 2), "sparse": (180, 4), "large": (900, 10)}
"""Seconds and gigabytes that it may take on two cores."""
MOVED = 0.01
USUAL = ("dense", "sparse")
"""Shapes of minutes; `large` is run by name."""


def measure(name: str, seed: int, *, steps: bool, random_codes: bool) -> None:
    """Train once in this process and print a line."""
    place = make(SHAPES[name], seed, random_codes=random_codes)
    before = peak()
    told: list[tuple[float, str]] = []

    def tell(_share: float, message: str) -> None:
        told.append((time.perf_counter(), message))

    wall, cpu = time.perf_counter(), time.process_time()
    model = fit(place.catalogue, place.events, place.students, NOW, seed=seed, progress=tell)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    seconds, gigabytes = LIMITS[name]
    print(
        f"{name:8}{wall:9.1f} s wall (at most {seconds}){cpu:9.1f} s processor{peak():8.2f} GB peak "
        f"(at most {gigabytes}; {before:.2f} before training){model.card['figures']['entries']:12,} entries"
    )
    changed = make(SHAPES[name], seed, moved=MOVED, random_codes=random_codes)
    again, busy = time.perf_counter(), time.process_time()
    refit(model, changed.catalogue, changed.events, changed.students, NOW)
    again, busy = time.perf_counter() - again, time.process_time() - busy
    print(
        f"{'':8}{again:9.1f} s wall, {busy:.1f} s processor for an incremental training after {MOVED:.0%} of the "
        f"students changed: {again / wall:.0%} of the full one, {again / seconds:.0%} of what that may take"
    )
    if steps:
        print("    " + ", ".join(f"{way} {weight:.3f}" for way, weight in model.settings.weights.items()))
        print("\n".join(f"    {said}" for said in spared(model.card["figures"])))
        for (at, message), (after, _) in itertools.pairwise(told):
            if after - at > 0.05:
                print(f"    {after - at:7.2f} s  {message}")


def peak() -> float:
    """Of this process so far, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


def main(given: Sequence[str] | None = None) -> None:
    """Run each shape in a process of its own, so that peaks do not mix."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shapes", nargs="*", choices=[*SHAPES, []], default=list(USUAL))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", action="store_true", help="also the weights and how long each step took")
    parser.add_argument("--random-codes", action="store_true", help="codes fall at random, not by taste")
    parser.add_argument("--here", action="store_true", help="in this very process")
    arguments = parser.parse_args(given)
    for name in arguments.shapes:
        if arguments.here:
            measure(name, arguments.seed, steps=arguments.steps, random_codes=arguments.random_codes)
            continue
        command = [
            sys.executable,
            "-m",
            "benchmarks.speed.training",
            name,
            "--here",
            f"--seed={arguments.seed}",
        ]
        told = [f"--{name}" for name in ("steps", "random-codes") if vars(arguments)[name.replace("-", "_")]]
        subprocess.run([*command, *told], check=True)


if __name__ == "__main__":
    main()
