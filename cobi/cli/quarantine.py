"""`cobi quarantine`: refused records."""

from __future__ import annotations

from typing import Annotated, Any

from rich.table import Table
from typer import Argument, Option, Typer

from cobi.cli.opening import organisation
from cobi.cli.options import AsJson, Data, Org, console, identifier, print_json, table
from cobi.cli.refused_options import Code, RecordType, Since, Until, chosen
from cobi.cli.retrying import retry
from cobi.domain.errors import InvalidRequest
from cobi.domain.quarantine import EVERYTHING

quarantine = Typer(help="Refused records, kept with their reasons.", no_args_is_help=True)
quarantine.command()(retry)

_LONGEST_BODY = 300
_LEFT = {
    "retried": "passed when they were tried again",
    "dropped": "were dropped",
    "expired": "grew older than the setting quarantine_days",
    "erased": "went with a student who was erased",
    "overflowed": "were the oldest when there were more than the setting quarantine_records",
}


@quarantine.command("list")
def list_refused(  # noqa: PLR0913, PLR0917 (each option of the command is one)
    org: Org,
    record_type: RecordType = None,
    code: Code = None,
    since: Since = None,
    until: Until = None,
    limit: Annotated[
        int, Option(min=0, max=1000, help="How many records to show; the counts are of all.")
    ] = 10,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """List refused records in the order they came: how many by type and reason, then the first ones themselves."""
    selection = chosen(record_type, code, since, until, None)
    with organisation(org, data) as service:
        found = service.refused(selection, limit, None)
    if as_json:
        print_json(found)
        return
    if found["counts"]:
        console().print(_counts(found["counts"]))
    else:
        print("Quarantine is empty." if selection == EVERYTHING else "Quarantine has no such records.")
    for fate, records in found["left"].items():
        if records:
            print(f"{records:,} more have left: they {_LEFT[fate]}.")
    for record in found["records"]:
        _show(record, _LONGEST_BODY)


@quarantine.command()
def show(
    quarantine_id: Annotated[str, Argument(metavar="ID", help="The record's quarantine id.")],
    org: Org,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Show one refused record whole."""
    wanted = identifier("ID", quarantine_id)
    with organisation(org, data) as service:
        found = service.read_refused(wanted)
    if as_json:
        print_json(found)
    else:
        _show(found, len(found["body"]))


@quarantine.command()
def drop(  # noqa: PLR0913, PLR0917 (each option of the command is one)
    org: Org,
    ids: Annotated[list[str] | None, Argument(metavar="[ID]...", help="Only these records.")] = None,
    record_type: RecordType = None,
    code: Code = None,
    since: Since = None,
    until: Until = None,
    everything: Annotated[bool, Option("--all", help="All of them.")] = False,
    dry_run: Annotated[bool, Option("--dry-run", help="Only count them.")] = False,
    data: Data = None,
) -> None:
    """Delete refused records for good; they stay counted."""
    selection = chosen(record_type, code, since, until, ids)
    if everything == (selection != EVERYTHING):
        raise InvalidRequest(
            "say which records to drop: by id, --type, --code, --from or --to, or --all alone"
        )
    with organisation(org, data) as service:
        dropped = service.drop_refused(selection, dry_run=dry_run)["dropped"]
    print(f"{dropped:,} records would be dropped." if dry_run else f"{dropped:,} records dropped.")


def _counts(counts: list[dict[str, Any]]) -> Table:
    made = table("type", "reasons", "records", right=["records"])
    for row in counts:
        made.add_row(row["type"], ", ".join(row["codes"]), f"{row['records']:,}")
    return made


def _show(record: dict[str, Any], longest: int) -> None:
    retried = f" · tried again {record['retried']}" if record["retried"] else ""
    print(f"\n{record['type']} · received {record['received']}{retried} · {record['quarantine_id']}")
    for error in record["errors"]:
        print(f"  {error['code']}: {error['message']}")
    body = record["body"]
    print(f"  {body if len(body) <= longest else body[:longest] + '…'}")
