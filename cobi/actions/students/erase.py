"""Erasing a student: out of every table, with a receipt that says how much and never whose."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, replace
from typing import Any

from cobi.domain.errors import NotFound
from cobi.domain.identifiers import content_id, format_id
from cobi.domain.moments import format_moment
from cobi.store import erasure, models, personal, revisions
from cobi.store.database import Connection
from cobi.store.erasure import Receipt
from cobi.store.personal import Bodies, Person
from cobi.store.writer import Transaction


@dataclass(frozen=True)
class Search:
    """What a student was found to have done, and the bodies that repeat it."""

    person: Person
    acted: list[bytes]
    bodies: Bodies


def search(connection: Connection, customer_id: bytes) -> Search:
    """Look through bodies before the erasure, which would hold up all other writes meanwhile."""
    person = personal.find(connection, customer_id)
    acted = personal.interaction_ids(connection, person, personal.recommendation_ids(connection, person))
    return Search(person, acted, personal.bodies(connection, person, acted))


def erase(transaction: Transaction, searched: Search, now: int) -> dict[str, Any]:
    """Remove a student; models that learned from them are due; raises NotFound where nothing is held."""
    connection = transaction.connection
    person = personal.find(connection, searched.person.customer_id)
    answers = personal.recommendation_ids(connection, person)
    acted = personal.interaction_ids(connection, person, answers)
    bodies = _bodies(connection, searched, person, acted)
    if person.key is None and not bodies.refused and not bodies.answered:
        raise nothing_held(person.customer_id)
    due: list[int] = []
    if person.key is not None:
        due = models.mark_due(connection, person.key, erasure.first_trace(connection, acted), now)
    changes = erasure.erase(connection, person, acted, answers, bodies, transaction.tallies)
    # Every process forgets the student's key, this one at once.
    revisions.move(connection, revisions.IDENTITIES)
    transaction.keys.clear()
    stores = {table: asdict(change) for table, change in changes.items()}
    receipt = Receipt(content_id(now, os.urandom(16)), now, stores, due)
    erasure.keep(connection, receipt)
    return _render(receipt)


def _bodies(connection: Connection, searched: Search, person: Person, acted: list[bytes]) -> Bodies:
    if (person, acted) == (searched.person, searched.acted):
        return personal.bodies(connection, person, acted, searched.bodies)
    # By another name, or for more, than was searched for, more may be found in what was there.
    again = replace(searched.bodies, until=(0, 0))
    return personal.bodies(connection, person, acted, again)


def receipts(connection: Connection) -> dict[str, Any]:
    """The receipts of all erasures, newest first."""
    return {"receipts": [_render(receipt) for receipt in erasure.receipts(connection)]}


def nothing_held(customer_id: bytes) -> NotFound:
    """Neither a customer of this id nor a refused record that names it is stored."""
    message = f"nothing is held on customer {format_id(customer_id)}"
    return NotFound(message, code="unknown_customer")


def _render(receipt: Receipt) -> dict[str, Any]:
    return {
        "receipt_id": format_id(receipt.receipt_id),
        "erased": format_moment(receipt.erased),
        "stores": receipt.stores,
        "models_due": receipt.models_due,
    }
