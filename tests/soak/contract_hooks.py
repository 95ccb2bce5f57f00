"""What the contract demands of a request and no JSON Schema can say; loaded by schemathesis.

A generated request gets known ids where it refers to something, new ids where it makes something, times that are not
in the future and ranges that do not run backwards. Nothing else is touched: where the generator broke a rule on
purpose, the request stays broken, and is now broken in that way only.
"""

from __future__ import annotations

import os
import re
import time
import uuid
from collections.abc import Callable
from itertools import count
from typing import Any

import schemathesis

from cobi.domain.fields import EventTime, FieldProblem, Moment, Reference
from cobi.domain.identifiers import parse_id
from cobi.domain.interaction import ITEM_RECORD_TYPES
from cobi.domain.interaction_record import INTERACTIONS
from cobi.domain.json_values import whole_number
from cobi.domain.moments import SECOND, format_moment
from cobi.domain.quarantine import TYPES
from cobi.domain.record_type import RecordType
from cobi.domain.records import RECORD_TYPES
from tests.factories import an_id

OWN_KEY = "FUZZ_KEY_ID"
"""The variable with the public id of the key that the requests carry."""

SEGMENT = an_id("segments")
NOW = time.time_ns() // 1000
_news = count()
_ITEM_TYPES = {item.name: kind for item, kind in ITEM_RECORD_TYPES.items()}

Object = dict[str, Any]


_INSIDE: list[Object] = [
    {"regions": ["BH"]},
    {"not": {"inactive_days": 30}},
    {"did": {"types": ["DISCOUNT_CODE"], "at_least": 2}},
]
"""What stands for rules inside of rules: to draw every combination of them takes minutes and finds nothing more."""


@schemathesis.hook
def before_load_schema(context: schemathesis.HookContext, raw_schema: Object) -> None:
    """Where rules are sent, take the rules inside of them from a short list."""
    schemas = raw_schema["components"]["schemas"]
    properties = {**schemas["Rule"]["properties"]}
    sound: Object = {"enum": [*_INSIDE, None]}
    properties |= {"all": {"enum": [_INSIDE, None]}, "any": {"enum": [_INSIDE[:2], None]}, "not": sound}
    schemas["RuleSent"] = {**schemas["Rule"], "properties": properties}
    for path, operations in raw_schema["paths"].items():
        if path.startswith("/v1/segments"):
            for operation in operations.values():
                _point_at_sent(operation.get("requestBody"))


def _point_at_sent(part: Any) -> None:
    if isinstance(part, dict):
        if part.get("$ref") == "#/components/schemas/Rule":
            part["$ref"] = "#/components/schemas/RuleSent"
        for inside in part.values():
            _point_at_sent(inside)
    elif isinstance(part, list):
        for inside in part:
            _point_at_sent(inside)


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: Any, kwargs: Object) -> None:
    """Mend what was drawn."""
    positive = case.meta is None or case.meta.generation.mode.is_positive
    if isinstance(case.query, dict):
        _mend_query(case.query, positive=positive)
        if case.operation.label == "DELETE /v1/quarantine":
            _say_which(case.query)
        if positive and case.operation.label == "GET /v1/catalogue/{kind}":
            _mend_look(case.path_parameters, case.query)
    if case.method != "GET":
        _spare(case.path_parameters)
    if positive and case.headers and "Idempotency-Key" in case.headers:
        case.headers["Idempotency-Key"] = _new_id()
    # What was drawn as a step of several leads on from an earlier answer.
    if positive and case.method == "GET" and case.meta and case.meta.phase.name.name != "STATEFUL":
        _mend_path(case.path_parameters)
    _mend_body(case.path, case.body, positive=positive)


def _spare(parameters: Object) -> None:
    """Neither the student or segment that others refer to nor the key in use goes."""
    for name, spared in (
        ("record_id", an_id("customers")),
        ("key_id", os.environ.get(OWN_KEY)),
        ("segment_id", SEGMENT),
    ):
        if parameters.get(name) == spared:
            parameters[name] = _new_id()


def _mend_path(parameters: Object) -> None:
    """Ask for what is there."""
    if "customer_id" in parameters:
        parameters["customer_id"] = an_id("customers")
    if "segment_id" in parameters:
        parameters["segment_id"] = SEGMENT
    if str(parameters.get("record_type")) in RECORD_TYPES:
        parameters["record_id"] = an_id(parameters["record_type"])


def _mend_body(path: str, body: Any, *, positive: bool) -> None:
    if not isinstance(body, dict):
        return
    kind = INTERACTIONS if path == "/user-interactions" else TYPES.get(path.removeprefix("/v1/data/"))
    if kind is not None:
        records = body.get("records", [body])
        for record in records if isinstance(records, list) else ():
            _mend_record(kind, record)
    elif path == "/v1/quarantine/retry":
        _mend_retry(body)
    elif path == "/v1/experiments":
        _mend_experiment(body)
    elif path == "/v1/models/train":
        _mend_time(body, "until")
    elif path.startswith("/v1/segments"):
        _mend_segment(body, positive=positive)
    elif path.startswith("/v1/keys"):
        for name in ("overlap", "expires_in"):
            _mend_length(body, name)


def _mend_record(kind: RecordType, record: Any) -> None:
    """Give a record that is one of its own id, and references that lead somewhere (D8, D17, D22)."""
    if not isinstance(record, dict):
        return
    for field in kind.fields:
        if _is_id(record.get(field.name)):
            if field is kind.id_field or field.name == "user_id":
                record[field.name] = _new_id()
            elif isinstance(field.kind, Reference):
                record[field.name] = an_id(field.kind.to)
    if kind is INTERACTIONS:
        _mend_interaction(record)
    _put_in_order(record, "allowed_from", "allowed_to", Moment().parse)


def _mend_interaction(record: Object) -> None:
    if _is_id(record.get("student_id")):
        record["student_id"] = an_id("customers")
    kind = _ITEM_TYPES.get(str(record.get("item_type")))
    if kind is not None and _is_id(record.get("item_id")):
        record["item_id"] = an_id(kind)
    if _is_time(record.get("event_timestamp")):
        record["event_timestamp"] = format_moment(NOW - next(_news) * SECOND)
    _mend_time(record, "event_timestamp")


def _mend_time(values: Object, name: str) -> None:
    """A date-time before 1970 and a number like 3.0 are times to the schema, and none to Cobi (D22)."""
    value = values.get(name)
    if _is_early(value) or re.fullmatch(r"[0-9]+\.0", str(value)):
        values[name] = format_moment(NOW)


def _is_time(value: Any) -> bool:
    return _read(EventTime().parse, value) is not None


def _is_early(value: Any) -> bool:
    return _read(Moment().parse, value) is not None and not _is_time(value)


def _mend_query(query: Object, *, positive: bool) -> None:
    """Cursors are opaque: only what a page gave is one. A range does not run backwards."""
    if positive:
        query.pop("cursor", None)
        # Figures are kept by each of these, not by several at once.
        apart = [
            name for name in ("position", "shop_id", "tag_id", "keyword_id", "platform") if name in query
        ]
        for name in apart[1:]:
            query.pop(name)
        # A page that names the one before says by itself where it begins, and of one list alone.
        for name in ("offset", "includeSegments") if "continues" in query else ():
            query.pop(name, None)
        # What came before is known of a report from one moment to another.
        if query.get("against") == "before" and not {"from", "to"} <= query.keys():
            query.pop("against")
    for name in ("from", "to"):
        _mend_time(query, name)
    _put_in_order(query, "from", "to", lambda value: EventTime().parse(EventTime().from_text(str(value))))


_OF_OFFERS = {"region", "shop_id", "tag_id", "keyword_id", "expiring_within", "unshown"}


def _mend_look(parameters: Object, query: Object) -> None:
    """What is asked of offers alone, and what only with figures."""
    if query.keys() - {"search", "limit", "cursor", "performance"}:
        query["performance"] = "true"
    if query.keys() & _OF_OFFERS or query.get("sort") == "expires":
        parameters["kind"] = "offers"


def _say_which(query: Object) -> None:
    """Either all records are dropped, or those of a filter."""
    if {"type", "code", "from", "to"} & query.keys():
        if query.get("all") in ("true", True):
            query["all"] = "false"
    elif query.get("all") in (None, "false", False):
        query["all"] = "true"


def _mend_retry(body: Object) -> None:
    """Rules name fields of the type; a cursor is one that a retry gave."""
    if isinstance(body.get("cursor"), str):
        body["cursor"] = None
    if isinstance(rules := body.get("rules"), list):
        known = str(body.get("type")) in TYPES
        body["rules"] = [{"drop": "unknown"} if _is_rule(rule) else rule for rule in rules if known]
    for name in ("from", "to"):
        _mend_time(body, name)
    _put_in_order(body, "from", "to", EventTime().parse)


def _mend_experiment(body: Object) -> None:
    """No two experiments and no two arms have one name; shares make up no more than all students."""
    arms = body.get("arms")
    for named in (body, *(arms if isinstance(arms, list) else ())):
        if isinstance(named, dict) and isinstance(named.get("name"), str) and named["name"].strip():
            named["name"] = (named["name"].strip() + f" {next(_news)}")[-40:].strip()
        if named is not body and isinstance(named, dict) and isinstance(named.get("share"), float | int):
            named["share"] = min(named["share"], 0.05)


def _is_rule(rule: Any) -> bool:
    shapes = ({"set", "value"}, {"default", "value"}, {"rename", "to"}, {"replace", "value", "by"}, {"read"})
    if not isinstance(rule, dict) or set(rule) not in shapes:
        return False
    return all(isinstance(value, str) for name, value in rule.items() if name not in ("value", "by"))


def _mend_segment(body: Object, *, positive: bool) -> None:
    rule = body.get("rule")
    _mend_rule(rule)
    if isinstance(rule, dict) and not positive and not _is_short(rule.get("not")):
        rule["not"] = "broken"
    if isinstance(body.get("name"), str) and body["name"].strip():
        body["name"] = (body["name"].strip() + f" {next(_news)}")[-512:].strip()


def _mend_rule(rule: Any) -> None:
    if isinstance(rule, dict):
        _put_in_order(rule, "min_age", "max_age", _age)


def _is_short(inside: Any) -> bool:
    """Whether it is what the schema was cut down to; other rules are no less sound, and not what was to be broken."""
    return inside is None or inside in _INSIDE


def _mend_length(body: Object, name: str) -> None:
    """To the schema nothing and a thousand years are lengths of time too."""
    if re.fullmatch("[0-9]{1,9}[smhdw]", str(body.get(name))):
        body[name] = "1h"


def _age(value: Any) -> int:
    age = whole_number(value)
    if age is None:
        raise FieldProblem("wrong_type", "is no age")
    return age


def _put_in_order(values: Object, first: str, last: str, parse: Callable[[Any], int]) -> None:
    start, end = _read(parse, values.get(first)), _read(parse, values.get(last))
    if start is not None and end is not None and start > end:
        values[first], values[last] = values[last], values[first]


def _read(parse: Callable[[Any], int], value: Any) -> int | None:
    try:
        return parse(value)
    except FieldProblem:
        return None


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and parse_id(value) is not None


def _new_id() -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"generated {next(_news)}"))
