"""Figures of the feedback loop by day, kept with the rows they count; purchases and the code reveals they followed."""

# ruff: noqa: S608 (made of constants of this file)

import sqlalchemy as sa
from alembic import op

import cobi.store.columns

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_KINDS = {"policy": sa.Text(), "arm": sa.Text(), "region": sa.Text(), "model_version": _KEY}
_ANSWER = ("day", "model_version", "policy", "arm", "region")
_WORTH = ("filter_clicks", "shares", "page_views", "discount_codes", "conversions", "amount", "savings")
_DAY = 86_400_000_000

# What the tables had to be filled with when they came; purchases are paired with `cobi reports rebuild`.
_OF_ANSWER = (
    f"r.served / {_DAY}, r.model_version, r.policy, COALESCE(r.arm, ''), "
    "CASE WHEN length(r.regions) = 2 THEN r.regions ELSE '' END"
)
_CAME = (
    "FROM attributions a JOIN recommendations r ON r.recommendation_id = a.recommendation_id "
    "JOIN interactions i ON i.interaction_id = a.interaction_id WHERE a.outcome IN (1, 2)"
)
_COUNTS = ", ".join(
    [*(f"SUM(CASE WHEN i.interaction_type = {kind} THEN 1 ELSE 0 END)" for kind in (1, 2, 3, 4)), "0, 0, 0"]
)


def upgrade() -> None:
    """Apply."""
    _rollup("daily_answers", (*_ANSWER, "shown"), ("answers",))
    _rollup("daily_clicks", (*_ANSWER, "position"), ("clicked", "revealed", *_WORTH))
    _rollup("daily_platforms", (*_ANSWER, "platform"), _WORTH)
    _rollup("daily_items", ("item_type", "item_key", *_ANSWER), _WORTH)
    _rollup("daily_outcomes", ("day", "outcome", "platform"), ("interactions",))
    _purchases()
    _fill()


def _rollup(name: str, dimensions: tuple[str, ...], figures: tuple[str, ...]) -> None:
    op.create_table(
        name,
        *(
            sa.Column(each, _KINDS.get(each, sa.BigInteger()), autoincrement=False, nullable=False)
            for each in dimensions
        ),
        *(sa.Column(each, sa.BigInteger(), nullable=False) for each in figures),
        sa.PrimaryKeyConstraint(*dimensions, name=op.f(f"pk_{name}")),
        sqlite_with_rowid=False,
    )


def _purchases() -> None:
    op.create_table(
        "code_reveals",
        sa.Column("interaction_id", cobi.store.columns.Uuid16(), nullable=False),
        sa.Column("student_key", _KEY, nullable=False),
        sa.Column("offer_key", _KEY, nullable=False),
        sa.Column("revealed", sa.BigInteger(), nullable=False),
        sa.Column("recommendation_id", cobi.store.columns.Uuid16(), nullable=False),
        sa.PrimaryKeyConstraint("interaction_id", name=op.f("pk_code_reveals")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_code_reveals_student_key", "code_reveals", ["student_key", "offer_key", "revealed"])
    op.create_table(
        "conversions",
        sa.Column("transaction_key", _KEY, autoincrement=False, nullable=False),
        sa.Column("interaction_id", cobi.store.columns.Uuid16(), nullable=False),
        sa.Column("recommendation_id", cobi.store.columns.Uuid16(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("savings", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("transaction_key", name=op.f("pk_conversions")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_conversions_interaction_id", "conversions", ["interaction_id"])
    op.create_index("ix_conversions_recommendation_id", "conversions", ["recommendation_id"])


def _fill() -> None:
    op.execute(_ANSWERS)
    op.execute(_CLICKS)
    op.execute(_PLATFORMS)
    op.execute(_ITEMS)
    op.execute(_OUTCOMES)
    op.execute(_REVEALS)


_ANSWERS = f"""
INSERT INTO daily_answers SELECT {_OF_ANSWER}, r.shown, COUNT(*) FROM recommendations r
GROUP BY 1, 2, 3, 4, 5, 6
"""
_CLICKS = f"""
INSERT INTO daily_clicks
SELECT day, model_version, policy, arm, region, position, COUNT(*), SUM(revealed),
    SUM(filter_clicks), SUM(shares), SUM(page_views), SUM(discount_codes), 0, 0, 0
FROM (
    SELECT r.served / {_DAY} AS day, r.model_version AS model_version, r.policy AS policy,
        COALESCE(r.arm, '') AS arm,
        CASE WHEN length(r.regions) = 2 THEN r.regions ELSE '' END AS region, a.position AS position,
        MAX(CASE WHEN i.interaction_type = 4 THEN 1 ELSE 0 END) AS revealed,
        SUM(CASE WHEN i.interaction_type = 1 THEN 1 ELSE 0 END) AS filter_clicks,
        SUM(CASE WHEN i.interaction_type = 2 THEN 1 ELSE 0 END) AS shares,
        SUM(CASE WHEN i.interaction_type = 3 THEN 1 ELSE 0 END) AS page_views,
        SUM(CASE WHEN i.interaction_type = 4 THEN 1 ELSE 0 END) AS discount_codes
    {_CAME} GROUP BY r.recommendation_id, 1, 2, 3, 4, 5, 6
) impressions GROUP BY 1, 2, 3, 4, 5, 6
"""
_PLATFORMS = f"""
INSERT INTO daily_platforms SELECT {_OF_ANSWER}, COALESCE(i.platform, 0), {_COUNTS} {_CAME}
GROUP BY 1, 2, 3, 4, 5, 6
"""
_ITEMS = f"""
INSERT INTO daily_items SELECT i.item_type, i.item_key, {_OF_ANSWER}, {_COUNTS} {_CAME}
GROUP BY 1, 2, 3, 4, 5, 6, 7
"""
_OUTCOMES = f"""
INSERT INTO daily_outcomes
SELECT i.event_timestamp / {_DAY}, a.outcome, COALESCE(i.platform, 0), COUNT(*)
FROM attributions a JOIN interactions i ON i.interaction_id = a.interaction_id GROUP BY 1, 2, 3
"""
_REVEALS = f"""
INSERT INTO code_reveals
SELECT i.interaction_id, COALESCE(i.student_key, r.student_key), i.item_key, i.event_timestamp, r.recommendation_id
{_CAME} AND i.interaction_type = 4 AND i.item_type = 1 AND COALESCE(i.student_key, r.student_key) IS NOT NULL
"""
