"""The blend: every way to learn B, tuned, brought to one scale, weighted, added, and made a model."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from cobi.domain.interaction import ItemType
from cobi.recommenders.dataset import ANONYMOUS, Catalogue, Events, Students
from cobi.recommenders.evidence import Evidence, changed, evidence_of, piece_of
from cobi.recommenders.histories import histories_of, signal_rows
from cobi.recommenders.merging import added
from cobi.recommenders.model import FORMAT, Model
from cobi.recommenders.progress import Progress, silent, within
from cobi.recommenders.search.folds import Folds, folds_of
from cobi.recommenders.search.holdout import Holdout, hold_out
from cobi.recommenders.search.tuning import Tuned, tune
from cobi.recommenders.settings import COLD_WAYS, Settings
from cobi.recommenders.signals import SignalSpace, space_of
from cobi.recommenders.sparse import SparseMatrix, stacked

TUNED_FIGURES = (
    "cases", "ordered", "repeating", "judged", "worth", "worth_interval", "alone", "alone_interval", "brings",
    "brings_interval", "spared", "tuned_at"
)  # fmt: skip
"""Figures of the card that tuning found."""
MANY_ITEMS = 20_000
"""Of fewer items that anybody touched rows keep more entries, by the square: what is cut off is most of small ones."""
MOST_TIMES = 4
"""At most so many times as many."""
TRAIT_ENTRIES = 1_000
"""Rows of who students are keep at least so many: there are few, and each speaks alone to who has done nothing yet."""
SCALE_STUDENTS = 500
"""Students whose scores tell how large a way's scores are, where nothing could be held out."""


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
    progress(0.0, "setting a part aside")
    holdout = hold_out(catalogue, events, settings, seed) if settings.tune else None
    tuned: Tuned | None = None
    if holdout is None:
        progress(0.7, "reading what students touched")
        evidence = evidence_of(space, catalogue, events, students, now, settings, ordered=False)
    else:
        progress(0.05, "reading what students touched")
        read = partial(_read, space, catalogue, students, now)
        folds = Folds(folds_of(events, holdout, seed), read, settings)
        tuned = tune(folds, settings, within(progress, 0.1, 0.7))
        progress(0.7, "adding what was set aside")
        evidence = _returned(folds, events, tuned.settings)
    told = settings if tuned is None else tuned.settings
    scale = _scales(evidence, told, seed) if tuned is None else tuned.scale
    known = {} if tuned is None else dict(tuned.figures)
    return _learned(evidence, told, scale, seed, known | {"tuned_at": now}, within(progress, 0.75, 1.0))


def refit(
    before: Model,
    catalogue: Catalogue,
    events: Events,
    students: Students,
    now: int,
    progress: Progress = silent,
) -> Model:
    """What `fit` would learn from these data if its tuning found what it found for `before`: to the same bytes.

    Only the tuning is spared: the sums are counted in seconds, and would be gigabytes to keep.
    """
    progress(0.0, "reading what students touched")
    settings, card = before.settings, before.card
    space = space_of(catalogue, students)
    ordered = bool(card["figures"].get("ordered", False)) and settings.learns_order
    evidence = evidence_of(space, catalogue, events, students, now, settings, ordered=ordered)
    figures = {name: card["figures"][name] for name in TUNED_FIGURES if name in card["figures"]}
    return _learned(evidence, settings, card["scale"], card["seed"], figures, within(progress, 0.3, 1.0))


def _learned(
    evidence: Evidence,
    settings: Settings,
    scale: Mapping[str, float],
    seed: int,
    known: Mapping[str, Any],
    progress: Progress,
) -> Model:
    """The model of these settings; `known` are the figures of their tuning."""
    matrix, kept = merged(evidence, settings, scale, progress)
    figures = {"entries": len(matrix.data), "kept_by_the_cut": kept, **known}
    card = _card(evidence, settings, seed) | {"figures": figures, "scale": dict(scale)}
    progress(1.0, "done")
    return Model(evidence.catalogue, evidence.space, settings, matrix, card)


def _read(
    space: SignalSpace,
    catalogue: Catalogue,
    students: Students,
    now: int,
    holdout: Holdout,
    settings: Settings,
) -> Evidence:
    """What is left to learn from while this is held out."""
    return evidence_of(space, catalogue, holdout.train, students, now, settings, ordered=holdout.ordered)


def _returned(folds: Folds, events: Events, settings: Settings) -> Evidence:
    """The evidence with what had been set aside; the sums of the last fold are used up."""
    holdout, rest = folds.last()
    rows = holdout.students
    chosen = np.zeros(rest.students.size + 1, np.bool_)
    chosen[rows] = True
    mine = events.where(chosen[events.student])
    theirs = histories_of(mine, rest.students.size, rest.catalogue, rest.now, settings).rows(rows)
    return changed(rest, rows, theirs, events, rest.now, settings)


def merged(
    evidence: Evidence, settings: Settings, scale: Mapping[str, float], progress: Progress
) -> tuple[SparseMatrix, float]:
    """B = Σ weight/scale B_k, each source row cut; and the share of its absolute size that the cut left."""
    space = evidence.space
    uncut = range(space.usual.start, space.size)
    entries = _entries(settings.entries_per_signal, evidence.gram.size)
    named = [(name, weight) for name, weight in settings.weights.items() if weight > 0]
    parts: list[tuple[SparseMatrix, float]] = []
    for number, (name, weight) in enumerate(named):
        progress(number / len(named), f"learning {name}")
        piece = piece_of(name, evidence, settings)
        if piece is None:
            continue
        most = space.items if name in ("popularity", "appeal") else entries + settings.entries_per_signal
        if name in COLD_WAYS:
            most = max(most, TRAIT_ENTRIES)
        part = piece.matrix(most, space.size, space.items, uncut)
        parts.append((part.stored_as(np.float32), weight / scale.get(name, 1.0)))
    progress(1.0, "adding what the ways say")
    cut, before = _added(parts, space, entries)
    after = float(np.abs(cut.row_range(0, space.items).data).sum())
    return cut.stored_as(np.float32), after / before if before > 0 else 1.0


def _entries(least: int, touched: int) -> int:
    """How many of each row's are kept."""
    times = (MANY_ITEMS / max(touched, 1)) ** 2
    return int(least * min(max(times, 1.0), MOST_TIMES))


def _added(
    parts: Sequence[tuple[SparseMatrix, float]], space: SignalSpace, entries: int
) -> tuple[SparseMatrix, float]:
    """The sum, each row cut but for those that every x may have; and the size of the items' rows before the cut."""
    bounds = [0, space.constant, space.constant + 1, space.usual.start, space.size]
    limits = [entries, space.items, max(entries, TRAIT_ENTRIES), space.items]
    found = [
        added(parts, first, last, space.items, limit)
        for (first, last), limit in zip(itertools.pairwise(bounds), limits, strict=True)
    ]
    return stacked([own for own, _ in found], space.items), found[0][1]


def _scales(evidence: Evidence, settings: Settings, seed: int) -> dict[str, float]:
    """How far apart each way's scores of a student lie, over some students who did something."""
    active = np.flatnonzero(np.diff(evidence.histories.touched.indptr))
    chosen = np.sort(np.random.default_rng(seed).permutation(active)[:SCALE_STUDENTS])
    x = signal_rows(evidence.space, evidence.histories.rows(chosen), evidence.students, chosen, settings)
    found: dict[str, float] = {}
    for name, weight in settings.weights.items():
        piece = piece_of(name, evidence, settings) if weight > 0 else None
        scores = None if piece is None else piece.scores(x, _ranked(evidence.catalogue))
        spread = 0.0 if scores is None or scores.size == 0 else float(np.sqrt(scores.var(axis=1).mean()))
        found[name] = spread if spread > 1e-9 else 1.0
    return found


def _ranked(catalogue: Catalogue) -> slice:
    """The offers; all items where there are no offers."""
    offers = catalogue.of_type(ItemType.OFFER)
    return offers if offers.stop > offers.start else slice(0, catalogue.size)


def _card(evidence: Evidence, settings: Settings, seed: int) -> dict[str, Any]:
    catalogue, events = evidence.catalogue, evidence.events
    spans = {kind.name: catalogue.of_type(kind) for kind in sorted(ItemType)}
    return {
        "algorithm": "blend",
        "format": FORMAT,
        "settings": settings.as_json(),
        "seed": seed,
        "now": evidence.now,
        "data_window": [int(events.time.min()), int(events.time.max())] if len(events) else None,
        "events": len(events),
        "anonymous_events": int((events.student == ANONYMOUS).sum()),
        "students": evidence.students.size,
        "items": {name: span.stop - span.start for name, span in spans.items()},
    }
