"""Reading what a form sent."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from litestar import Request

from cobi.domain.errors import InvalidRequest, PayloadTooLarge, UnsupportedMedia

Form = dict[str, str]
"""The fields by name; of several with one name the last."""

TYPE = "application/x-www-form-urlencoded"
MOST_BYTES, _MOST_FIELDS = 256 * 1024, 1000


async def read_form(request: Request[Any, Any, Any]) -> Form:
    """The fields of a form; raises UnsupportedMedia, PayloadTooLarge or InvalidRequest."""
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != TYPE:
        raise UnsupportedMedia(f"a form is sent as {TYPE}")
    raw = await request.body()
    if len(raw) > MOST_BYTES:
        raise PayloadTooLarge(f"a form has at most {MOST_BYTES} bytes")
    try:
        text = raw.decode("ascii")
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except ValueError:
        raise InvalidRequest("the form cannot be read") from None
