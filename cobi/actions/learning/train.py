"""Learning a model from everything that is stored, and storing it as a candidate."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cobi.actions.ranking.shelf import load_model, read_catalogue, read_giving
from cobi.actions.ranking.traits import traits_of_all
from cobi.domain.errors import Conflict
from cobi.domain.interaction import ItemType
from cobi.domain.model_state import ModelState
from cobi.recommenders.artifact import to_arrays
from cobi.recommenders.blend import fit, refit
from cobi.recommenders.dataset import ANONYMOUS, Catalogue, Events, Label, Students
from cobi.recommenders.model import Model
from cobi.recommenders.progress import Progress
from cobi.recommenders.settings import Settings
from cobi.recommenders.ways.labelling import labels_of
from cobi.recommenders.ways.naming import mentions
from cobi.store import catalogue as catalogue_store
from cobi.store import events as event_store
from cobi.store import model_registry, models
from cobi.store.database import Connection
from cobi.store.model_registry import Event
from cobi.store.models import Origin
from cobi.store.writer import Transaction


@dataclass(frozen=True)
class Lessons:
    """What a model learns from, read in one go so that no transaction is open while it fits."""

    catalogue: Catalogue
    events: Events
    students: Students


def gather(connection: Connection, now: int, until: int | None = None) -> Lessons:
    """Read the catalogue, the students and what they did (before a moment, where one is given)."""
    catalogue, _ = read_catalogue(connection)
    catalogue = _in_full(connection, catalogue)
    student_keys, records = event_store.students(connection)
    raw = event_store.everything(connection, until)
    item = np.full(len(raw), -1, np.int64)
    for item_type in ItemType:
        chosen = raw[:, 1] == item_type
        item[chosen] = catalogue.rows(item_type, raw[chosen, 2])
    events = Events(_rows(student_keys, raw[:, 0]), item, raw[:, 3].astype(np.int8), raw[:, 4])
    students = Students(len(student_keys), traits_of_all(records, now))
    return Lessons(catalogue, events.where(item >= 0), students)


def _in_full(connection: Connection, catalogue: Catalogue) -> Catalogue:
    """The catalogue with what only learning asks for."""
    offers = catalogue.of_type(ItemType.OFFER)
    terms, generosity = read_giving(connection, catalogue)
    categories = catalogue_store.categories(connection)
    labels = {
        Label.CATEGORY: (catalogue.rows(ItemType.SHOP, categories[:, 0]), categories[:, 1]),
        Label.TERMS: (np.arange(offers.start, offers.stop, dtype=np.int64), terms),
    }
    return replace(
        catalogue,
        mentions=_mentions(connection, catalogue),
        labels=labels_of(labels),
        generosity=generosity,
    )


def _mentions(connection: Connection, catalogue: Catalogue) -> NDArray[np.int64]:
    """(offer row, row of a tag or keyword) that the offer's name mentions."""
    names = {kind: catalogue_store.all_names(connection, kind) for kind in _NAMED}
    offers = catalogue.of_type(ItemType.OFFER).start
    found = [
        mentions(names[ItemType.OFFER], names[kind]) + np.array([offers, catalogue.of_type(kind).start])
        for kind in (ItemType.TAG, ItemType.KEYWORD)
    ]
    return np.concatenate(found)


def learn(
    lessons: Lessons,
    now: int,
    settings: Settings,
    seed: int,
    progress: Progress,
    before: Model | None = None,
) -> Model:
    """Fit a model, or with `before` one tuned as that; raises Conflict where there is nothing to recommend."""
    if lessons.catalogue.of_type(ItemType.OFFER) == slice(0, 0):
        raise Conflict(
            "there are no offers to recommend yet", code="nothing_to_learn", hint="upload offers first"
        )
    if before is not None:
        return refit(before, lessons.catalogue, lessons.events, lessons.students, now, progress)
    return fit(lessons.catalogue, lessons.events, lessons.students, now, settings, seed, progress)


def live_model(connection: Connection) -> Model:
    """What answers now; raises Conflict where nothing does, or what another version of Cobi has learned."""
    version = models.live_version(connection)
    model = None if version is None else load_model(connection, version)
    if model is None:
        raise Conflict(
            "there is no live model whose tuning could be kept",
            code="nothing_to_keep",
            hint="train without `incremental` first",
        )
    return model


def store(transaction: Transaction, model: Model, now: int, origin: Origin) -> int:
    """Store a model as a candidate, or as failed where it cannot answer; returns its version.

    The first one goes live at once: there is none to compare it with.
    """
    connection = transaction.connection
    before = models.live_version(connection)
    sound = is_sound(model)
    state = ModelState.CANDIDATE if sound else ModelState.FAILED
    card = {**model.card, "first": sound and before is None}
    version = models.add(connection, card, to_arrays(model), now, replace(origin, parent=before), state)
    by = origin.trained_by
    model_registry.note(connection, version, Event(now, "trained", by, _TRAINED[state]))
    if card["first"]:
        models.go_live(connection, version, now)
        model_registry.note(connection, version, Event(now, "promoted", by, FIRST))
    return version


def is_sound(model: Model) -> bool:
    """Whether every score it can give is a number."""
    return bool(np.isfinite(model.matrix.data).all())


FIRST = "the first model: there was none to compare it with"
_NAMED = (ItemType.OFFER, ItemType.TAG, ItemType.KEYWORD)
_TRAINED = {
    ModelState.CANDIDATE: "learned from what was stored",
    ModelState.FAILED: "what was learned is not finite, so that it can give no scores",
}


def _rows(student_keys: NDArray[np.int64], owners: NDArray[np.int64]) -> NDArray[np.int64]:
    """Each event's student row; the keys ascend."""
    if len(student_keys) == 0:
        return np.full(len(owners), ANONYMOUS, np.int64)
    place = np.minimum(np.searchsorted(student_keys, owners), len(student_keys) - 1)
    return np.where(student_keys[place] == owners, place, ANONYMOUS)
