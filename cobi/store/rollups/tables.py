"""The tables of the rollups: several narrow ones in place of one cube.

All of what came of answers share the dimensions of the answer; each then has one of its own. What does not exist is
0 or empty text, so that it can be part of a key.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Index, Table, Text

from cobi.store.columns import Key, Uuid16
from cobi.store.schema import metadata

ANSWER = ("day", "model_version", "policy", "arm", "region")
"""What all figures of answers are told apart by; `day` counts from 1970 in UTC."""

EVENTS = ("filter_clicks", "shares", "page_views", "discount_codes")
"""Attributed interactions, in the order of the codes of InteractionType."""

WORTH = (*EVENTS, "conversions", "amount", "savings")
"""What came of answers; money in thousandths."""

_KINDS = {"policy": Text, "arm": Text, "region": Text, "model_version": Key}


def _table(name: str, dimensions: tuple[str, ...], figures: tuple[str, ...]) -> Table:
    key: list[Column[Any]] = [
        Column(each, _KINDS.get(each, BigInteger), primary_key=True, autoincrement=False)
        for each in dimensions
    ]
    counts = [Column(each, BigInteger, nullable=False) for each in figures]
    return Table(name, metadata, *key, *counts, sqlite_with_rowid=False)


daily_answers = _table("daily_answers", (*ANSWER, "shown"), ("answers",))
"""Answers by how many items they showed, which also says how often each position was seen."""

daily_clicks = _table("daily_clicks", (*ANSWER, "position"), ("clicked", "revealed", *WORTH))
"""By position: impressions with an attributed interaction, with an attributed code reveal, and all that came."""

daily_platforms = _table("daily_platforms", (*ANSWER, "platform"), WORTH)
"""By the platform of the interaction."""

daily_items = _table("daily_items", ("item_type", "item_key", *ANSWER), WORTH)
"""By the item of the interaction: a shop's and a tag's figures are those of what belongs to it today."""

daily_outcomes = _table("daily_outcomes", ("day", "outcome", "platform"), ("interactions",))
"""What became of the claims of COBI interactions, by the day of the interaction."""

ROLLUPS = (daily_answers, daily_clicks, daily_platforms, daily_items, daily_outcomes)

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

stale_days = Table(
    "stale_days",
    metadata,
    Column("day", BigInteger, primary_key=True, autoincrement=False),
)
"""Days of which rows have changed since experiments counted them."""
