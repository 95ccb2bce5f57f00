"""Ranking quality on public sets, one command per table: `python -m benchmarks.quality TABLE [PACK]`.

TABLE is beauty, deskdrop or movielens; PACK is the set's `.tar.xz` or a directory of its files, else it is looked
for in the directory that COBI_PUBLIC_SETS names. Beside Cobi, in the
same run: chance's rival popularity, each way to learn B alone, and with `--peers PYTHON` the models of other
libraries, for which that Python needs `implicit` and `rectools`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.quality.card import print_card
from benchmarks.quality.public import Figures, Scorer, judge
from benchmarks.quality.public_sets import TASKS, Task
from cobi.recommenders.blend import fit
from cobi.recommenders.histories import histories_of, signal_rows
from cobi.recommenders.model import Model

PUBLISHED = {
    "beauty": ("HR@10", "NDCG@10", {
        "SASRec (published)": (0.0605, 0.0318),
        "S3-Rec (published)": (0.0647, 0.0327),
        "TIGER (published)": (0.0648, 0.0384),
    }),
    "deskdrop": ("recall@5", "recall@10", {"content and collaborative hybrid (published)": (0.343, 0.480)}),
    "movielens": ("NDCG@10", "recall@20", {}),
}  # fmt: skip
"""The two figures of each table, and what others have printed."""
PACKS = {"beauty": "s3rec_beauty", "deskdrop": "deskdrop", "movielens": "ml-latest-small"}
PLACE = "COBI_PUBLIC_SETS"
"""Names the directory of the packs, where PACK is not given."""


def by_popularity(task: Task) -> Scorer:
    """How many students touched each offer."""
    pairs = np.unique(task.train[:, :2], axis=0)
    counts = np.bincount(pairs[:, 1], minlength=task.offers).astype(float)
    return lambda students: np.tile(counts, (len(students), 1))


def by_model(task: Task, model: Model) -> Scorer:
    """The model's own scores, from the same signals as a served answer."""
    catalogue, everybody = task.catalogue(), task.everybody()
    histories = histories_of(task.events(), task.students, catalogue, task.now, model.settings)
    every = np.arange(task.students)
    x = signal_rows(model.space, histories, everybody, every, model.settings)
    return lambda students: (x.rows(students) @ model.matrix).dense()[:, : task.offers]


def by_peers(task: Task, python: str, directory: Path) -> Iterator[tuple[str, Scorer]]:
    """The models of other libraries."""
    np.savez(directory / "task.npz", shape=(task.students, task.offers), pairs=task.train[:, :2])
    script = Path(__file__).with_name("peers.py")
    subprocess.run([python, script, directory / "task.npz", directory], check=True, stdout=subprocess.DEVNULL)
    for path in sorted(directory.glob("*.npy")):
        scores = np.load(path, mmap_mode="r")
        yield path.stem, lambda students, scores=scores: scores[students]


def line(name: str, figures: Figures, shown: tuple[str, str]) -> str:
    """A model's line."""
    cells = ["{:.4f} ± {:.4f}".format(*figures.mean_and_half(figure)) for figure in shown]
    return f"  {name:46}{cells[0]:>18}{cells[1]:>18}"


def unpacked(table: str, pack: Path | None, scratch: Path) -> Path:
    """The directory that holds the set's directory."""
    found = pack or Path(os.environ.get(PLACE, ".")) / f"{PACKS[table]}.tar.xz"
    if found.is_dir():
        return found
    if not found.exists():
        sys.exit(f"skipped: the pack {found} is not here; name it, or its directory in {PLACE}")
    with tarfile.open(found) as archive:
        archive.extractall(scratch, filter="data")
    return scratch


def run(table: str, pack: Path | None, peers: str | None, seed: int) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as scratch:
        task = TASKS[table](unpacked(table, pack, Path(scratch)))
        first, second, published = PUBLISHED[table]
        shown = first, second
        shape = f"{task.students:,} students × {task.offers:,} offers, {len(task.train):,} interactions"
        print(f"{task.name}: {shape}\n  {'':46}{first:>18}{second:>18}", flush=True)
        for name, (one, two) in published.items():
            print(f"  {name:46}{one:>18.4f}{two:>18.4f}")
        print(line("popularity", judge(task, by_popularity(task)), shown), flush=True)
        if peers:
            for name, scorer in by_peers(task, peers, Path(scratch)):
                print(line(name, judge(task, scorer), shown), flush=True)
        began = time.perf_counter()
        model = fit(task.catalogue(), task.events(), task.everybody(), task.now, seed=seed)
        took = time.perf_counter() - began
        print(line(f"Cobi ({took:.0f} s with tuning)", judge(task, by_model(task, model)), shown))
        print_card(model.card)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.quality",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("table", choices=sorted(TASKS))
    parser.add_argument("pack", nargs="?", type=Path)
    parser.add_argument("--peers", metavar="PYTHON", help="an interpreter that has implicit and rectools")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    run(arguments.table, arguments.pack, arguments.peers, arguments.seed)


if __name__ == "__main__":
    main()
