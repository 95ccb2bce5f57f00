"""Code reveals per 1,000 impressions on the simulated campus: chance, popularity, Cobi, mind-reader; over seeds.

The whole loop runs in this process on a real SQLite database; only HTTP is left out. With `--ceiling` also those of a
learner who is told everything but what is each student's own (`ceiling.py`): more than that is hardly to be learned.
`--students` and `--weeks` say how much there is to learn from; nothing else of the campus changes with them. The
informed learner learns each student by itself: its shares hang on the weeks, not on how many students there are.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from scipy.special import stdtrit

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
from cobi.simulation.campus import DEMO, Campus
from cobi.simulation.play import Play
from cobi.simulation.scoreboard import Board, Phase
from cobi.simulation.world import make_world

POLICIES = ("chance", "popularity", "cobi", ceiling.NAME, "mind-reader")
GROUPS = {"everyone": "everyone", "newcomers": "new students", "new_offers": "new offers"}
"""Boards of a phase, and what they are called."""


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


def one_seed(seed: int, campus: Campus = DEMO, *, informed: bool = False) -> Played:
    """A whole play."""
    directory = Path(tempfile.mkdtemp(prefix="cobi-campus-"))
    registry = Registry(load(directory, {}))
    try:
        registry.create("campus")
        world = make_world(campus, seed, system_clock())
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
    """Mean and half-width of the 95 % interval over seeds (Student's t); 0 of a single one."""
    count = len(values)
    error = float(np.std(values, ddof=1)) / count**0.5 if count > 1 else 0.0
    return float(np.mean(values)), float(stdtrit(max(count - 1, 1), 0.975)) * error


def interval(values: Sequence[float]) -> str:
    """Mean and interval as text."""
    mean, half = mean_and_half(values)
    return f"{mean:7.3f} ± {half:.3f}"


def table(plays: Sequence[list[Phase]]) -> str:
    """A line for each phase, group and policy; of new offers the value of their places in the lists of all offers."""
    head = f"{'phase':18} {'group':12} {'policy':12} {'places/1000':>11} {'reveals/1000':>16} {'of mind-reader':>16}"
    lines = [head]
    for at, phase in enumerate(plays[0]):
        for group, name in GROUPS.items():
            boards: list[Board] = [getattr(one[at], group) for one in plays]
            for policy in (one for one in POLICIES if one in boards[0].outcomes):
                every = sum(one[at].everyone.outcomes[policy].impressions for one in plays)
                mine = sum(board.outcomes[policy].impressions for board in boards)
                values = [board.outcomes[policy].expected_reveals_per_thousand for board in boards]
                shares = [board.share_of_mind_reader(policy) for board in boards]
                lines.append(
                    f"{phase.name:18} {name:12} {policy:12} {1000 * mine / every:>11.1f} "
                    f"{interval(values):>16} {interval(shares):>16}"
                )
    return "\n".join(lines)


def main(given: Sequence[str] | None = None) -> None:
    """Run the seeds one after another and print the table, and the card of the last seed's last model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--students", type=int, default=DEMO.students)
    parser.add_argument(
        "--weeks", type=int, default=DEMO.organic_weeks, help="before the first recommendation"
    )
    parser.add_argument(
        "--ceiling", action="store_true", help="also the learner who is told nearly everything"
    )
    parser.add_argument("--picture", type=Path, help="also draw the figures after retraining into this SVG")
    arguments = parser.parse_args(given)
    campus = replace(DEMO, students=arguments.students, organic_weeks=arguments.weeks)
    plays: list[list[Phase]] = []
    card: Mapping[str, Any] = {}
    for seed in range(arguments.first, arguments.first + arguments.seeds):
        played = one_seed(seed, campus, informed=arguments.ceiling)
        plays.append(played.phases)
        card = played.card
        print(f"seed {seed}: shares of the mind-reader's reveals after retraining", flush=True)
        for group, name in GROUPS.items():
            print(f"    {name}: {shares(getattr(played.phases[-1], group))}", flush=True)
    print(table(plays))
    print_card(card)
    if arguments.picture:
        arguments.picture.write_text(picture.draw(bars(plays), arguments.seeds))


def shares(board: Board) -> str:
    """Each policy's share of the mind-reader's expected reveals."""
    return " ".join(f"{policy} {board.share_of_mind_reader(policy):.3f}" for policy in board.outcomes)


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
