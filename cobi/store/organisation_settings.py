"""The settings an organisation has chosen for itself; what is not there has its default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, insert, select, update

from cobi.store import revisions
from cobi.store.schema import organisation_settings as table
from cobi.store.schema import ranking_settings
from cobi.store.writer import Transaction

_SPACE = "ranking_settings"


@dataclass(frozen=True)
class Chosen:
    """A setting's value in its JSON form, and when it was chosen."""

    value: Any
    changed: int


def read(connection: Connection) -> dict[str, Chosen]:
    """All that was chosen, by name."""
    rows = connection.execute(select(table.c.name, table.c.value, table.c.changed))
    return {row[0]: Chosen(msgspec.json.decode(row[1]), row[2]) for row in rows}


def value(connection: Connection, name: str) -> Any:
    """One setting's value in its JSON form: what was chosen, or None."""
    found = connection.scalar(select(table.c.value).where(table.c.name == name))
    return None if found is None else msgspec.json.decode(found)


def change(connection: Connection, values: Mapping[str, Any], now: int) -> None:
    """Choose these values; None puts a default back. Every process follows with its next answer."""
    for name, value in values.items():
        if value is None:
            connection.execute(delete(table).where(table.c.name == name))
            continue
        text = msgspec.json.encode(value).decode()
        changed = connection.execute(
            update(table).where(table.c.name == name).values(value=text, changed=now)
        )
        if not changed.rowcount:
            connection.execute(insert(table).values(name=name, value=text, changed=now))
    if values:
        revisions.move(connection, revisions.SETTINGS)


def ranking_key(transaction: Transaction, document: str) -> int:
    """The key under which the settings of a ranking are kept; new ones get one."""
    known = transaction.keys.space(_SPACE)
    if document not in known:
        connection = transaction.connection
        found = select(ranking_settings.c.key).where(ranking_settings.c.document == document)
        key = connection.scalar(found)
        if key is None:
            connection.execute(insert(ranking_settings).values(document=document))
            key = connection.scalars(found).one()
        transaction.keys.remember(_SPACE, {document: key})
        return key
    return known[document]


def ranking_document(connection: Connection, key: int) -> dict[str, Any]:
    """The settings of a ranking by their key."""
    query = select(ranking_settings.c.document).where(ranking_settings.c.key == key)
    return msgspec.json.decode(connection.scalars(query).one())
