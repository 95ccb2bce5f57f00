"""Ranking quality on made-up sets of many shapes, beside closed forms: `python -m benchmarks.quality.shapes [SHAPE …]`.

What a shape is, is told in `made_up.py`; all that a student does not know is ranked (of groceries everything).
"""

from __future__ import annotations

import argparse
import time

from benchmarks.quality.__main__ import by_model, line
from benchmarks.quality.card import print_card
from benchmarks.quality.closed_forms import rivals
from benchmarks.quality.made_up import SHAPES
from benchmarks.quality.public import judge
from cobi.recommenders.blend import fit

SHOWN = ("NDCG@20", "recall@20")


def run(shape: str, seed: int) -> None:
    """Print the table of one shape."""
    task = SHAPES[shape](seed)
    size = f"{task.students:,} students × {task.offers:,} offers, {len(task.train):,} events"
    print(
        f"{task.name}: {size}, {len(task.test):,} students of the test\n  {'':46}{SHOWN[0]:>18}{SHOWN[1]:>18}"
    )
    for name, scorer in rivals(task):
        print(line(name, judge(task, scorer), SHOWN), flush=True)
    began = time.process_time()
    model = fit(task.catalogue(), task.events(), task.everybody(), task.now, seed=seed)
    took = time.process_time() - began
    print(line(f"Cobi ({took:.0f} s of a processor)", judge(task, by_model(task, model)), SHOWN))
    print_card(model.card)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.quality.shapes",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("shapes", nargs="*", choices=[*SHAPES, []], default=list(SHAPES))
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    for shape in arguments.shapes:
        run(shape, arguments.seed)


if __name__ == "__main__":
    main()
