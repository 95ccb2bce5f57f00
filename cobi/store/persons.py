"""One student as rules see them, and what the ids in rules stand for."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import Connection, func, select

from cobi.domain.segments.belonging import Deed, Item, Names, Person, Purchase
from cobi.domain.segments.rule import Did, Rule
from cobi.store import histories, membership, named_items
from cobi.store.keys import chunks
from cobi.store.schema import ENTITIES, interactions

_customers, _transactions = ENTITIES["customers"], ENTITIES["transactions"]
_favourites = ENTITIES["student-favourites"]


def names(connection: Connection, rules: Collection[Rule]) -> Names:
    """What the ids in these rules stand for today."""
    lists = {one for rule in rules for inside in rule.nested() for one in _lists(inside)}
    keys = {one: _keys(connection, *one) for one in lists}
    dids = {inside.did for rule in rules for inside in rule.nested() if inside.did is not None}
    items = {did: _items(connection, did) for did in dids if did.items()}
    own = (one for one in lists if one[0] in ("institutes", "courses"))
    return Names(keys, items, all(len(keys[one]) == len(one[1]) for one in own))


def person(
    connection: Connection, key: int, rules: Collection[Rule], *, until: int | None = None
) -> Person | None:
    """A student who is known and not deleted, with what these rules ask for; deeds before a moment, where given."""
    columns = (
        _customers.c[name] for name in ("region", "institute_key", "course_key", "gender", "birthdate")
    )
    query = select(*columns, membership.FIRST_SEEN).where(
        _customers.c.key == key, _customers.c.is_deleted.is_not(True)
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    asked = [inside for rule in rules for inside in rule.nested()]
    idle = any(rule.inactive_days is not None for rule in asked)
    return Person(
        *row,
        deeds=_deeds(connection, key, until) if idle or any(rule.did for rule in asked) else (),
        purchases=_purchases(connection, key, until) if idle or any(rule.bought for rule in asked) else (),
        favourites=_liked(connection, key) if any(rule.favourites for rule in asked) else frozenset(),
    )


def _deeds(connection: Connection, key: int, until: int | None) -> list[Deed]:
    table = interactions.c
    query = select(table.interaction_type, table.item_type, table.item_key, table.event_timestamp)
    theirs = query.where(histories.of_students(connection, [key]))
    if until is not None:
        theirs = theirs.where(table.event_timestamp < until)
    return [Deed(kind, (item_type, item), time) for kind, item_type, item, time in connection.execute(theirs)]


def _purchases(connection: Connection, key: int, until: int | None) -> list[Purchase]:
    table = _transactions.c
    time = func.coalesce(table.created, table.uploaded)
    query = select(table.shop_key, table.offer_key, table.savings, time)
    theirs = query.where(table.student_key == key, table.is_deleted.is_not(True))
    if until is not None:
        theirs = theirs.where(time < until)
    return [Purchase(*row) for row in connection.execute(theirs)]


def _liked(connection: Connection, key: int) -> frozenset[int]:
    table = _favourites.c
    query = select(table.shop_key).where(table.student_key == key, table.is_deleted.is_not(True))
    return frozenset(connection.scalars(query))


def _lists(rule: Rule) -> Iterable[tuple[str, tuple[bytes, ...]]]:
    yield "institutes", rule.institutes
    yield "courses", rule.courses
    if rule.bought is not None:
        yield "shops", rule.bought.shops
        yield "offers", rule.bought.offers
    if rule.favourites is not None:
        yield "shops", rule.favourites.shops


def _keys(connection: Connection, record_type: str, ids: tuple[bytes, ...]) -> frozenset[int]:
    table = ENTITIES[record_type]
    identifier = table.columns.values()[1]
    queries = (select(table.c.key).where(identifier.in_(chunk)) for chunk in chunks(ids))
    return frozenset(key for query in queries for key in connection.scalars(query))


def _items(connection: Connection, did: Did) -> frozenset[Item]:
    found: set[Item] = set()
    for item_type, query in named_items.items(did):
        found.update((item_type, row[0]) for row in connection.execute(query))
    return frozenset(found)
