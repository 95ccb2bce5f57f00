"""The tables of the rollups: several narrow ones in place of one cube, each by day and by quarter of an hour.

All of what came of answers share the dimensions of the answer; each then has one of its own. What does not exist is
0 or empty text, so that it can be part of a key. Reports read days; what a period cuts off a day they make up from
quarters of an hour, which is where the days of every time zone begin.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Column, Index, PrimaryKeyConstraint, Table, Text

from cobi.domain.moments import DAY, QUARTER_HOUR
from cobi.store.columns import Key, Uuid16
from cobi.store.schema import metadata

ANSWER = ("model_version", "policy", "arm", "region")
"""What all figures of answers are told apart by, besides their time."""

EVENTS = ("filter_clicks", "shares", "page_views", "discount_codes")
"""Attributed interactions, in the order of the codes of InteractionType."""

WORTH = (*EVENTS, "conversions", "amount", "savings")
"""What came of answers; money in thousandths."""

QUARTERS = DAY // QUARTER_HOUR
"""Of an hour, in a day."""

_KINDS = {"policy": Text, "arm": Text, "region": Text, "model_version": Key}
_ITEM = ("item_type", "item_key")


@dataclass(frozen=True)
class Rollup:
    """The same figures twice; `day` and `quarter_hour` count from 1970 in UTC."""

    days: Table
    quarters: Table
    """Its key begins with the time: what is new lies together, at the end."""

    def key_of_day(self, key: tuple[Any, ...]) -> tuple[Any, ...]:
        """The key in `days` of what has this one in `quarters`."""
        day = key[0] // QUARTERS
        at = 1 + self.days.columns.keys().index("day")
        return (*key[1:at], day, *key[at:])


def _rollup(of: str, dimensions: tuple[str, ...], figures: tuple[str, ...]) -> Rollup:
    # The days of an item lie together.
    own = len(_ITEM) if dimensions[: len(_ITEM)] == _ITEM else 0
    days = _table(f"daily_{of}", (*dimensions[:own], "day", *dimensions[own:]), figures)
    return Rollup(days, _table(f"quarter_hour_{of}", ("quarter_hour", *dimensions), figures))


def _table(name: str, dimensions: tuple[str, ...], figures: tuple[str, ...]) -> Table:
    key = [Column(each, _KINDS.get(each, BigInteger), nullable=False) for each in dimensions]
    counts = [Column(each, BigInteger, nullable=False) for each in figures]
    return Table(name, metadata, *key, *counts, PrimaryKeyConstraint(*dimensions), sqlite_with_rowid=False)


ANSWERS = _rollup("answers", (*ANSWER, "shown"), ("answers",))
"""Answers by how many items they showed, which also says how often each position was seen."""

CLICKS = _rollup("clicks", (*ANSWER, "position"), ("clicked", "revealed", *WORTH))
"""By position: impressions with an attributed interaction, with an attributed code reveal, and all that came."""

PLATFORMS = _rollup("platforms", (*ANSWER, "platform"), WORTH)
"""By the platform of the interaction."""

ITEMS = _rollup("items", (*_ITEM, *ANSWER), WORTH)
"""By the item of the interaction: a shop's and a tag's figures are those of what belongs to it today."""

OUTCOMES = _rollup("outcomes", ("outcome", "platform"), ("interactions",))
"""What became of the claims of COBI interactions, by the time of the interaction."""

ROLLUPS = (ANSWERS, CLICKS, PLATFORMS, ITEMS, OUTCOMES)

code_reveals = Table(
    "code_reveals",
    metadata,
    Column("interaction_id", Uuid16, primary_key=True),
    Column("student_key", Key, nullable=False),
    Column("offer_key", Key, nullable=False),
    Column("revealed", BigInteger, nullable=False),
    Column("recommendation_id", Uuid16, nullable=False),
    Index("ix_code_reveals_student_key", "student_key", "offer_key", "revealed"),
    sqlite_with_rowid=False,
)
"""The attributed code reveals of offers by known students: what a purchase may be the conversion behind."""

conversions = Table(
    "conversions",
    metadata,
    Column("transaction_key", Key, primary_key=True, autoincrement=False),
    Column("interaction_id", Uuid16, nullable=False),
    Column("recommendation_id", Uuid16, nullable=False),
    # In thousandths: whole numbers add up to the same in any order.
    Column("amount", BigInteger, nullable=False),
    Column("savings", BigInteger, nullable=False),
    Index("ix_conversions_interaction_id", "interaction_id"),
    Index("ix_conversions_recommendation_id", "recommendation_id"),
    sqlite_with_rowid=False,
)
"""The purchases that followed a code reveal, each with the one it is counted for."""

counted_days = Table(
    "counted_days",
    metadata,
    Column("day", BigInteger, primary_key=True, autoincrement=False),
    # How often a change was noted, and how many of these notes each reader has seen: items, experiments.
    Column("changes", BigInteger, nullable=False),
    Column("seen", BigInteger, nullable=False),
    Column("gathered", BigInteger, nullable=False),
    # When items were last counted.
    Column("counted", BigInteger, nullable=True),
)
"""The days of which there are rows, and who has yet to count them anew."""
