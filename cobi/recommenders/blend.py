"""The blend: every way to learn B, brought to one scale, weighted, added, and made a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from cobi.domain.interaction import ItemType
from cobi.recommenders.cooccurrence import cooccurrence
from cobi.recommenders.dataset import ANONYMOUS, Catalogue, Events, Students
from cobi.recommenders.model import Model, assemble
from cobi.recommenders.popularity import popularity
from cobi.recommenders.progress import Progress, silent, within
from cobi.recommenders.settings import Settings
from cobi.recommenders.signals import SignalSpace, space_of, touches
from cobi.recommenders.sparse import SparseMatrix, stacked, sums
from cobi.recommenders.structure import descending, own, rising

SCALE_STUDENTS = 500
"""Students whose scores tell how large a part's scores are."""


def fit(
    catalogue: Catalogue,
    events: Events,
    students: Students,
    now: int,
    settings: Settings | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Model:
    """Learn from what happened up to `now` (microseconds UTC); the same arguments give the same bytes."""
    settings = settings or Settings()
    space = space_of(catalogue, students)
    progress(0.0, "reading what students touched")
    touched = touches(catalogue, events, students, now, settings)
    progress(0.2, "counting popularity")
    standing = popularity(space, events, students, now, settings)
    up, down = rising(catalogue, settings, space), descending(catalogue, settings)
    risen = touched @ _items_only(up, catalogue.size)
    parts = {
        "popularity": stacked([_empty(space.items, space.items), standing], space.items),
        "cooccurrence": _raised(cooccurrence(risen, settings, within(progress, 0.3, 0.9)), space),
        "own": _raised(own(touched, settings), space),
    }
    progress(0.9, "blending")
    sample = _sample(touched, space, settings, seed) @ up
    offers = down.row_range(*_ranked(catalogue)).transposed()
    spreads = {name: _spread((sample @ part) @ offers) for name, part in parts.items()}
    scales = _scales(spreads, settings)
    core = _blended(parts, scales, space)
    figures = {"spread": spreads, "entries": len(core.data)}
    card = _card(catalogue, events, students, now, settings, seed) | {"figures": figures}
    progress(1.0, "done")
    return assemble(catalogue, space, settings, core, scales["own"], card)


def _items_only(up: SparseMatrix, items: int) -> SparseMatrix:
    """E without the context signals, which touch nothing but themselves."""
    part = up.row_range(0, items)
    return SparseMatrix(part.indptr, part.indices, part.data, items)


def _raised(part: SparseMatrix, space: SignalSpace) -> SparseMatrix:
    """A part with rows for items only, made as high as the signal space."""
    return stacked([part, _empty(space.size - space.items, space.items)], space.items)


def _empty(height: int, width: int) -> SparseMatrix:
    return SparseMatrix(np.zeros(height + 1, np.int64), np.empty(0, np.int32), np.empty(0, np.float32), width)


def _sample(touched: SparseMatrix, space: SignalSpace, settings: Settings, seed: int) -> SparseMatrix:
    """The rows x of some students who did something, without order and traits."""
    active = np.flatnonzero(np.diff(touched.indptr))
    chosen = np.sort(np.random.default_rng(seed).permutation(active)[:SCALE_STUDENTS])
    history = touched.rows(chosen)
    length = history.row_sums() ** -settings.history_damping
    value = np.concatenate([history.data * length[history.row_of_entry], np.ones(len(chosen))])
    row = np.concatenate([history.row_of_entry, np.arange(len(chosen))])
    column = np.concatenate([history.indices.astype(np.int64), np.full(len(chosen), space.constant)])
    return SparseMatrix.of_triples(row, column, value, (len(chosen), space.size))


def _ranked(catalogue: Catalogue) -> tuple[int, int]:
    """First and last + 1 of the offers; of all items where there are no offers."""
    offers = catalogue.of_type(ItemType.OFFER)
    return (offers.start, offers.stop) if offers.stop > offers.start else (0, catalogue.size)


def _spread(scores: SparseMatrix) -> float:
    """How far apart a student's scores lie: root mean square over students of the standard deviation."""
    if scores.height == 0 or scores.width == 0:
        return 0.0
    data = scores.data.astype(np.float64)
    squares = sums(scores.row_of_entry, data**2, scores.height) / scores.width
    means = sums(scores.row_of_entry, data, scores.height) / scores.width
    return float(np.sqrt(np.maximum(squares - means**2, 0).mean()))


def _scales(spreads: Mapping[str, float], settings: Settings) -> dict[str, float]:
    """What each part is multiplied with: its weight over its spread; 1 where nothing could be measured."""
    weights = {
        "popularity": settings.popularity_weight,
        "cooccurrence": settings.cooccurrence_weight,
        "own": settings.own_weight,
    }
    return {
        name: weight / spreads[name] if spreads[name] > 1e-9 else weight for name, weight in weights.items()
    }


def _blended(
    parts: Mapping[str, SparseMatrix], scales: Mapping[str, float], space: SignalSpace
) -> SparseMatrix:
    total = _empty(space.size, space.items)
    for name, part in parts.items():
        total = total + part.scaled(np.full(part.height, scales[name]), np.ones(part.width))
    return total


def _card(
    catalogue: Catalogue, events: Events, students: Students, now: int, settings: Settings, seed: int
) -> dict[str, Any]:
    spans = {kind.name: catalogue.of_type(kind) for kind in sorted(ItemType)}
    return {
        "algorithm": "blend",
        "format": 1,
        "settings": settings.as_json(),
        "seed": seed,
        "now": now,
        "data_window": [int(events.time.min()), int(events.time.max())] if len(events) else None,
        "events": len(events),
        "anonymous_events": int((events.student == ANONYMOUS).sum()),
        "students": students.size,
        "items": {name: span.stop - span.start for name, span in spans.items()},
    }
