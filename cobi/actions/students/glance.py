"""What a student would be shown now, with its reasons, and why an offer would not be; neither logged nor counted."""

from __future__ import annotations

from typing import Any

import numpy as np

from cobi.actions.ranking.explain import told
from cobi.actions.ranking.ranked import scores_of
from cobi.actions.recommending import recommend
from cobi.actions.recommending.recommend import Answer, Maker
from cobi.actions.recommending.why_not import held_out, why_not
from cobi.domain.experiments.experiment import Listing
from cobi.domain.identifiers import format_id
from cobi.domain.interaction import ITEM_RECORD_TYPES
from cobi.domain.moments import format_moment
from cobi.domain.recommendation import Wanted
from cobi.store.labels import labels, shops_of


def glance(maker: Maker, customer_id: bytes, wanted: Wanted, missing: bytes | None) -> dict[str, Any]:
    """The list as it would be sent at this moment; raises NotFound."""
    answer = recommend.for_customer(maker, customer_id, wanted)[0]
    impression = answer.impression
    found: dict[str, Any] = {
        "customer_id": format_id(customer_id),
        "as_of": format_moment(impression.served),
        "model_version": impression.model_version,
        "policy": impression.policy,
        "arm": impression.arm,
        "regions": list(impression.circumstances.regions or ()),
        "candidates": impression.candidates,
        "items": _items(maker, answer),
    }
    return found if missing is None else {**found, "why_not": _why_not(maker, answer, missing)}


def _items(maker: Maker, answer: Answer) -> list[dict[str, Any]]:
    impression, made = answer.impression, answer.made
    kind, keys = impression.item_type, impression.items.tolist()
    called, shops = labels(maker.connection, ITEM_RECORD_TYPES[kind], keys), shops_of(maker.connection, keys)
    rows = made.shelf.catalogue.rows(kind, impression.items)
    scores = scores_of(made.shelf, made.x)
    reasons = told(maker.connection, made.shelf, made.x, rows)
    return [
        {
            "position": at + 1,
            "item_id": format_id(called[key][0]),
            "name": called[key][1],
            "shop": shops[key],
            "score": float(scores[rows[at]]),
            "propensity": float(impression.propensities[at]),
            "reasons": [reason.as_json() for reason in reasons[at]],
        }
        for at, key in enumerate(keys)
    ]


def _why_not(maker: Maker, answer: Answer, missing: bytes) -> dict[str, Any]:
    made, shown = answer.made, answer.impression.items.tolist()
    found = why_not(maker.connection, made.shelf, made.x, made.order, shown, missing)
    if answer.impression.policy == Listing.NONE.policy:
        found["removed_by"] = [held_out(answer.impression.arm)]
    row = made.shelf.place_of(made.order.item_type)[missing]
    key = int(made.shelf.catalogue.item_key[row])
    [reasons] = told(maker.connection, made.shelf, made.x, np.array([row]))
    last = scores_of(made.shelf, made.x)[
        made.shelf.catalogue.rows(made.order.item_type, answer.impression.items)
    ]
    called = labels(maker.connection, ITEM_RECORD_TYPES[made.order.item_type], [key])
    return {
        **found,
        "name": called[key][1],
        "reasons": [reason.as_json() for reason in reasons],
        "lowest_score_shown": float(last.min()) if len(last) else None,
    }
