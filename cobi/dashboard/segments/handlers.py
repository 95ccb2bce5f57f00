"""The pages of segments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from cobi.api import parameters
from cobi.api.answers import run
from cobi.dashboard.door import Dashboard, Page, Visit
from cobi.dashboard.segments import building, listing, one
from cobi.dashboard.segments.conditions import Condition, as_query, conditions_of, rule_of
from cobi.dashboard.segments.gets import GETS, Context, gets, of_all
from cobi.dashboard.segments.rules import words_of
from cobi.dashboard.signing_in import SEE_OTHER
from cobi.dashboard.wording import capitalise, count
from cobi.domain.errors import Conflict, InvalidRequest
from cobi.domain.identifiers import parse_id

AnyRequest = Request[Any, Any, Any]
SCOPE = "recommend"
_OFFERS, _NAMES, _LONGEST = 3, 200, 200
_LISTED = "/segments/listed"
_FOUND = "/segments/suggested/found"
_PATIENCE_SECONDS = 0.04
"""The list counts for so long, and for so long looks at what segments get; the rest is read for a page of its own."""
_KEPT = ("name", "segment")
_AT_ONCE = 20
"""What larger segments get is read for a page of its own: it takes the histories of up to 500 members."""


@get("/segments")
async def show(request: AnyRequest, dashboard: NamedDependency[Dashboard]) -> Page:
    """All segments."""
    visit = await dashboard.enter(request, SCOPE)
    told = await run(visit.service.segments.list, _OFFERS, (_PATIENCE_SECONDS, _PATIENCE_SECONDS))
    done = parameters.text(request.query_params, "done")
    page = listing.context(told, _LISTED, done, may_build=visit.may("admin"))
    return await dashboard.render("segments.html", visit.frame("Segments"), page)


@get(_LISTED)
async def listed(request: AnyRequest, dashboard: NamedDependency[Dashboard]) -> Page:
    """All segments with what takes longer than their page may."""
    visit = await dashboard.enter(request, SCOPE)
    told = await run(visit.service.segments.list, _OFFERS)
    page = listing.context(told, None, None, may_build=False)
    return await dashboard.render("segments/listed.html", visit.frame("Segments"), page)


@get("/segments/suggested")
async def suggested(request: AnyRequest, dashboard: NamedDependency[Dashboard]) -> Page:
    """Where segments found in what students do are put when they have been found."""
    visit = await dashboard.enter(request, "admin")
    page = listing.Suggesting(_FOUND)
    return await dashboard.render("segments/suggested.html", visit.frame("Suggested segments"), page)


@get(_FOUND)
async def found(request: AnyRequest, dashboard: NamedDependency[Dashboard]) -> Page:
    """Segments found in what students do."""
    visit = await dashboard.enter(request, "admin")
    page = await run(_suggested, visit)
    return await dashboard.render("segments/found.html", visit.frame("Suggested segments"), page)


@get(building.PATH)
async def build(request: AnyRequest, dashboard: NamedDependency[Dashboard]) -> Response[Any]:
    """A form of conditions, and what their rule would come to."""
    visit = await dashboard.enter(request, "admin")
    query = request.query_params
    conditions, kept = conditions_of(query), {name: query[name] for name in _KEPT if query.get(name)}
    changed = building.changed(conditions, query)
    if changed is not None:
        return Redirect(building.address(changed, kept), status_code=SEE_OTHER)
    page = await run(_built, visit, conditions, kept, None)
    title = "Change the segment" if kept.get("segment") else "Build a segment"
    return await dashboard.render("segments/new.html", visit.frame(title), page)


@get("/segments/count")
async def count_only(request: AnyRequest, dashboard: NamedDependency[Dashboard]) -> Response[str]:
    """How many meet the conditions, in words, for whoever is typing them."""
    visit = await dashboard.enter(request, "admin")
    return Response(await run(_counted, visit, conditions_of(request.query_params)), media_type="text/plain")


@get(GETS)
async def show_gets(request: AnyRequest, dashboard: NamedDependency[Dashboard]) -> Page:
    """What those would be shown who belong to a segment, or meet conditions."""
    visit = await dashboard.enter(request, "admin")
    page = await run(_gets, visit, request.query_params)
    return await dashboard.render("segments/shown.html", visit.frame("What they would get"), page)


@post("/segments", status_code=200)
async def save(request: AnyRequest, dashboard: NamedDependency[Dashboard]) -> Response[Any]:
    """Store a segment, or another name and rule of one."""
    visit, form = await dashboard.act(request, "admin")
    try:
        stored = await run(_saved, visit, form)
    except (Conflict, InvalidRequest) as problem:
        state = dict(parse_qsl(form.get("state", "")))
        kept = {"name": form.get("name", ""), **({"segment": state["segment"]} if "segment" in state else {})}
        page = await run(_built, visit, conditions_of(state), kept, problem.message)
        return await dashboard.render("segments/new.html", visit.frame("Build a segment"), page, 400)
    return _to(f"/segments/{stored['segment_id']}", f"{_short(stored['name'])} is saved")


@get("/segments/{segment_id:str}")
async def read(request: AnyRequest, segment_id: FromPath[str], dashboard: NamedDependency[Dashboard]) -> Page:
    """One segment."""
    visit = await dashboard.enter(request, SCOPE)
    identifier = parameters.identifier("segment_id", segment_id)
    done = parameters.text(request.query_params, "done")
    page = await run(_one, visit, identifier, done)
    return await dashboard.render("segments/one.html", visit.frame(page.name), page)


@post("/segments/{segment_id:str}/rename", status_code=200)
async def rename(
    request: AnyRequest, segment_id: FromPath[str], dashboard: NamedDependency[Dashboard]
) -> Response[Any]:
    """Give a segment another name."""
    visit, form = await dashboard.act(request, "admin")
    identifier = parameters.identifier("segment_id", segment_id)
    stored = await run(_renamed, visit, identifier, form.get("name", ""))
    return _to(f"/segments/{stored['segment_id']}", f"It is called {_short(stored['name'])} now")


@get("/segments/{segment_id:str}/delete")
async def ask_to_delete(
    request: AnyRequest, segment_id: FromPath[str], dashboard: NamedDependency[Dashboard]
) -> Page:
    """Ask before a segment ends."""
    visit = await dashboard.enter(request, "admin")
    told = await run(visit.service.segments.read, parameters.identifier("segment_id", segment_id))
    return await dashboard.render("segments/delete.html", visit.frame("Delete a segment"), one.ending(told))


@post("/segments/{segment_id:str}/delete", status_code=200)
async def delete(
    request: AnyRequest, segment_id: FromPath[str], dashboard: NamedDependency[Dashboard]
) -> Response[Any]:
    """Let a segment be no more."""
    visit, _ = await dashboard.act(request, "admin")
    await run(visit.service.segments.delete, parameters.identifier("segment_id", segment_id))
    return _to("/segments", "The segment is deleted")


def _suggested(visit: Visit) -> listing.Suggested:
    segments = visit.service.segments
    return listing.suggested(segments.suggestions(), segments.resolve)


def _built(
    visit: Visit, conditions: Sequence[Condition], kept: Mapping[str, str], saving_problem: str | None
) -> building.Context:
    segments = visit.service.segments
    names = {kind: segments.choices(kind, _NAMES) for kind in sorted(building.kinds_named(conditions))}
    try:
        told = segments.at_once(rule_of(conditions, segments.resolve), _AT_ONCE, _PATIENCE_SECONDS)
    except InvalidRequest as problem:
        return building.context(conditions, names, None, kept, _said(problem), saving_problem)
    later = f"{GETS}?{urlencode(as_query(conditions))}"
    result = building.result(told, later)
    return building.context(conditions, names, result, kept, None, saving_problem)


def _gets(visit: Visit, query: Mapping[str, str]) -> Context:
    segments = visit.service.segments
    if of := query.get("of"):
        rule, back = segments.read(parameters.identifier("of", of))["rule"], f"/segments/{of}"
    else:
        conditions = conditions_of(query)
        rule, back = rule_of(conditions, segments.resolve), building.address(conditions, {})
    told = segments.preview({"rule": rule, "explain": True})
    return Context(words_of(told["rule"], told["names"]), gets(told), back)


def _said(problem: InvalidRequest) -> str:
    hint = f" {problem.hint.capitalize()}" if problem.hint and "mean" in problem.hint else ""
    return f"{capitalise(problem.message)}.{hint}"


def _counted(visit: Visit, conditions: Sequence[Condition]) -> str:
    segments = visit.service.segments
    try:
        told = segments.preview({"rule": rule_of(conditions, segments.resolve), "count_only": True})
    except InvalidRequest as problem:
        return _said(problem)
    return f"{count(told['members'])} {of_all(told)}"


def _saved(visit: Visit, form: Mapping[str, str]) -> dict[str, Any]:
    try:
        rule = msgspec.json.decode(form.get("rule", ""))
    except (msgspec.DecodeError, RecursionError, ValueError):
        raise InvalidRequest("the rule cannot be read; look at the preview again, then save it") from None
    document, segment = {"name": form.get("name", ""), "rule": rule}, parse_id(form.get("segment", ""))
    if segment is not None:
        return visit.service.segments.change(segment, document)
    return visit.service.segments.create(document)


def _one(visit: Visit, identifier: bytes, done: str | None) -> one.Context:
    segments, admin = visit.service.segments, visit.may("admin")
    told = segments.describe(identifier) if admin else segments.read(identifier)
    preview = segments.at_once_of(identifier, _AT_ONCE, _PATIENCE_SECONDS) if admin else None
    return one.context(told, preview, segments.resolve, done, may_change=admin)


def _renamed(visit: Visit, identifier: bytes, name: str) -> dict[str, Any]:
    segments = visit.service.segments
    return segments.change(identifier, {"name": name, "rule": segments.read(identifier)["rule"]})


def _short(name: str) -> str:
    """A name as far as an address takes it with words around it."""
    return name if len(name) <= _LONGEST else f"{name[:_LONGEST]}…"


def _to(path: str, done: str) -> Response[Any]:
    return Redirect(f"{path}?{urlencode({'done': done})}", status_code=SEE_OTHER)
