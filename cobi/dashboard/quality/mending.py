"""Rules that mend refused records, as a form has them; tried before they change anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cobi.dashboard.quality.browsing import Sample, sample
from cobi.dashboard.quality.trying import Outcome, outcome_of
from cobi.dashboard.wording import count
from cobi.domain.quarantine import TYPES, Selection

LEAST_ROWS, MOST_ROWS = 4, 20


@dataclass(frozen=True)
class Verb:
    """What a rule does: the words before each of its values; without a word there is no such value."""

    name: str
    meaning: str
    before_value: str = ""
    before_new: str = ""


VERBS = (
    Verb("default", "fill where missing", "with"),
    Verb("replace", "exchange a value", "from", "to"),
    Verb("set", "set in all", "to"),
    Verb("rename", "move a wrong name", "to field"),
    Verb("read", "read as a number or date"),
    Verb("drop", "take away"),
)


@dataclass(frozen=True)
class Row:
    """A rule as the form has it."""

    verb: str = ""
    field: str = ""
    value: str = ""
    by: str = ""


@dataclass(frozen=True)
class Waiting:
    """How many records wait for rules, and some of them."""

    records: str
    samples: Sequence[Sample]


@dataclass(frozen=True)
class Context:
    """What the page shows; `tried` are the rules the outcome is of, which are what is applied.

    `waiting` is shown until there is an outcome.
    """

    type: str
    code: str
    verbs: Sequence[Verb]
    fields: Sequence[str]
    rows: Sequence[Row]
    tried: Sequence[Row]
    outcome: Outcome | None
    waiting: Waiting | None


def begun(selection: Selection, told: Mapping[str, Any]) -> Context:
    """The page without rules, of what `GET /v1/quarantine` answers."""
    records = count(sum(one["records"] for one in told["counts"]))
    waiting = Waiting(records, [sample(one) for one in told["records"]])
    return context(selection, [], None, waiting if waiting.samples else None)


def context(
    selection: Selection,
    rows: Sequence[Row],
    told: Mapping[str, Any] | None,
    waiting: Waiting | None = None,
) -> Context:
    """The page; `told` is what a dry run of `POST /v1/quarantine/retry` answered."""
    padded = [*rows, *[Row()] * max(LEAST_ROWS - len(rows), 1)][:MOST_ROWS]
    fields = [field.name for field in TYPES[selection.type or ""].fields]
    outcome = None if told is None else outcome_of(told)
    chosen = selection.type or "", selection.code or ""
    return Context(*chosen, VERBS, fields, padded, rows, outcome, waiting)


def rows_of(form: Mapping[str, str]) -> list[Row]:
    """The rules a form has, those without a verb left out."""
    sent = [
        Row(*(form.get(f"{name}{at}", "").strip() for name in ("verb", "field", "value", "by")))
        for at in range(MOST_ROWS)
    ]
    return [row for row in sent if row.verb]


def rules_of(rows: Sequence[Row], record_type: str) -> list[dict[str, Any]]:
    """The rules as the API takes them; to be read and judged by it."""
    return [_rule(row, record_type) for row in rows]


def _rule(row: Row, record_type: str) -> dict[str, Any]:
    if row.verb in ("read", "drop"):
        return {row.verb: row.field}
    if row.verb == "rename":
        return {"rename": row.field, "to": row.value}
    if row.verb == "replace":
        old, new = (_value(row.field, text, record_type) for text in (row.value, row.by))
        return {"replace": row.field, "value": old, "by": new}
    return {row.verb: row.field, "value": _value(row.field, row.value, record_type)}


def _value(field: str, text: str, record_type: str) -> Any:
    """What is written in a form, read like the cell of a file; in quotes it is a text as it stands."""
    if len(text) > 1 and text[0] == text[-1] == '"':
        return text[1:-1]
    known = TYPES[record_type].by_name.get(field)
    return (known.kind.from_text(text) if known else text) if text else None
