"""Why an item is in an answer: its score, split exactly into the signals it came of, in words."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cobi.actions.shelf import Shelf
from cobi.domain.interaction import ItemType
from cobi.domain.recommendation import Reason
from cobi.recommenders.dataset import Catalogue, Trait
from cobi.recommenders.model import Model
from cobi.recommenders.signals import Signals
from cobi.store import catalogue as catalogue_store
from cobi.store.database import Connection

_LETTERS = 26
_TRAIT_WORDS = {
    Trait.REGION: "popular in the same region",
    Trait.INSTITUTE: "popular at the same institute",
    Trait.COURSE: "popular with students of the same course",
    Trait.GENDER: "popular with students of the same gender",
    Trait.AGE: "popular with students of the same age",
}


def reasons(
    connection: Connection, model: Model, catalogue: Catalogue, x: Signals, row: int
) -> tuple[Reason, ...]:
    """The item's reasons, largest first; their contributions sum to its score."""
    explained: list[Reason] = []
    for signal, contribution in model.explain(x, row):
        named, text = _words(connection, model, catalogue, signal)
        explained.append(Reason(named, contribution, text))
    return tuple(explained)


def told(
    connection: Connection, shelf: Shelf, x: Signals | None, rows: NDArray[np.int64]
) -> tuple[tuple[Reason, ...], ...]:
    """Each row's reasons."""
    if shelf.model is None or x is None:
        return tuple(() for _ in rows)
    return tuple(reasons(connection, shelf.model, shelf.catalogue, x, row) for row in rows.tolist())


def _words(connection: Connection, model: Model, catalogue: Catalogue, signal: int) -> tuple[str, str]:
    name = model.space.name(signal)
    if name.item is not None:
        item_type, key = ItemType(int(catalogue.item_type[name.item])), int(catalogue.item_key[name.item])
        called = catalogue_store.names(connection, item_type, [key]).get(key, "?")
        return (
            f"{item_type.name}:{called}",
            f"because of the interest in the {item_type.name.lower()} {called}",
        )
    if name.usual:
        where = "" if name.code is None else region_of(name.code)
        return (
            f"USUAL:{where}" if where else "USUAL",
            f"usual{where and f' in {where}'} whatever one likes: taken off",
        )
    if name.trait is Trait.REGION and name.code is not None:
        region = region_of(name.code)
        return f"REGION:{region}", f"popular in {region}"
    if name.trait is not None:
        return f"{name.trait.name}:{name.code}", _TRAIT_WORDS[name.trait]
    return "POPULARITY", "popular with all students"


def region_of(code: int) -> str:
    """The region a code stands for."""
    return chr(ord("A") + code // _LETTERS) + chr(ord("A") + code % _LETTERS)
