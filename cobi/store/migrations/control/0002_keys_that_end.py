"""Keys have public ids, labels and ends; rate limits are counted over all processes."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("api_keys", schema=None) as batch_op:
        batch_op.add_column(sa.Column("id", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("label", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("lifetime", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("expires", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("revoked", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("last_used", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("replaces", sa.Text(), nullable=True))

    # Keys made before say no id of their own; `service.keyring` finds them by the same piece of their hash.
    op.execute("UPDATE api_keys SET id = substr(hash, 1, 12)")
    with op.batch_alter_table("api_keys", schema=None) as batch_op:
        batch_op.alter_column("id", existing_type=sa.Text(), nullable=False)
        batch_op.create_unique_constraint("uq_api_keys_id", ["id"])
        batch_op.create_index("ix_api_keys_organisation_key", ["organisation_key"], unique=False)

    op.create_table(
        "rate_windows",
        sa.Column(
            "api_key_key",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("minute", sa.BigInteger(), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["api_key_key"], ["api_keys.key"], name=op.f("fk_rate_windows_api_key_key")),
        sa.PrimaryKeyConstraint("api_key_key", "kind", name=op.f("pk_rate_windows")),
    )
