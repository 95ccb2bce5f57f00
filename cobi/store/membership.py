"""Who belongs to a rule, asked of all students by one statement.

What students did is found by the time in interactions' ids: the last n days are one range of the table's order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, Select, and_, func, not_, or_, select, text

from cobi.domain.identifiers import first_id
from cobi.domain.interaction import ITEM_RECORD_TYPES, ItemType
from cobi.domain.segments.rule import Bought, Did, Favourites, Rule, When
from cobi.store.dialect import is_sqlite
from cobi.store.schema import ENTITIES, interactions

_customers, _offers, _transactions = ENTITIES["customers"], ENTITIES["offers"], ENTITIES["transactions"]
_favourites = ENTITIES["student-favourites"]
_LABELS = {ItemType.TAG: ("shop-tags", "tag_key"), ItemType.KEYWORD: ("shop-keywords", "keyword_key")}
_BOUGHT_AT = func.coalesce(_transactions.c.created, _transactions.c.uploaded)
_PURCHASE = _transactions.c.student_key.is_not(None) & _transactions.c.is_deleted.is_not(True)

FIRST_SEEN = func.coalesce(_customers.c.created, _customers.c.uploaded)
"""When a student was first seen, as far as the marketplace says."""

Keys = Select[int]
"""A query of keys."""


def size(connection: Connection, rule: Rule, when: When) -> int:
    """How many students belong."""
    _give_room(connection)
    query = select(func.count()).select_from(_customers).where(_belongs(rule, when))
    return connection.scalar(query) or 0


def members(connection: Connection, rule: Rule, when: When) -> NDArray[np.int64]:
    """The keys of all who belong, ascending."""
    _give_room(connection)
    query = select(_customers.c.key).where(_belongs(rule, when)).order_by(_customers.c.key)
    return np.fromiter(connection.scalars(query), dtype=np.int64)


def ids(connection: Connection, keys: Sequence[int]) -> list[bytes]:
    """The ids of these students, who are few, in the order of their keys."""
    query = select(_customers.c.customer_id).where(_customers.c.key.in_(keys)).order_by(_customers.c.key)
    return list(connection.scalars(query))


def items(did: Did) -> Iterator[tuple[ItemType, Keys]]:
    """All that an interaction the condition counts may be with, by type; of one type in several queries."""
    for item_type, named in did.items().items():
        yield item_type, _keys(ITEM_RECORD_TYPES[item_type], named)
        if item_type in _LABELS:
            shops = _shops_with(item_type, named)
            yield ItemType.SHOP, shops
            yield ItemType.OFFER, _offers_of(shops)
        if item_type is ItemType.SHOP:
            yield ItemType.OFFER, _offers_of(_keys("shops", named))


def _give_room(connection: Connection) -> None:
    """Let PostgreSQL hold all students in a hash table: it would look each one up by reading all others."""
    if not is_sqlite(connection):
        connection.execute(text("SET LOCAL work_mem = '128MB'"))


def _belongs(rule: Rule, when: When) -> ColumnElement[bool]:
    return and_(_customers.c.is_deleted.is_not(True), *_meets(rule, when))


def _meets(rule: Rule, when: When) -> Iterator[ColumnElement[bool]]:
    key = _customers.c.key
    yield from _is(rule, when)
    if rule.inactive_days is not None:
        since = when.since(rule.inactive_days)
        yield key.not_in(_actors(Did(), since)) & key.not_in(_buyers(Bought(), since))
    if rule.did is not None:
        yield key.in_(_actors(rule.did, _since(rule.did.within_days, when)))
    if rule.bought is not None:
        yield key.in_(_buyers(rule.bought, _since(rule.bought.within_days, when)))
    if rule.favourites is not None:
        yield key.in_(_admirers(rule.favourites))
    for inside in rule.every:
        yield _whole(inside, when)
    if rule.some:
        yield or_(*(_whole(inside, when) for inside in rule.some))
    if rule.never is not None:
        # What is not known of a student, such as the age, does not meet a condition.
        yield not_(func.coalesce(_whole(rule.never, when), False))


def _whole(rule: Rule, when: When) -> ColumnElement[bool]:
    conditions = list(_meets(rule, when))
    return and_(*conditions) if conditions else _customers.c.key.is_not(None)


def _is(rule: Rule, when: When) -> Iterator[ColumnElement[bool]]:
    columns = _customers.c
    if rule.regions:
        yield columns.region.in_(rule.regions)
    if rule.genders:
        yield func.lower(columns.gender).in_([gender.lower() for gender in rule.genders])
    if rule.institutes:
        yield columns.institute_key.in_(_keys("institutes", rule.institutes))
    if rule.courses:
        yield columns.course_key.in_(_keys("courses", rule.courses))
    if (born_until := rule.born_until(when.today)) is not None:
        yield columns.birthdate <= born_until
    if (born_after := rule.born_after(when.today)) is not None:
        yield columns.birthdate > born_after
    if rule.new_within_days is not None:
        yield when.since(rule.new_within_days) <= FIRST_SEEN


def _actors(did: Did, since: int | None) -> Keys:
    table = interactions.c
    conditions: list[ColumnElement[bool]] = [table.student_key.is_not(None)]
    if since is not None:
        conditions += [table.interaction_id >= first_id(since), table.event_timestamp >= since]
    if did.types:
        conditions.append(table.interaction_type.in_([one.value for one in did.types]))
    if did.items():
        conditions.append(
            or_(
                *((table.item_type == int(kind)) & table.item_key.in_(keys) for kind, keys in items(did)),
            )
        )
    query = select(table.student_key).where(*conditions).group_by(table.student_key)
    return query.having(func.count() >= did.at_least) if did.at_least > 1 else query


def _buyers(bought: Bought, since: int | None) -> Keys:
    table = _transactions.c
    conditions: list[ColumnElement[bool]] = [_PURCHASE]
    if since is not None:
        conditions.append(since <= _BOUGHT_AT)
    of = ((table.shop_key, "shops", bought.shops), (table.offer_key, "offers", bought.offers))
    named = [column.in_(_keys(kind, wanted)) for column, kind, wanted in of if wanted]
    if named:
        conditions.append(or_(*named))
    query = select(table.student_key).where(*conditions).group_by(table.student_key)
    if bought.min_savings:
        query = query.having(func.sum(table.savings) >= bought.min_savings)
    return query.having(func.count() >= bought.at_least)


def _admirers(favourites: Favourites) -> Keys:
    table = _favourites.c
    conditions = [table.is_deleted.is_not(True)]
    if favourites.shops:
        conditions.append(table.shop_key.in_(_keys("shops", favourites.shops)))
    query = select(table.student_key).where(*conditions).group_by(table.student_key)
    return query.having(func.count(table.shop_key.distinct()) >= favourites.at_least)


def _keys(record_type: str, wanted: Sequence[bytes]) -> Keys:
    table = ENTITIES[record_type]
    return select(table.c.key).where(table.columns.values()[1].in_(wanted))


def _shops_with(label: ItemType, wanted: Sequence[bytes]) -> Keys:
    name, column = _LABELS[label]
    table = ENTITIES[name]
    labelled = table.c[column].in_(_keys(ITEM_RECORD_TYPES[label], wanted))
    return select(table.c.shop_key).where(labelled, table.c.is_deleted.is_not(True))


def _offers_of(shops: Keys) -> Keys:
    return select(_offers.c.key).where(_offers.c.shop_key.in_(shops))


def _since(days: int | None, when: When) -> int | None:
    return None if days is None else when.since(days)
