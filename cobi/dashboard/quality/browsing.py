"""What lies in quarantine: counted by type and reasons, page by page, and what became of the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import msgspec

from cobi.dashboard.quality.flow import Flow
from cobi.dashboard.wording import count, words
from cobi.domain.codes import RECORD_CODES
from cobi.domain.quarantine import TYPES, Selection


@dataclass(frozen=True)
class View:
    """What of quarantine is looked at, from where on, and the arrivals by what."""

    selection: Selection
    cursor: str | None
    by: str


@dataclass(frozen=True)
class Reason:
    """Records of one type refused for the same reasons; `share` of the largest number, in per cent."""

    type: str
    codes: str
    records: str
    share: float
    href: str


@dataclass(frozen=True)
class Sample:
    """A refused record: when, which, why, and the body as it was sent."""

    identifier: str
    type: str
    received: str
    times: int
    errors: Sequence[tuple[str, str]]
    body: str


@dataclass(frozen=True)
class Context:
    """What the page shows; `mend` and `drop` are where the chosen records are mended and dropped."""

    flow: Flow
    by: str
    types: Sequence[str]
    codes: Sequence[str]
    type: str
    code: str
    waiting: str
    reasons: Sequence[Reason]
    samples: Sequence[Sample]
    first_page: bool
    following: str | None
    mend: str | None
    drop: str | None
    done: str | None


def context(told: Mapping[str, Any], flow: Flow, view: View, done: str | None, drops: bool) -> Context:
    """The page of what `GET /v1/quarantine` answers, beside what has arrived."""
    selection = view.selection
    chosen, following = query_of(selection), told["next_cursor"]
    most = max((one["records"] for one in told["counts"]), default=1)
    counts = sorted(told["counts"], key=lambda one: -one["records"])
    waiting = sum(one["records"] for one in told["counts"])
    kept = {**chosen, "by": view.by}
    return Context(
        flow,
        view.by,
        list(TYPES),
        sorted(RECORD_CODES),
        selection.type or "",
        selection.code or "",
        count(waiting),
        [_reason(one, most, view.by) for one in counts],
        [sample(one) for one in told["records"]],
        view.cursor is None,
        following and f"?{urlencode({**kept, 'cursor': following})}#samples",
        f"/quality/mend?{urlencode(chosen)}" if selection.type and waiting else None,
        f"/quality/drop?{urlencode(chosen)}" if chosen and waiting and drops else None,
        done,
    )


def query_of(selection: Selection) -> dict[str, str]:
    """The selection as an address says it."""
    chosen = {"type": selection.type, "code": selection.code}
    return {name: value for name, value in chosen.items() if value}


def _reason(told: Mapping[str, Any], most: int, by: str) -> Reason:
    href = f"/quality?{urlencode({'type': told['type'], 'code': told['codes'][0], 'by': by})}#reasons"
    codes = ", ".join(words(code) for code in told["codes"])
    return Reason(told["type"], codes, count(told["records"]), round(100 * told["records"] / most, 1), href)


def sample(told: Mapping[str, Any]) -> Sample:
    """A record that `GET /v1/quarantine` tells of."""
    errors = [
        (one["field"] or "the record", one["message"].removeprefix(f"{one['field']} "))
        for one in told["errors"]
    ]
    return Sample(
        told["quarantine_id"], told["type"], told["received"], told["times"], errors, _laid_out(told["body"])
    )


def _laid_out(body: str) -> str:
    try:
        return msgspec.json.format(body, indent=2)
    except msgspec.DecodeError:
        return body
