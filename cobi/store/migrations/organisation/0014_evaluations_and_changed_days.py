"""Evaluations that were asked for, and what they found; one note of a changed day for all who count it."""

import sqlalchemy as sa
from alembic import op

import cobi.store.columns

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply."""
    _evaluations()
    _notes()


def _evaluations() -> None:
    op.create_table(
        "evaluation_jobs",
        sa.Column("key", _KEY, sa.Identity(always=False), nullable=False),
        sa.Column("job_id", cobi.store.columns.Uuid16(), nullable=False),
        sa.Column("requested", sa.BigInteger(), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("order", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("share", sa.Float(53), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("heartbeat", sa.BigInteger(), nullable=False),
        sa.Column("host", sa.Text(), nullable=True),
        sa.Column("pid", sa.BigInteger(), nullable=True),
        sa.Column("started", sa.BigInteger(), nullable=True),
        sa.Column("ended", sa.BigInteger(), nullable=True),
        sa.Column("version", _KEY, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("figures", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_evaluation_jobs")),
        sa.UniqueConstraint("job_id", name=op.f("uq_evaluation_jobs_job_id")),
    )
    with op.batch_alter_table("evaluation_jobs", schema=None) as batch_op:
        batch_op.create_index("ix_evaluation_jobs_state", ["state"], unique=False)


def _notes() -> None:
    with op.batch_alter_table("counted_days", schema=None) as batch_op:
        batch_op.add_column(sa.Column("gathered", sa.BigInteger(), nullable=False, server_default="0"))
    with op.batch_alter_table("counted_days", schema=None) as batch_op:
        batch_op.alter_column("gathered", server_default=None)
    for statement in GATHERED:
        op.execute(statement)
    op.drop_table("stale_days")


_NEW = "SELECT day, 1, 0, 0 FROM stale_days WHERE day NOT IN (SELECT day FROM counted_days)"
GATHERED = (
    f"INSERT INTO counted_days (day, changes, seen, gathered) {_NEW}",
    "UPDATE counted_days SET gathered = changes WHERE day NOT IN (SELECT day FROM stale_days)",
)
