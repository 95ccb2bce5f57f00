"""Keys of the caller's own organisation: made, listed, rotated and revoked by one that has the scope admin."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from cobi.api import body
from cobi.api.answers import json_answer, run
from cobi.api.auth import Gate
from cobi.domain.durations import parse_duration
from cobi.domain.errors import InvalidRequest
from cobi.domain.json_values import is_array, is_object
from cobi.service.keyring import DEFAULT_OVERLAP, Keyring, Shown

AnyRequest = Request[Any, Any, Any]
_SHAPE = 'send {"scopes": ["ingest"], "label": "importer", "expires_in": "90d"}'
_ROTATION = 'send {"overlap": "24h", "expires_in": "90d"}, or {}'


@post("/v1/keys", status_code=201)
async def create_key(request: AnyRequest, gate: NamedDependency[Gate]) -> Response[bytes]:
    """Make a key; its secret is in this answer and nowhere else."""
    caller = await gate.recognise(request, "admin")
    wanted = _fields(await body.json_body(request), {"scopes", "label", "expires_in"}, _SHAPE)
    scopes, label = _scopes(wanted.get("scopes")), wanted.get("label")
    keys = gate.registry.keys
    made = await run(keys.create, caller.organisation, scopes, label, _length(wanted, "expires_in"))
    return _shown(keys, made)


@get("/v1/keys")
async def list_keys(request: AnyRequest, gate: NamedDependency[Gate]) -> Response[bytes]:
    """All keys, ended ones included, without their secrets."""
    caller = await gate.recognise(request, "admin")
    return json_answer({"keys": await run(gate.registry.keys.list, caller.organisation)})


@post("/v1/keys/{key_id:str}/rotate", status_code=201)
async def rotate_key(
    request: AnyRequest, key_id: FromPath[str], gate: NamedDependency[Gate]
) -> Response[bytes]:
    """Make a key's successor; the old one goes on for the overlap."""
    caller = await gate.recognise(request, "admin")
    wanted = _fields(await body.json_body(request) or b"{}", {"overlap", "expires_in"}, _ROTATION)
    overlap, lifetime = _length(wanted, "overlap", least=0), _length(wanted, "expires_in")
    keys = gate.registry.keys
    made = await run(
        keys.rotate, caller.organisation, key_id, DEFAULT_OVERLAP if overlap is None else overlap, lifetime
    )
    return _shown(keys, made)


@delete("/v1/keys/{key_id:str}", status_code=200)
async def revoke_key(
    request: AnyRequest, key_id: FromPath[str], gate: NamedDependency[Gate]
) -> Response[bytes]:
    """End a key."""
    caller = await gate.recognise(request, "admin")
    return json_answer(await run(gate.registry.keys.revoke, caller.organisation, key_id))


def _shown(keys: Keyring, made: Shown) -> Response[bytes]:
    answer = json_answer({**keys.describe(made.key), "key": made.secret}, 201)
    answer.set_header("Cache-Control", "no-store")
    return answer


def _fields(raw: bytes, known: set[str], shape: str) -> dict[str, Any]:
    document = body.document_of(raw)
    if not is_object(document):
        raise InvalidRequest("the body must be a JSON object", code="malformed_body", hint=shape)
    unknown = sorted(set(document) - known)
    if unknown:
        raise InvalidRequest(f"there is no field {unknown[0][:64]!r} here", hint=shape)
    return document


def _scopes(sent: Any) -> frozenset[str]:
    if not is_array(sent) or not all(isinstance(scope, str) for scope in sent):
        raise InvalidRequest("scopes is not a list of texts", hint=_SHAPE)
    return frozenset(map(str, sent))


def _length(wanted: dict[str, Any], name: str, **bounds: int) -> int | None:
    text = wanted.get(name)
    if text is None:
        return None
    if not isinstance(text, str):
        raise InvalidRequest(f"{name} is not a text", hint="write 45s, 30m, 24h, 90d or 2w")
    return parse_duration(name, text, **bounds)
