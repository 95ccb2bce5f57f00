"""What re-telling an answer needs, in few bytes; what came into view; settings of an organisation's own."""

from typing import Any

import sqlalchemy as sa
from alembic import op

import cobi.store.columns

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "organisation_settings",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_organisation_settings")),
    )
    op.create_table(
        "ranking_settings",
        sa.Column("key", _KEY, sa.Identity(always=False), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_ranking_settings")),
        sa.UniqueConstraint("document", name=op.f("uq_ranking_settings_document")),
    )
    if op.get_context().dialect.name == "sqlite":
        _in_sqlite()
    else:
        _in_postgresql()


def _added() -> list[sa.Column[Any]]:
    return [
        sa.Column("settings_key", sa.Integer(), nullable=True),
        sa.Column("catalogue_revision", sa.Integer(), nullable=True),
        sa.Column("history", sa.Integer(), nullable=True),
        sa.Column("regions", sa.Text(), nullable=True),
        sa.Column("page_limit", sa.SmallInteger(), nullable=True),
        sa.Column("page_offset", sa.SmallInteger(), nullable=True),
        sa.Column("continues", cobi.store.columns.Uuid16(), nullable=True),
        sa.Column("excluded", sa.LargeBinary(), nullable=True),
        sa.Column("similar_to", _KEY, nullable=True),
        sa.Column("platform", sa.SmallInteger(), nullable=True),
        sa.Column("city", sa.Text(), nullable=True),
        sa.Column("viewed", sa.LargeBinary(), nullable=True),
        sa.Column("viewed_at", sa.BigInteger(), nullable=True),
    ]


def _in_postgresql() -> None:
    for column in ("student_key", "segment_key"):
        op.drop_constraint(f"fk_recommendations_{column}", "recommendations", type_="foreignkey")
    op.drop_index("ix_recommendations_served", "recommendations")
    op.alter_column("recommendations", "arm", nullable=True)
    op.alter_column("recommendations", "seed", nullable=True)
    for column in ("candidates", "shown"):
        op.alter_column("recommendations", column, type_=sa.Integer())
    for column in _added():
        op.add_column("recommendations", column)


def _in_sqlite() -> None:
    # SQLite drops a foreign key only with its table.
    op.create_table(
        "recommendations_anew",
        sa.Column("recommendation_id", cobi.store.columns.Uuid16(), nullable=False),
        sa.Column("served", sa.BigInteger(), nullable=False),
        sa.Column("student_key", _KEY, nullable=True),
        sa.Column("segment_key", _KEY, nullable=True),
        sa.Column("model_version", _KEY, nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("arm", sa.Text(), nullable=True),
        sa.Column("seed", sa.BigInteger(), nullable=True),
        sa.Column("item_type", sa.SmallInteger(), nullable=False),
        sa.Column("candidates", sa.Integer(), nullable=False),
        sa.Column("shown", sa.Integer(), nullable=False),
        sa.Column("items", sa.LargeBinary(), nullable=False),
        sa.Column("scores", sa.LargeBinary(), nullable=False),
        sa.Column("propensities", sa.LargeBinary(), nullable=False),
        *_added(),
        sa.PrimaryKeyConstraint("recommendation_id", name=op.f("pk_recommendations")),
        sqlite_with_rowid=False,
    )
    empty = ", NULL" * len(_added())
    op.execute(f"INSERT INTO recommendations_anew SELECT *{empty} FROM recommendations")  # noqa: S608 (a constant)
    op.drop_table("recommendations")
    op.rename_table("recommendations_anew", "recommendations")
    op.create_index(
        "ix_recommendations_student_key_served", "recommendations", ["student_key", "served"], unique=False
    )
