"""What can be asked of quarantine: which refused records are meant, how they are tried again, how long they stay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cobi.domain.batch import MAX_RECORDS
from cobi.domain.errors import InvalidRequest, NotFound
from cobi.domain.fields import EventTime, FieldProblem
from cobi.domain.identifiers import parse_id
from cobi.domain.interaction_record import INTERACTIONS
from cobi.domain.json_values import is_array, is_object, whole_number
from cobi.domain.mending import Rule, parse_rules
from cobi.domain.record_type import RecordType
from cobi.domain.records import RECORD_TYPES

TYPES: dict[str, RecordType] = {**RECORD_TYPES, INTERACTIONS.name: INTERACTIONS}
"""Every type quarantine can hold, in the order in which they may be uploaded."""

MAX_RETRIED = 50_000
"""The most records one request may try again; `next_cursor` goes on."""

_KEYS = ("type", "code", "from", "to", "ids", "rules", "dry_run", "limit", "cursor")
_HINT = f"send a JSON object of any of {', '.join(_KEYS)}"


@dataclass(frozen=True)
class Keeping:
    """How long and how many refused records stay; `age` in microseconds, None = no limit."""

    age: int | None = None
    records: int | None = None


FOR_EVER = Keeping()


@dataclass(frozen=True)
class Selection:
    """Which refused records are meant; None leaves a condition open. Moments of refusal, `until` exclusive."""

    type: str | None = None
    code: str | None = None
    since: int | None = None
    until: int | None = None
    ids: frozenset[bytes] | None = None


EVERYTHING = Selection()


@dataclass(frozen=True)
class Retry:
    """An order to try refused records again, mended by rules; a dry run stores nothing."""

    selection: Selection
    rules: tuple[Rule, ...] = ()
    dry_run: bool = False
    limit: int = MAX_RETRIED
    cursor: str | None = None


def parse_retry(document: Any) -> Retry:
    """Read the body of a retry; raises InvalidRequest or NotFound with what to mend."""
    if not is_object(document):
        raise _malformed("the body must be a JSON object")
    unknown = sorted(name for name in document if name not in _KEYS)
    if unknown:
        raise _malformed(f"a retry has no {unknown[0][:64]!r}")
    selection = select(document)
    return Retry(
        selection,
        _rules(document.get("rules"), selection.type),
        _expect(document, "dry_run", bool) or False,
        _limit(document.get("limit")),
        _expect(document, "cursor", str),
    )


def select(conditions: Mapping[str, Any]) -> Selection:
    """The selection that type, code, from, to and ids describe; raises InvalidRequest or NotFound."""
    since, until = _moment(conditions, "from"), _moment(conditions, "to")
    kind, code = type_name(conditions.get("type")), _code(conditions)
    return in_order(Selection(kind, code, since, until, _ids(conditions)))


def in_order(selection: Selection) -> Selection:
    """The selection, if its time does not run backwards; raises InvalidRequest."""
    since, until = selection.since, selection.until
    if since is not None and until is not None and since > until:
        raise InvalidRequest("from lies after to", code="malformed_parameter")
    return selection


def type_name(name: Any) -> str | None:
    """The name of a record type; raises NotFound."""
    if name is None or (isinstance(name, str) and name in TYPES):
        return name
    raise NotFound(
        f"there is no record type {str(name)[:64]!r}; types are {', '.join(TYPES)}", code="unknown_type"
    )


def _rules(sent: Any, type_of: str | None) -> tuple[Rule, ...]:
    if sent in (None, []):
        return ()
    if type_of is None:
        raise _malformed("rules are about the fields of one type: say which with type")
    return parse_rules(sent, TYPES[type_of])


def _code(conditions: Mapping[str, Any]) -> str | None:
    code = _expect(conditions, "code", str)
    if code is not None and not (code.isascii() and code.isidentifier()):
        raise InvalidRequest(f"code {code[:64]!r} is not a reason code", code="malformed_parameter")
    return code


def _moment(conditions: Mapping[str, Any], name: str) -> int | None:
    value = conditions.get(name)
    try:
        return None if value is None else EventTime().parse(value)
    except FieldProblem as problem:
        raise InvalidRequest(f"{name} {problem.message}", code="malformed_parameter") from None


def _ids(conditions: Mapping[str, Any]) -> frozenset[bytes] | None:
    sent = conditions.get("ids")
    if sent is None:
        return None
    if not is_array(sent) or not 0 < len(sent) <= MAX_RECORDS:
        raise _malformed(f"ids must be an array of 1 to {MAX_RECORDS} quarantine ids")
    return frozenset(map(_id, sent))


def _id(text: Any) -> bytes:
    found = parse_id(text) if isinstance(text, str) else None
    if found is None:
        raise InvalidRequest(f"ids has {str(text)[:64]!r}, which is not a UUID", code="malformed_id")
    return found


def _limit(sent: Any) -> int:
    if sent is None:
        return MAX_RETRIED
    limit = whole_number(sent)
    if limit is None or not 1 <= limit <= MAX_RETRIED:
        raise InvalidRequest(
            f"limit must be from 1 to {MAX_RETRIED}, not {str(sent)[:64]}", code="malformed_parameter"
        )
    return limit


def _expect(document: Mapping[str, Any], name: str, kind: type) -> Any:
    value = document.get(name)
    if value is None or type(value) is kind:
        return value
    raise _malformed(f"{name} must be {'true or false' if kind is bool else 'a text'}")


def _malformed(message: str) -> InvalidRequest:
    return InvalidRequest(message, code="malformed_body", hint=_HINT)
