"""What is done for a large request of interactions before its turn to be written, while others write.

Whoever holds the turn makes everybody else wait, so all that can be known earlier is: the keys of what the
interactions name, and their rows as the driver takes them. It rests on who is who; where that has changed in the
meantime, everything is done again in the transaction, as it is for small requests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cobi.actions.ingesting.interaction_columns import Interactions
from cobi.actions.ingesting.interaction_rows import (
    Batch,
    Resolved,
    Rows,
    batch_of,
    present,
    resolve_all,
    rows_of,
)
from cobi.store import interactions, revisions
from cobi.store.database import Connection
from cobi.store.dialect import is_sqlite
from cobi.store.key_cache import Glance
from cobi.store.keys import Standing, resolve_visitors, standing
from cobi.store.writer import Transaction

FEWEST = 250
"""Below this many interactions it is quicker to share a transaction's statements with other requests."""

Look = Callable[[Connection, Glance], Any]


@dataclass(frozen=True)
class Ahead:
    """The rows of a request none of which is refused; `unseen` are the pseudonyms that have no key yet, by id."""

    standing: Standing
    batch: Batch
    resolved: Resolved
    rows: Rows
    unseen: Mapping[bytes, str]
    ready: interactions.Ready

    def holds(self, transaction: Transaction) -> bool:
        """Whether everybody is still who they were."""
        return standing(transaction.connection, transaction.keys) == self.standing

    def rows_in(self, transaction: Transaction) -> Rows:
        """All rows, with keys for the pseudonyms that had none."""
        if not self.unseen:
            return self.rows
        new = set(self.unseen.values())
        keys = interactions.visitor_keys(transaction.connection, transaction.keys, new)
        rows = dict(self.rows)
        for identifier, user_id in self.unseen.items():
            rows[identifier] = interactions.under(rows[identifier], keys[user_id])
        return rows


@dataclass(frozen=True)
class _Found:
    standing: Standing
    resolved: Resolved
    visitors: Mapping[str, int]
    sqlite: bool


def prepare(reading: Interactions, look_ahead: Callable[[Look], Any]) -> Ahead | None:
    """Do what can be done now; None where there is too little to gain, or something to refuse."""
    if len(reading.columns.ids) < FEWEST:
        return None
    batch = batch_of([reading])
    found: _Found | None = look_ahead(lambda connection, keys: _find(connection, keys, batch))
    if found is None or found.resolved.refused:
        return None
    rows = rows_of(batch, found.resolved, found.visitors)
    columns = zip(batch.columns.ids, batch.columns.column("user_id"), strict=True)
    unseen: dict[bytes, str] = {
        identifier: user_id
        for identifier, user_id in columns
        if user_id is not None and user_id not in found.visitors
    }
    ready = interactions.make_ready(found.sqlite, rows, unseen)
    return Ahead(found.standing, batch, found.resolved, rows, unseen, ready)


def _find(connection: Connection, keys: Glance, batch: Batch) -> _Found | None:
    if revisions.read(connection, revisions.IDENTITIES) != keys.revision:
        return None
    stands = standing(connection, keys)
    resolved = resolve_all(connection, keys, batch)
    visitors = resolve_visitors(connection, keys, present(batch.columns.column("user_id")))
    return _Found(stands, resolved, visitors, is_sqlite(connection))
