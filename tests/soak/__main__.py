"""Everything that takes too long for the tests, one after the other: `make soak`, or python -m tests.soak.

Ends with 1 where anything was lost, doubled, answered with 5xx or otherwise than the contract says.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time


def runs(scale: float) -> list[list[str]]:
    """The commands, each as long as the scale says; at 1 all of them take hours."""
    bodies, kills, examples = (str(max(1, int(scale * whole))) for whole in (100_000, 200, 200))
    crash = ["tests.acceptance.crash", "--kills", kills]
    return [
        ["tests.soak.contract", "--examples", examples],
        ["tests.soak.contract", "--examples", examples, "--database", "postgresql"],
        ["tests.soak.bodies", "--count", bodies],
        ["tests.soak.bodies", "--count", bodies, "--database", "postgresql"],
        crash,
        [*crash, "--workers", "2"],
        [*crash, "--database", "postgresql", "--workers", "2"],
        [*crash, "--database", "postgresql", "--victim", "database"],
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--scale", type=float, default=1.0, help="how much of it, 1 = all")
    failed: list[str] = []
    for words in runs(parser.parse_args().scale):
        shown = f"python -m {' '.join(words)}"
        print(f"== {shown}", flush=True)
        began = time.monotonic()
        if subprocess.run([sys.executable, "-m", *words], check=False).returncode:
            failed.append(shown)
        print(f"== took {time.monotonic() - began:.0f} s", flush=True)
    print("\n".join([f"{len(failed)} of {len(runs(1))} failed", *failed]))
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
