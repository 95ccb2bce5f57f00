"""Models have states, origins and a history; decisions about them and trainings are kept."""

import sqlalchemy as sa
from alembic import op

import cobi.store.columns

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("models", schema=None) as batch_op:
        batch_op.add_column(sa.Column("state", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("parent", _KEY, nullable=True))
        batch_op.add_column(sa.Column("trained_by", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("recipe", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("seconds", sa.Float(53), nullable=True))
        batch_op.add_column(sa.Column("peak_memory", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("went_live", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("left_live", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("pruned", sa.BigInteger(), nullable=True))
    # Whoever was stored before went live at once, and left when the next one came.
    op.execute("UPDATE models SET state = CASE WHEN live THEN 'live' ELSE 'retired' END, went_live = trained")
    op.execute(
        "UPDATE models SET left_live = "
        "(SELECT min(later.trained) FROM models AS later WHERE later.version > models.version) "
        "WHERE state = 'retired'"
    )
    with op.batch_alter_table("models", schema=None) as batch_op:
        batch_op.alter_column("state", existing_type=sa.Text(), nullable=False)
        batch_op.drop_column("live")

    op.create_table(
        "model_events",
        sa.Column("key", _KEY, sa.Identity(always=False), nullable=False),
        sa.Column("version", _KEY, nullable=False),
        sa.Column("moment", sa.BigInteger(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["version"], ["models.version"], name=op.f("fk_model_events_version")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_model_events")),
    )
    with op.batch_alter_table("model_events", schema=None) as batch_op:
        batch_op.create_index("ix_model_events_version", ["version"], unique=False)

    op.create_table(
        "model_decisions",
        sa.Column("key", _KEY, sa.Identity(always=False), nullable=False),
        sa.Column("version", _KEY, nullable=False),
        sa.Column("against", _KEY, nullable=False),
        sa.Column("decided", sa.BigInteger(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("bundle", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["against"], ["models.version"], name=op.f("fk_model_decisions_against")),
        sa.ForeignKeyConstraint(["version"], ["models.version"], name=op.f("fk_model_decisions_version")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_model_decisions")),
    )
    with op.batch_alter_table("model_decisions", schema=None) as batch_op:
        batch_op.create_index("ix_model_decisions_version", ["version"], unique=False)

    op.create_table(
        "training_jobs",
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
        sa.PrimaryKeyConstraint("key", name=op.f("pk_training_jobs")),
        sa.UniqueConstraint("job_id", name=op.f("uq_training_jobs_job_id")),
    )
    with op.batch_alter_table("training_jobs", schema=None) as batch_op:
        batch_op.create_index("ix_training_jobs_state", ["state"], unique=False)
