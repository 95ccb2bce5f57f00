"""What the feedback doctor found when it looked last."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Connection, Table, Text, delete, insert, select

from cobi.store.schema import metadata

_ONLY = 1

doctor_examinations = Table(
    "doctor_examinations",
    metadata,
    Column("key", BigInteger, primary_key=True, autoincrement=False),
    Column("examined", BigInteger, nullable=False),
    # The document it told, as JSON.
    Column("told", Text, nullable=False),
)


def last(connection: Connection) -> str | None:
    """What was told last; None where nobody has looked."""
    return connection.scalar(select(doctor_examinations.c.told))


def keep(connection: Connection, told: str, now: int) -> None:
    """Keep what is told now, in place of what was told before."""
    connection.execute(delete(doctor_examinations))
    connection.execute(insert(doctor_examinations).values(key=_ONLY, examined=now, told=told))
