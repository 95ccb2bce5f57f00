"""What students did with each item, by day; packed in the background, one day after the other."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "student_days",
        sa.Column("day", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("item_type", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("item_key", _KEY, autoincrement=False, nullable=False),
        sa.Column("deeds", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("day", "item_type", "item_key", name=op.f("pk_student_days")),
        sqlite_with_rowid=False,
    )
