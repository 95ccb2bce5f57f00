"""Why an item is not in a list: what stood in its way, its rank, and what would change it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from cobi.actions.ranking.ranked import Order, groups_of, manner_of, scores_of, used_by
from cobi.actions.ranking.shelf import Shelf
from cobi.actions.ranking.used import policy
from cobi.domain.errors import NotFound
from cobi.domain.fields import weekday_name
from cobi.domain.identifiers import format_id
from cobi.domain.interaction import ItemType
from cobi.domain.moments import format_moment
from cobi.domain.organisation_settings import Seen, seen_setting
from cobi.domain.recommendation import MAX_LIMIT
from cobi.recommenders.lists.slate import Manner
from cobi.recommenders.signals import Signals
from cobi.store import past
from cobi.store.database import Connection

_BY_SCORE = ("shop_limit", "diversity", "chance", "lot", "page")
"""Causes that only scores tell of."""

Cause = tuple[str, str, str]
"""A stable code, what was in the way, and what would change it."""


def why_not(
    connection: Connection,
    shelf: Shelf,
    x: Signals | None,
    order: Order,
    shown: Sequence[int],
    missing: bytes,
) -> dict[str, Any]:
    """Of one item of the type that was ranked; raises NotFound where there is none. `shown` are keys, best first."""
    row = shelf.place_of(order.item_type).get(missing)
    if row is None:
        message = f"{order.item_type.name.lower()} {format_id(missing)} is not known"
        raise NotFound(message, code="unknown_offer", hint="name one of the type that was ranked")
    key, scores = int(shelf.catalogue.item_key[row]), scores_of(shelf, x)
    place = shown.index(key) + 1 if key in shown else None
    causes = [] if place else [*_in_the_way(connection, shelf, order, row)]
    if not place and not any(code != "seen_lowered" for code, *_ in causes):
        causes.append(_ranked_out(shelf, order, scores, shown, row))
    return {
        "item_id": format_id(missing),
        "position": place,
        "score": float(scores[row]),
        "rank": _rank(shelf, order, scores, row),
        "removed_by": told(causes),
    }


def told(causes: Iterable[Cause]) -> list[dict[str, str]]:
    """Causes as JSON."""
    return [
        {"code": code, "message": message, "what_would_change_it": change} for code, message, change in causes
    ]


def held_out(arm: str | None) -> dict[str, str]:
    """The one cause where the student is shown no list at all."""
    message = f"the student is in {arm}, whose students are shown no list"
    return told([("held_out", message, "stop that experiment")])[0]


def without_its_model(found: dict[str, Any], version: int) -> dict[str, Any]:
    """What can be said of an item where the model that ranked the list is no longer kept."""
    rules = [one for one in found["removed_by"] if one["code"] not in _BY_SCORE]
    if not rules and found["position"] is None:
        message = f"model {version}, which ranked the list, is no longer kept: the item's place is not known"
        rules = told([("not_kept", message, "for lists to come, a greater model_retention_days")])
    return {**found, "score": None, "rank": None, "removed_by": rules}


def _rank(shelf: Shelf, order: Order, scores: Any, row: int) -> int | None:
    """Where its score puts it among all candidates, from 1; None where it was none."""
    before = 0
    for group in groups_of(shelf, order):
        if row in group:
            return before + int((scores[group] > scores[row]).sum()) + 1
        before += len(group)
    return None


def hindrances(
    connection: Connection,
    item_type: ItemType,
    key: int,
    regions: tuple[str, ...] | None,
    local_now: datetime,
) -> Iterator[Cause]:
    """The rules that keep an item out of every list at a moment (D29); `regions` None is everywhere."""
    if item_type is ItemType.OFFER:
        yield from _terms(past.offer_state(connection, key), regions, local_now)
    else:
        yield from _hidden(past.item_state(connection, item_type, key))


def _in_the_way(connection: Connection, shelf: Shelf, order: Order, row: int) -> Iterator[Cause]:
    key = int(shelf.catalogue.item_key[row])
    yield from hindrances(connection, order.item_type, key, order.regions, order.local_now)
    if order.item_type is ItemType.SHOP:
        yield from _elsewhere(shelf, order, row)
    if row in order.excluded:
        yield (
            "excluded",
            "the caller excluded it, or it is the offer others resemble",
            "ask without it in exclude",
        )
    if row in order.above:
        yield "page_before", "a page before this one shows it", "look at that page"
    seen = policy(order.settings, order.item_type)
    if seen is not Seen.SHOW and row in used_by(shelf, order):
        name = seen_setting(order.item_type)
        if seen is Seen.HIDE:
            yield (
                "seen_hidden",
                "the student has used it, and used ones are hidden",
                f"set {name} to SHOW or LOWER",
            )
        else:
            yield "seen_lowered", "the student has used it, and used ones come last", f"set {name} to SHOW"


def _elsewhere(shelf: Shelf, order: Order, row: int) -> Iterator[Cause]:
    place = row - shelf.catalogue.of_type(ItemType.SHOP).start
    if not shelf.eligibility.given_in(ItemType.SHOP, order.regions)[place]:
        asked, own = ", ".join(order.regions or ()), shelf.shop_regions[place]
        message = f"it is in {own} and has no offer in what was asked for, {asked}"
        yield "region", message, f"ask with regions={own}"


def _hidden(state: dict[str, Any]) -> Iterator[Cause]:
    if state["is_deleted"]:
        yield "deleted", "it is deleted", "upload it with is_deleted false"
    if state.get("is_enabled") is not None and not state["is_enabled"]:
        yield "disabled", "it is not enabled", "upload it with is_enabled true"
    if state.get("shop_is_deleted"):
        yield "shop_deleted", "its shop is deleted", "upload the shop with is_deleted false"
    if state["shop_is_public"] is not None and not state["shop_is_public"]:
        yield "shop_hidden", "the shop is not public", "upload the shop with is_public true"


def _terms(state: dict[str, Any], regions: tuple[str, ...] | None, local_now: datetime) -> Iterator[Cause]:
    yield from _hidden(state)
    if regions is not None and state["region"] not in regions:
        asked = ", ".join(regions)
        yield (
            "region",
            f"it is given in {state['region']}, asked was {asked}",
            f"ask with regions={state['region']}",
        )
    yield from _time(state, local_now)


def _time(state: dict[str, Any], local_now: datetime) -> Iterator[Cause]:
    begin, end, days = state["allowed_from"], state["allowed_to"], state["allowed_days"]
    now = int(local_now.timestamp() * 1_000_000)
    if begin is not None and now < begin:
        yield "not_yet", f"it begins only at {format_moment(begin)}", "an earlier allowed_from"
    if end is not None and now > end:
        yield "over", f"it ended at {format_moment(end)}", "a later allowed_to"
    today = weekday_name(local_now.weekday())
    if days is not None and today not in days.split(","):
        yield (
            "weekday",
            f"it is given on {days.replace(',', ', ')}, and it was {today}",
            f"allowed_days with {today}",
        )


def _ranked_out(shelf: Shelf, order: Order, scores: Any, shown: Sequence[int], row: int) -> Cause:
    """Nothing stood in its way but others."""
    manner, last = manner_of(order.settings), order.skipped + order.limit
    rank = _rank(shelf, order, scores, row)
    if manner.most_per_shop and _shop_is_full(shelf, order, shown, row, manner.most_per_shop):
        message = f"the list has as many offers of its shop as it may: {manner.most_per_shop}"
        return "shop_limit", message, "a greater most_per_shop"
    if rank is not None and rank <= order.skipped:
        message = f"by its score it was number {rank}, and the offset passed it over"
        return "page_before", message, f"an offset below {rank}"
    if rank is not None and rank <= last:
        return _passed_over(manner)
    return "page", f"by its score it was number {rank}, and the list ends before", _further(order, rank)


def _passed_over(manner: Manner) -> Cause:
    """By its score alone it would have had a place."""
    if manner.diversity > 0:
        return "diversity", "it resembles what stands above", "a smaller diversity"
    if manner.draws:
        return "chance", "chance took others", "exploration_temperature 0, or another answer"
    return "lot", "others had the very same score, and the lot took them", "another answer, or a training"


def _further(order: Order, rank: int | None) -> str:
    """What would bring an item into a list that ended before it."""
    needed = 0 if rank is None else rank - order.skipped
    longer = f"limit={needed}, " if 0 < needed <= MAX_LIMIT else ""
    return f"{longer}a page further on, or more interest in it and its like"


def _shop_is_full(shelf: Shelf, order: Order, shown: Sequence[int], row: int, most: int) -> bool:
    rows = shelf.catalogue.rows(order.item_type, np.array(shown, np.int64))
    taken = shelf.kinship.shop[np.concatenate([order.above, rows[rows >= 0]])]
    own = shelf.kinship.shop[row]
    return bool(own >= 0 and (taken == own).sum() >= most)
