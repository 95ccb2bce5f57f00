"""Signing in with a key, and out again; and the switch between light and dark."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.response import Redirect

from cobi.api.answers import run_at_gate
from cobi.dashboard.door import COOKIE, Dashboard, Page, SignedOut, session_cookie
from cobi.dashboard.forms import read_form
from cobi.dashboard.frame import Frame
from cobi.dashboard.security import is_secure, path_here, refuse_other_sites
from cobi.dashboard.viewer import THEME_COOKIE, THEMES, viewer_of
from cobi.domain.errors import TooManyRequests

AnyRequest = Request[Any, Any, Any]
SEE_OTHER = 303
_A_YEAR_SECONDS = 365 * 24 * 3600


@dataclass(frozen=True)
class Context:
    """Where to go on to, what was wrong with the attempt before, and whether a session has ended."""

    next: str
    problem: str | None = None
    ended: bool = False


@get("/sign-in")
async def form(request: AnyRequest, dashboard: NamedDependency[Dashboard]) -> Response[Any]:
    """The form that takes a key; who is signed in already goes on."""
    onward = path_here(request.query_params.get("next"))
    try:
        await dashboard.signed_in(request)
    except SignedOut:
        ended = request.query_params.get("ended") == "true"
        return await _form(request, dashboard, Context(onward, ended=ended))
    return Redirect(onward, status_code=SEE_OTHER)


@post("/sign-in", status_code=200)
async def sign_in(request: AnyRequest, dashboard: NamedDependency[Dashboard]) -> Response[Any]:
    """Open a session for whoever has a key."""
    refuse_other_sites(request)
    sent = await read_form(request)
    onward, address = path_here(sent.get("next")), request.client.host if request.client else ""
    try:
        dashboard.attempts.admit(address)
    except TooManyRequests as refused:
        problem = f"Too many attempts. Try again in {refused.retry_after} seconds."
        answer = await _form(request, dashboard, Context(onward, problem), 429)
        answer.set_header("Retry-After", str(refused.retry_after))
        return answer
    session = await run_at_gate(dashboard.gate.registry.sessions.open, sent.get("key", "").strip())
    if session is None:
        dashboard.attempts.failed(address)
        problem = "This key opens nothing: it is not known here, has expired or was revoked."
        return await _form(request, dashboard, Context(onward, problem), 401)
    answer = Redirect(onward, status_code=SEE_OTHER)
    answer.cookies.append(session_cookie(request, session.secret))
    return answer


@post("/sign-out", status_code=200)
async def sign_out(request: AnyRequest, dashboard: NamedDependency[Dashboard]) -> Response[Any]:
    """End the session here and everywhere."""
    refuse_other_sites(request)
    await run_at_gate(dashboard.gate.registry.sessions.close, request.cookies.get(COOKIE, ""))
    answer = Redirect("/sign-in", status_code=SEE_OTHER)
    answer.cookies.append(session_cookie(request, ""))
    return answer


@post("/theme", status_code=200)
async def theme(request: AnyRequest) -> Response[Any]:
    """Remember in the browser whether pages are to be light or dark."""
    refuse_other_sites(request)
    sent = await read_form(request)
    chosen = sent.get("theme", "auto")
    answer = Redirect(path_here(sent.get("next")), status_code=SEE_OTHER)
    answer.cookies.append(
        Cookie(
            THEME_COOKIE,
            value=chosen if chosen in THEMES else "auto",
            path="/",
            max_age=_A_YEAR_SECONDS,
            samesite="lax",
            secure=is_secure(request),
        )
    )
    return answer


async def _form(request: AnyRequest, dashboard: Dashboard, page: Context, status: int = 200) -> Page:
    frame = Frame("Sign in", "/sign-in", viewer_of(request.cookies))
    return await dashboard.render("sign_in.html", frame, page, status)
