"""The figures of the feedback loop also by quarter of an hour, which is where the days of every time zone begin."""

# ruff: noqa: S608 (made of constants of this file)

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

import cobi.store.columns

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_KINDS = {"policy": sa.Text(), "arm": sa.Text(), "region": sa.Text(), "model_version": _KEY}
_ANSWER = ("model_version", "policy", "arm", "region")
_WORTH = ("filter_clicks", "shares", "page_views", "discount_codes", "conversions", "amount", "savings")
_QUARTER_HOUR = 900_000_000
_DAY_MILLISECONDS = 86_400_000
_TIME_BITS = 80

_TIME = f"r.served / {_QUARTER_HOUR} AS quarter_hour"
_OF_ANSWER = (
    "r.model_version AS model_version, r.policy AS policy, COALESCE(r.arm, '') AS arm, "
    "CASE WHEN length(r.regions) = 2 THEN r.regions ELSE '' END AS region"
)
_CAME = (
    "FROM attributions a JOIN recommendations r ON r.recommendation_id = a.recommendation_id "
    "JOIN interactions i ON i.interaction_id = a.interaction_id"
)
_ANSWERED = "r.recommendation_id >= :first AND r.recommendation_id < :end"
_ATTRIBUTED = f"{_CAME} WHERE a.outcome IN (1, 2) AND {_ANSWERED}"
_CONVERTED = (
    f"{_CAME} JOIN conversions c ON c.interaction_id = a.interaction_id "
    f"WHERE a.outcome IN (1, 2) AND {_ANSWERED}"
)
_EACH = {
    name: f"CASE WHEN i.interaction_type = {kind} THEN 1 ELSE 0 END"
    for kind, name in enumerate(_WORTH[:4], start=1)
}
_NOTHING_BOUGHT = "0 AS conversions, 0 AS amount, 0 AS savings"
_ONE = ", ".join([*(f"{one} AS {name}" for name, one in _EACH.items()), _NOTHING_BOUGHT])
_EVENTS = ", ".join([*(f"SUM({one}) AS {name}" for name, one in _EACH.items()), _NOTHING_BOUGHT])
_BOUGHT = "0, 0, 0, 0, 1, c.amount, c.savings"
_SUMS = ", ".join(f"SUM({name})" for name in _WORTH)


def upgrade() -> None:
    """Apply."""
    _rollup("quarter_hour_answers", (*_ANSWER, "shown"), ("answers",))
    _rollup("quarter_hour_clicks", (*_ANSWER, "position"), ("clicked", "revealed", *_WORTH))
    _rollup("quarter_hour_platforms", (*_ANSWER, "platform"), _WORTH)
    _rollup("quarter_hour_items", ("item_type", "item_key", *_ANSWER), _WORTH)
    _rollup("quarter_hour_outcomes", ("outcome", "platform"), ("interactions",))
    fill(op.get_bind())


def fill(connection: sa.Connection) -> None:
    """Count what is there."""
    bounds = [sa.bindparam(name, type_=cobi.store.columns.Uuid16()) for name in ("first", "end")]
    for statements, table, name in (
        ((_ANSWERS, _CLICKS, _PLATFORMS, _ITEMS), "recommendations", "recommendation_id"),
        ((_OUTCOMES,), "interactions", "interaction_id"),
    ):
        for first, end in _ranges(connection, table, name):
            for statement in statements:
                connection.execute(sa.text(statement).bindparams(*bounds), {"first": first, "end": end})


def _ranges(connection: sa.Connection, table: str, name: str) -> Iterator[tuple[bytes, bytes]]:
    """The ids to be counted together: in SQLite, which sorts in memory, those of each day that has any."""
    column = sa.column(name, cobi.store.columns.Uuid16())
    if connection.dialect.name != "sqlite":
        yield bytes(16), b"\xff" * 16
        return
    end = bytes(16)
    query = sa.select(column).select_from(sa.table(table)).order_by(column).limit(1)
    while (found := connection.scalar(query.where(column >= end))) is not None:
        day = (int.from_bytes(found, "big") >> _TIME_BITS) // _DAY_MILLISECONDS
        first, end = (((day + more) * _DAY_MILLISECONDS << _TIME_BITS).to_bytes(16, "big") for more in (0, 1))
        yield first, end


def _rollup(name: str, dimensions: tuple[str, ...], figures: tuple[str, ...]) -> None:
    key = ("quarter_hour", *dimensions)
    op.create_table(
        name,
        *(sa.Column(each, _KINDS.get(each, sa.BigInteger()), nullable=False) for each in key),
        *(sa.Column(each, sa.BigInteger(), nullable=False) for each in figures),
        sa.PrimaryKeyConstraint(*key, name=op.f(f"pk_{name}")),
        sqlite_with_rowid=False,
    )


_ANSWERS = f"""
INSERT INTO quarter_hour_answers SELECT {_TIME}, {_OF_ANSWER}, r.shown, COUNT(*) FROM recommendations r
WHERE {_ANSWERED} GROUP BY 1, 2, 3, 4, 5, 6
"""
_CLICKS = f"""
INSERT INTO quarter_hour_clicks
SELECT quarter_hour, model_version, policy, arm, region, position, SUM(clicked), SUM(revealed), {_SUMS}
FROM (
    SELECT {_TIME}, {_OF_ANSWER}, a.position AS position, 1 AS clicked,
        MAX(CASE WHEN i.interaction_type = 4 THEN 1 ELSE 0 END) AS revealed,
        {_EVENTS}
    {_ATTRIBUTED} GROUP BY r.recommendation_id, 1, 2, 3, 4, 5, 6
    UNION ALL SELECT {_TIME}, {_OF_ANSWER}, a.position, 0, 0, {_BOUGHT} {_CONVERTED}
) came GROUP BY 1, 2, 3, 4, 5, 6
"""
_PLATFORMS = f"""
INSERT INTO quarter_hour_platforms
SELECT quarter_hour, model_version, policy, arm, region, platform, {_SUMS}
FROM (
    SELECT {_TIME}, {_OF_ANSWER}, COALESCE(i.platform, 0) AS platform, {_ONE} {_ATTRIBUTED}
    UNION ALL SELECT {_TIME}, {_OF_ANSWER}, COALESCE(i.platform, 0), {_BOUGHT} {_CONVERTED}
) came GROUP BY 1, 2, 3, 4, 5, 6
"""
_ITEMS = f"""
INSERT INTO quarter_hour_items
SELECT quarter_hour, item_type, item_key, model_version, policy, arm, region, {_SUMS}
FROM (
    SELECT {_TIME}, i.item_type AS item_type, i.item_key AS item_key, {_OF_ANSWER}, {_ONE} {_ATTRIBUTED}
    UNION ALL SELECT {_TIME}, i.item_type, i.item_key, {_OF_ANSWER}, {_BOUGHT} {_CONVERTED}
) came GROUP BY 1, 2, 3, 4, 5, 6, 7
"""
_OUTCOMES = f"""
INSERT INTO quarter_hour_outcomes
SELECT i.event_timestamp / {_QUARTER_HOUR}, a.outcome, COALESCE(i.platform, 0), COUNT(*)
FROM attributions a JOIN interactions i ON i.interaction_id = a.interaction_id
WHERE i.interaction_id >= :first AND i.interaction_id < :end GROUP BY 1, 2, 3
"""
