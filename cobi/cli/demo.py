"""`cobi demo`: a simulated campus served by a real Cobi, over real HTTP, judged by what its students truly want."""

from __future__ import annotations

import signal
import sys
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Option

from cobi.cli.options import console
from cobi.cli.progress import told_steps
from cobi.config.settings import Settings, load
from cobi.domain.errors import InvalidRequest

if TYPE_CHECKING:
    from cobi.client.client import Client, Record
    from cobi.service.service import Service
    from cobi.simulation.scoreboard import Result

ORGANISATION = "campus"

# What a caller's environment says about their own installation does not concern the demonstration.
_OVERRIDES: dict[str, Any] = {"recommendations_per_minute": 0, "database_url": "", "now": ""}


@dataclass
class _Stage:
    """The installation under test: the ways into it, and the key that opens it."""

    url: str
    key: str
    client: Client
    service: Service

    def upload(self, record_type: str, records: Sequence[Record]) -> None:
        """Take records of one type."""
        _insist_on_all(self.client.upload(record_type, records))

    def interact(self, records: Sequence[Record]) -> None:
        """Take interactions."""
        _insist_on_all(self.client.interact(records))

    def recommend(self, student_id: str, limit: int) -> tuple[str, list[str]]:
        """A recommendation's id and its offers, best first."""
        answer = self.client.recommend(student_id, limit=limit)[0]
        return answer["recommendation_id"], answer["offers"]

    def train(self) -> None:
        """Learn from everything so far; the server serves the new model with its next answer."""
        self.service.models.train(promote=True)


def demo(
    data: Annotated[
        Path | None, Option(help="Keep the data in this new directory.", show_default="a temporary one")
    ] = None,
    port: Annotated[
        int | None, Option(help="Port of the demonstration's server.", show_default="any free one")
    ] = None,
    seed: Annotated[int, Option(help="Another seed, another campus.")] = 7,
    students: Annotated[int | None, Option(min=50, help="How many students.", show_default="2500")] = None,
    leave: Annotated[
        bool, Option("--exit", help="End after the scoreboard instead of going on serving.")
    ] = False,
) -> None:
    """Play some months of a simulated campus against a real server and show what its recommendations were worth.

    A marketplace uploads, students browse, Cobi trains and serves, students react, and it trains again.
    """
    from cobi.cli.scoreboard import scoreboard

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    with _directory(data) as directory, _stage(directory, port) as stage:
        result = _play(stage, seed, students)
        console().print(scoreboard(result))
        _compare(stage, result)
        if not leave:
            _go_on_serving(stage, directory)


def _stop(number: int, _frame: object) -> None:
    # In good order: the server is stopped and the temporary directory goes.
    sys.exit(128 + number)


@contextmanager
def _directory(chosen: Path | None) -> Generator[Path]:
    if chosen is None:
        with tempfile.TemporaryDirectory(prefix="cobi-demo-") as made:
            yield Path(made)
    elif chosen.exists() and any(chosen.iterdir()):
        raise InvalidRequest(
            f"{chosen} is not empty", hint="the demonstration begins from nothing; name a new directory"
        )
    else:
        yield chosen


@contextmanager
def _stage(directory: Path, port: int | None) -> Generator[_Stage]:
    from cobi.client.client import Client
    from cobi.server.background import background
    from cobi.service.registry import Registry

    registry = Registry(_settings(directory))
    try:
        key = registry.create_key(ORGANISATION, frozenset(["admin"]))
        with background(directory, port, _OVERRIDES) as server, Client(server.url, key) as client:
            yield _Stage(server.url, key, client, registry.named(ORGANISATION))
    finally:
        registry.close()


def _settings(directory: Path) -> Settings:
    return load(directory, **_OVERRIDES)


def _play(stage: _Stage, seed: int, students: int | None) -> Result:
    from cobi.service.core import system_clock
    from cobi.simulation.campus import DEMO
    from cobi.simulation.play import play

    campus = DEMO if students is None else replace(DEMO, students=students)
    with told_steps() as tell:
        return play(campus, seed, stage, system_clock, lambda percent, message: tell(percent / 100, message))


def _insist_on_all(answer: dict[str, Any]) -> None:
    if answer["rejected"]:
        raise RuntimeError(f"the simulated marketplace sent bad records: {answer['errors'][0]}")


def _compare(stage: _Stage, result: Result) -> None:
    """Say what the marketplace itself could see of it."""
    sent = f"{sum(result.records.values()):,} records, {result.interactions:,} interactions"
    print(f"Sent over HTTP: {sent}; answered: {result.recommendations:,} recommendations.")
    print("What Cobi's own report says, from attributed interactions alone:")
    for row in stage.client.report()["model_versions"]:
        clicks, reveals = 100 * row["click_through_rate"]["value"], 1000 * row["code_reveal_rate"]["value"]
        figures = (
            f"{row['impressions']:,} impressions, {clicks:.1f} % clicked, {reveals:.1f} reveals per 1,000"
        )
        print(f"  model {row['model_version']}: {figures}")


def _go_on_serving(stage: _Stage, directory: Path) -> None:
    from cobi.domain.records import CUSTOMERS

    someone = stage.service.read_page(CUSTOMERS, 1, None)["records"][0]["customer_id"]
    authorised = f"curl -H 'Authorization: Bearer {stage.key}'"
    print(f"\nCobi answers at {stage.url} until Ctrl-C; its data lie in {directory}.\n")
    print(f"Open {stage.url}/ in a browser and sign in with the key {stage.key}\n")
    print("Or ask it:\n")
    print(f"{authorised} '{stage.url}/v1/recommendations/customers/{someone}?explain=true'")
    print(f"{authorised} {stage.url}/v1/reports/effectiveness")
    print(f"{authorised} {stage.url}/v1/data", flush=True)
    try:
        signal.pause()
    except SystemExit:
        print("\nStopping")
