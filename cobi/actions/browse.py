"""Reading back what was uploaded (D11)."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from cobi.actions import cursors
from cobi.domain.errors import NotFound
from cobi.domain.identifiers import format_id
from cobi.domain.interaction_record import INTERACTIONS
from cobi.domain.moments import format_moment
from cobi.domain.quarantine import TYPES
from cobi.domain.record_type import RecordType
from cobi.store import entities, interactions
from cobi.store.arrivals import kept
from cobi.store.database import Connection
from cobi.store.interactions import Filter

MAX_PAGE = 1000

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
    after: int = cursors.decode(cursor, cursors.Key) if cursor else 0
    rows = entities.page(connection, record_type, limit, after)
    following = cursors.encode(rows[-1]["key"]) if len(rows) == limit else None
    return {"records": [record_type.render(row) for row in rows], "next_cursor": following}


def interactions_page(
    connection: Connection, wanted: Filter, limit: int, cursor: str | None
) -> dict[str, Any]:
    """A page of interactions, newest first."""
    before: bytes | None = cursors.decode(cursor, _Id) if cursor else None
    rows = interactions.page(connection, wanted, limit, before)
    following = cursors.encode(rows[-1]["interaction_id"]) if len(rows) == limit else None
    return {"records": [INTERACTIONS.render(row) for row in rows], "next_cursor": following}


def overview(connection: Connection) -> dict[str, Any]:
    """Every type with how many records are stored and when the last one came."""
    held = kept.held(connection)
    return {
        "types": [
            {"type": name, "records": records, "last_upload": None if last is None else format_moment(last)}
            for name, (records, last) in ((name, held.get(name, kept.NOTHING)) for name in TYPES)
        ]
    }
