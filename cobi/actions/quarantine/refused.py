"""Looking at what was refused, and dropping it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from cobi.actions import cursors
from cobi.domain.errors import NotFound
from cobi.domain.identifiers import format_id
from cobi.domain.moments import format_moment
from cobi.domain.quarantine import Selection
from cobi.store import quarantine, quarantine_accounts
from cobi.store.database import Connection
from cobi.store.writer import Transaction

DROPPED_AT_ONCE = 5000


def page(connection: Connection, selection: Selection, limit: int, cursor: str | None) -> dict[str, Any]:
    """A page of these records in the order they came, how many there are by reason, and how many have left."""
    after: int = cursors.decode(cursor, cursors.Key) if cursor else 0
    rows = quarantine.page(connection, selection, limit, after)
    following = cursors.encode(rows[-1]["key"]) if len(rows) == limit else None
    counts = [
        {"type": account.type, "codes": account.codes.split(","), "records": n}
        for account, n in quarantine.counts(connection, selection).items()
    ]
    left = quarantine_accounts.left(connection)
    return {
        "records": [_render(row) for row in rows],
        "counts": counts,
        "left": left,
        "next_cursor": following,
    }


def one(connection: Connection, quarantine_id: bytes) -> dict[str, Any]:
    """One refused record; raises NotFound."""
    row = quarantine.read(connection, quarantine_id)
    if row is None:
        message = f"there is no record {format_id(quarantine_id)} in quarantine"
        raise NotFound(
            message, code="unknown_record", hint="it may have been retried, dropped, or grown too old"
        )
    return _render(row)


def count(connection: Connection, selection: Selection) -> int:
    """How many refused records are meant."""
    return sum(quarantine.counts(connection, selection).values())


def drop(transaction: Transaction, selection: Selection) -> int:
    """Delete the first of these records; returns how many, 0 when none is left."""
    return quarantine.drop(transaction.connection, selection, DROPPED_AT_ONCE)


def _render(row: Mapping[str, Any]) -> dict[str, Any]:
    retried = row["retried"]
    return {
        "quarantine_id": format_id(row["quarantine_id"]),
        "type": row["type"],
        "received": format_moment(row["received"]),
        "times": row["times"],
        "request_id": row["request_id"],
        "index": row["index"],
        "retried": None if retried is None else format_moment(retried),
        "errors": msgspec.json.decode(row["errors"]),
        "body": bytes(row["body"]).decode("utf-8", "replace"),
    }
