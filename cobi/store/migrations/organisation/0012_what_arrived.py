"""What arrived by the hour, how many records there are, and what the doctor found when it looked last."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_TYPES = (
    *("shops", "categories", "tags", "keywords", "institutes", "courses", "customers", "branches", "offers"),
    *("shop-categories", "shop-tags", "shop-keywords", "student-favourites", "transactions"),
)


def upgrade() -> None:
    """Apply."""
    _arrivals()
    _records()
    op.create_table(
        "doctor_examinations",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("examined", sa.BigInteger(), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_doctor_examinations")),
    )


def _arrivals() -> None:
    op.create_table(
        "hourly_arrivals",
        sa.Column("hour", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("codes", sa.Text(), nullable=False),
        sa.Column("records", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hour", "type", "outcome", "codes", name=op.f("pk_hourly_arrivals")),
        sqlite_with_rowid=False,
    )


def _records() -> None:
    op.create_table(
        "record_counts",
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("records", sa.BigInteger(), nullable=False),
        sa.Column("last_upload", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("type", name=op.f("pk_record_counts")),
        sqlite_with_rowid=False,
    )
    for statement in COUNTS:
        op.execute(statement)


def _count(name: str, table: str, moment: str) -> str:
    counted = f"SELECT '{name}' AS type, COUNT(*) AS records, COALESCE(MAX({moment}), 0) AS last FROM {table}"  # noqa: S608
    return f"INSERT INTO record_counts SELECT type, records, last FROM ({counted}) counted WHERE records > 0"  # noqa: S608


COUNTS = [
    *(_count(name, name.replace("-", "_"), "uploaded") for name in _TYPES),
    _count("user-interactions", "interactions", "received"),
]
