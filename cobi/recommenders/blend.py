"""The blend: every way to learn B, brought to one scale and added with fixed weights, cut and made a model."""

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
from cobi.recommenders.sparse import SparseMatrix, stacked
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
    """Learn a model from what happened up to `now` (microseconds UTC); the same arguments give the same bytes."""
    settings = settings or Settings()
    space = space_of(catalogue, students)
    progress(0.0, "reading what students touched")
    touched = touches(catalogue, events, students, now, settings)
    progress(0.2, "counting popularity")
    standing = popularity(space, events, students, now, settings)
    taste = cooccurrence(_risen(touched, catalogue, settings, space), settings, within(progress, 0.3, 0.9))
    progress(0.9, "blending")
    parts = {
        "popularity": _below(standing, space),
        "cooccurrence": _above(taste, space),
        "own": _above(own(touched, settings), space),
    }
    sample = _sample(touched, space, students, settings, seed)
    sizes = {name: _rms(part, sample, catalogue, space, settings) for name, part in parts.items()}
    core = _blended(parts, sizes, settings)
    card = _card(catalogue, events, students, now, settings, seed, {"rms": sizes, "entries": len(core.data)})
    progress(1.0, "done")
    return assemble(catalogue, space, settings, core, card)


def _risen(touched: SparseMatrix, catalogue: Catalogue, settings: Settings, space: SignalSpace) -> SparseMatrix:
    """The touches with those of shops, tags and keywords that they imply."""
    up = rising(catalogue, settings, space).row_range(0, catalogue.size)
    return touched @ SparseMatrix(up.indptr, up.indices, up.data, catalogue.size)


def _above(items: SparseMatrix, space: SignalSpace) -> SparseMatrix:
    """A part with rows for items only, made as high as the signal space."""
    return stacked([items, _empty(space.size - space.items, space.items)], space.items)


def _below(standing: SparseMatrix, space: SignalSpace) -> SparseMatrix:
    """A part with rows for the constant signal and traits only, made as high as the signal space."""
    return stacked([_empty(space.items, space.items), standing], space.items)


def _empty(height: int, width: int) -> SparseMatrix:
    return SparseMatrix(np.zeros(height + 1, np.int64), np.empty(0, np.int32), np.empty(0, np.float32), width)


def _sample(
    touched: SparseMatrix, space: SignalSpace, students: Students, settings: Settings, seed: int
) -> SparseMatrix:
    """The rows x of some students who did something."""
    active = np.flatnonzero(np.diff(touched.indptr))
    chosen = np.sort(np.random.default_rng(seed).permutation(active)[:SCALE_STUDENTS])
    history = touched.rows(chosen)
    length = history.row_sums() ** -settings.history_damping
    row = [history.row_of_entry, np.arange(len(chosen))]
    column = [history.indices.astype(np.int64), np.full(len(chosen), space.constant)]
    value = [history.data * length[history.row_of_entry], np.ones(len(chosen))]
    return SparseMatrix.of_triples(
        np.concatenate(row), np.concatenate(column), np.concatenate(value), (len(chosen), space.size)
    )


def _rms(
    part: SparseMatrix, sample: SparseMatrix, catalogue: Catalogue, space: SignalSpace, settings: Settings
) -> float:
    """The root mean square of a part's scores for offers (for all items where there are none)."""
    offers = catalogue.of_type(ItemType.OFFER)
    ranked = offers if offers.stop > offers.start else slice(0, catalogue.size)
    heirs = descending(catalogue, settings).row_range(ranked.start, ranked.stop)
    risen = sample @ rising(catalogue, settings, space)
    scores = (risen @ part) @ heirs.transposed()
    cells = max(sample.height * heirs.height, 1)
    return float(np.sqrt((scores.data.astype(np.float64) ** 2).sum() / cells))


def _blended(parts: Mapping[str, SparseMatrix], sizes: Mapping[str, float], settings: Settings) -> SparseMatrix:
    weights = {
        "popularity": settings.popularity_weight,
        "cooccurrence": settings.cooccurrence_weight,
        "own": settings.own_weight,
    }
    blended: SparseMatrix | None = None
    for name, part in parts.items():
        scale: float = weights[name] / sizes[name] if sizes[name] > 0 else 0.0
        scaled = part.scaled(np.full(part.height, scale), np.ones(part.width))
        blended = scaled if blended is None else blended + scaled
    assert blended is not None
    return blended


def _card(
    catalogue: Catalogue,
    events: Events,
    students: Students,
    now: int,
    settings: Settings,
    seed: int,
    figures: Mapping[str, Any],
) -> dict[str, Any]:
    window = [int(events.time.min()), int(events.time.max())] if len(events) else None
    return {
        "algorithm": "blend",
        "format": 1,
        "settings": settings.as_json(),
        "seed": seed,
        "now": now,
        "data_window": window,
        "events": len(events),
        "anonymous_events": int((events.student == ANONYMOUS).sum()),
        "students": students.size,
        "items": {kind.name: _count(catalogue, kind) for kind in sorted(ItemType)},
        "figures": dict(figures),
    }


def _count(catalogue: Catalogue, kind: ItemType) -> int:
    span = catalogue.of_type(kind)
    return span.stop - span.start


