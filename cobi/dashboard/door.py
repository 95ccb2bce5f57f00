"""The way into the dashboard: who is signed in, whether they may, and the answer they get."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from litestar import Request, Response
from litestar.datastructures import Cookie

from cobi.api.answers import run, run_at_gate
from cobi.api.auth import Gate
from cobi.dashboard.assets import shipped
from cobi.dashboard.attempts import Attempts
from cobi.dashboard.forms import Form, read_form
from cobi.dashboard.frame import Frame
from cobi.dashboard.rendering import Templates
from cobi.dashboard.security import PRIVATE, is_secure, refuse_other_sites
from cobi.dashboard.viewer import Viewer, viewer_of
from cobi.domain.errors import Forbidden
from cobi.domain.moments import SECOND
from cobi.service.core import Clock
from cobi.service.service import Service
from cobi.service.sessions import LASTS, SignedIn
from cobi.store.api_keys import ApiKey

COOKIE = "cobi_session"
TOKEN_FIELD, TOKEN_HEADER = "form_token", "x-form-token"

AnyRequest = Request[Any, Any, Any]
Page = Response[str]


class SignedOut(Exception):
    """Nobody is signed in, or the session is over."""


@dataclass(frozen=True)
class Visit:
    """Somebody who is signed in and may do this: their key, and their organisation's service."""

    service: Service
    key: ApiKey
    viewer: Viewer
    path: str
    form_token: str
    now: int

    @property
    def by(self) -> str:
        """Who they are, where what they do is written down."""
        return f"key {self.key.id}"

    def may(self, scope: str) -> bool:
        """Whether their key has a scope."""
        return scope in self.key.scopes or "admin" in self.key.scopes

    def frame(self, title: str) -> Frame:
        """The surroundings of a page of this visit."""
        return Frame(title, self.path, self.viewer, self.key, self.form_token)


class Dashboard:
    """What the pages stand on."""

    def __init__(self, gate: Gate, clock: Clock) -> None:
        self.gate = gate
        self.clock = clock
        self.assets = shipped()
        self.templates = Templates(self.assets)
        self.attempts = Attempts(lambda: clock() / SECOND)

    def __deepcopy__(self, _memo: object) -> Dashboard:
        """The same: the framework copies its handlers with all they are bound to."""
        return self

    async def enter(self, request: AnyRequest, scope: str, *, own_limit: bool = True) -> Visit:
        """Whoever asks for a page; raises SignedOut, Forbidden or TooManyRequests.

        Pages on which the organisation's own limit is changed go without it, so that nobody is locked out by it.
        """
        return await self._visit(request, await self.signed_in(request), scope, own_limit)

    async def act(self, request: AnyRequest, scope: str, *, own_limit: bool = True) -> tuple[Visit, Form]:
        """Whoever sends a form that changes something, and its fields; raises as `enter` does."""
        refuse_other_sites(request)
        session = await self.signed_in(request)
        form = await read_form(request)
        if not session.made(request.headers.get(TOKEN_HEADER) or form.pop(TOKEN_FIELD, "")):
            raise Forbidden(
                "this form was made in another session", hint="go back, load the page anew and send it again"
            )
        return await self._visit(request, session, scope, own_limit), form

    async def signed_in(self, request: AnyRequest) -> SignedIn:
        """The session of whoever asks, noted with the request; raises SignedOut."""
        secret = request.cookies.get(COOKIE)
        found = None if not secret else await run_at_gate(self.gate.registry.sessions.find, secret)
        if found is None:
            raise SignedOut
        request.state.signed_in = found
        return found

    async def _visit(self, request: AnyRequest, session: SignedIn, scope: str, own_limit: bool) -> Visit:
        service = await self.gate.let_in(request.scope, session.key, scope, own_limit=own_limit)
        viewer = viewer_of(request.cookies)
        return Visit(service, session.key, viewer, request.scope["path"], session.form_token, service.now)

    async def render(self, template: str, frame: Frame, page: Any, status: int = 200) -> Page:
        """A page of a template and its Context."""
        html = await run(self.templates.render, template, frame, page)
        return answer(html, status)


def noted(request: AnyRequest) -> SignedIn | None:
    """The session of whoever asks, as far as it was found out."""
    return request.state.get("signed_in")


def answer(html: str, status: int = 200) -> Page:
    """HTML that nobody keeps."""
    return Response(html, status_code=status, media_type="text/html; charset=utf-8", headers=PRIVATE)


def session_cookie(request: AnyRequest, secret: str) -> Cookie:
    """The cookie that keeps somebody signed in; an empty secret takes it back."""
    return Cookie(
        COOKIE,
        value=secret,
        path="/",
        max_age=LASTS // SECOND if secret else 0,
        httponly=True,
        samesite="lax",
        secure=is_secure(request),
    )
