"""Counters that tell every process that something it keeps in memory has changed."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select, update

from cobi.store.dialect import run
from cobi.store.schema import revisions

CATALOGUE = "catalogue"
"""Moves with every change to shops, offers, tags, keywords and their links."""

COUNTED = "counted"
"""Moves when changed days are about to be counted, and when an experiment starts: from then on they are noted anew."""

EXPERIMENTS = "experiments"
"""Moves when an experiment starts or stops."""

IDENTITIES = "identities"
"""Moves when a stored student is deleted, restored, erased, or gets another pseudonym."""

SETTINGS = "settings"
"""Moves when the organisation chooses another value of a setting."""

MODEL = "model"
"""Moves when another model goes live."""

SEGMENTS = "segments"
"""Moves when a segment is made, changed or deleted."""


OF_A_WRITER = "SELECT name, value FROM revisions WHERE name IN ('identities', 'counted')"
"""What tells a writer whether what it remembers is still true."""


def read(connection: Connection, name: str) -> int:
    """The counter's value; 0 before its first move."""
    found = run(connection, "SELECT value FROM revisions WHERE name = ?", (name,)).fetchone()
    return 0 if found is None else found[0]


def read_all(connection: Connection) -> dict[str, int]:
    """All counters that have moved."""
    return {row.name: row.value for row in connection.execute(select(revisions))}


def move(connection: Connection, name: str) -> None:
    """Move a counter in the transaction that changes what it stands for."""
    moved = connection.execute(
        update(revisions).where(revisions.c.name == name).values(value=revisions.c.value + 1)
    )
    if not moved.rowcount:
        connection.execute(insert(revisions).values(name=name, value=1))
