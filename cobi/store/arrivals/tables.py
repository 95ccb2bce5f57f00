"""The tables of what arrived."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Table, Text

from cobi.store.schema import metadata

ANSWERS = "answers"
"""Stands among the types for lists that were given."""

GIVEN, STORED, UNCHANGED, REJECTED, MENDED = "given", "stored", "unchanged", "rejected", "mended"
"""What became of an answer; of a record that came; of one that passed after it had been refused."""

hourly_arrivals = Table(
    "hourly_arrivals",
    metadata,
    # From 1970 in UTC; a day that is no longer told apart by hour lies at its first.
    Column("hour", BigInteger, primary_key=True, autoincrement=False),
    Column("type", Text, primary_key=True),
    Column("outcome", Text, primary_key=True),
    # Of what was refused, comma-separated as in quarantine.
    Column("codes", Text, primary_key=True),
    Column("records", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

record_counts = Table(
    "record_counts",
    metadata,
    Column("type", Text, primary_key=True),
    Column("records", BigInteger, nullable=False),
    # 0 where none has come.
    Column("last_upload", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
