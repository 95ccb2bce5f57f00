"""What the doctor found when it looked last, kept so that a page need not wait for it to look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from cobi.actions.doctor import marks
from cobi.actions.doctor.examine import findings, told
from cobi.store import doctor_examinations
from cobi.store.database import Connection
from cobi.store.doctor_findings import Kept
from cobi.store.writer import Transaction


@dataclass(frozen=True)
class Examined:
    """What is told of an examination, and the findings that are new to the days they show on."""

    now: int
    document: dict[str, Any]
    new: Sequence[Kept]


def examine_to_keep(connection: Connection, now: int) -> Examined:
    """Look for all that can be wrong."""
    found = findings(connection, now)
    return Examined(now, told(found, now), marks.new_of(connection, found))


def keep(transaction: Transaction, examined: Examined) -> None:
    """Keep it in place of what was found before."""
    document = msgspec.json.encode(examined.document).decode()
    doctor_examinations.keep(transaction.connection, document, examined.now)
    marks.keep(transaction, examined.new, examined.now)


def told_last(connection: Connection) -> dict[str, Any] | None:
    """What was told last; None where nobody has looked yet."""
    kept = doctor_examinations.last(connection)
    return None if kept is None else msgspec.json.decode(kept)
