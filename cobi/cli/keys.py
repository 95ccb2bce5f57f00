"""`cobi key`: API keys."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from rich.table import Table
from typer import Argument, Option, Typer

from cobi.cli.options import AsJson, Data, Org, console, print_json, table
from cobi.config.settings import load

if TYPE_CHECKING:
    from cobi.service.registry import Registry

keys = Typer(help="API keys.", no_args_is_help=True)

KeyId = Annotated[str, Argument(help="The key's id, as cobi key list shows it.")]
ExpiresIn = Annotated[
    str | None, Option(help="When it ends by itself, such as 90d or 12h.", show_default="never")
]


@keys.command("create")
def create(
    org: Org,
    scopes: Annotated[
        str,
        Option(
            help="What the key may do, comma-separated: ingest, recommend, report; admin includes them all."
        ),
    ] = "ingest,recommend,report",
    label: Annotated[str | None, Option(help="What it is for, to know it by in the list.")] = None,
    expires_in: ExpiresIn = None,
    data: Data = None,
) -> None:
    """Make a key and print it; it is never shown again. An organisation that is not there yet is made."""
    lifetime = _length("--expires-in", expires_in)
    with _registry(data) as registry:
        wanted = frozenset(part.strip() for part in scopes.split(",") if part.strip())
        print(registry.create_key(org, wanted, label=label, lifetime=lifetime))


@keys.command("list")
def list_keys(org: Org, as_json: AsJson = False, data: Data = None) -> None:
    """List an organisation's keys, those that have ended too; what opens the door is not among it."""
    with _registry(data) as registry:
        found = registry.keys.list(registry.find(org))
    if as_json:
        print_json({"keys": found})
    else:
        console().print(_table(found))


@keys.command("rotate")
def rotate(
    org: Org,
    key_id: KeyId,
    overlap: Annotated[
        str, Option(help="How long the old key goes on, such as 24h; 0s ends it now.")
    ] = "24h",
    expires_in: Annotated[
        str | None, Option(help="When the new key ends by itself.", show_default="as long as the old one had")
    ] = None,
    data: Data = None,
) -> None:
    """Make a key's successor, with the same scopes and label, and print it; the old one goes on for the overlap."""
    from cobi.domain.durations import parse_duration

    length, lifetime = parse_duration("--overlap", overlap, least=0), _length("--expires-in", expires_in)
    with _registry(data) as registry:
        print(registry.keys.rotate(registry.find(org), key_id, length, lifetime).secret)


@keys.command("revoke")
def revoke(org: Org, key_id: KeyId, data: Data = None) -> None:
    """End a key: running servers turn it away within two seconds."""
    with _registry(data) as registry:
        ended = registry.keys.revoke(registry.find(org), key_id)
    print(f"{ended['prefix']} was revoked at {ended['revoked']}.", file=sys.stderr)


@contextmanager
def _registry(data: Path | None) -> Generator[Registry]:
    from cobi.service.registry import Registry

    registry = Registry(load(data))
    try:
        yield registry
    finally:
        registry.close()


def _length(name: str, text: str | None) -> int | None:
    from cobi.domain.durations import parse_duration

    return None if text is None else parse_duration(name, text)


def _table(found: list[dict[str, Any]]) -> Table:
    made = table("id", "label", "scopes", "status", "created", "expires", "last used")
    for key in found:
        moments = [key[name] or "–" for name in ("created", "expires", "last_used")]
        made.add_row(key["id"], key["label"] or "–", ", ".join(key["scopes"]), key["status"], *moments)
    return made
