"""Purchases and the code reveals they followed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, select, tuple_, update

from cobi.store.inserting import insert_rows
from cobi.store.keys import chunks
from cobi.store.rollups.tables import code_reveals, conversions
from cobi.store.schema import ENTITIES

_transactions = ENTITIES["transactions"].c

Pair = tuple[int, int]
"""The keys of a student and an offer."""

MOST = 10**13
"""The largest sum counted of a purchase, in thousandths: absurd ones must not carry the figures off."""


@dataclass(frozen=True)
class Reveal:
    """An attributed code reveal; `moment` is when it was revealed."""

    interaction_id: bytes
    pair: Pair
    moment: int
    recommendation_id: bytes


@dataclass(frozen=True)
class Purchase:
    """A purchase that names a student and an offer; money in thousandths."""

    key: int
    pair: Pair
    moment: int
    amount: int
    savings: int


@dataclass(frozen=True)
class Conversion:
    """A purchase and the reveal it is counted for."""

    purchase: Purchase
    reveal: Reveal


def add_reveals(connection: Connection, reveals: Iterable[Reveal]) -> None:
    """Remember reveals."""
    rows = ((one.interaction_id, *one.pair, one.moment, one.recommendation_id) for one in reveals)
    insert_rows(connection, code_reveals, code_reveals.columns.keys(), rows)


def forget_reveals(connection: Connection, interaction_ids: Collection[bytes]) -> list[Reveal]:
    """Forget these reveals; returns those that there were."""
    found = _reveals(connection, code_reveals.c.interaction_id, interaction_ids)
    for chunk in chunks(one.interaction_id for one in found):
        connection.execute(delete(code_reveals).where(code_reveals.c.interaction_id.in_(chunk)))
    return found


def reveals(connection: Connection, pairs: Collection[Pair]) -> list[Reveal]:
    """The reveals of these students of these offers, earliest first."""
    columns = code_reveals.c
    return _reveals(connection, tuple_(columns.student_key, columns.offer_key), pairs)


def purchases(connection: Connection, pairs: Collection[Pair]) -> list[Purchase]:
    """The purchases of these students of these offers."""
    when = func.coalesce(_transactions.created, _transactions.uploaded)
    query = select(
        _transactions.key,
        _transactions.student_key,
        _transactions.offer_key,
        when,
        _transactions.amount,
        _transactions.savings,
    ).where(_transactions.is_deleted.is_not(True))
    wanted = set(pairs)
    return [
        Purchase(row[0], (row[1], row[2]), row[3], _thousandths(row[4]), _thousandths(row[5]))
        for chunk in chunks({student for student, _ in wanted})
        for row in connection.execute(query.where(_transactions.student_key.in_(chunk)))
        if (row[1], row[2]) in wanted
    ]


def pairs_with_purchases(connection: Connection) -> list[Pair]:
    """Every student and offer of which there are both a reveal and a purchase."""
    columns = code_reveals.c
    query = (
        select(columns.student_key, columns.offer_key)
        .join_from(
            code_reveals,
            ENTITIES["transactions"],
            (columns.student_key == _transactions.student_key)
            & (columns.offer_key == _transactions.offer_key),
        )
        .distinct()
    )
    return [(row[0], row[1]) for row in connection.execute(query)]


def count(connection: Connection) -> int:
    """How many purchases are conversions."""
    return connection.scalar(select(func.count()).select_from(conversions)) or 0


def of_purchases(connection: Connection, transaction_keys: Collection[int]) -> dict[int, bytes]:
    """The answers that these purchases, by key, are counted for."""
    columns = conversions.c
    query = select(columns.transaction_key, columns.recommendation_id)
    return {
        row[0]: row[1]
        for chunk in chunks(transaction_keys)
        for row in connection.execute(query.where(columns.transaction_key.in_(chunk)))
    }


def replace(connection: Connection, transaction_keys: Collection[int], found: Iterable[Conversion]) -> None:
    """Let these purchases, by key, be the conversions given and no others."""
    for chunk in chunks(transaction_keys):
        connection.execute(delete(conversions).where(conversions.c.transaction_key.in_(chunk)))
    rows = (
        (
            one.purchase.key,
            one.reveal.interaction_id,
            one.reveal.recommendation_id,
            one.purchase.amount,
            one.purchase.savings,
        )
        for one in found
    )
    insert_rows(connection, conversions, conversions.columns.keys(), rows)


def detach(connection: Connection, interaction_ids: Collection[bytes]) -> None:
    """Let no purchase be counted for these reveals."""
    for chunk in chunks(interaction_ids):
        connection.execute(delete(conversions).where(conversions.c.interaction_id.in_(chunk)))


def rename(connection: Connection, renamed: Mapping[bytes, tuple[bytes, bytes | None]]) -> None:
    """Let conversions go on under new ids of interaction and answer."""
    columns = conversions.c
    for old, (interaction_id, answer) in renamed.items():
        if answer is not None:
            changed = update(conversions).where(columns.interaction_id == old)
            connection.execute(changed.values(interaction_id=interaction_id, recommendation_id=answer))


def _reveals(connection: Connection, column: ColumnElement[Any], wanted: Collection[Any]) -> list[Reveal]:
    columns = code_reveals.c
    query = select(code_reveals).order_by(columns.revealed, columns.interaction_id)
    return [
        Reveal(row.interaction_id, (row.student_key, row.offer_key), row.revealed, row.recommendation_id)
        for chunk in chunks(wanted)
        for row in connection.execute(query.where(column.in_(chunk)))
    ]


def _thousandths(sum_of_money: float) -> int:
    return min(round(sum_of_money * 1000), MOST)
