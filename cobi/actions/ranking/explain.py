"""Why an item is in an answer: its score, split exactly into the signals it came of, in words."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cobi.actions.ranking.shelf import Shelf
from cobi.domain.fields import weekday_name
from cobi.domain.interaction import ItemType
from cobi.domain.recommendation import Reason
from cobi.recommenders.dataset import Catalogue, Trait
from cobi.recommenders.model import Model
from cobi.recommenders.signals import BANDS, SignalName, Signals
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
    if name.usual or name.weekday is not None or name.band is not None:
        return _circumstance(name)
    if name.trait is Trait.REGION and name.code is not None:
        region = region_of(name.code)
        return f"REGION:{region}", f"popular in {region}"
    if name.trait is not None:
        return f"{name.trait.name}:{name.code}", _TRAIT_WORDS[name.trait]
    return "POPULARITY", "popular with all students"


def _circumstance(name: SignalName) -> tuple[str, str]:
    """What is usual, or the moment of asking."""
    if name.weekday is not None:
        weekday = weekday_name(name.weekday)
        return f"WEEKDAY:{weekday.upper()}", f"popular on {weekday}s"
    if name.band is not None:
        hours = 24 // BANDS
        first = name.band * hours
        return f"HOURS:{first}-{first + hours}", f"popular from {first} to {first + hours} o'clock (UTC)"
    if name.code is None:
        return "USUAL", "usual whatever one likes: taken off"
    region = region_of(name.code)
    return f"USUAL:{region}", f"usual in {region} whatever one likes: taken off"


def region_of(code: int) -> str:
    """The region a code stands for."""
    return chr(ord("A") + code // _LETTERS) + chr(ord("A") + code % _LETTERS)
