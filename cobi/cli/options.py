"""The options that several commands share, and how their texts are read."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from typer import Option

from cobi.domain.errors import InvalidRequest
from cobi.domain.fields import EventTime, FieldProblem
from cobi.domain.identifiers import parse_id

_PIPE_WIDTH = 140

Data = Annotated[
    Path | None,
    Option(
        "--data",
        envvar="COBI_DATA",
        help="Directory of the databases and config.toml; with COBI_DATABASE_URL the data lie in PostgreSQL.",
        show_default="cobi-data",
    ),
]

Org = Annotated[str, Option("--org", envvar="COBI_ORG", help="The organisation, by name.")]

AsJson = Annotated[bool, Option("--json", help="Print JSON, as the API answers it.")]


def moment(name: str, text: str | None) -> int | None:
    """A point in time in any form interactions take (D22), absent = None."""
    if text is None:
        return None
    try:
        return EventTime().parse(EventTime().from_text(text))
    except FieldProblem as problem:
        raise InvalidRequest(f"--{name} {problem.message}") from None


def identifier(name: str, text: str) -> bytes:
    """A UUID; raises InvalidRequest."""
    parsed = parse_id(text)
    if parsed is None:
        raise InvalidRequest(f"{name} {text[:64]!r} is not a UUID")
    return parsed


def print_json(value: Any) -> None:
    """Print a value as indented JSON."""
    import msgspec

    print(msgspec.json.format(msgspec.json.encode(value)).decode())


def table(*columns: str, right: Collection[str] = ()) -> Table:
    """An empty table; figures stand to the `right`."""
    made = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        made.add_column(column, justify="right" if column in right else "left")
    return made


def console() -> Console:
    """Where tables go; a file or another program gets lines long enough for them."""
    out = Console(highlight=False)
    return out if out.is_terminal else Console(highlight=False, width=_PIPE_WIDTH)
