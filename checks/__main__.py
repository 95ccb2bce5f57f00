"""Run every check, two at a time, and show in full only those that fail."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

BIN = Path(sys.executable).parent

# The slowest first, so that the quick ones run beside it.
CHECKS = {
    "types": [f"{BIN}/basedpyright", "--threads", "2"],
    "format": [f"{BIN}/ruff", "format", "--check", "."],
    "lint": [f"{BIN}/ruff", "check", "."],
    "storeys": [f"{BIN}/lint-imports", "--no-logo"],
    "budgets": [sys.executable, "-m", "checks.budgets"],
    "strays": [sys.executable, "-m", "checks.strays"],
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one check ended."""

    name: str
    passed: bool
    seconds: float
    output: str

    def worth_showing(self) -> str:
        """All that a failed check said; of one that passed, its notes."""
        lines = self.output.splitlines(keepends=True)
        return "".join(line for line in lines if not self.passed or line.startswith("note:"))


def run(name: str) -> Outcome:
    """Run the check of that name."""
    start = time.perf_counter()
    ended = subprocess.run(
        CHECKS[name], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    return Outcome(name, ended.returncode == 0, time.perf_counter() - start, ended.stdout)


def main() -> int:
    """Print each check's outcome as it ends; the exit code is the number of those that failed."""
    failed = 0
    with ThreadPoolExecutor(max_workers=2) as pool:
        for outcome in pool.map(run, CHECKS):
            word = "ok" if outcome.passed else "FAILED"
            print(f"{word:7}{outcome.name:9}{outcome.seconds:5.1f} s", flush=True)
            failed += not outcome.passed
            print(outcome.worth_showing(), end="", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
