"""Looking through shops, offers, tags and keywords by what they are called, so many rows at once and no more."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, func, or_, select

from cobi.domain.identifiers import parse_id
from cobi.store.keys import chunks
from cobi.store.query import Query
from cobi.store.schema import ENTITIES

MOST_READ = 20_000
"""Rows whose names one request looks at; the next page goes on behind them."""

_shops = ENTITIES["shops"]


class Page(NamedTuple):
    """Items, and the key of the last row that was looked at, None at the end."""

    rows: list[dict[str, Any]]
    last: int | None


def page(
    connection: Connection, kind: str, text: str | None, limit: int, after: int, most: int = MOST_READ
) -> Page:
    """Up to `limit` items that have the text in their names or as their id, in upload order behind the key `after`."""
    table = ENTITIES[kind]
    query = _listed(table).where(table.c.key > after).order_by(table.c.key).limit(limit)
    end = None
    if text:
        end = _end(connection, table, after, most)
        query = query.where(_named(table, text), *([] if end is None else [table.c.key <= end]))
    rows = [dict(row) for row in connection.execute(query).mappings()]
    return Page(rows, rows[-1]["key"] if len(rows) == limit else end)


def matching(connection: Connection, kind: str, text: str, most: int = MOST_READ) -> tuple[list[int], bool]:
    """The keys of the items that have the text in their names, and whether all were looked at: the newest are first."""
    table = ENTITIES[kind]
    edge = connection.scalar(select(table.c.key).order_by(table.c.key.desc()).offset(most).limit(1))
    query = select(table.c.key).where(_named(table, text))
    found = list(connection.scalars(query if edge is None else query.where(table.c.key > edge)))
    return found, edge is None


def described(connection: Connection, kind: str, keys: Collection[int]) -> dict[int, dict[str, Any]]:
    """These items, by key."""
    table = ENTITIES[kind]
    return {
        row["key"]: dict(row)
        for chunk in chunks(keys)
        for row in connection.execute(_listed(table).where(table.c.key.in_(chunk))).mappings()
    }


def called(connection: Connection, kind: str, name: str, most: int) -> list[tuple[bytes, str]]:
    """Up to so many items of exactly this name, in any case of its letters, as ids and names."""
    table = ENTITIES[kind]
    query = select(table.columns.values()[1], table.c.name).where(
        or_(table.c.name == name, func.lower(table.c.name) == name.lower()), _there(table)
    )
    return [(row[0], row[1]) for row in connection.execute(query.order_by(table.c.key).limit(most))]


def names(connection: Connection, kind: str, ids: Collection[bytes]) -> dict[bytes, str]:
    """What records of any kind are called, by id."""
    table = ENTITIES[kind]
    identifier = table.columns.values()[1]
    return {
        row[0]: row[1]
        for chunk in chunks(ids)
        for row in connection.execute(select(identifier, table.c.name).where(identifier.in_(chunk)))
    }


def choices(connection: Connection, kind: str, most: int) -> list[str]:
    """Up to so many names of the newest records of a kind, in the order of the alphabet."""
    table = ENTITIES[kind]
    newest = (
        select(table.c.name).where(_there(table)).order_by(table.c.key.desc()).limit(MOST_READ).subquery()
    )
    return list(connection.scalars(select(newest.c.name).distinct().order_by(newest.c.name).limit(most)))


def _end(connection: Connection, table: Table, after: int, most: int) -> int | None:
    """The last row to look at; None where the table ends before."""
    query = select(table.c.key).where(table.c.key > after).order_by(table.c.key)
    found = connection.scalars(query.offset(most - 1).limit(2)).all()
    return found[0] if len(found) > 1 else None


def _named(table: Table, text: str) -> ColumnElement[bool]:
    # SQLite knows the cases of ASCII letters only: others are found as they are written.
    lowered = func.lower(table.c.name).contains(text.lower(), autoescape=True)
    found = or_(lowered, table.c.name.contains(text, autoescape=True))
    identifier = parse_id(text.strip())
    return found if identifier is None else or_(found, table.columns.values()[1] == identifier)


def _there(table: Table) -> ColumnElement[bool]:
    return table.c.is_deleted.is_not(True)


def _listed(table: Table) -> Query:
    """Key, id, name, when it was uploaded, region and terms where there are any, and the shop of an offer."""
    columns = [table.c.key, table.columns.values()[1].label("id"), table.c.name, table.c.is_deleted]
    columns += [table.c[name] for name in ("region", "allowed_from", "allowed_to") if name in table.c]
    columns.append(func.coalesce(table.c.created, table.c.uploaded).label("since"))
    if "shop_key" not in table.c:
        return select(*columns)
    shop = (_shops.c.name.label("shop"), _shops.c.shop_id)
    return select(*columns, *shop).join(_shops, _shops.c.key == table.c.shop_key)
