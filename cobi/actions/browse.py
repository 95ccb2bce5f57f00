"""Reading back what was uploaded (D11), and what was refused."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from cobi.domain.errors import InvalidRequest, NotFound
from cobi.domain.identifiers import format_id
from cobi.domain.interaction_record import INTERACTIONS
from cobi.domain.moments import format_moment
from cobi.domain.record_type import RecordType
from cobi.domain.records import RECORD_TYPES
from cobi.store import entities, interactions, quarantine
from cobi.store.database import Connection
from cobi.store.interactions import Filter

MAX_PAGE = 1000

# Whoever makes up a cursor must not reach the database with what it cannot hold.
_Key = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
_Id = Annotated[bytes, msgspec.Meta(min_length=16, max_length=16)]


def one(connection: Connection, record_type: RecordType, identifier: bytes) -> dict[str, Any]:
    """A stored record as a client reads it; raises NotFound."""
    if record_type is INTERACTIONS:
        found = interactions.read(connection, identifier)
    else:
        found = entities.read(connection, record_type, identifier)
    if found is None:
        raise NotFound(f"{record_type.singular} {format_id(identifier)} is not stored", code="unknown_record")
    return record_type.render(found)


def page(connection: Connection, record_type: RecordType, limit: int, cursor: str | None) -> dict[str, Any]:
    """A page of uploaded records, in upload order."""
    after: int = _decode(cursor, _Key) if cursor else 0
    rows = entities.page(connection, record_type, limit, after)
    following = _encode(rows[-1]["key"]) if len(rows) == limit else None
    return {"records": [record_type.render(row) for row in rows], "next_cursor": following}


def interactions_page(
    connection: Connection, wanted: Filter, limit: int, cursor: str | None
) -> dict[str, Any]:
    """A page of interactions, newest first."""
    before: bytes | None = _decode(cursor, _Id) if cursor else None
    rows = interactions.page(connection, wanted, limit, before)
    following = _encode(rows[-1]["interaction_id"]) if len(rows) == limit else None
    return {"records": [INTERACTIONS.render(row) for row in rows], "next_cursor": following}


def overview(connection: Connection) -> dict[str, Any]:
    """Every type with how many records are stored and when the last one came."""
    counted = [(name, entities.count(connection, record_type)) for name, record_type in RECORD_TYPES.items()]
    counted.append((INTERACTIONS.name, interactions.count(connection)))
    return {
        "types": [
            {"type": name, "records": records, "last_upload": None if last is None else format_moment(last)}
            for name, (records, last) in counted
        ]
    }


def refused_page(
    connection: Connection, record_type: str | None, code: str | None, limit: int, cursor: str | None
) -> dict[str, Any]:
    """A page of quarantine in the order the records came, and what lies there by reason."""
    after: int = _decode(cursor, _Key) if cursor else 0
    rows = quarantine.page(connection, record_type=record_type, code=code, limit=limit, after=after)
    following = _encode(rows[-1]["key"]) if len(rows) == limit else None
    counts = [
        {"type": kind, "codes": codes.split(","), "records": n}
        for kind, codes, n in quarantine.counts(connection)
    ]
    return {"records": [_refused(row) for row in rows], "counts": counts, "next_cursor": following}


def _refused(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "quarantine_id": format_id(row["quarantine_id"]),
        "type": row["type"],
        "received": format_moment(row["received"]),
        "request_id": row["request_id"],
        "index": row["index"],
        "errors": msgspec.json.decode(row["errors"]),
        "body": bytes(row["body"]).decode("utf-8", "replace"),
    }


def _encode(position: Any) -> str:
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(position)).decode().rstrip("=")


def _decode(cursor: str, shape: Any) -> Any:
    try:
        return msgspec.msgpack.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=shape)
    except (ValueError, binascii.Error, msgspec.DecodeError):
        raise InvalidRequest(
            "cursor is not one that this list gave",
            code="malformed_cursor",
            hint="begin again without a cursor",
        ) from None
