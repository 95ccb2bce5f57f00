"""From ids to the small integer keys rows are joined by; one look-up also answers whether the id is known.

The cache keeps only what was found, so an id uploaded a moment ago by another process is never taken for
unknown. What can stop being true (a student is deleted, a pseudonym changes hands) moves the `identities`
revision, which empties it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, select

from cobi.store.query import Query
from cobi.store.schema import ENTITIES, visitors

_CHUNK = 1000
_MOST_CACHED = 1_000_000

_customers = ENTITIES["customers"]

T = TypeVar("T")


class KeyCache:
    """Bounded maps from ids to keys, one for each namespace; not safe for several threads at once."""

    def __init__(self, most: int = _MOST_CACHED) -> None:
        self._most = most
        self._spaces: dict[str, dict[Any, int]] = {}
        self.revision = -1

    def space(self, name: str) -> dict[Any, int]:
        """The map of one namespace."""
        return self._spaces.setdefault(name, {})

    def remember(self, name: str, found: dict[Any, int]) -> None:
        """Add what was found; the longest-known half goes when the map is full."""
        space = self.space(name)
        space.update(found)
        if len(space) > self._most:
            for stale in list(space)[: len(space) // 2]:
                del space[stale]

    def clear(self) -> None:
        """Forget everything, because a transaction that was read from did not come about."""
        self._spaces.clear()


def resolve(
    connection: Connection, cache: KeyCache, record_type: str, ids: Collection[bytes]
) -> dict[bytes, int]:
    """The keys of the ids that are stored as this record type."""
    table = ENTITIES[record_type]
    identifier = table.c[_id_column(record_type)]
    return _resolve(connection, cache, record_type, ids, select(identifier, table.c.key), identifier)


def resolve_students(connection: Connection, cache: KeyCache, ids: Collection[bytes]) -> dict[bytes, int]:
    """The keys of the students who are known and not deleted (D19)."""
    query = select(_customers.c.customer_id, _customers.c.key).where(_customers.c.is_deleted.is_not(True))
    return _resolve(connection, cache, "students", ids, query, _customers.c.customer_id)


def resolve_pseudonyms(
    connection: Connection, cache: KeyCache, identities: Collection[bytes]
) -> dict[bytes, int]:
    """The keys of the students with these `user_id`s (D20); of several the first uploaded has it."""
    query = (
        select(_customers.c.user_id, _customers.c.key)
        .where(_customers.c.is_deleted.is_not(True))
        .order_by(_customers.c.key.desc())
    )
    return _resolve(connection, cache, "user_ids", identities, query, _customers.c.user_id)


def resolve_visitors(connection: Connection, cache: KeyCache, user_ids: Collection[str]) -> dict[str, int]:
    """The keys of the pseudonyms that have been seen before."""
    query = select(visitors.c.user_id, visitors.c.key)
    return _resolve(connection, cache, "visitors", user_ids, query, visitors.c.user_id)


def _resolve(
    connection: Connection,
    cache: KeyCache,
    space: str,
    wanted: Collection[T],
    query: Query,
    column: ColumnElement[Any],
) -> dict[T, int]:
    known = cache.space(space)
    missing = [value for value in set(wanted) if value not in known]
    for chunk in chunks(missing):
        found = connection.execute(query.where(column.in_(chunk)))
        cache.remember(space, {row[0]: row[1] for row in found})
    known = cache.space(space)
    return {value: known[value] for value in wanted if value in known}


def chunks(values: Iterable[T]) -> Iterable[list[T]]:
    """Slices small enough for one statement's parameters."""
    values = list(values)
    return (values[start : start + _CHUNK] for start in range(0, len(values), _CHUNK))


def _id_column(record_type: str) -> str:
    return ENTITIES[record_type].columns.keys()[1]
