"""The settings an organisation has chosen for itself; what is not there has its default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, func, insert, select

from cobi.store import revisions
from cobi.store.schema import organisation_settings as table
from cobi.store.schema import ranking_settings
from cobi.store.schema import setting_changes as changes_table
from cobi.store.writer import Transaction

_SPACE = "ranking_settings"


@dataclass(frozen=True)
class Change:
    """That somebody chose another value, in its JSON form; None stands for the default."""

    key: int
    name: str
    before: Any
    after: Any
    changed: int
    by: str


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


def change(connection: Connection, values: Mapping[str, Any], now: int, by: str) -> None:
    """Choose these values; None puts a default back. Every process follows with its next answer."""
    before = read(connection)
    for name, value in values.items():
        known = before.get(name)
        if (None if known is None else known.value) == value:
            continue
        connection.execute(delete(table).where(table.c.name == name))
        if value is not None:
            connection.execute(insert(table).values(name=name, value=_text(value), changed=now))
        was = None if known is None else _text(known.value)
        row = {"name": name, "before": was, "after": None if value is None else _text(value)}
        connection.execute(insert(changes_table).values(**row, changed=now, by=by))
    if values:
        revisions.move(connection, revisions.SETTINGS)


def changes(connection: Connection, before: int | None = None, limit: int | None = None) -> list[Change]:
    """Who changed what, the newest first; those before the change of that key."""
    columns = changes_table.c
    query = select(*columns).order_by(columns.key.desc())
    if before is not None:
        query = query.where(columns.key < before)
    return [_change(row) for row in connection.execute(query.limit(limit))]


def last_changes(connection: Connection) -> dict[str, Change]:
    """The newest change of each setting that was ever changed."""
    columns = changes_table.c
    newest = select(func.max(columns.key)).group_by(columns.name)
    rows = connection.execute(select(*columns).where(columns.key.in_(newest)))
    return {row.name: _change(row) for row in rows}


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


def _change(row: Any) -> Change:
    before, after = (None if one is None else msgspec.json.decode(one) for one in (row.before, row.after))
    return Change(row.key, row.name, before, after, row.changed, row.by)


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()
