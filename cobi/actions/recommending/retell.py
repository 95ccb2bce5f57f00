"""Telling a past answer again: with its model, settings and seed, from what was known when it was given.

What cannot be had as it was is said: `changed` names it, and `exact` says whether the same list came out all the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cobi.actions.ranking.explain import told
from cobi.actions.ranking.ranked import (
    EMPTY,
    NOTHING,
    History,
    Order,
    Slate,
    history_of,
    rank,
    scores_of,
    signals,
)
from cobi.actions.ranking.shelf import UNTRAINED, Shelf, load_model
from cobi.actions.ranking.traits import traits_of
from cobi.actions.recommending import pages
from cobi.actions.recommending.recommend import Maker, excluded_rows, item_signals
from cobi.actions.recommending.view import unknown_recommendation
from cobi.actions.recommending.why_not import held_out, why_not, without_its_model
from cobi.domain.experiments.experiment import Listing
from cobi.domain.identifiers import format_id
from cobi.domain.interaction import ItemType, Platform
from cobi.domain.moments import as_datetime, format_moment
from cobi.domain.organisation_settings import effective
from cobi.recommenders.lists.slate import NONE
from cobi.recommenders.signals import Signals
from cobi.store import catalogue, events, impressions, model_registry, organisation_settings, past, segments
from cobi.store.database import Connection
from cobi.store.impressions import Impression


@dataclass(frozen=True)
class Again:
    """An answer ranked again: the shelf of its model, x, what was ranked, the list, and what is not as it was."""

    shelf: Shelf
    x: Signals | None
    order: Order
    slate: Slate
    changed: tuple[str, ...]

    def scores_as(self, one: Impression) -> bool:
        """Whether what it was ranked by is still there."""
        return self.shelf.version == one.model_version


def retell(maker: Maker, recommendation_id: bytes, missing: bytes | None = None) -> dict[str, Any]:
    """A past answer with its reasons, and why an item is not in it; raises NotFound."""
    connection = maker.connection
    one = impressions.fetch(connection, [recommendation_id]).get(recommendation_id)
    if one is None:
        raise unknown_recommendation(recommendation_id)
    again = _again(maker, one) if one.told_again else None
    exact = again is not None and _same(maker.shelf, one, again.slate)
    kept = "settings, regions and history were not kept of answers of that time"
    return {
        **_logged(connection, one),
        "settings": None if again is None else again.order.settings,
        "exact": exact,
        "changed": [kept] if again is None else list(again.changed),
        "items": _items(maker, one, again),
        **({} if missing is None or again is None else {"why_not": _why_not(maker, one, again, missing)}),
    }


def _again(maker: Maker, one: Impression) -> Again:
    changed: list[str] = []
    shelf = _shelf(maker, one, changed)
    then = replace(maker, shelf=shelf, local_now=as_datetime(one.served).astimezone(maker.local_now.tzinfo))
    x, history = _asked(then, one, changed)
    settings_key = one.circumstances.settings or 0
    settings = effective(organisation_settings.ranking_document(maker.connection, settings_key))
    circumstances, before = one.circumstances, pages.items_above(maker.connection, one)
    unwanted = _rows(shelf, one.item_type, circumstances.excluded)
    about = _rows(
        shelf, ItemType.OFFER, () if circumstances.similar_to is None else (circumstances.similar_to,)
    )
    order = Order(
        one.item_type,
        circumstances.regions,
        circumstances.limit or len(one.items),
        one.seed,
        then.local_now,
        settings,
        history,
        above=_rows(shelf, one.item_type, before.items),
        excluded=excluded_rows(unwanted, int(about[0]) if len(about) else None),
        skipped=before.skipped,
    )
    slate = EMPTY if one.policy == Listing.NONE.policy else rank(shelf, x, order)
    return Again(shelf, x, order, slate, tuple(changed))


def _shelf(maker: Maker, one: Impression, changed: list[str]) -> Shelf:
    """The shelf with the answer's model."""
    shelf = maker.shelf
    if one.circumstances.catalogue_revision != shelf.revision.catalogue:
        changed.append("the catalogue has been changed since")
    if one.model_version == shelf.version:
        return shelf
    if one.model_version == UNTRAINED:
        return replace(shelf, version=UNTRAINED, model=None)
    model = None
    kept = model_registry.find(maker.connection, one.model_version)
    if kept is not None and kept.pruned is None:
        model = load_model(maker.connection, one.model_version)
    if model is None:
        changed.append(f"model {one.model_version} is no longer kept")
        return replace(shelf, version=UNTRAINED, model=None)
    return replace(shelf, version=one.model_version, model=model.adopt(shelf.catalogue))


def _asked(then: Maker, one: Impression, changed: list[str]) -> tuple[Signals | None, History]:
    """x of whom the answer was for, and what they had done."""
    told_of = one.circumstances
    if told_of.similar_to is not None:
        row = _rows(then.shelf, ItemType.OFFER, (told_of.similar_to,))
        return (item_signals(then.shelf, int(row[0])) if len(row) else None), NOTHING
    if one.segment_key is not None:
        segment = segments.ever(then.connection, one.segment_key)
        changed.append("of a segment's members and their histories only today's are known")
        if segment is None:
            return None, NOTHING
        return then.crowds.signals_of_rule(then.connection, then.shelf, segment.rule, then.when), NOTHING
    if one.policy == Listing.POPULAR.policy:
        return signals(then.shelf, NOTHING, one.served, {}), NOTHING
    student = past.customer(then.connection, one.student_key or 0)
    if student is None:
        changed.append("the student is no longer known")
        return None, NOTHING
    if student["uploaded"] > one.served:
        changed.append("the student's record has been uploaded anew since")
    history = _history(then, one, changed)
    return signals(then.shelf, history, one.served, traits_of(student, one.served)), history


def _history(then: Maker, one: Impression, changed: list[str]) -> History:
    """The events that the answer was made of: of those known by then, as many as it read."""
    known, read = (
        events.known_by(then.connection, one.student_key or 0, one.served),
        one.circumstances.history,
    )
    if read is not None and len(known) > read:
        # What arrived at that very time may have been stored only after the answer had read.
        known = known[np.argsort(known[:, 5], kind="stable")][:read]
    if read is not None and len(known) < read:
        changed.append(f"{read - len(known)} of {read} events have been changed or removed since")
    return history_of(then.shelf, known[:, :5])


def _rows(shelf: Shelf, item_type: ItemType, keys: tuple[int, ...]) -> NDArray[np.int64]:
    rows = shelf.catalogue.rows(item_type, np.array(keys, np.int64)) if keys else NONE
    return rows[rows >= 0]


def _same(shelf: Shelf, one: Impression, slate: Slate) -> bool:
    keys = shelf.catalogue.item_key[slate.rows]
    parts = ((keys, one.items), (slate.scores.astype(np.float32), one.scores))
    drawn = np.array_equal(slate.propensities.astype(np.float32), one.propensities)
    return drawn and all(np.array_equal(*pair) for pair in parts) and slate.candidates == one.candidates


def _logged(connection: Connection, one: Impression) -> dict[str, Any]:
    """The answer as it was logged."""
    told_of = one.circumstances
    student = None if one.student_key is None else past.customer(connection, one.student_key)
    segment = None if one.segment_key is None else segments.ever(connection, one.segment_key)
    about = (
        None
        if told_of.similar_to is None
        else catalogue.ids(connection, ItemType.OFFER, [told_of.similar_to])
    )
    kind = "SIMILAR" if about else "SELF" if segment is None else "SEGMENT"
    excluded = catalogue.ids(connection, one.item_type, told_of.excluded)
    return {
        "recommendation_id": format_id(one.recommendation_id),
        "served": format_moment(one.served),
        "type": kind,
        "student_id": None if student is None else format_id(student["customer_id"]),
        "segment_id": None if segment is None else format_id(segment.segment_id),
        "item_id": None if about is None else next(map(format_id, about.values()), None),
        "item_type": one.item_type.name,
        "model_version": one.model_version,
        "policy": one.policy,
        "arm": one.arm,
        "seed": one.seed,
        "candidates": one.candidates,
        "regions": None if told_of.regions is None else list(told_of.regions),
        "limit": told_of.limit,
        "offset": told_of.offset,
        "continues": None if told_of.continues is None else format_id(told_of.continues),
        "excluded": [format_id(one_id) for one_id in excluded.values()],
        "platform": None if told_of.platform is None else Platform(told_of.platform).name,
        "city": told_of.city,
        "viewed_at": None if one.viewed_at is None else format_moment(one.viewed_at),
    }


def _items(maker: Maker, one: Impression, again: Again | None) -> list[dict[str, Any]]:
    """What was shown: each one's logged figures and, of the ranking anew, its score and the reasons that sum to it."""
    keys: list[int] = one.items.tolist()
    ids = catalogue.ids(maker.connection, one.item_type, keys)
    rows = NONE if again is None else again.shelf.catalogue.rows(one.item_type, one.items)
    found = rows[rows >= 0]
    anew: dict[int, dict[str, Any]] = {}
    if again is not None and again.scores_as(one):
        scores = scores_of(again.shelf, again.x)
        reasons = told(maker.connection, again.shelf, again.x, found)
        for row, own in zip(found.tolist(), reasons, strict=True):
            anew[row] = {"score_anew": float(scores[row]), "reasons": [reason.as_json() for reason in own]}
    figures = zip(keys, one.scores.tolist(), one.propensities.tolist(), strict=True)
    nothing: dict[str, Any] = {"score_anew": None, "reasons": []}
    return [
        {
            "item_id": format_id(ids[key]) if key in ids else None,
            "position": at + 1,
            "score": score,
            "propensity": chance,
            "viewed": at + 1 in one.viewed,
            **(anew.get(int(rows[at]), nothing) if again is not None else nothing),
        }
        for at, (key, score, chance) in enumerate(figures)
    ]


def _why_not(maker: Maker, one: Impression, again: Again, missing: bytes) -> dict[str, Any]:
    shown: list[int] = one.items.tolist()
    told = why_not(maker.connection, again.shelf, again.x, again.order, shown, missing)
    if one.policy == Listing.NONE.policy:
        return {**told, "removed_by": [held_out(one.arm)]}
    return told if again.scores_as(one) else without_its_model(told, one.model_version)
