"""The options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Option

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

AsJson = Annotated[bool, Option("--json", help="Print the answer as JSON.")]
