"""Records that pass after they were refused: they count as sent when they first came, not when they were mended.

So an old record never overwrites what was uploaded after it (D8), a purchase without a time of its own falls on the
day it was sent, and a claim that failed for want of the record is judged again (contract §5).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cobi.actions.attribution.convert import settle_purchases
from cobi.actions.attribution.judge import judge_again
from cobi.actions.ingesting.ingest import identify
from cobi.actions.ingesting.submission import Parsed, Reading
from cobi.domain.claims import ClaimRules
from cobi.domain.interaction import ItemType
from cobi.domain.records import TRANSACTIONS
from cobi.store import attributions, entities
from cobi.store.entities import Dates
from cobi.store.keys import resolve
from cobi.store.quarantine import Refused
from cobi.store.writer import Transaction

# What a record says about the items others are judged to belong to.
_ABOUT = {
    "offers": (ItemType.SHOP, "shop_key"),
    "shop-tags": (ItemType.TAG, "tag_key"),
    "shop-keywords": (ItemType.KEYWORD, "keyword_key"),
}


@dataclass(frozen=True)
class Late:
    """A batch of records of one type that were refused before, and what is stored under their ids."""

    transaction: Transaction
    reading: Reading
    records: Sequence[Refused]
    before: Mapping[bytes, Dates]

    def passed(self) -> list[Parsed]:
        """Those that were not refused again."""
        return [one for one in self.reading.parsed if one.index not in self.reading.rejections]


def look(transaction: Transaction, reading: Reading, records: Sequence[Refused]) -> Late:
    """Identify the records and find what is stored under their ids."""
    record_type = reading.submission.record_type
    identify(record_type, reading)
    ids = {one.values[record_type.id_field.column] for one in reading.parsed}
    return Late(transaction, reading, records, entities.dates(transaction.connection, record_type, ids))


def set_aside(late: Late) -> int:
    """Take out the records that a later upload has overtaken; returns how many (D8)."""
    column = late.reading.submission.record_type.id_field.column
    current: list[Parsed] = []
    for one in late.reading.parsed:
        dates = late.before.get(one.values[column])
        undated = dates is None or one.values.get("updated") is None or dates.updated is None
        if dates is None or not undated or dates.uploaded <= late.records[one.index].received:
            current.append(one)
    overtaken = len(late.reading.parsed) - len(current)
    late.reading.parsed = current
    if overtaken:
        message = f"{overtaken} records were overtaken by later uploads and changed nothing"
        late.reading.warn("outdated", message, records=overtaken)
    return overtaken


def date_back(late: Late) -> None:
    """Let what this batch wrote count as uploaded when it was first sent."""
    submission = late.reading.submission
    column = submission.record_type.id_field.column
    moments: dict[bytes, int] = {}
    for one in late.passed():
        identifier, received = one.values[column], late.records[one.index].received
        stored = late.before.get(identifier)
        earliest = 0 if stored is None else stored.uploaded
        moments[identifier] = max(received, moments.get(identifier, earliest))
    if submission.record_type.name == TRANSACTIONS.name:
        late.transaction.tallies.mark([submission.now, *moments.values()])
    entities.date(late.transaction.connection, submission.record_type, moments, submission.now)


def reopen(late: Late, rules: ClaimRules) -> None:
    """Judge again the claims since these records were first sent that failed for want of them."""
    name = late.reading.submission.record_type.name
    connection = late.transaction.connection
    if name == "customers":
        failed = attributions.failed_by_students(connection, _students(late))
    elif name == TRANSACTIONS.name:
        _settle(late, rules)
        return
    elif name in _ABOUT:
        item_type, column = _ABOUT[name]
        failed = attributions.failed_about(connection, item_type, _since(late, column))
    else:
        return
    judge_again(late.transaction, failed, late.reading.submission.now, rules)


def _settle(late: Late, rules: ClaimRules) -> None:
    """Purchases without a time of their own have another one now that they are dated back."""
    ids = {one.values["transaction_id"] for one in late.passed()}
    rows = entities.fetch(late.transaction.connection, TRANSACTIONS, ids).values()
    pairs = {(row["student_key"], row["offer_key"]) for row in rows}
    keys = {row["key"] for row in rows}
    settle_purchases(late.transaction, keys, {pair for pair in pairs if None not in pair}, rules)


def _students(late: Late) -> dict[int, int]:
    moments = _since(late, "customer_id")
    keys = resolve(late.transaction.connection, late.transaction.keys, "customers", moments.keys())
    return {keys[identifier]: moment for identifier, moment in moments.items()}


def _since(late: Late, column: str) -> dict[Any, int]:
    """When each value of a column was first sent."""
    found: dict[Any, int] = {}
    for one in late.passed():
        if (value := one.values.get(column)) is not None:
            received = late.records[one.index].received
            found[value] = min(received, found.get(value, received))
    return found
