"""Experiments: plans, who was answered in which arm since when, and what those students did by day."""

import sqlalchemy as sa
from alembic import op

import cobi.store.columns

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_COUNTS = (
    *("interactions", "code_reveals", "purchases", "amount", "savings"),
    *("active_days", "returned", "shown", "clicked"),
)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "experiments",
        sa.Column("key", _KEY, sa.Identity(always=False), nullable=False),
        sa.Column("experiment_id", cobi.store.columns.Uuid16(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("started", sa.BigInteger(), nullable=True),
        sa.Column("stopped", sa.BigInteger(), nullable=True),
        sa.Column("results", sa.Text(), nullable=True),
        sa.Column("gathered", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_experiments")),
        sa.UniqueConstraint("experiment_id", name=op.f("uq_experiments_experiment_id")),
        sa.UniqueConstraint("name", name=op.f("uq_experiments_name")),
    )
    op.create_table(
        "exposures",
        sa.Column("experiment_key", _KEY, autoincrement=False, nullable=False),
        sa.Column("student_key", _KEY, autoincrement=False, nullable=False),
        sa.Column("arm", sa.SmallInteger(), nullable=False),
        sa.Column("exposed", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False, server_default="0") for name in _COUNTS),
        *(sa.Column(f"before_{name}", sa.BigInteger(), nullable=True) for name in _COUNTS[:5]),
        sa.PrimaryKeyConstraint("experiment_key", "student_key", name=op.f("pk_exposures")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_exposures_student_key", "exposures", ["student_key"])
    op.create_table(
        "exposure_days",
        sa.Column("experiment_key", _KEY, autoincrement=False, nullable=False),
        sa.Column("day", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("student_key", _KEY, autoincrement=False, nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in _COUNTS),
        sa.PrimaryKeyConstraint("experiment_key", "day", "student_key", name=op.f("pk_exposure_days")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "stale_days",
        sa.Column("day", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_stale_days")),
    )
    op.create_index("ix_transactions_created", "transactions", ["created", "uploaded"])
