"""Lists that were drawn by chance, with what came of each place: what speaks of other policies."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, func, select

from cobi.domain.identifiers import first_id
from cobi.domain.interaction import InteractionType, ItemType, Outcome
from cobi.store import organisation_settings
from cobi.store.impressions import unpacked
from cobi.store.keys import chunks
from cobi.store.schema import attributions, interactions, recommendations

EXPLORED = "explored"
"""The policy of lists that are drawn."""

_ATTRIBUTED = [outcome.value for outcome in Outcome if outcome.attributed]
_answer, _acted, _verdict = recommendations.c, interactions.c, attributions.c


class DrawnList(NamedTuple):
    """A student's list of offers from its beginning; propensities are those of each place given those above."""

    answer_id: bytes
    served: int
    student_key: int
    settings: dict[str, object]
    regions: str | None
    items: NDArray[np.int64]
    propensities: NDArray[np.float32]


def drawn(connection: Connection, since: int, until: int, most: int) -> list[DrawnList]:
    """About so many lists served from `since` and before `until`: all those of some students, chosen by their keys."""
    inside = (
        _answer.recommendation_id >= first_id(since),
        _answer.recommendation_id < first_id(until),
        _answer.policy == EXPLORED,
        # Pages that go on, similar offers, segments and arms are other policies than the one that is judged.
        _answer.arm.is_(None),
        _answer.item_type == ItemType.OFFER.value,
        _answer.student_key.is_not(None),
        *(column.is_(None) for column in (_answer.page_offset, _answer.continues, _answer.excluded)),
        *(column.is_(None) for column in (_answer.similar_to, _answer.segment_key)),
        _answer.settings_key.is_not(None),
    )
    found = connection.scalar(select(func.count()).where(*inside)) or 0
    share = max(1, -(-found // most))
    query = (
        select(
            *(_answer.recommendation_id, _answer.served, _answer.student_key, _answer.settings_key),
            *(_answer.regions, _answer.shown, _answer["items"], _answer.propensities),
        )
        .where(*inside, _answer.student_key % share == 0)
        .order_by(_answer.recommendation_id)
    )
    rows = connection.execute(query).all()
    documents = {
        key: organisation_settings.ranking_document(connection, key)
        for key in {row.settings_key for row in rows}
    }
    return [
        DrawnList(
            row.recommendation_id,
            row.served,
            row.student_key,
            documents[row.settings_key],
            row.regions,
            unpacked(row.items, row.shown),
            _propensities(row.propensities, row.shown),
        )
        for row in rows
    ]


def revealed(connection: Connection, lists: Collection[DrawnList], within: int) -> set[tuple[bytes, int]]:
    """(answer, position from 1) whose code was revealed within so many microseconds."""
    found: set[tuple[bytes, int]] = set()
    for chunk in chunks([one.answer_id for one in lists]):
        query = (
            select(_verdict.recommendation_id, _verdict.position)
            .join(interactions, _acted.interaction_id == _verdict.interaction_id)
            .join(recommendations, _answer.recommendation_id == _verdict.recommendation_id)
            .where(
                _verdict.recommendation_id.in_(chunk),
                _verdict.outcome.in_(_ATTRIBUTED),
                _acted.interaction_type == InteractionType.DISCOUNT_CODE.value,
                _acted.event_timestamp < _answer.served + within,
            )
        )
        rows: Iterable[tuple[bytes, int]] = ((row[0], row[1]) for row in connection.execute(query))
        found.update(rows)
    return found


def _propensities(data: bytes, shown: int) -> NDArray[np.float32]:
    found = np.frombuffer(data, "<f4").astype(np.float32)
    return found if len(found) == shown else np.ones(shown, np.float32)
