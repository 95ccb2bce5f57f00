"""One operation, as the document describes it."""

from __future__ import annotations

from cobi.api.openapi.headers import ANSWERED, REFUSED
from cobi.api.openapi.schemas import Schema, content, reference

_ERRORS: dict[str, Schema] = {
    **{str(status): {"$ref": "#/components/responses/Error"} for status in (400, 401, 403, 404, 500)},
    **{str(status): {"$ref": "#/components/responses/Later"} for status in (429, 503)},
}
ONCE: dict[int, Schema] = {422: reference("Error")}
"""What an operation that can be asked for with an idempotency key may answer."""


def operation(
    summary: str,
    scope: str,
    answers: dict[int, Schema],
    parameters: list[Schema] | None = None,
    body: Schema | None = None,
) -> Schema:
    """A method of a path; `answers` by status, without a scope everybody may ask."""
    headers = REFUSED if scope else ANSWERED
    responses = {
        str(status): {"description": summary, "headers": headers, "content": content(schema)}
        for status, schema in answers.items()
    }
    extra = {} if body is None else {"requestBody": {"required": True, "content": content(body)}}
    refused = _ERRORS if body is None else {**_ERRORS, **{str(s): _ERRORS["400"] for s in (409, 413, 415)}}
    described: Schema = {"description": f"Needs the scope `{scope}`."} if scope else {"security": []}
    return {
        "summary": summary,
        **described,
        "parameters": parameters or [],
        **extra,
        "responses": {**refused, **responses},
    }
