"""The rows of answers that are given again."""

from __future__ import annotations

from sqlalchemy import Connection, delete, exists, insert, select

from cobi.domain.idempotency import Answer, Once
from cobi.store.schema import idempotency_keys as _rows


def find(connection: Connection, key: str, since: int) -> tuple[bytes, Answer] | None:
    """The fingerprint and answer kept under a key after the moment `since`."""
    query = select(_rows.c.fingerprint, _rows.c.status, _rows.c.body)
    row = connection.execute(query.where(_rows.c.name == key, _rows.c.answered > since)).first()
    return None if row is None else (bytes(row[0]), Answer(row[1], bytes(row[2]), replayed=True))


def keep(connection: Connection, once: Once, answer: Answer, now: int) -> None:
    """Keep an answer, in place of one that is no longer given."""
    connection.execute(delete(_rows).where(_rows.c.name == once.key))
    values = {"name": once.key, "fingerprint": once.fingerprint, "answered": now}
    connection.execute(insert(_rows).values(**values, status=answer.status, body=answer.body))


def has_older(connection: Connection, until: int) -> bool:
    """Whether there are answers given up to a moment."""
    return connection.scalar(select(exists().where(_rows.c.answered <= until))) is True


def remove_first(connection: Connection, until: int, most: int) -> int:
    """Remove the oldest answers given up to a moment; returns how many."""
    oldest = select(_rows.c.key).where(_rows.c.answered <= until).order_by(_rows.c.answered).limit(most)
    return connection.execute(delete(_rows).where(_rows.c.key.in_(oldest))).rowcount
