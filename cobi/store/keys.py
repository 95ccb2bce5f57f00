"""From ids to the small integer keys rows are joined by; one look-up also answers whether the id is known."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Column, Connection

from cobi.store.bulk import fetch_rows
from cobi.store.dialect import run
from cobi.store.key_cache import NOBODY, Glance, KeyCache, Keys
from cobi.store.schema import ENTITIES, visitors

_CHUNK = 1000
_NOT_DELETED = "AND is_deleted IS NOT TRUE"

_customers = ENTITIES["customers"]

T = TypeVar("T")


@dataclass(frozen=True)
class Standing:
    """What keys found ahead of a transaction rest on: they hold in it if it finds the same."""

    generation: int
    newest: int


def standing(connection: Connection, keys: KeyCache | Glance) -> Standing:
    """What keys found now rest on."""
    return Standing(keys.generation, newest_student(connection))


def newest_student(connection: Connection) -> int:
    """The key of the student who arrived last; keys only grow, and are never given again."""
    [newest] = run(connection, "SELECT max(key) FROM customers").fetchone()
    return NOBODY if newest is None else newest


def resolve(
    connection: Connection, cache: Keys, record_type: str, ids: Collection[bytes]
) -> Mapping[bytes, int]:
    """The keys of the ids that are stored as this record type; of others too, like everything here."""
    identifier = ENTITIES[record_type].columns.values()[1]
    return _resolve(connection, cache, record_type, ids, identifier)


def resolve_students(connection: Connection, cache: Keys, ids: Collection[bytes]) -> Mapping[bytes, int]:
    """The keys of the students who are known and not deleted (D19)."""
    return _resolve(connection, cache, "students", ids, _customers.c.customer_id, _NOT_DELETED)


def note_students(glance: Glance, found: Mapping[bytes, int]) -> None:
    """Remember students who were found known and not deleted after the glance: the writer then need not look again."""
    glance.remember("students", dict(found))


def resolve_pseudonyms(
    connection: Connection, cache: Keys, identities: Collection[bytes]
) -> Mapping[bytes, int]:
    """The keys of the students with these `user_id`s (D20); of several the first uploaded has it."""
    known = cache.space("user_ids")
    if not set(identities).difference(known):
        return known
    newest = newest_student(connection)
    wanted = set(identities).difference(cache.strangers(newest))
    further = f'{_NOT_DELETED} ORDER BY "key" DESC'
    found = _resolve(connection, cache, "user_ids", wanted, _customers.c.user_id, further)
    cache.remember_strangers(newest, wanted.difference(found))
    return found


def resolve_visitors(connection: Connection, cache: Keys, user_ids: Collection[str]) -> Mapping[str, int]:
    """The keys of the pseudonyms that have been seen before."""
    return _resolve(connection, cache, "visitors", user_ids, visitors.c.user_id)


def _resolve(
    connection: Connection,
    cache: Keys,
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
    if cache.remember(space, found):
        return known
    # Taken out first: what is crowded in pushes out what was known.
    keys = {value: key for value in wanted if (key := known.get(value)) is not None} | found
    cache.crowd_in(space, found)
    return keys


def chunks(values: Iterable[T]) -> Iterable[list[T]]:
    """Slices small enough for one statement's parameters."""
    values = list(values)
    return (values[start : start + _CHUNK] for start in range(0, len(values), _CHUNK))
