"""The table of what students did by day."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, LargeBinary, SmallInteger, Table

from cobi.store.columns import Key
from cobi.store.schema import metadata

ALL_ITEMS = 0
"""Type and key under which a day's sums over all items lie, which are there for every day that is packed."""

student_days = Table(
    "student_days",
    metadata,
    Column("day", BigInteger, primary_key=True, autoincrement=False),
    Column("item_type", SmallInteger, primary_key=True, autoincrement=False),
    Column("item_key", Key, primary_key=True, autoincrement=False),
    Column("deeds", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
"""The deeds of known students with an item on a day that has ended, in UTC since 1970."""
