"""What each day added to an experiment's sums, and who changed which setting when."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply; experiments are read anew, so that their days are there."""
    op.create_table(
        "experiment_days",
        sa.Column("experiment_key", _KEY, autoincrement=False, nullable=False),
        sa.Column("day", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("arm", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("students", sa.BigInteger(), nullable=False),
        sa.Column("added", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("experiment_key", "day", "arm", name=op.f("pk_experiment_days")),
    )
    op.create_table(
        "setting_changes",
        sa.Column("key", _KEY, sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_setting_changes")),
    )
    op.execute("UPDATE experiments SET gathered = NULL")
