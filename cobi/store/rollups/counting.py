"""What rows count as: the changes of figures they stand for."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, func, select

from cobi.domain.interaction import InteractionType, Outcome
from cobi.domain.moments import QUARTER_HOUR
from cobi.store.impressions import Impression
from cobi.store.keys import chunks
from cobi.store.query import Query
from cobi.store.rollups.tables import (
    ANSWER,
    ANSWERS,
    CLICKS,
    EVENTS,
    ITEMS,
    OUTCOMES,
    PLATFORMS,
    WORTH,
    conversions,
)
from cobi.store.rollups.tallies import Figures, Tallies
from cobi.store.schema import attributions, interactions, recommendations

ATTRIBUTED = [outcome.value for outcome in Outcome if outcome.attributed]
REVEAL = InteractionType.DISCOUNT_CODE.value

_answer = recommendations.c
_NONE: Figures = (0,) * len(WORTH)
# One interaction of each type.
_ONE = {kind: tuple(int(at + 1 == kind) for at in range(len(WORTH))) for kind in range(1, len(EVENTS) + 1)}


def no(value: ColumnElement[Any], instead: Any = 0) -> ColumnElement[Any]:
    """A column in which nothing has a value of its own, as keys need it."""
    return func.coalesce(value, instead)


def answer_dimensions() -> list[ColumnElement[Any]]:
    """The quarter of an hour, and the values of ANSWER."""
    columns = (
        _answer.served // QUARTER_HOUR,
        _answer.model_version,
        _answer.policy,
        no(_answer.arm, ""),
        _region(),
    )
    return [column.label(name) for column, name in zip(columns, ("quarter_hour", *ANSWER), strict=True)]


def _region() -> ColumnElement[Any]:
    """The one region that an answer was limited to."""
    # Their comma-separated codes have two letters each.
    return case((func.length(_answer.regions) == 2, _answer.regions), else_="")


def count_answers(tallies: Tallies, answers: Iterable[Impression]) -> None:
    """Count new answers."""
    for one in answers:
        tallies.arrivals.answered(one.served)
        regions = one.circumstances.regions or ()
        key = (
            one.served // QUARTER_HOUR,
            one.model_version,
            one.policy,
            one.arm or "",
            regions[0] if len(regions) == 1 else "",
            len(one.items),
        )
        tallies.add(ANSWERS, key, (1,))


def answers_of(connection: Connection, answers: Collection[bytes]) -> Tallies:
    """What these answers, by their ids, count as."""
    found = Tallies()
    query = select(*answer_dimensions(), _answer.shown)
    for chunk in chunks(answers):
        for row in connection.execute(query.where(_answer.recommendation_id.in_(chunk))):
            found.add(ANSWERS, tuple(row), (1,))
    return found


def count_outcomes(tallies: Tallies, judged: Iterable[tuple[int, int, int | None]], sign: int = 1) -> None:
    """Count verdicts, each given as (time of the interaction, outcome, platform)."""
    for moment, outcome, platform in judged:
        tallies.add(OUTCOMES, (moment // QUARTER_HOUR, outcome, platform or 0), (sign,))


def outcomes_of(connection: Connection, interaction_ids: Collection[bytes]) -> Tallies:
    """What the verdicts on these interactions count as."""
    query = select(interactions.c.event_timestamp, attributions.c.outcome, interactions.c.platform).join(
        attributions, attributions.c.interaction_id == interactions.c.interaction_id
    )
    found = Tallies()
    for chunk in chunks(interaction_ids):
        rows = connection.execute(query.where(interactions.c.interaction_id.in_(chunk)))
        count_outcomes(found, ((row[0], row[1], row[2]) for row in rows))
    return found


def came_of(connection: Connection, answers: Collection[bytes]) -> Tallies:
    """What the attributed interactions and the conversions of these answers count as."""
    found = Tallies()
    clicked: dict[tuple[Any, ...], int] = {}
    for chunk in chunks(answers):
        for row in connection.execute(_attributed().where(_answer.recommendation_id.in_(chunk))):
            dimensions, position, kind = tuple(row[1:6]), row[6], row[7]
            _add_worth(found, dimensions, position, tuple(row[8:11]), _ONE[kind])
            impression = (row[0], dimensions, position)
            clicked[impression] = clicked.get(impression, 0) | (kind == REVEAL)
        for row in connection.execute(_converted().where(_answer.recommendation_id.in_(chunk))):
            worth = (*_NONE[: len(EVENTS)], 1, row[10], row[11])
            _add_worth(found, tuple(row[1:6]), row[6], tuple(row[7:10]), worth)
    for (_, dimensions, position), revealed in clicked.items():
        found.add(CLICKS, (*dimensions, position), (1, int(revealed), *_NONE))
    return found


def _add_worth(
    tallies: Tallies, dimensions: tuple[Any, ...], position: int, of: tuple[int, int, int], worth: Figures
) -> None:
    platform, item_type, item_key = of
    tallies.add(CLICKS, (*dimensions, position), (0, 0, *worth))
    tallies.add(PLATFORMS, (*dimensions, platform), worth)
    tallies.add(ITEMS, (dimensions[0], item_type, item_key, *dimensions[1:]), worth)


def _attributed() -> Query:
    acted = interactions.c
    return (
        select(
            _answer.recommendation_id,
            *answer_dimensions(),
            attributions.c.position,
            acted.interaction_type,
            no(acted.platform),
            acted.item_type,
            acted.item_key,
        )
        .select_from(recommendations)
        .join(attributions, attributions.c.recommendation_id == _answer.recommendation_id)
        .join(interactions, acted.interaction_id == attributions.c.interaction_id)
        .where(attributions.c.outcome.in_(ATTRIBUTED))
    )


def _converted() -> Query:
    acted = interactions.c
    return (
        select(
            _answer.recommendation_id,
            *answer_dimensions(),
            attributions.c.position,
            no(acted.platform),
            acted.item_type,
            acted.item_key,
            conversions.c.amount,
            conversions.c.savings,
        )
        .select_from(recommendations)
        .join(conversions, conversions.c.recommendation_id == _answer.recommendation_id)
        .join(attributions, attributions.c.interaction_id == conversions.c.interaction_id)
        .join(interactions, acted.interaction_id == conversions.c.interaction_id)
    )
