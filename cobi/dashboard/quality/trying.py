"""What rules would make of refused records: how many would pass, and some of them before and after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from cobi.dashboard.wording import count, words
from cobi.domain.json_values import is_object

_ABSENT = "–"
_LONGEST = 120
Told = Mapping[str, Any]


@dataclass(frozen=True)
class Cell:
    """A field before and after the rules; `wrong` says why the record would still be refused."""

    field: str
    before: str
    after: str
    changed: bool
    wrong: str | None


@dataclass(frozen=True)
class Sample:
    """A record, as far as the rules change it or it would still be refused; `body` is what would be tried."""

    identifier: str
    passes: bool
    cells: Sequence[Cell]
    body: str


@dataclass(frozen=True)
class Outcome:
    """What would become of the records: in words, with the reasons of those that would stay, and some of them."""

    stored: str
    refused: str
    examined: str
    exact: bool
    any_pass: bool
    reasons: Sequence[tuple[str, str]]
    warnings: Sequence[str]
    samples: Sequence[Sample]


def outcome_of(told: Told) -> Outcome:
    """What a dry run of `POST /v1/quarantine/retry` answered."""
    passing = told["stored"] + told["unchanged"]
    return Outcome(
        count(passing),
        count(told["refused"]),
        count(told["examined"]),
        told["exact"],
        passing > 0,
        [(words(code), count(records)) for code, records in told["reasons"].items()],
        [one["message"] for one in told["warnings"][:5]],
        [_sample(one) for one in told["samples"]],
    )


def _sample(told: Told) -> Sample:
    before, after = _fields(told["before"]), _fields(told["after"])
    wrong = {one["field"]: one["message"].removeprefix(f"{one['field']} ") for one in told["errors"]}
    names = [*before, *(name for name in after if name not in before)]
    cells = [
        Cell(
            name,
            _written(before, name),
            _written(after, name),
            _written(before, name) != _written(after, name),
            wrong.get(name),
        )
        for name in names
    ]
    # What is wrong with a field that is not there, or with the record as a whole.
    cells += [
        Cell(name or "the record", _ABSENT, _ABSENT, changed=False, wrong=message)
        for name, message in wrong.items()
        if name not in names
    ]
    told_of = [cell for cell in cells if cell.changed or cell.wrong]
    return Sample(told["quarantine_id"], told["passes"], told_of, _laid_out(told["after"]))


def _fields(body: str) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return {}
    return found if is_object(found) else {}


def _written(record: Mapping[str, Any], name: str) -> str:
    if name not in record:
        return _ABSENT
    text = msgspec.json.encode(record[name]).decode()
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _laid_out(body: str) -> str:
    try:
        return msgspec.json.format(body, indent=2)
    except (msgspec.DecodeError, RecursionError):
        return body
