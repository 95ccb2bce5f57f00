"""`cobi quarantine retry`: refused records, mended and tried again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from rich.table import Table
from typer import Argument, Exit, Option

from cobi.cli.opening import organisation
from cobi.cli.options import AsJson, Data, Org, console, print_json, table
from cobi.cli.refused_options import Code, RecordType, Since, Until, chosen
from cobi.domain.codes import RECORD_CODES
from cobi.domain.errors import InvalidRequest
from cobi.domain.mending import Rule, parse_rules
from cobi.domain.quarantine import TYPES, Retry

if TYPE_CHECKING:
    from cobi.service.service import Service

_COLUMNS = ("examined", "stored", "unchanged", "refused")
_DRY_CHUNK = "a dry run of more than 5000 records cannot see what its earlier records would have made known"


def retry(  # noqa: PLR0913, PLR0917 (each option of the command is one)
    org: Org,
    ids: Annotated[list[str] | None, Argument(metavar="[ID]...", help="Only these records.")] = None,
    record_type: RecordType = None,
    code: Code = None,
    since: Since = None,
    until: Until = None,
    renames: Annotated[
        list[str] | None, Option("--rename", metavar="NAME=FIELD", help="Move what lies under a wrong name.")
    ] = None,
    replacements: Annotated[
        list[str] | None, Option("--replace", metavar="FIELD=OLD=NEW", help="Exchange a value for another.")
    ] = None,
    defaults: Annotated[
        list[str] | None, Option("--default", metavar="FIELD=VALUE", help="Fill a field where it is missing.")
    ] = None,
    settings: Annotated[
        list[str] | None, Option("--set", metavar="FIELD=VALUE", help="Give a field this value everywhere.")
    ] = None,
    reads: Annotated[
        list[str] | None,
        Option("--read", metavar="FIELD", help='Read a text as what the field wants: "12.5" as 12.5.'),
    ] = None,
    drops: Annotated[list[str] | None, Option("--drop", metavar="NAME", help="Take a field away.")] = None,
    rules: Annotated[
        Path | None, Option(help="A JSON file of rules, as the API takes them, in their order.")
    ] = None,
    dry_run: Annotated[bool, Option("--dry-run", help="Store nothing; only say what would happen.")] = False,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Try refused records again, mended by rules; what passes is stored once and leaves quarantine.

    Rules need --type. They work in this order: those of --rules, then --rename, --replace, --default, --set, --read,
    --drop. Values are read like the cells of a CSV file: an empty one is null.
    """
    options = {
        "rename": renames or [],
        "replace": replacements or [],
        "default": defaults or [],
        "set": settings or [],
        "read": reads or [],
        "drop": drops or [],
    }
    selection = chosen(record_type, code, since, until, ids)
    order = Retry(selection, _rules(selection.type, rules, options), dry_run)
    with organisation(org, data) as service:
        outcome = _all(service, order)
    if as_json:
        print_json(outcome)
    else:
        _tell(outcome, order)
    if outcome["refused"]:
        raise Exit(1)


def _rules(type_name: str | None, file: Path | None, options: dict[str, list[str]]) -> tuple[Rule, ...]:
    if file is None and not any(options.values()):
        return ()
    if type_name is None:
        raise InvalidRequest("rules are about the fields of one type: say which with --type")
    documents = _from_file(file) if file else []
    for verb, texts in options.items():
        documents += (_document(type_name, verb, text) for text in texts)
    return parse_rules(documents, TYPES[type_name])


def _from_file(path: Path) -> list[Any]:
    import msgspec

    try:
        return msgspec.json.decode(path.read_bytes(), type=list[Any])
    except (OSError, msgspec.DecodeError) as error:
        raise InvalidRequest(f"{path} is no JSON file of rules: {error}") from None


def _document(type_name: str, verb: str, text: str) -> dict[str, Any]:
    """A rule as the API takes it, of an option's text."""
    parts = text.split("=", 2 if verb == "replace" else 1)
    wanted = {
        "drop": ["drop"],
        "read": ["read"],
        "rename": ["rename", "to"],
        "replace": ["replace", "value", "by"],
    }
    names = wanted.get(verb, [verb, "value"])
    if len(parts) != len(names):
        raise InvalidRequest(f"--{verb} {text!r} must have {len(names)} parts with = between them")
    document: dict[str, Any] = dict(zip(names, parts, strict=True))
    field = TYPES[type_name].by_name.get(document[verb])
    for name in {"value", "by"} & document.keys():
        cell = document[name]
        document[name] = (field.kind.from_text(cell) if field else cell) if cell else None
    return document


def _all(service: Service, order: Retry) -> dict[str, Any]:
    """Retry request by request until none is left, and add up the answers."""
    answers = [service.retry(order)]
    while answers[-1]["next_cursor"]:
        answers.append(service.retry(replace(order, cursor=answers[-1]["next_cursor"])))
    reasons: Counter[str] = Counter()
    for answer in answers:
        reasons.update(answer["reasons"])
    exact = len(answers) == 1 and answers[0]["exact"]
    total = {column: sum(answer[column] for answer in answers) for column in _COLUMNS}
    types = _types(answers)
    return {
        **answers[0],
        **total,
        "types": types,
        "reasons": dict(reasons),
        "exact": exact or not order.dry_run,
    }


def _types(answers: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    found: dict[str, Counter[str]] = {}
    for row in (row for answer in answers for row in answer["types"]):
        found.setdefault(row["type"], Counter()).update({column: row[column] for column in _COLUMNS})
    return [{"type": name, **{c: counts[c] for c in _COLUMNS}} for name, counts in found.items()]


def _tell(outcome: dict[str, Any], order: Retry) -> None:
    if not outcome["examined"]:
        print("Quarantine has no such records.")
        return
    out = console()
    out.print(_outcome(outcome["types"]))
    if outcome["reasons"]:
        out.print(_reasons(outcome["reasons"]))
    for warning in outcome["warnings"]:
        out.print(f"warning: {warning['message']} (records: {warning['records']:,})", markup=False)
    if order.dry_run:
        print("Nothing was stored: this was a dry run.")
        if not outcome["exact"]:
            print(f"The real one may store more: {_DRY_CHUNK}.")


def _outcome(rows: list[dict[str, Any]]) -> Table:
    made = table("type", *_COLUMNS, right=_COLUMNS)
    for row in rows:
        made.add_row(row["type"], *(f"{row[column]:,}" for column in _COLUMNS))
    return made


def _reasons(reasons: dict[str, int]) -> Table:
    made = table("still refused", "code", "meaning", right=["still refused"])
    for code, records in reasons.items():
        made.add_row(f"{records:,}", code, RECORD_CODES.get(code, ""))
    return made
