"""From a request's body to the records in it, reading no more of it than where each begins and ends."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request
from litestar.exceptions import InternalServerException

from cobi.domain.batch import MAX_RECORDS
from cobi.domain.errors import InvalidRequest, UnsupportedMedia

_SHAPE = 'send {"records": [{…}, …]}'
_object = msgspec.json.Decoder(dict[str, msgspec.Raw])
_list = msgspec.json.Decoder(list[msgspec.Raw])
_any = msgspec.json.Decoder()

Records = list[msgspec.Raw]


async def json_body(request: Request[Any, Any, Any]) -> bytes:
    """The body; raises UnsupportedMedia when it is declared as something else than JSON."""
    declared = request.headers.get("content-type", "application/json").split(";")[0].strip().lower()
    if declared != "application/json" and not declared.endswith("+json"):
        raise UnsupportedMedia(
            f"the body is declared as {declared[:100]}", hint="send Content-Type: application/json"
        )
    try:
        return await request.body()
    except InternalServerException:
        # What the framework says of a sender that breaks off, or whose chunks are none.
        raise InvalidRequest("the body could not be read to its end", code="malformed_body") from None


def records_of(body: bytes) -> Records:
    """The records of `{"records": […]}`; raises InvalidRequest with the position of what is wrong (D7)."""
    records = records_or_single(body)
    if isinstance(records, msgspec.Raw):
        raise InvalidRequest('the body has no "records"', code="missing_records", hint=_SHAPE)
    return records


def records_or_single(body: bytes) -> Records | msgspec.Raw:
    """The records of an envelope, or the one object that the body is (D25)."""
    envelope = _decode(_object, body)
    if "records" not in envelope:
        return msgspec.Raw(body)
    records = _decode(_list, envelope["records"])
    if not records:
        raise InvalidRequest("records is empty", code="no_records", hint=f"send 1 to {MAX_RECORDS} records")
    if len(records) > MAX_RECORDS:
        much = f"{len(records)} records are more than the {MAX_RECORDS} one request may carry"
        raise InvalidRequest(
            f"{much}; nothing was stored", code="too_many_records", hint="send them in several requests"
        )
    return records


def document_of(body: bytes) -> Any:
    """The whole body as a JSON value."""
    return _decode(_any, body)


def _decode(decoder: msgspec.json.Decoder[Any], body: bytes | msgspec.Raw) -> Any:
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise InvalidRequest(
            f"the body is not of the expected form: {error}", code="malformed_body", hint=_SHAPE
        ) from None
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise InvalidRequest(f"the body is not JSON: {error}", code="malformed_json", hint=_SHAPE) from None
