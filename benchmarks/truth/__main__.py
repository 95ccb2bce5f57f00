"""Proof runs of the measuring: `python -m benchmarks.truth [NAME …] [--worlds N]`; without a name, all of them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from benchmarks.truth import doctor, experiments, launches, loop, offpolicy

RUNS = {
    "experiments": experiments.run,
    "offpolicy": offpolicy.run,
    "launches": launches.run,
    "doctor": doctor.run,
    "loop": loop.run,
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run what was asked for, or everything."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.truth", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(RUNS))
    parser.add_argument("--worlds", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    for name in given.names or RUNS:
        if name not in RUNS:
            parser.error(f"there is no run {name!r}; there are {', '.join(RUNS)}")
        RUNS[name](given.worlds, given.seed)


if __name__ == "__main__":
    main()
