"""`cobi settings`: what an organisation chooses for itself."""

from __future__ import annotations

import sys
from typing import Annotated, Any

from typer import Argument, Typer

from cobi.cli.opening import organisation
from cobi.cli.options import AsJson, Data, Org, console, print_json, table
from cobi.domain.organisation_settings import words_of

BY = "cobi settings"
_MOST_CHANGES = 200

settings = Typer(
    help="What an organisation chooses for itself: exploration, what becomes of used offers, diversity …",
    no_args_is_help=True,
)


@settings.command("list")
def show(org: Org, as_json: AsJson = False, data: Data = None) -> None:
    """List all settings with their values and meanings."""
    with organisation(org, data) as service:
        found = service.settings.show()
    if as_json:
        print_json(found)
        return
    made = table("setting", "value", "default", "accepted", "meaning")
    for one in found["settings"]:
        cells = (one["name"], f"{one['value']}", f"{one['default']}", one["accepted"], one["meaning"])
        made.add_row(*cells)
    console().print(made)


@settings.command("set")
def change(
    org: Org,
    choices: Annotated[
        list[str], Argument(help="NAME=VALUE, several with blanks between; NAME= puts the default back.")
    ],
    data: Data = None,
) -> None:
    """Choose values; running servers follow with their next answer."""
    document = dict(map(_choice, choices))
    with organisation(org, data) as service:
        service.settings.change(document, BY)
    print(f"{len(document)} changed.", file=sys.stderr)


@settings.command()
def history(org: Org, as_json: AsJson = False, data: Data = None) -> None:
    """List who changed which setting when, the newest first."""
    with organisation(org, data) as service:
        found = service.settings.changes(_MOST_CHANGES)
    if as_json:
        print_json(found)
        return
    made = table("when", "setting", "from", "to", "by")
    for one in found["changes"]:
        values = (_told(one["before"]), _told(one["after"]))
        made.add_row(one["changed"], one["name"], *values, one["by"])
    console().print(made)


def _told(value: Any) -> str:
    return "the default" if value is None else words_of(value)


def _choice(text: str) -> tuple[str, Any]:
    from cobi.domain.organisation_settings import SETTINGS

    name, _, value = (part.strip() for part in text.partition("="))
    kind = SETTINGS[name].kind if name in SETTINGS else None
    if not value:
        return name, None
    return name, value if kind is None else kind.from_text(value)
