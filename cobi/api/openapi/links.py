"""Where an answer leads: the operations that what it names can be used with."""

from __future__ import annotations

from cobi.api.openapi.schemas import Schema
from cobi.domain.quarantine import TYPES
from cobi.domain.records import CUSTOMERS

_RECORD = "/v1/data/{record_type}/{record_id}"
_EXPORT = f"{_RECORD}/export"
_INTERACTION = "/user-interactions/{record_id}"
_SEGMENT = "/v1/segments/{segment_id}"
_SEGMENT_LIST = "/v1/recommendations/segments/{segment_id}"
_KEY = "/v1/keys/{key_id}"
_REFUSED = "/v1/quarantine/{quarantine_id}"
_TOLD = "/v1/recommendations/{recommendation_id}"
_SHOWN = "/v1/recommendations/{recommendation_id}/shown"
_STUDENT = "/v1/students/{customer_id}"
_SLATE = "/v1/recommendations/customers/{customer_id}"


def link(paths: Schema) -> None:
    """Add to the answers of these operations where they lead."""
    for method, status, segment in (
        ("post", "201", "$response.body#/segment_id"),
        ("get", "200", "$response.body#/segments/0/segment_id"),
    ):
        answer = paths["/v1/segments"][method]["responses"][status]
        for path in (_SEGMENT, _SEGMENT_LIST):
            _lead(answer, paths[path]["get"], segment_id=segment)
    for method, status, identifier in (
        ("post", "201", "$response.body#/interaction_id"),
        ("get", "200", "$response.body#/records/0/interaction_id"),
    ):
        answer = paths["/user-interactions"][method]["responses"][status]
        _lead(answer, paths[_INTERACTION]["get"], record_id=identifier)
    _link_uploads(paths)
    given = "$response.body#/0/recommendation_id"
    _lead(paths[_SLATE]["get"]["responses"]["200"], paths[_SHOWN]["post"], recommendation_id=given)
    _lead(paths[_SLATE]["get"]["responses"]["200"], paths[_TOLD]["get"], recommendation_id=given)
    made = paths["/v1/keys"]["post"]["responses"]["201"]
    _lead(made, paths[_KEY]["delete"], key_id="$response.body#/id")
    _lead(made, paths[f"{_KEY}/rotate"]["post"], key_id="$response.body#/id")
    refused = paths["/v1/quarantine"]["get"]["responses"]["200"]
    for method in ("get", "delete"):
        _lead(refused, paths[_REFUSED][method], quarantine_id="$response.body#/records/0/quarantine_id")
    erased = paths[_RECORD]["delete"]["responses"]["200"]
    for path in (_RECORD, _EXPORT):
        _lead(erased, paths[path]["get"], record_type=CUSTOMERS.name, record_id="$request.path.record_id")
    _lead(erased, paths[_SLATE]["get"], customer_id="$request.path.record_id")


def _link_uploads(paths: Schema) -> None:
    for name, kind in TYPES.items():
        # Of the other types Cobi makes the id.
        if kind.id_field.required:
            sent = f"$request.body#/records/0/{kind.id_field.name}"
            answer = paths[f"/v1/data/{name}"]["post"]["responses"]["200"]
            _lead(answer, paths[_RECORD]["get"], record_type=name, record_id=sent)
            if kind is CUSTOMERS:
                for path in (_SLATE, _STUDENT, f"{_STUDENT}/timeline", f"{_STUDENT}/recommendations"):
                    _lead(answer, paths[path]["get"], customer_id=sent)
                _lead(answer, paths[_EXPORT]["get"], record_type=name, record_id=sent)
                _lead(answer, paths[_RECORD]["delete"], record_type=name, record_id=sent)


def _lead(answer: Schema, operation: Schema, **parameters: str) -> None:
    name = operation["operationId"]
    answer.setdefault("links", {})[name] = {"operationId": name, "parameters": parameters}
