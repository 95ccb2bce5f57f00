"""Histories in runs: SQLite no longer pays for indexes of interactions by student and by pseudonym."""

import sqlalchemy as sa
from alembic import op

import cobi.store.columns

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "history_runs",
        sa.Column("run", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("target", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("run", name=op.f("pk_history_runs")),
    )
    op.create_table(
        "histories",
        sa.Column("run", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("owner", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("interaction_id", cobi.store.columns.Uuid16(), nullable=False),
        sa.PrimaryKeyConstraint("run", "owner", "interaction_id", name=op.f("pk_histories")),
        sqlite_with_rowid=False,
    )
    if op.get_context().dialect.name == "sqlite":
        _in_sqlite()
    else:
        _in_postgresql()


def _in_postgresql() -> None:
    for column in ("student_key", "visitor_key"):
        op.drop_constraint(f"fk_interactions_{column}", "interactions", type_="foreignkey")
    op.drop_index("ix_interactions_student_key_event_timestamp", "interactions")
    op.drop_index("ix_interactions_visitor_key", "interactions")
    op.create_index(
        "ix_interactions_student_key_event_timestamp",
        "interactions",
        ["student_key", "event_timestamp"],
        postgresql_where=sa.text("student_key IS NOT NULL"),
    )
    op.create_index(
        "ix_interactions_visitor_key",
        "interactions",
        ["visitor_key"],
        postgresql_where=sa.text("visitor_key IS NOT NULL"),
    )


def _in_sqlite() -> None:
    # SQLite drops a foreign key only with its table.
    op.create_table(
        "interactions_without_keys",
        sa.Column("interaction_id", cobi.store.columns.Uuid16(), nullable=False),
        sa.Column("event_timestamp", sa.BigInteger(), nullable=False),
        sa.Column("interaction_type", sa.SmallInteger(), nullable=False),
        sa.Column("item_type", sa.SmallInteger(), nullable=False),
        sa.Column("item_key", sa.BigInteger(), nullable=False),
        sa.Column("student_key", _KEY, nullable=True),
        sa.Column("visitor_key", _KEY, nullable=True),
        sa.Column("platform", sa.SmallInteger(), nullable=True),
        sa.Column("city", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("source", sa.SmallInteger(), nullable=True),
        sa.Column("recommendation_id", cobi.store.columns.Uuid16(), nullable=True),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("interaction_id", name=op.f("pk_interactions")),
        sqlite_with_rowid=False,
    )
    op.execute("INSERT INTO interactions_without_keys SELECT * FROM interactions")
    op.drop_table("interactions")
    op.rename_table("interactions_without_keys", "interactions")
    op.execute(
        "INSERT INTO histories SELECT 1, owner, interaction_id FROM ("
        " SELECT student_key AS owner, interaction_id FROM interactions WHERE student_key IS NOT NULL"
        " UNION ALL SELECT -visitor_key, interaction_id FROM interactions WHERE visitor_key IS NOT NULL"
        ") ORDER BY owner, interaction_id"
    )
    op.execute(
        "INSERT INTO history_runs (run, level, rows) SELECT 1, 1, count(*) FROM histories HAVING count(*) > 0"
    )
