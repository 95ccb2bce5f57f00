"""What a student did and was shown, merged, newest first.

Each source has its own position in a cursor, so that nothing is told twice or left out where moments are equal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Any, NamedTuple

import msgspec

from cobi.actions import cursors
from cobi.actions.students.find import of_id
from cobi.domain.identifiers import format_id
from cobi.domain.interaction import ITEM_RECORD_TYPES, InteractionType, ItemType, Outcome, Platform
from cobi.domain.moments import MILLISECOND, format_moment
from cobi.store import segments, students
from cobi.store.database import Connection
from cobi.store.impressions import Impression
from cobi.store.labels import labels

_Id = Annotated[bytes, msgspec.Meta(min_length=16, max_length=16)]
_Moment = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
_Dated = tuple[_Moment, cursors.Key] | None
Positions = tuple[_Id | None, tuple[_Moment, _Id] | None, _Dated, _Dated]
"""Behind which act, answer, purchase and favourite a page begins."""

_Item = tuple[int, int]
"""An item's type and key."""


class _Entry(NamedTuple):
    """Something that happened: when, of which source, where that source stands then, and the row of it."""

    moment: int
    source: int
    position: Any
    row: Any


def timeline(connection: Connection, customer_id: bytes, limit: int, cursor: str | None) -> dict[str, Any]:
    """A page of it; raises NotFound."""
    key = of_id(connection, customer_id)["key"]
    start: Positions = cursors.decode(cursor, Positions) if cursor else (None, None, None, None)
    entries = [*_read(connection, key, start, limit + 1)]
    # Ids are in order of milliseconds: a finer order would tear a source's own one apart.
    entries.sort(key=lambda entry: (-(entry.moment // MILLISECOND), entry.source))
    shown, positions = entries[:limit], list(start)
    for entry in shown:
        positions[entry.source] = entry.position
    return {
        "records": _Telling(connection, shown).all(),
        "next_cursor": cursors.encode(positions) if len(entries) > limit else None,
    }


def _read(connection: Connection, key: int, start: Positions, limit: int) -> Iterable[_Entry]:
    acts, answers, purchases, favourites = start
    for row in students.acts(connection, key, acts, limit):
        yield _Entry(row["event_timestamp"], 0, row["interaction_id"], row)
    for one in students.answers(connection, key, answers, limit):
        yield _Entry(one.served, 1, (one.served, one.recommendation_id), one)
    for row in students.purchases(connection, key, purchases, limit):
        yield _Entry(row["moment"], 2, (row["moment"], row["key"]), row)
    for row in students.favourites(connection, key, favourites, limit):
        yield _Entry(row["moment"], 3, (row["moment"], row["key"]), row)


class _Telling:
    """Entries as a client reads them; names are looked up for all of them together."""

    def __init__(self, connection: Connection, entries: Sequence[_Entry]) -> None:
        self._entries = entries
        self._named = _names(connection, {item for entry in entries for item in _items(entry)})
        answers = [entry.row.recommendation_id for entry in entries if entry.source == 1]
        self._came_of = students.came_of(connection, answers)
        self._segments = {one.key: one.name for one in segments.everything(connection)}

    def all(self) -> list[dict[str, Any]]:
        """Each with its kind and moment."""
        tell: tuple[Callable[[Any], dict[str, Any]], ...] = (
            self._act,
            self._answer,
            self._bought,
            self._liked,
        )
        return [
            {**tell[entry.source](entry.row), "when": format_moment(entry.moment)} for entry in self._entries
        ]

    def _act(self, row: dict[str, Any]) -> dict[str, Any]:
        answer, outcome = row["recommendation_id"], row["outcome"]
        return {
            "kind": "INTERACTION",
            "interaction_id": format_id(row["interaction_id"]),
            "interaction_type": InteractionType(row["interaction_type"]).name,
            "item": self._item((row["item_type"], row["item_key"])),
            "platform": _platform(row["platform"]),
            "city": row["city"],
            "outcome": None if outcome is None else Outcome(outcome).name,
            "recommendation_id": None if answer is None else format_id(answer),
            "position": row["position"],
        }

    def _answer(self, one: Impression) -> dict[str, Any]:
        segment, similar = one.segment_key, one.circumstances.similar_to
        return {
            "kind": "ANSWER",
            "recommendation_id": format_id(one.recommendation_id),
            "type": "SIMILAR" if similar is not None else "SELF" if segment is None else "SEGMENT",
            "segment": None if segment is None else self._segments.get(segment),
            "model_version": one.model_version,
            "policy": one.policy,
            "arm": one.arm,
            "platform": _platform(one.circumstances.platform),
            "items": [self._place(one, at, key) for at, key in enumerate(one.items.tolist())],
        }

    def _place(self, one: Impression, at: int, key: int) -> dict[str, Any]:
        came = self._came_of.get((one.recommendation_id, at + 1), [])
        return {
            "position": at + 1,
            **self._item((one.item_type.value, key)),
            "viewed": at + 1 in one.viewed,
            "came_of_it": [InteractionType(kind).name for kind in came],
        }

    def _bought(self, row: dict[str, Any]) -> dict[str, Any]:
        offer = row["offer_key"]
        return {
            "kind": "TRANSACTION",
            "transaction_id": format_id(row["transaction_id"]),
            "shop": self._item((ItemType.SHOP.value, row["shop_key"])),
            "offer": None if offer is None else self._item((ItemType.OFFER.value, offer)),
            "amount": row["amount"],
            "savings": row["savings"],
        }

    def _liked(self, row: dict[str, Any]) -> dict[str, Any]:
        return {"kind": "FAVOURITE", "shop": self._item((ItemType.SHOP.value, row["shop_key"]))}

    def _item(self, item: _Item) -> dict[str, Any]:
        identifier, name = self._named.get(item, (None, None))
        return {
            "item_type": ItemType(item[0]).name,
            "item_id": None if identifier is None else format_id(identifier),
            "name": name,
        }


def _items(entry: _Entry) -> Iterable[_Item]:
    if entry.source == 0:
        yield entry.row["item_type"], entry.row["item_key"]
    elif entry.source == 1:
        yield from ((entry.row.item_type.value, key) for key in entry.row.items.tolist())
    else:
        yield ItemType.SHOP.value, entry.row["shop_key"]
        if entry.row.get("offer_key") is not None:
            yield ItemType.OFFER.value, entry.row["offer_key"]


def _names(connection: Connection, items: set[_Item]) -> dict[_Item, tuple[bytes, str]]:
    named: dict[_Item, tuple[bytes, str]] = {}
    for item_type, record_type in ITEM_RECORD_TYPES.items():
        keys = [key for kind, key in items if kind == item_type]
        if keys:
            called = labels(connection, record_type, keys)
            named |= {(item_type.value, key): label for key, label in called.items()}
    return named


def _platform(code: int | None) -> str | None:
    return None if code is None else Platform(code).name
