"""How commands show how far they are; on standard error, and only to a person."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text


class _Rate(ProgressColumn):
    """Records a second since the task began."""

    def render(self, task: Task) -> Text:
        records, seconds = task.fields.get("records", 0), task.elapsed or 0
        return Text(f"{records:,} records, {records / seconds:,.0f}/s" if seconds else "")


def _to_a_person() -> dict[str, Any]:
    console = Console(stderr=True)
    return {"console": console, "disable": not console.is_terminal}


def records_progress() -> Progress:
    """Files that are read: how far, how fast, and how long still."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        _Rate(),
        TimeRemainingColumn(),
        **_to_a_person(),
    )


def steps_progress() -> Progress:
    """One long computation: what it is doing, and how long still."""
    return Progress(
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
        **_to_a_person(),
    )


@contextmanager
def told_steps() -> Generator[Callable[[float, str], None]]:
    """Take a share done and what is being done: a bar for a person, a line for each step for a log."""
    with steps_progress() as progress:
        task = progress.add_task("", total=1.0)
        said: list[str] = []

        def tell(share: float, message: str) -> None:
            progress.update(task, completed=share, description=message)
            if progress.disable and message not in said[-1:]:
                said.append(message)
                print(f"{share:4.0%} {message}", file=sys.stderr, flush=True)

        yield tell


def say(message: str) -> None:
    """Tell of something on the way."""
    print(message, file=sys.stderr, flush=True)
