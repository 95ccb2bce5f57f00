"""`cobi segments`: named rules over students."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

from typer import Argument, Option, Typer, confirm

from cobi.cli.opening import organisation
from cobi.cli.options import AsJson, Data, Org, console, identifier, print_json, table
from cobi.domain.errors import InvalidRequest
from cobi.domain.per_cent import per_cent

segments = Typer(help="Named rules over students.", no_args_is_help=True)

RuleFile = Annotated[
    Path, Argument(metavar="RULE", help="A file with the rule as JSON; - reads standard input.")
]


@segments.command("list")
def list_segments(org: Org, as_json: AsJson = False, data: Data = None) -> None:
    """List all segments with their sizes."""
    with organisation(org, data) as service:
        found = service.segments.list()
    if as_json:
        print_json(found)
        return
    made = table("segment", "name", "members", "rule", right=("members",))
    for segment in found["segments"]:
        members = "–" if segment["members"] is None else f"{segment['members']:,}"
        made.add_row(segment["segment_id"], segment["name"], members, _short(segment["rule"]))
    console().print(made)


@segments.command()
def preview(rule: RuleFile, org: Org, as_json: AsJson = False, data: Data = None) -> None:
    """Tell how many students a rule holds for, some of them, and the offers they would be shown."""
    with organisation(org, data) as service:
        found = service.segments.preview({"rule": _read(rule)})
    if as_json:
        print_json(found)
        return
    print(f"{found['members']:,} of {found['students']:,} students")
    for title, ids in (("for instance", found["sample"]), ("would be shown", found["offers"])):
        print(f"{title}: {', '.join(ids) or 'none'}")


@segments.command()
def suggest(org: Org, as_json: AsJson = False, data: Data = None) -> None:
    """Find groups of students who do alike; --json gives their rules whole."""
    with organisation(org, data) as service:
        found = service.segments.suggestions()
    if as_json:
        print_json(found)
        return
    figures = ("students", "precision", "recall", "stability")
    made = table("name", *figures, "rule", right=figures)
    for one in found["suggestions"]:
        rates = [per_cent(one[name]) for name in figures[1:]]
        made.add_row(one["name"], f"{one['students']:,}", *rates, _short(one["rule"]))
    console().print(made)


@segments.command()
def create(
    name: Annotated[str, Argument(help="What the segment is called.")],
    rule: RuleFile,
    org: Org,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Make a segment and print its id."""
    with organisation(org, data) as service:
        made = service.segments.create({"name": name, "rule": _read(rule)})
    if as_json:
        print_json(made)
    else:
        print(made["segment_id"])


@segments.command()
def delete(
    segment_id: Annotated[str, Argument(metavar="SEGMENT_ID", help="The segment.")],
    org: Org,
    yes: Annotated[bool, Option("--yes", "-y", help="Do not ask.")] = False,
    data: Data = None,
) -> None:
    """Delete a segment; what was shown to it stays in the report."""
    wanted = identifier("SEGMENT_ID", segment_id)
    with organisation(org, data) as service:
        name = service.segments.read(wanted)["name"]
        if not yes:
            confirm(f"Delete the segment {name!r}?", abort=True)
        service.segments.delete(wanted)
    print(f"{name!r} was deleted.", file=sys.stderr)


def _read(rule: Path) -> Any:
    import msgspec

    try:
        text = sys.stdin.buffer.read() if str(rule) == "-" else rule.read_bytes()
        return msgspec.json.decode(text)
    except OSError as error:
        raise InvalidRequest(f"{rule} cannot be read: {error.strerror}") from None
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise InvalidRequest(f"{rule} is not JSON: {error}") from None


def _short(rule: dict[str, Any]) -> str:
    import msgspec

    text = msgspec.json.encode(rule).decode()
    return text if len(text) <= 80 else text[:79] + "…"
