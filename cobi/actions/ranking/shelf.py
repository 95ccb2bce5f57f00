"""What a process keeps in memory to recommend from: the live model, today's catalogue, each offer's terms.

A shelf never changes; when the catalogue's or the model's revision has moved, a new one takes its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cobi.actions.experiments import arms
from cobi.actions.experiments.arms import NO_TRIALS, Place, Trials
from cobi.actions.ranking.eligible import Eligibility, shops_by_region
from cobi.domain.interaction import ItemType
from cobi.domain.organisation_settings import effective, ranking_document
from cobi.recommenders.artifact import from_arrays
from cobi.recommenders.dataset import Catalogue, FloatArray, IntArray, catalogue_of
from cobi.recommenders.lists.slate import Kinship, kinship_of
from cobi.recommenders.model import FORMAT, Model
from cobi.recommenders.ways.labelling import terms_and_generosity
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
    experiments: int


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
    shop_regions: NDArray[np.str_]
    settings: Mapping[str, Any]
    """The organisation's own, in their JSON form."""
    ranking: str
    """Those of them that shape a ranking, as one text."""
    learned: Model | None = None
    """The model as it was learned, over the catalogue of then."""
    places: dict[ItemType, dict[bytes, int]] = field(default_factory=dict[ItemType, dict[bytes, int]])
    ranking_keys: dict[str, int] = field(default_factory=dict[str, int])
    """The keys that such texts were last logged under: mostly they still are."""
    trials: Trials = NO_TRIALS
    arms: Mapping[str, Shelf] = field(default_factory=dict[str, "Shelf"])
    """What takes this one's place in the arms of experiments that have a model or settings of their own."""

    def of(self, place: Place) -> Shelf:
        """What a student who stands there is answered from."""
        return self if place.label is None else self.arms.get(place.label, self)

    @cached_property
    def eligibility(self) -> Eligibility:
        """Which items may be shown when."""
        first: int = self.catalogue.of_type(ItemType.SHOP).start
        shop_of_offer = self.kinship.shop[self.catalogue.of_type(ItemType.OFFER)] - first
        shops_in = shops_by_region(self.shop_regions, self.terms, shop_of_offer)
        return Eligibility(self.catalogue, self.usable, self.terms, shops_in, {})

    @cached_property
    def kinship(self) -> Kinship:
        """How the items hang together."""
        return kinship_of(self.catalogue, self.catalogue.shops())

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
    return revision_of(revisions.read_all(connection))


def revision_of(moved: Mapping[str, int]) -> Revision:
    """The same of all counters that have moved."""
    names = (revisions.CATALOGUE, revisions.MODEL, revisions.SETTINGS, revisions.EXPERIMENTS)
    return Revision(*(moved.get(name, 0) for name in names))


def read_catalogue(connection: Connection) -> tuple[Catalogue, dict[ItemType, Items]]:
    """Today's catalogue, and the ids of its items."""
    items = {item_type: catalogue_store.items(connection, item_type) for item_type in ItemType}
    keys = {item_type: found.keys for item_type, found in items.items()}
    return catalogue_of(keys, catalogue_store.links(connection)), items


def read_giving(connection: Connection, catalogue: Catalogue) -> tuple[IntArray, FloatArray]:
    """The number of each offer's terms, and of each item how much it gives beside others of its terms."""
    offers = catalogue.of_type(ItemType.OFFER)
    terms, generosity = terms_and_generosity(catalogue_store.giving(connection))
    return terms, np.pad(generosity, (offers.start, catalogue.size - offers.stop))


def load_model(connection: Connection, version: int) -> Model | None:
    """A stored model; None where its format is another version's."""
    card, arrays = models.load(connection, version)
    return from_arrays(arrays, card) if card.get("format") == FORMAT else None


def stock(connection: Connection, before: Shelf | None = None) -> Shelf:
    """Read a shelf as of now; what `before` already holds and has not changed is not made again."""
    revision = current_revision(connection)
    settings = _settings(connection)
    if before is not None and before.revision[:2] == revision[:2]:
        ranking = ranking_document(settings)
        shelf = replace(before, revision=revision, settings=settings, ranking=ranking)
        return _with_arms(connection, shelf, before)
    catalogue, items = read_catalogue(connection)
    version = models.live_version(connection) or UNTRAINED
    if version != UNTRAINED:
        # What new offers give tells where they stand.
        catalogue = replace(catalogue, generosity=read_giving(connection, catalogue)[1])
    if before is not None and _alike(before.catalogue, catalogue):
        catalogue = before.catalogue
    learned = before.learned if before is not None and before.version == version else None
    if learned is None and version != UNTRAINED:
        learned = load_model(connection, version)
        # What an older Cobi learned is as good as nothing until the next training.
        version = version if learned is not None else UNTRAINED
    terms = catalogue_store.offer_terms(connection)
    others = [kind for kind in ItemType if kind is not ItemType.OFFER]
    usable = {kind: catalogue_store.usable(connection, kind) for kind in others}
    shelf = Shelf(
        revision,
        version,
        _adopted(before, learned, catalogue),
        catalogue,
        items,
        {**usable, ItemType.OFFER: terms.usable},
        terms,
        catalogue_store.shop_regions(connection),
        settings,
        ranking_document(settings),
        learned,
    )
    return _with_arms(connection, shelf, before)


def _with_arms(connection: Connection, shelf: Shelf, before: Shelf | None) -> Shelf:
    """The shelf with those of the arms of running experiments that have a model or settings of their own."""
    trials = arms.read(connection)
    known = {} if before is None else {one.version: one for one in before.arms.values()}
    found: dict[str, Shelf] = {}
    for label, arm in trials.arms.items():
        version = arm.model_version or shelf.version
        own = shelf if version == shelf.version else _of_version(connection, shelf, version, known)
        settings = {**shelf.settings, **arm.settings}
        if own is not shelf or arm.settings:
            ranking = ranking_document(settings)
            found[label] = replace(own, settings=settings, ranking=ranking, trials=trials, arms={})
        known[version] = own
    return replace(shelf, trials=trials, arms=found)


def _of_version(connection: Connection, shelf: Shelf, version: int, known: Mapping[int, Shelf]) -> Shelf:
    """The shelf with another model; with none where that one's format is another version's."""
    before = known.get(version)
    learned = load_model(connection, version) if before is None else before.learned
    if learned is None:
        return replace(shelf, version=UNTRAINED, model=None, learned=None)
    return replace(shelf, version=version, model=_adopted(before, learned, shelf.catalogue), learned=learned)


def _settings(connection: Connection) -> dict[str, Any]:
    chosen = organisation_settings.read(connection)
    return effective({name: one.value for name, one in chosen.items()})


def _adopted(before: Shelf | None, learned: Model | None, catalogue: Catalogue) -> Model | None:
    """The model over today's catalogue: always made of what was learned, so that it hangs on nothing in between."""
    if learned is None:
        return None
    if before is not None and before.learned is learned and before.catalogue is catalogue:
        return before.model
    return learned.adopt(catalogue)


def _alike(one: Catalogue, other: Catalogue) -> bool:
    """Whether two catalogues hold the same items, links and gifts: mostly only terms have changed."""
    pairs = (
        (one.item_type, other.item_type),
        (one.item_key, other.item_key),
        (one.links, other.links),
        (one.generosity, other.generosity),
    )
    return all(np.array_equal(*pair) for pair in pairs)


def region_code(region: str) -> int:
    """A region as an integer: its two letters in base 26."""
    first, second = region
    return (ord(first) - ord("A")) * 26 + ord(second) - ord("A")
