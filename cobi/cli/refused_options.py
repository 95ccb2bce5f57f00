"""The options that say which refused records are meant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from typer import Option

from cobi.cli.options import moment
from cobi.domain.quarantine import Selection, select

RecordType = Annotated[str | None, Option("--type", help="Only records of this type.")]
Code = Annotated[str | None, Option("--code", help="Only records refused for this reason.")]
Since = Annotated[str | None, Option("--from", help="Only those refused from this moment on (ISO 8601).")]
Until = Annotated[str | None, Option("--to", help="Only those refused before this moment (ISO 8601).")]


def chosen(
    record_type: str | None, code: str | None, since: str | None, until: str | None, ids: Sequence[str] | None
) -> Selection:
    """The selection these options make."""
    found = select({"type": record_type, "code": code, "ids": list(ids) if ids else None})
    return Selection(found.type, found.code, moment("from", since), moment("to", until), found.ids)
