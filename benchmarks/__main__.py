"""Runs benchmarks by name: `python -m benchmarks [NAME …]`; without a name, those that need no outside data."""

from __future__ import annotations

import importlib
import sys

ALONE = {
    "reading": "benchmarks.speed.reading",
    "training": "benchmarks.speed.training",
    "evaluating": "benchmarks.speed.evaluating",
    "group_commit": "benchmarks.speed.group_commit",
    "campus": "benchmarks.quality.campus",
    "mess": "benchmarks.mess",
    "ingestion": "benchmarks.ingestion.__main__",
    "serving": "benchmarks.serving.__main__",
    "truth": "benchmarks.truth.__main__",
    "reports": "benchmarks.reports.__main__",
    "dashboard": "benchmarks.dashboard.__main__",
}
"""Those that make their own data."""

WITH_DATA = {"complete_journey": "benchmarks.quality.complete_journey"}
"""Those that want a data set; run them as modules, with its place."""


def main() -> None:
    """Run what was asked for, one after another."""
    names = sys.argv[1:] or list(ALONE)
    unknown = [name for name in names if name not in ALONE]
    if unknown:
        also = ", ".join(f"python -m {module} --help" for module in WITH_DATA.values())
        raise SystemExit(f"there is no benchmark {unknown[0]!r}; there are {', '.join(ALONE)}, and {also}")
    for name in names:
        module = importlib.import_module(ALONE[name])
        print(f"\n{name}: {(module.__doc__ or '').splitlines()[0]}", flush=True)
        module.main([])


if __name__ == "__main__":
    main()
