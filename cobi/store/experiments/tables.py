"""The tables of experiments."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Identity, Index, SmallInteger, Table, Text

from cobi.domain.experiments.metrics import BEFORE, COUNTS
from cobi.store.columns import Key, Uuid16
from cobi.store.schema import metadata

experiments = Table(
    "experiments",
    metadata,
    Column("key", Key, Identity(), primary_key=True),
    Column("experiment_id", Uuid16, nullable=False, unique=True),
    Column("name", Text, nullable=False, unique=True),
    # As it was declared, as JSON.
    Column("plan", Text, nullable=False),
    Column("state", SmallInteger, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("started", BigInteger, nullable=True),
    Column("stopped", BigInteger, nullable=True),
    # What was last read of it, as JSON, and up to when everything is counted there.
    Column("results", Text, nullable=True),
    Column("gathered", BigInteger, nullable=True),
)
"""Declared experiments, and the last reading of each."""

exposures = Table(
    "exposures",
    metadata,
    Column("experiment_key", Key, primary_key=True, autoincrement=False),
    Column("student_key", Key, primary_key=True, autoincrement=False),
    Column("arm", SmallInteger, nullable=False),
    Column("exposed", BigInteger, nullable=False),
    *(Column(name, BigInteger, nullable=False, server_default="0") for name in COUNTS),
    # Null until it was looked up.
    *(Column(f"before_{name}", BigInteger, nullable=True) for name in BEFORE),
    Index("ix_exposures_student_key", "student_key"),
    sqlite_with_rowid=False,
)
"""The students of each experiment since their first answer in it, with the sums of their days."""

exposure_days = Table(
    "exposure_days",
    metadata,
    Column("experiment_key", Key, primary_key=True, autoincrement=False),
    Column("day", BigInteger, primary_key=True, autoincrement=False),
    Column("student_key", Key, primary_key=True, autoincrement=False),
    *(Column(name, BigInteger, nullable=False) for name in COUNTS),
    sqlite_with_rowid=False,
)
"""What these students did on each day: what is taken back from the sums when a day is counted anew."""

experiment_days = Table(
    "experiment_days",
    metadata,
    Column("experiment_key", Key, primary_key=True, autoincrement=False),
    Column("day", BigInteger, primary_key=True, autoincrement=False),
    Column("arm", SmallInteger, primary_key=True, autoincrement=False),
    # Those whose first answer in the experiment came on this day.
    Column("students", BigInteger, nullable=False),
    # What the day added to each of `sums.terms`, as JSON.
    Column("added", Text, nullable=False),
)
"""What each day added to the sums of each arm."""
