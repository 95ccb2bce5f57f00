"""`cobi quarantine`: refused records."""

from __future__ import annotations

from typing import Annotated, Any

from rich.table import Table
from typer import Option, Typer

from cobi.cli.opening import organisation
from cobi.cli.options import AsJson, Data, Org, console, print_json, table

quarantine = Typer(help="Refused records, kept with their reasons.", no_args_is_help=True)

_LONGEST_BODY = 300


@quarantine.command("list")
def list_refused(
    org: Org,
    record_type: Annotated[str | None, Option("--type", help="Only records of this type.")] = None,
    code: Annotated[str | None, Option(help="Only records refused for this reason.")] = None,
    limit: Annotated[
        int, Option(min=0, max=1000, help="How many records to show; the counts are of all.")
    ] = 10,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """List refused records in the order they came: how many by type and reason, then the first ones themselves."""
    with organisation(org, data) as service:
        found = service.refused(record_type, code, limit, None)
    if as_json:
        print_json(found)
        return
    if not found["counts"]:
        print("Quarantine is empty.")
        return
    console().print(_counts(found["counts"]))
    for record in found["records"]:
        _show(record)


def _counts(counts: list[dict[str, Any]]) -> Table:
    made = table("type", "reasons", "records", right=["records"])
    for row in counts:
        made.add_row(row["type"], ", ".join(row["codes"]), f"{row['records']:,}")
    return made


def _show(record: dict[str, Any]) -> None:
    print(f"\n{record['type']} · received {record['received']} · {record['quarantine_id']}")
    for error in record["errors"]:
        print(f"  {error['code']}: {error['message']}")
    body = record["body"]
    print(f"  {body if len(body) <= _LONGEST_BODY else body[:_LONGEST_BODY] + '…'}")
