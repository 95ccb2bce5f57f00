"""How often each item was shown, clicked and used, by day; counted in the background from the days noted here."""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

import cobi.store.columns

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_FIGURES = ("impressions", "clicked", "revealed", "interactions", "code_reveals")
_DAY_MILLISECONDS = 86_400_000
_TIME_BITS = 80


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "item_days",
        sa.Column("day", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("item_type", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("item_key", _KEY, autoincrement=False, nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in _FIGURES),
        sa.PrimaryKeyConstraint("day", "item_type", "item_key", name=op.f("pk_item_days")),
        sqlite_with_rowid=False,
    )
    counted = op.create_table(
        "counted_days",
        sa.Column("day", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("changes", sa.BigInteger(), nullable=False),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.Column("counted", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_counted_days")),
    )
    days = {
        *_days("interactions", "interaction_id"),
        *_days("recommendations", "recommendation_id"),
    }
    op.bulk_insert(counted, [{"day": day, "changes": 1, "seen": 0} for day in sorted(days)])


def _days(table: str, name: str) -> Iterator[int]:
    """The days that rows are of: one look into the index for each."""
    connection, column = op.get_bind(), sa.column(name, cobi.store.columns.Uuid16())
    least = bytes(16)
    query = sa.select(column).select_from(sa.table(table)).order_by(column).limit(1)
    while (found := connection.scalar(query.where(column >= least))) is not None:
        day = (int.from_bytes(found, "big") >> _TIME_BITS) // _DAY_MILLISECONDS
        yield day
        least = (((day + 1) * _DAY_MILLISECONDS) << _TIME_BITS).to_bytes(16, "big")
