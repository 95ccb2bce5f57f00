"""What a process keeps in memory to recommend from: the live model, today's catalogue, each offer's terms.

A shelf never changes; when the catalogue's or the model's revision has moved, a new one takes its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cobi.actions.eligible import Eligibility
from cobi.domain.interaction import ItemType
from cobi.domain.organisation_settings import effective, ranking_document
from cobi.recommenders.artifact import from_arrays
from cobi.recommenders.dataset import Catalogue, catalogue_of
from cobi.recommenders.model import FORMAT, Model
from cobi.recommenders.slate import Kinship, kinship_of
from cobi.store import catalogue as catalogue_store
from cobi.store import models, organisation_settings, revisions
from cobi.store.catalogue import Items, OfferTerms
from cobi.store.database import Connection

UNTRAINED = 0
"""The model version of answers given before the first training."""


class Revision(NamedTuple):
    """The state of what a shelf is made of."""

    catalogue: int
    model: int
    settings: int


@dataclass(frozen=True)
class Shelf:
    """Everything an answer needs but the student."""

    revision: Revision
    version: int
    model: Model | None
    catalogue: Catalogue
    items: dict[ItemType, Items]
    usable: dict[ItemType, NDArray[np.bool_]]
    terms: OfferTerms
    settings: Mapping[str, Any]
    """The organisation's own, in their JSON form."""
    ranking: str
    """Those of them that shape a ranking, as one text."""
    places: dict[ItemType, dict[bytes, int]] = field(default_factory=dict[ItemType, dict[bytes, int]])

    @cached_property
    def eligibility(self) -> Eligibility:
        """Which items may be shown when."""
        return Eligibility(self.catalogue, self.usable, self.terms, {})

    @cached_property
    def kinship(self) -> Kinship:
        """How the items hang together."""
        return kinship_of(self.catalogue, shops_of(self.catalogue))

    def rows_of(self, item_types: NDArray[np.int64], keys: NDArray[np.int64]) -> NDArray[np.int64]:
        """The catalogue's rows of items by type and key, -1 for those it does not have."""
        rows = np.full(len(keys), -1, np.int64)
        for item_type in ItemType:
            chosen = item_types == item_type
            if chosen.any():
                rows[chosen] = self.catalogue.rows(item_type, keys[chosen])
        return rows

    def ids_of(self, item_type: ItemType, rows: NDArray[np.int64]) -> tuple[bytes, ...]:
        """The ids of the items of one type in these rows."""
        first: int = self.catalogue.of_type(item_type).start
        ids = self.items[item_type].ids
        chosen: list[int] = rows.tolist()
        return tuple(ids[row - first] for row in chosen)

    def place_of(self, item_type: ItemType) -> dict[bytes, int]:
        """The catalogue's row of each item of a type by its id."""
        found = self.places.get(item_type)
        if found is None:
            first: int = self.catalogue.of_type(item_type).start
            found = {one: first + at for at, one in enumerate(self.items[item_type].ids)}
            self.places[item_type] = found
        return found

    def item_id(self, row: int) -> bytes:
        """The id of the item in a catalogue row."""
        item_type = ItemType(int(self.catalogue.item_type[row]))
        first: int = self.catalogue.of_type(item_type).start
        return self.items[item_type].ids[row - first]


def current_revision(connection: Connection) -> Revision:
    """The revisions a shelf is made of; one of other ones is out of date."""
    moved = revisions.read_all(connection)
    names = (revisions.CATALOGUE, revisions.MODEL, revisions.SETTINGS)
    return Revision(*(moved.get(name, 0) for name in names))


def read_catalogue(connection: Connection) -> tuple[Catalogue, dict[ItemType, Items]]:
    """Today's catalogue, and the ids of its items."""
    items = {item_type: catalogue_store.items(connection, item_type) for item_type in ItemType}
    keys = {item_type: found.keys for item_type, found in items.items()}
    return catalogue_of(keys, catalogue_store.links(connection)), items


def load_model(connection: Connection, version: int) -> Model | None:
    """A stored model; None where its format is another version's."""
    card, arrays = models.load(connection, version)
    return from_arrays(arrays, card) if card.get("format") == FORMAT else None


def stock(connection: Connection, before: Shelf | None = None) -> Shelf:
    """Read a shelf as of now; a model that `before` already holds is not read again."""
    revision = current_revision(connection)
    catalogue, items = read_catalogue(connection)
    version = models.live_version(connection) or UNTRAINED
    model = before.model if before is not None and before.version == version else None
    if model is None and version != UNTRAINED:
        model = load_model(connection, version)
        # What an older Cobi learned is as good as nothing until the next training.
        version = version if model is not None else UNTRAINED
    terms = catalogue_store.offer_terms(connection)
    usable = {
        kind: catalogue_store.usable(connection, kind) for kind in ItemType if kind is not ItemType.OFFER
    }
    usable[ItemType.OFFER] = terms.usable
    adopted = model.adopt(catalogue) if model is not None else None
    chosen = organisation_settings.read(connection)
    settings = effective({name: one.value for name, one in chosen.items()})
    return Shelf(
        revision,
        version,
        adopted,
        catalogue,
        items,
        usable,
        terms,
        settings,
        ranking_document(settings),
    )


def shops_of(catalogue: Catalogue) -> NDArray[np.int64]:
    """Each offer's shop as its row in the catalogue, -1 for all else."""
    child, parent = catalogue.links[:, 0], catalogue.links[:, 1]
    own = (catalogue.item_type[child] == ItemType.OFFER) & (catalogue.item_type[parent] == ItemType.SHOP)
    shop = np.full(catalogue.size, -1, np.int64)
    shop[child[own]] = parent[own]
    return shop


def region_code(region: str) -> int:
    """A region as an integer: its two letters in base 26."""
    first, second = region
    return (ord(first) - ord("A")) * 26 + ord(second) - ord("A")
