"""Who belongs to a rule, asked of all students by one statement; who did something is found out ahead of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    and_,
    cast,
    func,
    not_,
    or_,
    select,
    text,
)

from cobi.domain.segments.rule import Bought, Did, Favourites, Rule, When
from cobi.store.dialect import is_sqlite
from cobi.store.json_columns import columns_of
from cobi.store.named_items import Keys, keys_of
from cobi.store.schema import ENTITIES
from cobi.store.student_days.reading import actors

_customers, _offers, _transactions = ENTITIES["customers"], ENTITIES["offers"], ENTITIES["transactions"]
_favourites = ENTITIES["student-favourites"]
_BOUGHT_AT = func.coalesce(_transactions.c.created, _transactions.c.uploaded)
_PURCHASE = _transactions.c.student_key.is_not(None) & _transactions.c.is_deleted.is_not(True)

FIRST_SEEN = func.coalesce(_customers.c.created, _customers.c.uploaded)
"""When a student was first seen, as far as the marketplace says."""


def size(connection: Connection, rule: Rule, when: When) -> int:
    """How many students belong."""
    _give_room(connection)
    query = select(func.count()).select_from(_customers).where(_belongs(connection, rule, when))
    return connection.scalar(query) or 0


def members(connection: Connection, rule: Rule, when: When) -> NDArray[np.int64]:
    """The keys of all who belong, ascending."""
    _give_room(connection)
    return _keys(connection, _belongs(connection, rule, when))


def group(connection: Connection, rule: Rule, when: When, most: int) -> tuple[int, NDArray[np.int64]]:
    """How many belong, and the keys of all of them where they are at most so many; else no key."""
    _give_room(connection)
    # Asked of the same condition: finding out who did something is most of the work.
    belongs = _belongs(connection, rule, when)
    number = connection.scalar(select(func.count()).select_from(_customers).where(belongs)) or 0
    if number > most:
        return number, np.empty(0, np.int64)
    return number, _keys(connection, belongs)


def _keys(connection: Connection, belongs: ColumnElement[bool]) -> NDArray[np.int64]:
    [keys] = columns_of(connection, select(_customers.c.key).where(belongs))
    return np.sort(np.array(keys, np.int64))


def ids(connection: Connection, keys: Sequence[int]) -> list[bytes]:
    """The ids of these students, who are few, in the order of their keys."""
    query = select(_customers.c.customer_id).where(_customers.c.key.in_(keys)).order_by(_customers.c.key)
    return list(connection.scalars(query))


def _give_room(connection: Connection) -> None:
    """Let PostgreSQL hold all students in a hash table: it would look each one up by reading all others."""
    if not is_sqlite(connection):
        connection.execute(text("SET LOCAL work_mem = '128MB'"))


def _belongs(connection: Connection, rule: Rule, when: When) -> ColumnElement[bool]:
    return and_(_customers.c.is_deleted.is_not(True), *_meets(connection, rule, when))


def _meets(connection: Connection, rule: Rule, when: When) -> Iterator[ColumnElement[bool]]:
    key = _customers.c.key
    yield from _is(rule, when)
    if rule.inactive_days is not None:
        since = when.since(rule.inactive_days)
        yield key.not_in(_actors(connection, Did(), since)) & key.not_in(_buyers(Bought(), since))
    if rule.did is not None:
        yield key.in_(_actors(connection, rule.did, _since(rule.did.within_days, when)))
    if rule.bought is not None:
        yield key.in_(_buyers(rule.bought, _since(rule.bought.within_days, when)))
    if rule.favourites is not None:
        yield key.in_(_admirers(rule.favourites))
    for inside in rule.every:
        yield _whole(connection, inside, when)
    if rule.some:
        yield or_(*(_whole(connection, inside, when) for inside in rule.some))
    if rule.never is not None:
        # What is not known of a student, such as the age, does not meet a condition.
        yield not_(func.coalesce(_whole(connection, rule.never, when), False))


def _whole(connection: Connection, rule: Rule, when: When) -> ColumnElement[bool]:
    conditions = list(_meets(connection, rule, when))
    return and_(*conditions) if conditions else _customers.c.key.is_not(None)


def _is(rule: Rule, when: When) -> Iterator[ColumnElement[bool]]:
    columns = _customers.c
    if rule.regions:
        yield columns.region.in_(rule.regions)
    if rule.genders:
        yield func.lower(columns.gender).in_([gender.lower() for gender in rule.genders])
    if rule.institutes:
        yield columns.institute_key.in_(keys_of("institutes", rule.institutes))
    if rule.courses:
        yield columns.course_key.in_(keys_of("courses", rule.courses))
    if (born_until := rule.born_until(when.today)) is not None:
        yield columns.birthdate <= born_until
    if (born_after := rule.born_after(when.today)) is not None:
        yield columns.birthdate > born_after
    if rule.new_within_days is not None:
        yield when.since(rule.new_within_days) <= FIRST_SEEN


def _actors(connection: Connection, did: Did, since: int | None) -> Keys:
    """Those who did it, found out ahead and handed to the statement as a list."""
    keys = actors(connection, did, since).tolist()
    if is_sqlite(connection):
        listed = func.json_each(msgspec.json.encode(keys).decode()).table_valued("value")
        return select(listed.c.value)
    return select(func.unnest(cast(keys, ARRAY(BigInteger))).column_valued("actor"))


def _buyers(bought: Bought, since: int | None) -> Keys:
    table = _transactions.c
    conditions: list[ColumnElement[bool]] = [_PURCHASE]
    if since is not None:
        conditions.append(since <= _BOUGHT_AT)
    of = ((table.shop_key, "shops", bought.shops), (table.offer_key, "offers", bought.offers))
    named = [column.in_(keys_of(kind, wanted)) for column, kind, wanted in of if wanted]
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
        conditions.append(table.shop_key.in_(keys_of("shops", favourites.shops)))
    query = select(table.student_key).where(*conditions).group_by(table.student_key)
    return query.having(func.count(table.shop_key.distinct()) >= favourites.at_least)


def _since(days: int | None, when: When) -> int | None:
    return None if days is None else when.since(days)
