"""`cobi demo`: a simulated campus lives with a real Cobi for weeks, judged by what its students truly want."""

from __future__ import annotations

import signal
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Option

from cobi.cli.options import console
from cobi.cli.progress import told_steps
from cobi.config.settings import load
from cobi.domain.errors import InvalidRequest

if TYPE_CHECKING:
    from cobi.client.client import Client
    from cobi.demonstration.lived import Lived

ORGANISATION = "campus"

# What a caller's environment says about their own installation does not concern the demonstration.
_OVERRIDES: dict[str, Any] = {"recommendations_per_minute": 0, "database_url": "", "now": ""}


@dataclass
class _Stage:
    """The server after the play, and the ways into it."""

    url: str
    key: str
    client: Client


def demo(
    data: Annotated[
        Path | None, Option(help="Keep the data in this new directory.", show_default="a temporary one")
    ] = None,
    port: Annotated[
        int | None, Option(help="Port of the demonstration's server.", show_default="any free one")
    ] = None,
    seed: Annotated[int, Option(help="Another seed, another campus.")] = 7,
    students: Annotated[int | None, Option(min=50, help="How many students.", show_default="2000")] = None,
    leave: Annotated[
        bool, Option("--exit", help="End after the scoreboard instead of going on serving.")
    ] = False,
) -> None:
    """Let a simulated campus live for some weeks, show what recommendations were worth, and serve what it left.

    A marketplace uploads, students browse, Cobi trains and serves, students react, and it trains again. The play sets
    Cobi's clock, so weeks pass in seconds and lie behind you; then the server opens.
    """
    from cobi.cli.scoreboard import scoreboard

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    with _directory(data) as directory:
        lived = _live(directory, seed, students)
        console().print(scoreboard(lived.result, lived.served_by))
        _tell_trainings(lived)
        with _stage(directory, port, lived.key) as stage:
            _compare(stage, lived)
            if not leave:
                _go_on_serving(stage, directory, lived.someone)


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


def _live(directory: Path, seed: int, students: int | None) -> Lived:
    from cobi.demonstration.lived import CAMPUS, live, sized
    from cobi.service.core import system_clock

    campus = CAMPUS if students is None else sized(students)
    settings = load(directory, **_OVERRIDES)
    with told_steps() as tell:
        return live(
            settings,
            ORGANISATION,
            campus,
            seed,
            system_clock(),
            lambda percent, message: tell(percent / 100, message),
        )


@contextmanager
def _stage(directory: Path, port: int | None, key: str) -> Generator[_Stage]:
    from cobi.client.client import Client
    from cobi.server.background import background

    with background(directory, port, _OVERRIDES) as server, Client(server.url, key) as client:
        yield _Stage(server.url, key, client)


def _tell_trainings(lived: Lived) -> None:
    for one in lived.trainings:
        became = "went live" if one.went_live else "was held back by the gate"
        why = f": {one.reasons[0]}" if one.reasons else ", the first of all"
        print(f"Model {one.version}, trained on day {one.day + 1}, {became}{why}.")


def _compare(stage: _Stage, lived: Lived) -> None:
    """Say what the marketplace itself could see of it."""
    result = lived.result
    sent = f"{sum(result.records.values()):,} records, {result.interactions:,} interactions"
    print(f"Sent: {sent}; answered: {result.recommendations:,} recommendations.")
    print("What Cobi's own report says, from attributed interactions alone:")
    for row in stage.client.report()["model_versions"]:
        clicks, reveals = 100 * row["click_through_rate"]["value"], 1000 * row["code_reveal_rate"]["value"]
        figures = (
            f"{row['impressions']:,} impressions, {clicks:.1f} % clicked, {reveals:.1f} reveals per 1,000"
        )
        print(f"  model {row['model_version']}: {figures}")


def _go_on_serving(stage: _Stage, directory: Path, someone: str) -> None:
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
