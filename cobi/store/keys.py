"""From ids to the small integer keys rows are joined by; one look-up also answers whether the id is known.

The cache keeps only what was found, so an id uploaded a moment ago by another process is never taken for
unknown. What can stop being true (a student is deleted, a pseudonym changes hands) moves the `identities`
revision, which empties it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, TypeVar

from sqlalchemy import Column, Connection

from cobi.store.bulk import fetch_rows
from cobi.store.schema import ENTITIES, visitors

_CHUNK = 1000
_NOT_DELETED = "AND is_deleted IS NOT TRUE"
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

    def has_room(self, name: str, more: int) -> bool:
        """Whether so many more can be remembered without forgetting any."""
        return len(self.space(name)) + more <= self._most

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
) -> Mapping[bytes, int]:
    """The keys of the ids that are stored as this record type; of others too, like everything here."""
    identifier = ENTITIES[record_type].columns.values()[1]
    return _resolve(connection, cache, record_type, ids, identifier)


def resolve_students(connection: Connection, cache: KeyCache, ids: Collection[bytes]) -> Mapping[bytes, int]:
    """The keys of the students who are known and not deleted (D19)."""
    return _resolve(connection, cache, "students", ids, _customers.c.customer_id, _NOT_DELETED)


def resolve_pseudonyms(
    connection: Connection, cache: KeyCache, identities: Collection[bytes]
) -> Mapping[bytes, int]:
    """The keys of the students with these `user_id`s (D20); of several the first uploaded has it."""
    further = f'{_NOT_DELETED} ORDER BY "key" DESC'
    return _resolve(connection, cache, "user_ids", identities, _customers.c.user_id, further)


def resolve_visitors(connection: Connection, cache: KeyCache, user_ids: Collection[str]) -> Mapping[str, int]:
    """The keys of the pseudonyms that have been seen before."""
    return _resolve(connection, cache, "visitors", user_ids, visitors.c.user_id)


def _resolve(
    connection: Connection,
    cache: KeyCache,
    space: str,
    wanted: Collection[T],
    column: Column[Any],
    further: str = "",
) -> Mapping[T, int]:
    """The keys of at least those of the wanted that there are."""
    known = cache.space(space)
    missing = set(wanted).difference(known)
    if not missing:
        return known
    key = column.table.c["key"]
    found: dict[T, int] = dict(fetch_rows(connection, (column, key), column, missing, further=further))
    if cache.has_room(space, len(found)):
        cache.remember(space, found)
        return known
    # Taken out first: what is remembered pushes out what was known.
    keys = {value: known[value] for value in wanted if value in known} | found
    cache.remember(space, found)
    return keys


def chunks(values: Iterable[T]) -> Iterable[list[T]]:
    """Slices small enough for one statement's parameters."""
    values = list(values)
    return (values[start : start + _CHUNK] for start in range(0, len(values), _CHUNK))
