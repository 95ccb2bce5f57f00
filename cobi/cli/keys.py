"""`cobi key`: API keys."""

from __future__ import annotations

from typing import Annotated

from typer import Option, Typer

from cobi.cli.options import Data, Org
from cobi.config.settings import load

keys = Typer(help="API keys.", no_args_is_help=True)


@keys.command("create")
def create(
    org: Org,
    scopes: Annotated[
        str,
        Option(
            help="What the key may do, comma-separated: ingest, recommend, report; admin includes them all."
        ),
    ] = "ingest,recommend,report",
    data: Data = None,
) -> None:
    """Make a key and print it; it is never shown again. An organisation that is not there yet is made."""
    from cobi.service.registry import Registry

    registry = Registry(load(data))
    try:
        print(registry.create_key(org, frozenset(part.strip() for part in scopes.split(",") if part.strip())))
    finally:
        registry.close()
