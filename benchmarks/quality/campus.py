"""Code reveals per 1,000 impressions on the simulated campus: chance, popularity, Cobi, mind-reader; over seeds.

The whole loop runs in this process on a real SQLite database; only HTTP is left out. With `--ceiling` also those of a
learner who is told everything but what is each student's own (`ceiling.py`): more than that is hardly to be learned.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from benchmarks.quality import ceiling, picture
from benchmarks.quality.card import print_card
from cobi.config.settings import load
from cobi.domain.identifiers import format_id, parse_id
from cobi.domain.interaction_record import INTERACTIONS
from cobi.domain.recommendation import Wanted
from cobi.domain.records import RECORD_TYPES
from cobi.service.core import system_clock
from cobi.service.registry import Registry
from cobi.service.service import Service
from cobi.simulation.campus import DEMO
from cobi.simulation.play import Play
from cobi.simulation.scoreboard import Phase
from cobi.simulation.world import make_world

POLICIES = ("chance", "popularity", "cobi", ceiling.NAME, "mind-reader")
_T_95 = {2: 12.706, 3: 4.303, 5: 2.776, 10: 2.262, 20: 2.093}
"""Quantiles of Student's t distribution for so many seeds (two-sided 95 %)."""


@dataclass
class InProcess:
    """A marketplace that calls the service directly."""

    service: Service

    def upload(self, record_type: str, records: Sequence[dict[str, Any]]) -> None:
        """Store records; the simulation sends none that may be refused."""
        kind = {**RECORD_TYPES, INTERACTIONS.name: INTERACTIONS}[record_type]
        result = self.service.upload(kind, [msgspec.json.encode(record) for record in records], "benchmark")
        if result.rejected:
            raise RuntimeError(f"{record_type}: {result.errors()[:3]}")

    def interact(self, records: Sequence[dict[str, Any]]) -> None:
        """Store interactions."""
        self.upload(INTERACTIONS.name, records)

    def recommend(self, student_id: str, limit: int) -> tuple[str, list[str]]:
        """Ask for a slate."""
        answer = self.service.recommend(parse_id(student_id) or b"", Wanted(limit))[0]
        return format_id(answer.recommendation_id), [format_id(item) for item in answer.items]

    def train(self) -> None:
        """Fit a model and let it go live."""
        self.service.learning.train(promote=True)


@dataclass(frozen=True)
class Played:
    """Both phases of a whole play, and the card of its last model."""

    phases: list[Phase]
    card: Mapping[str, Any]


def one_seed(seed: int, *, informed: bool = False) -> Played:
    """A whole play."""
    directory = Path(tempfile.mkdtemp(prefix="cobi-campus-"))
    registry = Registry(load(directory, {}))
    try:
        registry.create("campus")
        world = make_world(DEMO, seed, system_clock())
        service = registry.named("campus")
        game = Play(world, InProcess(service), system_clock)
        if informed:
            game.rivals.append(ceiling.Informed(world))
        phases = game.run().phases
        newest = service.models.list(1)["models"][0]["version"]
        return Played(phases, service.models.read(newest)["card"])
    finally:
        registry.close()
        shutil.rmtree(directory, ignore_errors=True)


def mean_and_half(values: Sequence[float]) -> tuple[float, float]:
    """Mean and half-width of the 95 % interval over seeds (Student's t); 0 where there are too few."""
    count = len(values)
    spread = float(np.std(values, ddof=1)) / count**0.5 if count > 1 else 0.0
    return float(np.mean(values)), _T_95.get(count, 0.0) * spread


def interval(values: Sequence[float]) -> str:
    """Mean and interval as text."""
    mean, half = mean_and_half(values)
    return f"{mean:7.2f} ± {half:.2f}"


def table(plays: Sequence[list[Phase]]) -> str:
    """A line for each phase, group of students and policy."""
    head = (
        f"{'phase':18} {'students':10} {'policy':12} {'reveals/1000':>16} {'of mind-reader':>16} "
        f"{'over popularity':>18}"
    )
    lines = [head]
    for at, phase in enumerate(plays[0]):
        for group in ("everyone", "newcomers"):
            boards = [getattr(one[at], group) for one in plays]
            base = [board.outcomes["popularity"].expected_reveals_per_thousand for board in boards]
            for policy in (name for name in POLICIES if name in boards[0].outcomes):
                values = [board.outcomes[policy].expected_reveals_per_thousand for board in boards]
                shares = [board.share_of_mind_reader(policy) for board in boards]
                lift = [100 * (value / popular - 1) for value, popular in zip(values, base, strict=True)]
                lines.append(
                    f"{phase.name:18} {group:10} {policy:12} {interval(values):>16} "
                    f"{interval(shares):>16} {interval(lift):>16} %"
                )
    return "\n".join(lines)


def main(given: Sequence[str] | None = None) -> None:
    """Run the seeds one after another and print the table, and the card of the last seed's last model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument(
        "--ceiling", action="store_true", help="also the learner who is told nearly everything"
    )
    parser.add_argument("--picture", type=Path, help="also draw the figures after retraining into this SVG")
    arguments = parser.parse_args(given)
    plays: list[list[Phase]] = []
    card: Mapping[str, Any] = {}
    for seed in range(arguments.first, arguments.first + arguments.seeds):
        played = one_seed(seed, informed=arguments.ceiling)
        plays.append(played.phases)
        card = played.card
        board = plays[-1][-1].everyone
        shares = " ".join(f"{policy} {board.share_of_mind_reader(policy):.3f}" for policy in board.outcomes)
        print(f"seed {seed}: share of the mind-reader's reveals after retraining: {shares}", flush=True)
    print(table(plays))
    print_card(card)
    if arguments.picture:
        arguments.picture.write_text(picture.draw(bars(plays), arguments.seeds))


def bars(plays: Sequence[list[Phase]]) -> list[picture.Bar]:
    """Expected reveals per 1,000 impressions of all students after retraining."""
    boards = [one[-1].everyone for one in plays]
    figures = {
        policy: mean_and_half([board.outcomes[policy].expected_reveals_per_thousand for board in boards])
        for policy in POLICIES
        if policy in boards[0].outcomes
    }
    return [(policy, *figure) for policy, figure in figures.items()]


if __name__ == "__main__":
    main()
