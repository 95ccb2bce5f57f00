"""What became of refused records, counted by type and reasons in the transactions that decide it.

All that was ever refused = waiting + retried + dropped + expired + overflowed + erased.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, func, insert, select, update

from cobi.store.schema import quarantine_accounts as accounts

Fate = Literal["retried", "dropped", "expired", "overflowed", "erased"]
"""How a record leaves: it passed, was dropped, grew too old, quarantine was full, or its student was erased."""

FATES: tuple[Fate, ...] = ("retried", "dropped", "expired", "overflowed", "erased")


@dataclass(frozen=True)
class Account:
    """A record's type and its reason codes, comma-separated."""

    type: str
    codes: str


def move(connection: Connection, changes: Mapping[Account, int], column: Fate | Literal["waiting"]) -> None:
    """Add to one column of these accounts, which may be new."""
    for account, change in changes.items():
        where = (accounts.c.type == account.type) & (accounts.c.codes == account.codes)
        changed = connection.execute(
            update(accounts).where(where).values({column: accounts.c[column] + change})
        )
        if not changed.rowcount:
            blank = dict.fromkeys(("waiting", *FATES), 0)
            row = {"type": account.type, "codes": account.codes, **blank, column: change}
            connection.execute(insert(accounts).values(row))


def waiting(connection: Connection) -> int:
    """How many records lie in quarantine."""
    return int(connection.scalar(select(func.sum(accounts.c.waiting))) or 0)


def waiting_by_reason(connection: Connection) -> dict[Account, int]:
    """How many records lie in quarantine, by type and reasons."""
    query = select(accounts.c.type, accounts.c.codes, accounts.c.waiting).where(accounts.c.waiting > 0)
    found = connection.execute(query.order_by(accounts.c.type, accounts.c.codes))
    return {Account(row[0], row[1]): row[2] for row in found}


def left(connection: Connection) -> dict[Fate, int]:
    """How many records have ever left quarantine, by how."""
    row = connection.execute(select(*(func.sum(accounts.c[fate]) for fate in FATES))).one()
    return {fate: int(counted or 0) for fate, counted in zip(FATES, row, strict=True)}
