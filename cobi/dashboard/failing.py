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

from cobi.api import headers
from cobi.api.errors import status_of
from cobi.api.request_id import request_id_of
from cobi.dashboard.door import COOKIE, Dashboard, answer, noted, session_cookie
from cobi.dashboard.frame import PLACES, Frame, Place
from cobi.dashboard.security import HEADERS
from cobi.dashboard.signing_in import SEE_OTHER
from cobi.dashboard.viewer import viewer_of
from cobi.dashboard.wording import capitalise
from cobi.domain.errors import CobiError

AnyRequest = Request[Any, Any, Any]
_log = structlog.get_logger("cobi.dashboard")


@dataclass(frozen=True)
class Context:
    """What went wrong, as a headline, a sentence, what to do, and under which id the log has it.

    `to_limits` leads to where an admin changes how often a key may ask, `again` to the same page, `home` to one that
    may be seen; `by_key` is whether another key may help.
    """

    headline: str
    message: str
    hint: str | None
    request_id: str
    to_limits: bool
    by_key: bool
    again: str | None
    home: Place | None


class Failures:
    """Answers what the handlers raise."""

    def __init__(self, dashboard: Callable[[], Dashboard]) -> None:
        self._dashboard = dashboard

    def signed_out(self, request: AnyRequest, _error: Exception) -> Response[Any]:
        """Ask to sign in, and go on from there to what was asked for."""
        onward = quote(_asked_for(request) or "/")
        had_one = bool(request.cookies.get(COOKIE))
        asked = [*(["ended=true"] if had_one else []), *([f"next={onward}"] if onward != "/" else [])]
        redirect = Redirect(f"/sign-in?{'&'.join(asked)}" if asked else "/sign-in", status_code=SEE_OTHER)
        if had_one:
            redirect.cookies.append(session_cookie(request, ""))
        return redirect

    def known(self, request: AnyRequest, error: CobiError) -> Response[Any]:
        """An error a person can understand."""
        status = status_of(error)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            _log.error(error.message, request_id=request_id_of(request), code=error.code)
        retry_after: int | None = getattr(error, "retry_after", None)
        shown = self._page(request, status, error.message, error.hint, retry_after)
        if retry_after is not None:
            shown.set_header("Retry-After", str(retry_after))
        return shown

    def framework(self, request: AnyRequest, error: HTTPException) -> Response[Any]:
        """What the framework refused."""
        lost = error.status_code == HTTPStatus.NOT_FOUND
        said = "There is no page at this address." if lost else "The server cannot work on this request."
        return self._page(request, error.status_code, said, None)

    def unexpected(self, request: AnyRequest, error: Exception) -> Response[Any]:
        """An error nobody foresaw: it is logged whole, and shown only by its id."""
        request_id = request_id_of(request)
        _log.error("unexpected error", request_id=request_id, path=request.scope["path"], exc_info=error)
        return self._page(
            request, 500, "Something unexpected happened.", "The server's log has it by the id below."
        )

    def _page(
        self, request: AnyRequest, status: int, message: str, hint: str | None, wait: int | None = None
    ) -> Response[Any]:
        headline = HTTPStatus(status).phrase.capitalize()
        frame = _frame(request, headline)
        limited, barred = status == HTTPStatus.TOO_MANY_REQUESTS, status == HTTPStatus.FORBIDDEN
        again = None
        if wait is not None:
            # What the API says is for programs.
            hint, again = f"try again in {wait} s; nothing is stored twice", _asked_for(request)
        advice = None if hint is None else _sentence(hint)
        ours, onward = request_id_of(request), _onward(frame)
        page = Context(headline, _sentence(message), advice, ours, limited, barred, again, onward)
        template = "failing_inside.html" if frame.key else "failing.html"
        return answer(self._dashboard().templates.render(template, frame, page), status)


def _frame(request: AnyRequest, headline: str) -> Frame:
    """With the navigation where it is known who asks."""
    session, path, viewer = noted(request), request.scope["path"], viewer_of(request.cookies)
    if session is None:
        return Frame(headline, path, viewer)
    return Frame(headline, path, viewer, session.key, session.form_token)


def _asked_for(request: AnyRequest) -> str | None:
    """The address of the page, with all that says what it is to show; None for what is no page of ours."""
    path, query = request.scope["path"], request.scope["query_string"].decode("latin-1")
    # What begins with two slashes is read as another host.
    if request.method != "GET" or path.startswith("//"):
        return None
    return f"{path}?{query}" if query else path


def _onward(frame: Frame) -> Place | None:
    """A page that may be seen: the one that what failed belongs to, or else the first."""
    places = frame.places if frame.key else PLACES
    near = frame.current
    if near is not None and near in places and near.path != frame.path:
        return near
    return next(iter(places), None)


Handler = Callable[[AnyRequest, HTTPException], Response[Any]]


def page_or(stands_on: Callable[[], Dashboard], otherwise: Handler) -> Handler:
    """Answers what the framework refused: people get a page, programs what they got."""
    failures = Failures(stands_on)

    def answered(request: AnyRequest, error: HTTPException) -> Response[Any]:
        looks = "text/html" in request.headers.get("accept", "") and not request.scope["path"].startswith(
            "/v1"
        )
        if not looks:
            return otherwise(request, error)
        headers.noted(request.scope).update(HEADERS)
        return failures.framework(request, error)

    return answered


def _sentence(text: str) -> str:
    """What the API says, as a person reads it: with a full stop, and a large letter where no code stands first."""
    begun = text if "_" in text.partition(" ")[0] else capitalise(text)
    return begun if begun.endswith((".", "!", "?")) else f"{begun}."
