"""The rows of answers that are given again."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select

from cobi.domain.idempotency import Answer, Once
from cobi.store.schema import idempotency_keys as _rows


def find(connection: Connection, key: str, since: int) -> tuple[bytes, Answer] | None:
    """The fingerprint and answer kept under a key after the moment `since`."""
    query = select(_rows.c.fingerprint, _rows.c.status, _rows.c.body)
    row = connection.execute(query.where(_rows.c.name == key, _rows.c.answered > since)).first()
    return None if row is None else (bytes(row[0]), Answer(row[1], bytes(row[2]), replayed=True))


def keep(connection: Connection, once: Once, answer: Answer, now: int) -> None:
    """Keep an answer."""
    values = {"name": once.key, "fingerprint": once.fingerprint, "answered": now}
    connection.execute(insert(_rows).values(**values, status=answer.status, body=answer.body))


def purge(connection: Connection, until: int) -> None:
    """Remove what was answered up to a moment."""
    connection.execute(delete(_rows).where(_rows.c.answered <= until))
