"""Erasing a student: out of every table, with a receipt that says how much and never whose."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from typing import Any

from cobi.domain.errors import NotFound
from cobi.domain.identifiers import content_id, format_id
from cobi.domain.moments import format_moment
from cobi.store import erasure, models, personal, revisions
from cobi.store.database import Connection
from cobi.store.erasure import Receipt
from cobi.store.personal import Person
from cobi.store.writer import Transaction


@dataclass(frozen=True)
class Search:
    """What quarantine had on a student, up to the record with key `until`."""

    person: Person
    refused: list[int]
    until: int


def search(connection: Connection, customer_id: bytes) -> Search:
    """Look through quarantine before the erasure, which would hold up all other writes meanwhile."""
    person = personal.find(connection, customer_id)
    refused = [row["key"] for row in personal.quarantined(connection, person)]
    return Search(person, refused, personal.last_quarantined(connection))


def erase(transaction: Transaction, searched: Search, now: int) -> dict[str, Any]:
    """Remove a student; models that learned from them are due; raises NotFound where nothing is held."""
    connection = transaction.connection
    customer_id = searched.person.customer_id
    person = personal.find(connection, customer_id)
    # By another name than was searched for, more may be found.
    same = person == searched.person
    unseen = personal.quarantined(connection, person, searched.until if same else 0)
    refused = {*searched.refused, *(row["key"] for row in unseen)}
    if person.key is None and not refused:
        raise nothing_held(customer_id)
    due: list[int] = []
    answers: list[bytes] = []
    acted: list[bytes] = []
    if person.key is not None:
        answers = personal.recommendation_ids(connection, person)
        acted = personal.interaction_ids(connection, person, answers)
        due = models.mark_due(connection, person.key, erasure.first_trace(connection, acted), now)
    changes = erasure.erase(connection, person, acted, answers, refused)
    # Every process forgets the student's key, this one at once.
    revisions.move(connection, revisions.IDENTITIES)
    transaction.keys.clear()
    stores = {table: asdict(change) for table, change in changes.items()}
    receipt = Receipt(content_id(now, os.urandom(16)), now, stores, due)
    erasure.keep(connection, receipt)
    return _render(receipt)


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
