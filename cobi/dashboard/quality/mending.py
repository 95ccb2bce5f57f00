"""Rules that mend refused records, tried before they change anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cobi.dashboard.wording import count, words
from cobi.domain.errors import InvalidRequest
from cobi.domain.fields import FieldProblem
from cobi.domain.quarantine import TYPES, Selection

ROWS = 4
VERBS = (
    ("default", "fill where it is missing"),
    ("set", "set in all"),
    ("rename", "move to the field"),
    ("read", "read as a cell"),
    ("drop", "take away"),
)


@dataclass(frozen=True)
class Row:
    """A rule as the form has it."""

    verb: str = ""
    field: str = ""
    value: str = ""


@dataclass(frozen=True)
class Outcome:
    """What would become of the records: in words, with the reasons of those that would stay, and some of them."""

    stored: str
    refused: str
    examined: str
    exact: bool
    reasons: Sequence[tuple[str, str]]
    errors: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Context:
    """What the page shows."""

    type: str
    code: str
    verbs: Sequence[tuple[str, str]]
    fields: Sequence[str]
    rows: Sequence[Row]
    outcome: Outcome | None


def context(selection: Selection, rows: Sequence[Row], told: Mapping[str, Any] | None) -> Context:
    """The page; `told` is what a dry run of `POST /v1/quarantine/retry` answered."""
    padded = [*rows, *[Row()] * (ROWS - len(rows))]
    fields = [field.name for field in TYPES[selection.type or ""].fields]
    outcome = None if told is None else _outcome(told)
    return Context(selection.type or "", selection.code or "", VERBS, fields, padded, outcome)


def rows_of(form: Mapping[str, str]) -> list[Row]:
    """The rules a form has, those without a verb left out."""
    sent = [
        Row(*(form.get(f"{name}{at}", "").strip() for name in ("verb", "field", "value")))
        for at in range(ROWS)
    ]
    return [row for row in sent if row.verb]


def rules_of(rows: Sequence[Row], record_type: str) -> list[dict[str, Any]]:
    """The rules as the API takes them; values are read like the cells of a file. Raises InvalidRequest."""
    return [_rule(row, record_type) for row in rows]


def _rule(row: Row, record_type: str) -> dict[str, Any]:
    if row.verb in ("read", "drop"):
        return {row.verb: row.field}
    if row.verb == "rename":
        return {"rename": row.field, "to": row.value}
    known = TYPES[record_type].by_name.get(row.field)
    try:
        value = known.kind.from_text(row.value) if known and row.value else row.value or None
    except FieldProblem as problem:
        raise InvalidRequest(f"{row.field} {problem.message}", code="malformed_rule") from None
    return {row.verb: row.field, "value": value}


def _outcome(told: Mapping[str, Any]) -> Outcome:
    errors = [
        (one["field"] or "the record", one["message"].removeprefix(f"{one['field']} "))
        for one in told["errors"][:5]
    ]
    return Outcome(
        count(told["stored"] + told["unchanged"]),
        count(told["refused"]),
        count(told["examined"]),
        told["exact"],
        [(words(code), count(records)) for code, records in told["reasons"].items()],
        errors,
    )
