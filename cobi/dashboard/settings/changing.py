"""Changing settings: what would change and what that does is shown before it is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect

from cobi.api.answers import run
from cobi.dashboard.door import Dashboard, Page
from cobi.dashboard.settings.inputs import shown
from cobi.dashboard.settings.page import page_of
from cobi.dashboard.signing_in import SEE_OTHER
from cobi.dashboard.wording import words
from cobi.domain.errors import InvalidRequest
from cobi.domain.organisation_settings import SETTINGS, parse_settings, words_of

AnyRequest = Request[Any, Any, Any]


@dataclass(frozen=True)
class Changed:
    """A value that would change: `sent` is what the form sends, empty for the default."""

    name: str
    label: str
    before: str
    after: str
    sent: str


@dataclass(frozen=True)
class Context:
    """What is asked: what would change, and what that does to what is measured."""

    changes: Sequence[Changed]
    effects: Sequence[str]
    running: str | None
    held: Sequence[str]


@get("/settings/change")
async def ask(request: AnyRequest, dashboard: NamedDependency[Dashboard]) -> Page:
    """Ask whether these values are to hold."""
    visit = await dashboard.enter(request, "admin", own_limit=False)
    sent = {name: value for name, value in request.query_params.items() if name in SETTINGS}
    try:
        wanted = values_of(sent)
    except InvalidRequest as problem:
        page = await page_of(dashboard, visit, sent=sent, problem=f"{problem.message}.")
        return await dashboard.render("settings.html", visit.frame("Settings"), page, 400)
    page = context(await run(visit.service.settings.foretell, wanted), wanted)
    return await dashboard.render("settings/confirm.html", visit.frame("Change settings"), page)


@post("/settings/change", status_code=200)
async def change(request: AnyRequest, dashboard: NamedDependency[Dashboard]) -> Response[Any]:
    """Let these values hold from now on."""
    visit, form = await dashboard.act(request, "admin", own_limit=False)
    await run(visit.service.settings.change, values_of(form), visit.by)
    return Redirect("/settings#changes", status_code=SEE_OTHER)


def values_of(sent: Mapping[str, str]) -> dict[str, Any]:
    """The values that a form sent, None for the default; raises InvalidRequest."""
    texts = {name: text.strip() for name, text in sent.items()}
    found = {
        name: None if not text else SETTINGS[name].kind.from_text(text) if name in SETTINGS else text
        for name, text in texts.items()
    }
    return parse_settings(found)


def context(foretold: Mapping[str, Any], wanted: Mapping[str, Any]) -> Context:
    """What is asked, of what `PUT /v1/settings?dry_run=true` answers to what is wanted."""
    running = foretold["experiment"]
    return Context(
        [_changed(one, wanted[one["name"]]) for one in foretold["changes"]],
        foretold["effects"],
        None if running is None else running["name"],
        [] if running is None else running["arms"],
    )


def _changed(told: Mapping[str, Any], value: Any) -> Changed:
    sent = "" if value is None else words_of(value)
    after = shown(told["after"]) + (", the default" if value is None else "")
    return Changed(told["name"], words(told["name"]).capitalize(), shown(told["before"]), after, sent)
