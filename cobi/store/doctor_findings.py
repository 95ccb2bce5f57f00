"""The days on which the feedback doctor found something wrong."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import BigInteger, Column, Connection, Identity, Index, Table, Text, insert, select, update

from cobi.store.columns import Key
from cobi.store.query import Query
from cobi.store.schema import metadata

doctor_findings = Table(
    "doctor_findings",
    metadata,
    Column("key", Key, Identity(), primary_key=True),
    Column("code", Text, nullable=False),
    # A JSON object with sorted names, such as {"platform":"IOS"}.
    Column("place", Text, nullable=False),
    # Days from 1970 in UTC, both included.
    Column("first_day", BigInteger, nullable=False),
    Column("last_day", BigInteger, nullable=False),
    Column("found", BigInteger, nullable=False),
    Index("ix_doctor_findings_last_day", "last_day"),
)

_columns = doctor_findings.c


class Kept(NamedTuple):
    """A finding, its place as JSON, and its days."""

    code: str
    place: str
    since: int
    until: int


def is_kept(connection: Connection, one: Kept) -> bool:
    """Whether a finding is kept with all its days."""
    query = _meeting(one).where(_columns.first_day <= one.since, _columns.last_day >= one.until)
    return connection.execute(query).first() is not None


def keep(connection: Connection, one: Kept, now: int) -> None:
    """Keep a finding; those of the same kind and place that it meets, or follows upon, become one with it."""
    before = connection.execute(_meeting(one).order_by(_columns.key)).first()
    if before is None:
        values = {"code": one.code, "place": one.place, "first_day": one.since, "last_day": one.until}
        connection.execute(insert(doctor_findings).values(found=now, **values))
        return
    days = {"first_day": min(before.first_day, one.since), "last_day": max(before.last_day, one.until)}
    connection.execute(update(doctor_findings).where(_columns.key == before.key).values(days))


def between(connection: Connection, first: int | None, last: int | None) -> list[Kept]:
    """The findings of some days, both included; None is open. The earliest first."""
    query = select(_columns.code, _columns.place, _columns.first_day, _columns.last_day)
    if first is not None:
        query = query.where(_columns.last_day >= first)
    if last is not None:
        query = query.where(_columns.first_day <= last)
    return [Kept(*row) for row in connection.execute(query.order_by(_columns.first_day, _columns.key))]


def _meeting(one: Kept) -> Query:
    return select(doctor_findings).where(
        _columns.code == one.code,
        _columns.place == one.place,
        _columns.first_day <= one.until + 1,
        _columns.last_day >= one.since - 1,
    )
