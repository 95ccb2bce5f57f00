"""What keeps other sites, and what other people typed, from acting in a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from litestar import Request

from cobi.domain.errors import Forbidden

HEADERS: Mapping[str, str] = {
    # Everything comes from here: no inline script, no inline style, no frame around it.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""Headers of every answer of the dashboard."""

PRIVATE = {"Cache-Control": "no-store"}
"""Of pages: they are one person's."""

AnyRequest = Request[Any, Any, Any]


def refuse_other_sites(request: AnyRequest) -> None:
    """Refuse a form that a page of another site sent; raises Forbidden.

    Browsers say where a form came from; who says nothing is no browser, and brings no cookies that are not its own.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        elsewhere = site not in ("same-origin", "none")
    else:
        # Without TLS browsers say no more than this; a proxy that does TLS may have put another Host.
        elsewhere = origin is not None and urlsplit(origin).netloc != request.headers.get("host", "")
    if elsewhere:
        raise Forbidden(
            "this form was sent from another site", hint="open the dashboard and send it from there"
        )


def is_secure(request: AnyRequest) -> bool:
    """Whether the browser speaks HTTPS, with the server or with a proxy before it."""
    return "https" in (request.scope["scheme"], request.headers.get("x-forwarded-proto", "").lower())


def path_here(text: str | None) -> str:
    """A path of this server to go on to, the front page for all that is none."""
    if not text or not text.startswith("/") or text[1:2] in ("/", "\\") or not text.isprintable():
        return "/"
    return text
