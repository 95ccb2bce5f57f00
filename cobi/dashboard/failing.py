"""What somebody sees when a page cannot be shown: what is wrong and what to do, as a page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.response import Redirect

from cobi.api.errors import status_of
from cobi.api.request_id import request_id_of
from cobi.dashboard.door import COOKIE, Dashboard, answer, session_cookie
from cobi.dashboard.frame import Frame
from cobi.dashboard.signing_in import SEE_OTHER
from cobi.dashboard.viewer import viewer_of
from cobi.domain.errors import CobiError

AnyRequest = Request[Any, Any, Any]
_log = structlog.get_logger("cobi.dashboard")


@dataclass(frozen=True)
class Context:
    """What went wrong, as a headline, a sentence, what to do, and under which id the log has it.

    `to_limits` leads to where an admin changes how often a key may ask.
    """

    headline: str
    message: str
    hint: str | None
    request_id: str
    to_limits: bool = False


class Failures:
    """Answers what the handlers raise."""

    def __init__(self, dashboard: Callable[[], Dashboard]) -> None:
        self._dashboard = dashboard

    def signed_out(self, request: AnyRequest, _error: Exception) -> Response[Any]:
        """Ask to sign in, and go on from there to what was asked for."""
        path = request.scope["path"] if request.method == "GET" else "/"
        query = request.scope["query_string"].decode("latin-1")
        onward = quote(f"{path}?{query}" if query and request.method == "GET" else path)
        redirect = Redirect("/sign-in" if onward == "/" else f"/sign-in?next={onward}", status_code=SEE_OTHER)
        if COOKIE in request.cookies:
            redirect.cookies.append(session_cookie(request, ""))
        return redirect

    def known(self, request: AnyRequest, error: CobiError) -> Response[Any]:
        """An error a person can understand."""
        status = status_of(error)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            _log.error(error.message, request_id=request_id_of(request), code=error.code)
        shown = self._page(request, status, error.message, error.hint)
        if (retry_after := getattr(error, "retry_after", None)) is not None:
            shown.set_header("Retry-After", str(retry_after))
        return shown

    def framework(self, request: AnyRequest, error: HTTPException) -> Response[Any]:
        """What the framework refused."""
        return self._page(request, error.status_code, "The server cannot work on this request.", None)

    def unexpected(self, request: AnyRequest, error: Exception) -> Response[Any]:
        """An error nobody foresaw: it is logged whole, and shown only by its id."""
        request_id = request_id_of(request)
        _log.error("unexpected error", request_id=request_id, path=request.scope["path"], exc_info=error)
        return self._page(
            request, 500, "Something unexpected happened.", "The server's log has it by the id below."
        )

    def _page(self, request: AnyRequest, status: int, message: str, hint: str | None) -> Response[Any]:
        frame = Frame(HTTPStatus(status).phrase, request.scope["path"], viewer_of(request.cookies))
        limited = status == HTTPStatus.TOO_MANY_REQUESTS
        page = Context(HTTPStatus(status).phrase, message, hint, request_id_of(request), limited)
        return answer(self._dashboard().templates.render("failing.html", frame, page), status)
