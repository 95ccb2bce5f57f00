"""Every error as the documented JSON object (contract §1, D2), with the one table of codes and statuses."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException

from cobi.api.request_id import request_id_of
from cobi.domain.errors import (
    CobiError,
    Conflict,
    Forbidden,
    IdempotencyKeyReused,
    InvalidRequest,
    NotFound,
    Overloaded,
    PayloadTooLarge,
    RejectedRecord,
    StorageUnavailable,
    TooManyRequests,
    Unauthorized,
    UnsupportedMedia,
)

STATUS: dict[type[CobiError], HTTPStatus] = {
    InvalidRequest: HTTPStatus.BAD_REQUEST,
    RejectedRecord: HTTPStatus.BAD_REQUEST,
    Unauthorized: HTTPStatus.UNAUTHORIZED,
    Forbidden: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    IdempotencyKeyReused: HTTPStatus.UNPROCESSABLE_ENTITY,
    PayloadTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    UnsupportedMedia: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    TooManyRequests: HTTPStatus.TOO_MANY_REQUESTS,
    Overloaded: HTTPStatus.SERVICE_UNAVAILABLE,
    StorageUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}

_PHRASES = {413: "Payload Too Large", 422: "Unprocessable Content"}
# What the framework itself refuses, before a handler is asked.
_FRAMEWORK = {
    400: ("invalid_request", "the request cannot be understood"),
    404: ("unknown_path", "there is nothing at this path; the reference lists all paths"),
    405: ("method_not_allowed", "this path does not answer this method"),
    413: ("payload_too_large", "the body is larger than this server accepts; send fewer records at once"),
}

_log = structlog.get_logger("cobi.api")

AnyRequest = Request[Any, Any, Any]


def status_of(error: CobiError) -> HTTPStatus:
    """The HTTP status of an error a caller can understand."""
    kinds = type(error).__mro__
    return next((STATUS[kind] for kind in kinds if kind in STATUS), HTTPStatus.INTERNAL_SERVER_ERROR)


def known_error(request: AnyRequest, error: CobiError) -> Response[bytes]:
    """Answer an error a caller can understand."""
    status = status_of(error)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.error(error.message, request_id=request_id_of(request), code=error.code, cause=_cause(error))
    details = {"errors": error.errors} if isinstance(error, RejectedRecord) else {}
    retry_after = getattr(error, "retry_after", None)
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return _answer(request, status, error.code, error.message, headers, hint=error.hint, **details)


def framework_error(request: AnyRequest, error: HTTPException) -> Response[bytes]:
    """Answer what the framework refused in the same shape."""
    code, message = _FRAMEWORK.get(error.status_code, ("http_error", error.detail))
    return _answer(request, error.status_code, code, message, dict(error.headers or {}))


def unexpected_error(request: AnyRequest, error: Exception) -> Response[bytes]:
    """Log an error nobody foresaw whole, and show the caller only where to find it."""
    _log.error(
        "unexpected error", request_id=request_id_of(request), path=request.scope["path"], exc_info=error
    )
    return _answer(
        request, 500, "internal", "something unexpected happened; the server's log has it by request_id", {}
    )


def _cause(error: CobiError) -> str | None:
    """What the driver said; the message above it would repeat the statement and its values."""
    return None if error.__cause__ is None else f"{type(error.__cause__).__name__}: {error.__cause__}"


def _answer(
    request: AnyRequest, status: int, code: str, message: str, headers: dict[str, str], **more: Any
) -> Response[bytes]:
    body = {
        "error": _PHRASES.get(int(status), HTTPStatus(status).phrase),
        "message": message,
        "code": code,
        "request_id": request_id_of(request),
        **{name: value for name, value in more.items() if value is not None},
    }
    content = msgspec.json.encode(body)
    return Response(content, status_code=int(status), media_type="application/json", headers=headers)
