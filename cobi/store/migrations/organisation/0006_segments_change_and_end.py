"""Segments change and end: when each was changed and deleted; a deleted one's name is free again."""

import sqlalchemy as sa
from alembic import op

import cobi.store.columns

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply."""
    if op.get_context().dialect.name == "sqlite":
        _in_sqlite()
    else:
        op.add_column("segments", sa.Column("updated", sa.BigInteger(), nullable=True))
        op.add_column("segments", sa.Column("deleted", sa.BigInteger(), nullable=True))
        op.execute("UPDATE segments SET updated = created")
        op.alter_column("segments", "updated", nullable=False)
        op.drop_constraint("uq_segments_name", "segments", type_="unique")
    there = sa.text("deleted IS NULL")
    op.create_index(
        "uq_segments_name", "segments", ["name"], unique=True, sqlite_where=there, postgresql_where=there
    )


def _in_sqlite() -> None:
    # SQLite drops a constraint only with its table.
    op.create_table(
        "segments_that_end",
        sa.Column("key", _KEY, sa.Identity(always=False), nullable=False),
        sa.Column("segment_id", cobi.store.columns.Uuid16(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.Column("deleted", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_segments")),
        sa.UniqueConstraint("segment_id", name=op.f("uq_segments_segment_id")),
    )
    op.execute(
        "INSERT INTO segments_that_end"
        " SELECT key, segment_id, name, rule, created, created, NULL FROM segments"
    )
    op.drop_table("segments")
    op.rename_table("segments_that_end", "segments")
