"""Keys of the organisation: made and shown once, rotated with an overlap, revoked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from cobi.api.answers import run
from cobi.dashboard.door import Dashboard, Page
from cobi.dashboard.forms import Form
from cobi.dashboard.signing_in import SEE_OTHER
from cobi.dashboard.wording import ago
from cobi.domain.durations import parse_duration
from cobi.domain.errors import InvalidRequest, NotFound
from cobi.domain.moments import parse_moment
from cobi.service.keyring import SCOPES, Shown

AnyRequest = Request[Any, Any, Any]
MEANINGS = {
    "ingest": "upload data and read it back",
    "recommend": "ask for recommendations",
    "report": "read reports, models and experiments",
    "admin": "everything, keys and settings included",
}
LIFETIMES = (("", "never"), ("30d", "in 30 days"), ("90d", "in 90 days"), ("365d", "in a year"))
OVERLAPS = (("24h", "24 hours"), ("7d", "7 days"), ("1h", "1 hour"), ("0s", "at once"))
_TONES = {"active": "good", "revoked": "bad", "expired": "warn"}


@dataclass(frozen=True)
class Key:
    """A key as it is listed; `mine` is the one that this visit signed in with."""

    id: str
    label: str
    scopes: Sequence[str]
    status: str
    tone: str
    created: str
    expires: str | None
    last_used: str
    replaces: str | None
    mine: bool
    active: bool


@dataclass(frozen=True)
class Context:
    """What the page shows; `problem` says what was wrong with the form before, `sent` is what it held."""

    active: Sequence[Key]
    ended: Sequence[Key]
    scopes: Sequence[tuple[str, str]]
    lifetimes: Sequence[tuple[str, str]]
    problem: str | None
    sent: Mapping[str, str]


@dataclass(frozen=True)
class Made:
    """A new key, this once."""

    secret: str
    id: str
    scopes: Sequence[str]
    replaces: str | None


@dataclass(frozen=True)
class Question:
    """What is asked before a key is rotated or revoked."""

    key: Key
    overlaps: Sequence[tuple[str, str]]


@get("/keys")
async def show(request: AnyRequest, dashboard: NamedDependency[Dashboard]) -> Page:
    """All keys, those that have ended below."""
    visit = await dashboard.enter(request, "admin")
    told = await run(dashboard.gate.registry.keys.list, visit.key.organisation)
    return await dashboard.render("keys.html", visit.frame("Keys"), context(told, visit.key.id, visit.now))


@post("/keys", status_code=200)
async def create(request: AnyRequest, dashboard: NamedDependency[Dashboard]) -> Page:
    """Make a key and show it, once."""
    visit, form = await dashboard.act(request, "admin")
    keys, organisation = dashboard.gate.registry.keys, visit.key.organisation
    chosen = frozenset(scope for scope in SCOPES if form.get(scope) == "on")
    try:
        label = form.get("label", "").strip() or None
        made = await run(keys.create, organisation, chosen, label, _length("expires_in", form))
    except InvalidRequest as problem:
        told = await run(keys.list, organisation)
        page = context(told, visit.key.id, visit.now, f"{problem.message}.", form)
        return await dashboard.render("keys.html", visit.frame("Keys"), page, 400)
    return await dashboard.render("keys/made.html", visit.frame("New key"), _made(made))


@get("/keys/{key_id:str}/rotate")
async def ask_to_rotate(
    request: AnyRequest, key_id: FromPath[str], dashboard: NamedDependency[Dashboard]
) -> Page:
    """Ask how long the old key is to go on."""
    return await _ask(request, key_id, dashboard, "rotate")


@post("/keys/{key_id:str}/rotate", status_code=200)
async def rotate(request: AnyRequest, key_id: FromPath[str], dashboard: NamedDependency[Dashboard]) -> Page:
    """Make a key's successor and show it, once."""
    visit, form = await dashboard.act(request, "admin")
    overlap = parse_duration("overlap", form.get("overlap", OVERLAPS[0][0]), least=0)
    made = await run(dashboard.gate.registry.keys.rotate, visit.key.organisation, key_id, overlap)
    return await dashboard.render("keys/made.html", visit.frame("New key"), _made(made))


@get("/keys/{key_id:str}/revoke")
async def ask_to_revoke(
    request: AnyRequest, key_id: FromPath[str], dashboard: NamedDependency[Dashboard]
) -> Page:
    """Ask whether a key is to end."""
    return await _ask(request, key_id, dashboard, "revoke")


@post("/keys/{key_id:str}/revoke", status_code=200)
async def revoke(
    request: AnyRequest, key_id: FromPath[str], dashboard: NamedDependency[Dashboard]
) -> Response[Any]:
    """End a key."""
    visit, _ = await dashboard.act(request, "admin")
    await run(dashboard.gate.registry.keys.revoke, visit.key.organisation, key_id)
    return Redirect("/keys", status_code=SEE_OTHER)


def context(
    told: Sequence[Mapping[str, Any]],
    mine: str,
    now: int,
    problem: str | None = None,
    sent: Mapping[str, str] | None = None,
) -> Context:
    """The page of what `GET /v1/keys` answers."""
    keys = [_key(one, mine, now) for one in reversed(told)]
    scopes = [(scope, MEANINGS[scope]) for scope in SCOPES]
    active = [key for key in keys if key.active]
    return Context(active, [key for key in keys if not key.active], scopes, LIFETIMES, problem, sent or {})


async def _ask(request: AnyRequest, key_id: str, dashboard: Dashboard, action: str) -> Page:
    visit = await dashboard.enter(request, "admin")
    told = await run(dashboard.gate.registry.keys.list, visit.key.organisation)
    found = next((one for one in told if one["id"] == key_id and one["status"] == "active"), None)
    if found is None:
        raise NotFound("there is no active key of that id", code="unknown_key", hint="list the keys")
    page = Question(_key(found, visit.key.id, visit.now), OVERLAPS)
    return await dashboard.render(f"keys/{action}.html", visit.frame(f"{action.capitalize()} a key"), page)


def _length(name: str, form: Form) -> int | None:
    text = form.get(name, "")
    return parse_duration(name, text) if text else None


def _made(made: Shown) -> Made:
    return Made(made.secret, made.key.id, sorted(made.key.scopes), made.key.replaces)


def _key(told: Mapping[str, Any], mine: str, now: int) -> Key:
    used = told["last_used"]
    return Key(
        told["id"],
        told["label"] or "no label",
        told["scopes"],
        told["status"],
        _TONES[told["status"]],
        told["created"],
        told["expires"],
        ago(parse_moment(used), now) if used else "never",
        told["replaces"],
        told["id"] == mine,
        told["status"] == "active",
    )
