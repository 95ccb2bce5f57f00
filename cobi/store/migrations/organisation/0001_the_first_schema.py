"""The first schema."""

import sqlalchemy as sa
from alembic import op

import cobi.store.columns

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "categories",
        sa.Column(
            "key",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False),
            nullable=False,
        ),
        sa.Column("category_id", cobi.store.columns.Uuid16(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=True),
        sa.Column("updated", sa.BigInteger(), nullable=True),
        sa.Column("is_deleted", sa.Boolean(), nullable=True),
        sa.Column("uploaded", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_categories")),
        sa.UniqueConstraint("category_id", name=op.f("uq_categories_category_id")),
    )
    op.create_table(
        "courses",
        sa.Column(
            "key",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False),
            nullable=False,
        ),
        sa.Column("course_id", cobi.store.columns.Uuid16(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=True),
        sa.Column("updated", sa.BigInteger(), nullable=True),
        sa.Column("is_deleted", sa.Boolean(), nullable=True),
        sa.Column("uploaded", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_courses")),
        sa.UniqueConstraint("course_id", name=op.f("uq_courses_course_id")),
    )
    op.create_table(
        "erasures",
        sa.Column(
            "key",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False),
            nullable=False,
        ),
        sa.Column("receipt_id", cobi.store.columns.Uuid16(), nullable=False),
        sa.Column("erased", sa.BigInteger(), nullable=False),
        sa.Column("stores", sa.Text(), nullable=False),
        sa.Column("models_due", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_erasures")),
        sa.UniqueConstraint("receipt_id", name=op.f("uq_erasures_receipt_id")),
    )
    op.create_table(
        "institutes",
        sa.Column(
            "key",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False),
            nullable=False,
        ),
        sa.Column("institute_id", cobi.store.columns.Uuid16(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=True),
        sa.Column("updated", sa.BigInteger(), nullable=True),
        sa.Column("is_deleted", sa.Boolean(), nullable=True),
        sa.Column("uploaded", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_institutes")),
        sa.UniqueConstraint("institute_id", name=op.f("uq_institutes_institute_id")),
    )
    op.create_table(
        "keywords",
        sa.Column(
            "key",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False),
            nullable=False,
        ),
        sa.Column("keyword_id", cobi.store.columns.Uuid16(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=True),
        sa.Column("updated", sa.BigInteger(), nullable=True),
        sa.Column("is_deleted", sa.Boolean(), nullable=True),
        sa.Column("uploaded", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_keywords")),
        sa.UniqueConstraint("keyword_id", name=op.f("uq_keywords_keyword_id")),
    )
    op.create_table(
        "models",
        sa.Column(
            "version",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False),
            nullable=False,
        ),
        sa.Column("trained", sa.BigInteger(), nullable=False),
        sa.Column("card", sa.Text(), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("last_student", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("due", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_models")),
    )
    op.create_table(
        "quarantine",
        sa.Column(
            "key",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False),
            nullable=False,
        ),
        sa.Column("quarantine_id", cobi.store.columns.Uuid16(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("times", sa.BigInteger(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("index", sa.BigInteger(), nullable=False),
        sa.Column("codes", sa.Text(), nullable=False),
        sa.Column("errors", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("retried", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_quarantine")),
        sa.UniqueConstraint("quarantine_id", name=op.f("uq_quarantine_quarantine_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("quarantine", schema=None) as batch_op:
        batch_op.create_index("ix_quarantine_received", ["received"], unique=False)
        batch_op.create_index("ix_quarantine_type_key", ["type", "key"], unique=False)

    op.create_table(
        "quarantine_accounts",
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("codes", sa.Text(), nullable=False),
        sa.Column("waiting", sa.BigInteger(), nullable=False),
        sa.Column("retried", sa.BigInteger(), nullable=False),
        sa.Column("dropped", sa.BigInteger(), nullable=False),
        sa.Column("expired", sa.BigInteger(), nullable=False),
        sa.Column("overflowed", sa.BigInteger(), nullable=False),
        sa.Column("erased", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("type", "codes", name=op.f("pk_quarantine_accounts")),
    )
    op.create_table(
        "revisions",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_revisions")),
    )
    op.create_table(
        "segments",
        sa.Column(
            "key",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False),
            nullable=False,
        ),
        sa.Column("segment_id", cobi.store.columns.Uuid16(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_segments")),
        sa.UniqueConstraint("name", name=op.f("uq_segments_name")),
        sa.UniqueConstraint("segment_id", name=op.f("uq_segments_segment_id")),
    )
    op.create_table(
        "shops",
        sa.Column(
            "key",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False),
            nullable=False,
        ),
        sa.Column("shop_id", cobi.store.columns.Uuid16(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=True),
        sa.Column("updated", sa.BigInteger(), nullable=True),
        sa.Column("is_deleted", sa.Boolean(), nullable=True),
        sa.Column("uploaded", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_shops")),
        sa.UniqueConstraint("shop_id", name=op.f("uq_shops_shop_id")),
    )
    op.create_table(
        "tags",
        sa.Column(
            "key",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False),
            nullable=False,
        ),
        sa.Column("tag_id", cobi.store.columns.Uuid16(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=True),
        sa.Column("updated", sa.BigInteger(), nullable=True),
        sa.Column("is_deleted", sa.Boolean(), nullable=True),
        sa.Column("uploaded", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_tags")),
        sa.UniqueConstraint("tag_id", name=op.f("uq_tags_tag_id")),
    )
    op.create_table(
        "visitors",
        sa.Column(
            "key",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False),
            nullable=False,
        ),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("identity", cobi.store.columns.Uuid16(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_visitors")),
        sa.UniqueConstraint("user_id", name=op.f("uq_visitors_user_id")),
    )
    with op.batch_alter_table("visitors", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_visitors_identity"), ["identity"], unique=False)

    op.create_table(
        "branches",
        sa.Column(
            "key",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False),
            nullable=False,
        ),
        sa.Column("branch_id", cobi.store.columns.Uuid16(), nullable=False),
        sa.Column("shop_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("latitude", sa.Float(precision=53), nullable=True),
        sa.Column("longitude", sa.Float(precision=53), nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=True),
        sa.Column("updated", sa.BigInteger(), nullable=True),
        sa.Column("is_deleted", sa.Boolean(), nullable=True),
        sa.Column("uploaded", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["shop_key"], ["shops.key"], name=op.f("fk_branches_shop_key")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_branches")),
        sa.UniqueConstraint("branch_id", name=op.f("uq_branches_branch_id")),
    )
    op.create_table(
        "customers",
        sa.Column(
            "key",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False),
            nullable=False,
        ),
        sa.Column("customer_id", cobi.store.columns.Uuid16(), nullable=False),
        sa.Column("user_id", cobi.store.columns.Uuid16(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("birthdate", sa.Text(), nullable=True),
        sa.Column("institute_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("course_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("gender", sa.Text(), nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=True),
        sa.Column("updated", sa.BigInteger(), nullable=True),
        sa.Column("is_deleted", sa.Boolean(), nullable=True),
        sa.Column("uploaded", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["course_key"], ["courses.key"], name=op.f("fk_customers_course_key")),
        sa.ForeignKeyConstraint(
            ["institute_key"], ["institutes.key"], name=op.f("fk_customers_institute_key")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_customers")),
        sa.UniqueConstraint("customer_id", name=op.f("uq_customers_customer_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("customers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_customers_course_key"), ["course_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_customers_institute_key"), ["institute_key"], unique=False)
        batch_op.create_index("ix_customers_user_id", ["user_id"], unique=False)

    op.create_table(
        "model_arrays",
        sa.Column(
            "version",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("part", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("dtype", sa.Text(), nullable=False),
        sa.Column("shape", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["version"], ["models.version"], name=op.f("fk_model_arrays_version")),
        sa.PrimaryKeyConstraint("version", "name", "part", name=op.f("pk_model_arrays")),
    )
    op.create_table(
        "offers",
        sa.Column(
            "key",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False),
            nullable=False,
        ),
        sa.Column("offer_id", cobi.store.columns.Uuid16(), nullable=False),
        sa.Column("shop_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("value", sa.Float(precision=53), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("allowed_from", sa.BigInteger(), nullable=True),
        sa.Column("allowed_to", sa.BigInteger(), nullable=True),
        sa.Column("allowed_branches", sa.Text(), nullable=True),
        sa.Column("allowed_days", sa.Text(), nullable=True),
        sa.Column("is_enabled", sa.Boolean(), nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=True),
        sa.Column("updated", sa.BigInteger(), nullable=True),
        sa.Column("is_deleted", sa.Boolean(), nullable=True),
        sa.Column("uploaded", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["shop_key"], ["shops.key"], name=op.f("fk_offers_shop_key")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_offers")),
        sa.UniqueConstraint("offer_id", name=op.f("uq_offers_offer_id")),
    )
    op.create_table(
        "shop_categories",
        sa.Column(
            "key",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False),
            nullable=False,
        ),
        sa.Column("shop_category_id", cobi.store.columns.Uuid16(), nullable=False),
        sa.Column("shop_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("category_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=True),
        sa.Column("updated", sa.BigInteger(), nullable=True),
        sa.Column("is_deleted", sa.Boolean(), nullable=True),
        sa.Column("uploaded", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["category_key"], ["categories.key"], name=op.f("fk_shop_categories_category_key")
        ),
        sa.ForeignKeyConstraint(["shop_key"], ["shops.key"], name=op.f("fk_shop_categories_shop_key")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_shop_categories")),
        sa.UniqueConstraint("shop_category_id", name=op.f("uq_shop_categories_shop_category_id")),
    )
    op.create_table(
        "shop_keywords",
        sa.Column(
            "key",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False),
            nullable=False,
        ),
        sa.Column("shop_keyword_id", cobi.store.columns.Uuid16(), nullable=False),
        sa.Column("shop_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("keyword_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=True),
        sa.Column("updated", sa.BigInteger(), nullable=True),
        sa.Column("is_deleted", sa.Boolean(), nullable=True),
        sa.Column("uploaded", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["keyword_key"], ["keywords.key"], name=op.f("fk_shop_keywords_keyword_key")),
        sa.ForeignKeyConstraint(["shop_key"], ["shops.key"], name=op.f("fk_shop_keywords_shop_key")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_shop_keywords")),
        sa.UniqueConstraint("shop_keyword_id", name=op.f("uq_shop_keywords_shop_keyword_id")),
    )
    with op.batch_alter_table("shop_keywords", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_shop_keywords_keyword_key"), ["keyword_key"], unique=False)

    op.create_table(
        "shop_tags",
        sa.Column(
            "key",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False),
            nullable=False,
        ),
        sa.Column("shop_tag_id", cobi.store.columns.Uuid16(), nullable=False),
        sa.Column("shop_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tag_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=True),
        sa.Column("updated", sa.BigInteger(), nullable=True),
        sa.Column("is_deleted", sa.Boolean(), nullable=True),
        sa.Column("uploaded", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["shop_key"], ["shops.key"], name=op.f("fk_shop_tags_shop_key")),
        sa.ForeignKeyConstraint(["tag_key"], ["tags.key"], name=op.f("fk_shop_tags_tag_key")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_shop_tags")),
        sa.UniqueConstraint("shop_tag_id", name=op.f("uq_shop_tags_shop_tag_id")),
    )
    with op.batch_alter_table("shop_tags", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_shop_tags_tag_key"), ["tag_key"], unique=False)

    op.create_table(
        "interactions",
        sa.Column("interaction_id", cobi.store.columns.Uuid16(), nullable=False),
        sa.Column("event_timestamp", sa.BigInteger(), nullable=False),
        sa.Column("interaction_type", sa.SmallInteger(), nullable=False),
        sa.Column("item_type", sa.SmallInteger(), nullable=False),
        sa.Column("item_key", sa.BigInteger(), nullable=False),
        sa.Column("student_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("visitor_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("platform", sa.SmallInteger(), nullable=True),
        sa.Column("city", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("source", sa.SmallInteger(), nullable=True),
        sa.Column("recommendation_id", cobi.store.columns.Uuid16(), nullable=True),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["student_key"], ["customers.key"], name=op.f("fk_interactions_student_key")),
        sa.ForeignKeyConstraint(["visitor_key"], ["visitors.key"], name=op.f("fk_interactions_visitor_key")),
        sa.PrimaryKeyConstraint("interaction_id", name=op.f("pk_interactions")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("interactions", schema=None) as batch_op:
        batch_op.create_index(
            "ix_interactions_student_key_event_timestamp", ["student_key", "event_timestamp"], unique=False
        )
        batch_op.create_index("ix_interactions_visitor_key", ["visitor_key"], unique=False)

    op.create_table(
        "recommendations",
        sa.Column("recommendation_id", cobi.store.columns.Uuid16(), nullable=False),
        sa.Column("served", sa.BigInteger(), nullable=False),
        sa.Column("student_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("segment_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("model_version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("arm", sa.Text(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("item_type", sa.SmallInteger(), nullable=False),
        sa.Column("candidates", sa.BigInteger(), nullable=False),
        sa.Column("shown", sa.BigInteger(), nullable=False),
        sa.Column("items", sa.LargeBinary(), nullable=False),
        sa.Column("scores", sa.LargeBinary(), nullable=False),
        sa.Column("propensities", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["segment_key"], ["segments.key"], name=op.f("fk_recommendations_segment_key")
        ),
        sa.ForeignKeyConstraint(
            ["student_key"], ["customers.key"], name=op.f("fk_recommendations_student_key")
        ),
        sa.PrimaryKeyConstraint("recommendation_id", name=op.f("pk_recommendations")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("recommendations", schema=None) as batch_op:
        batch_op.create_index("ix_recommendations_served", ["served"], unique=False)
        batch_op.create_index(
            "ix_recommendations_student_key_served", ["student_key", "served"], unique=False
        )

    op.create_table(
        "student_favourites",
        sa.Column(
            "key",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False),
            nullable=False,
        ),
        sa.Column("favourite_id", cobi.store.columns.Uuid16(), nullable=False),
        sa.Column("student_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("shop_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=True),
        sa.Column("updated", sa.BigInteger(), nullable=True),
        sa.Column("is_deleted", sa.Boolean(), nullable=True),
        sa.Column("uploaded", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["shop_key"], ["shops.key"], name=op.f("fk_student_favourites_shop_key")),
        sa.ForeignKeyConstraint(
            ["student_key"], ["customers.key"], name=op.f("fk_student_favourites_student_key")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_student_favourites")),
        sa.UniqueConstraint("favourite_id", name=op.f("uq_student_favourites_favourite_id")),
    )
    with op.batch_alter_table("student_favourites", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_student_favourites_student_key"), ["student_key"], unique=False)

    op.create_table(
        "transactions",
        sa.Column(
            "key",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False),
            nullable=False,
        ),
        sa.Column("transaction_id", cobi.store.columns.Uuid16(), nullable=False),
        sa.Column("shop_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("savings", sa.Float(precision=53), nullable=False),
        sa.Column("amount", sa.Float(precision=53), nullable=False),
        sa.Column("student_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("offer_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("branch_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("discount_name", sa.Text(), nullable=True),
        sa.Column("discount_type", sa.Text(), nullable=True),
        sa.Column("discount_value", sa.Float(precision=53), nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=True),
        sa.Column("updated", sa.BigInteger(), nullable=True),
        sa.Column("is_deleted", sa.Boolean(), nullable=True),
        sa.Column("uploaded", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["branch_key"], ["branches.key"], name=op.f("fk_transactions_branch_key")),
        sa.ForeignKeyConstraint(["offer_key"], ["offers.key"], name=op.f("fk_transactions_offer_key")),
        sa.ForeignKeyConstraint(["shop_key"], ["shops.key"], name=op.f("fk_transactions_shop_key")),
        sa.ForeignKeyConstraint(["student_key"], ["customers.key"], name=op.f("fk_transactions_student_key")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_transactions")),
        sa.UniqueConstraint("transaction_id", name=op.f("uq_transactions_transaction_id")),
    )
    with op.batch_alter_table("transactions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_transactions_student_key"), ["student_key"], unique=False)

    op.create_table(
        "attributions",
        sa.Column("interaction_id", cobi.store.columns.Uuid16(), nullable=False),
        sa.Column("outcome", sa.SmallInteger(), nullable=False),
        sa.Column("recommendation_id", cobi.store.columns.Uuid16(), nullable=True),
        sa.Column("position", sa.SmallInteger(), nullable=True),
        sa.Column("via", sa.SmallInteger(), nullable=True),
        sa.Column("classified", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["interaction_id"], ["interactions.interaction_id"], name=op.f("fk_attributions_interaction_id")
        ),
        sa.PrimaryKeyConstraint("interaction_id", name=op.f("pk_attributions")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("attributions", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_attributions_recommendation_id"), ["recommendation_id"], unique=False
        )
