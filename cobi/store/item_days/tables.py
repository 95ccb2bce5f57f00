"""The tables of items by day."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, SmallInteger, Table

from cobi.store.columns import Key
from cobi.store.schema import metadata

FIGURES = ("impressions", "clicked", "revealed", "interactions", "code_reveals")
"""Times an item stood in an answer of that day; those of them with an attributed interaction, with an attributed code
reveal; all interactions of that day with the item itself, and its code reveals."""

item_days = Table(
    "item_days",
    metadata,
    Column("day", BigInteger, primary_key=True, autoincrement=False),
    Column("item_type", SmallInteger, primary_key=True, autoincrement=False),
    Column("item_key", Key, primary_key=True, autoincrement=False),
    *(Column(name, BigInteger, nullable=False) for name in FIGURES),
    sqlite_with_rowid=False,
)
"""`day` counts from 1970 in UTC and comes first: a period is one range of the table's order."""
