"""Tuning: each way's own numbers on what was held out, then the weights of the blend; bounded and deterministic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cobi.recommenders.dataset import FloatArray, IntArray, Students, Trait
from cobi.recommenders.evidence import WAYS, Evidence, piece_of
from cobi.recommenders.folds import Folds
from cobi.recommenders.histories import Histories, serving_rows
from cobi.recommenders.holdout import Holdout
from cobi.recommenders.judging import half_interval, ranks
from cobi.recommenders.piece import Piece, scored
from cobi.recommenders.progress import Progress, within
from cobi.recommenders.settings import Hop, Settings, way_of
from cobi.recommenders.signals import SignalSpace, trait_rows, usual_rows
from cobi.recommenders.sparse import SparseMatrix, stacked
from cobi.recommenders.weighing import LEAST_WEIGHT, Field, field_of, joined, weigh, without

Cells = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Tuned:
    """The settings found, the spread each way's scores are divided by, and figures for the card."""

    settings: Settings
    scale: Mapping[str, float]
    figures: Mapping[str, Any]


GRIDS: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "popularity": [{"popularity_half_life_days": days} for days in (None, 60.0, 14.0)],
    "hop": [
        {"hop": Hop(source, target)}
        for source, target in ((0.5, 0.15), (0.7, 0.0), (0.7, 0.15), (0.7, 0.3), (0.9, 0.15))
    ],
    "taste": [{"taste_penalty": penalty} for penalty in (4.0, 16.0, 64.0)],
    "circle": [{"circle_penalty": penalty} for penalty in (4.0, 16.0, 64.0)],
    "kinship": [{"kin_hop": Hop(0.5, target)} for target in (0.05, 0.2, 0.35)],
    "ridge": [{"ridge_penalty": penalty} for penalty in (2.0, 8.0, 30.0, 100.0)],
    "sequence": [{"sequence_target_damping": power} for power in (0.05, 0.15, 0.3)],
    "low-pass": [{"spectrum_popularity": power} for power in (0.0, 0.2, 0.4)],
}
"""What is tried of each way; ways that are not named have nothing to choose."""

ORDER_DAMPINGS = (0.0, 0.3, 0.6, 0.9, 1.2, 1.7, 2.4)
COLD_WAYS = ("popularity", "appeal", "circle", *map(way_of, sorted(Trait)))
"""What tells of students who have done nothing yet."""


GRID_CASES = 700
"""Each way's own numbers are chosen on so many of the cases; the weights on all."""


ONE_IN_NEW = 4
"""Every fourth case is asked for as if the student had just come, where several ways tell of those."""


class Trial:
    """Some cases: what they did before, what is to be found, and what may not be ranked."""

    def __init__(self, evidence: Evidence, holdout: Holdout) -> None:
        self.evidence, self.holdout = evidence, holdout
        self.mine = evidence.histories.rows(holdout.cases)
        self.barred = self._barred()

    def value(self, scores: Cells) -> float:
        """The summed worth of rankings by these scores, cases × ranked items."""
        shown = scores if self.barred is None else scores + self.barred
        rank = ranks(shown, self.holdout.case, self.holdout.item)
        return float(self.holdout.worth(rank, self.holdout.case).sum())

    def scores(self, piece: Piece, settings: Settings, *, newcomers: bool = False) -> Cells:
        """What one way alone gives the cases."""
        return piece.scores(self.x(settings, newcomers=newcomers), self.holdout.ranked)

    def compared(self, pieces: Sequence[Piece], settings: Settings) -> list[float]:
        """What rankings by each of several pieces are worth; those of one core are scored together."""
        x = self.x(settings)
        found = [0.0] * len(pieces)
        for core in {id(piece.rows): piece.rows for piece in pieces}.values():
            alike = [number for number, piece in enumerate(pieces) if piece.rows is core]
            cells = scored([pieces[number] for number in alike], x, self.holdout.ranked)
            for number, own in zip(alike, cells, strict=True):
                found[number] = self.value(own)
        return found

    def _barred(self) -> Cells | None:
        """−inf for what may not be ranked: what was known before, or what was not opened."""
        opened, ranked = self.holdout.opened, self.holdout.ranked
        if opened is not None:
            shown = np.full((len(self.holdout.cases), ranked.stop - ranked.start), -np.inf, np.float32)
            shown[opened] = 0
            return shown
        return None if self.holdout.repeating else self._seen(ranked)

    def _seen(self, ranked: slice) -> Cells:
        barred = np.zeros((len(self.holdout.cases), ranked.stop - ranked.start), np.float32)
        row, item = self.mine.touched.row_of_entry, self.mine.touched.indices
        inside = (item >= ranked.start) & (item < ranked.stop)
        barred[row[inside], item[inside] - ranked.start] = -np.inf
        return barred

    def x(self, settings: Settings, *, newcomers: bool = False) -> SparseMatrix:
        """The cases' signals; with `newcomers`, some are told of as if they had done nothing yet."""
        evidence = self.evidence
        x = signal_rows(evidence.space, self.mine, evidence.students, self.holdout.cases, settings)
        if not newcomers:
            return x
        asked_as_new = x.row_of_entry % ONE_IN_NEW == ONE_IN_NEW - 1
        space = evidence.space
        stays = (x.indices >= space.constant) & (x.indices < space.usual.start)
        return x.keeping(~asked_as_new | stays)


def tune(folds: Folds, settings: Settings, progress: Progress) -> Tuned:
    """Choose the order damping, each way's numbers, and the weights."""
    settings = _order(folds, settings)
    settings, ready = _ways(folds, settings, within(progress, 0.05, 0.6))
    fields: list[Field] = []
    for number, (holdout, evidence) in enumerate(folds.turns()):
        told = within(progress, 0.6 + 0.2 * number / len(folds), 0.6 + 0.2 * (number + 1) / len(folds))
        fields.append(_field(Trial(evidence, holdout), settings, ready, told))
        ready = {}
    field = joined(fields)
    weights = weigh(field, lambda share: progress(0.8 + 0.2 * share, "weighing the ways"))
    chosen = {name: float(w) for name, w in zip(field.names, weights, strict=True) if w > 0}
    return Tuned(replace(settings, weights=_for_all(chosen)), field.scale, _figures(field, weights))


def _for_all(weights: Mapping[str, float]) -> dict[str, float]:
    """Weights with a little popularity, so that students of whom nothing is known have a ranking."""
    least = LEAST_WEIGHT * max(weights.values(), default=1.0)
    return {"popularity": least} | dict(weights)


def _order(folds: Folds, settings: Settings) -> Settings:
    """How fast what was touched earlier fades, by the two ways that mind it most."""
    if not folds.holdouts[0].ordered:
        return replace(settings, order_damping=0.0)
    tried = [replace(settings, order_damping=damping) for damping in ORDER_DAMPINGS]
    found = np.zeros(len(tried))
    for holdout, evidence in folds.turns():
        found += _orders(_few(evidence, holdout, folds), tried)
    return tried[int(np.argmax(found))]


def _orders(trial: Trial, tried: Sequence[Settings]) -> FloatArray:
    rows = [trial.x(told) for told in tried]
    tall, height = stacked(rows, rows[0].width), rows[0].height
    pieces = [piece_of(name, trial.evidence, tried[0]) for name in ("hop", "sequence")]
    cells = [piece.scores(tall, trial.holdout.ranked) for piece in pieces if piece is not None]
    return np.array(
        [
            trial.value(np.sum([_even(own[start : start + height]) for own in cells], axis=0))
            for start in range(0, tall.height, height)
        ]
    )


def _few(evidence: Evidence, holdout: Holdout, folds: Folds) -> Trial:
    """Some of the cases; they are in no particular order."""
    chosen = np.arange(len(holdout.cases)) < GRID_CASES / len(folds)
    return Trial(evidence, holdout.some(chosen))


def _ways(folds: Folds, settings: Settings, progress: Progress) -> tuple[Settings, dict[str, Piece]]:
    """Each way's own numbers, and the pieces made with them of the fold that was last."""
    changes = {name: GRIDS.get(name, [{}]) for name in WAYS}
    values = {name: np.zeros(len(several)) for name, several in changes.items()}
    chosen: dict[str, Piece] = {}
    found = settings
    for turn, (holdout, evidence) in enumerate(folds.turns()):
        trial, last = _few(evidence, holdout, folds), turn + 1 == len(folds)
        for number, (name, several) in enumerate(changes.items()):
            progress((turn + number / len(changes)) / len(folds), f"trying {name}")
            made = WAYS[name](evidence, [replace(settings, **change) for change in several])
            pieces = [piece for piece in made if piece is not None]
            if len(pieces) == len(several) > 1:
                values[name] += trial.compared(pieces, settings)
            if last and pieces:
                best = int(np.argmax(values[name]))
                chosen[name], found = pieces[best], replace(found, **several[best])
    return found, chosen


def _field(trial: Trial, settings: Settings, ready: Mapping[str, Piece], progress: Progress) -> Field:
    """Every way's scores of a fold's cases; pieces that are ready are not made again."""
    newcomers = sum(piece_of(name, trial.evidence, settings) is not None for name in COLD_WAYS) > 1
    scores: dict[str, Cells] = {}
    for number, name in enumerate(WAYS):
        progress(number / len(WAYS), f"scoring by {name}")
        piece = ready.get(name) or piece_of(name, trial.evidence, settings)
        if piece is not None:
            scores[name] = trial.scores(piece, settings, newcomers=newcomers)
    return field_of(scores, trial.holdout, trial.barred)


def _figures(field: Field, weights: FloatArray) -> dict[str, Any]:
    values, holdout = field.values(weights), field.holdout
    units = np.eye(len(weights))
    alone = {name: field.values(unit) for name, unit in zip(field.names, units, strict=True)}
    brings = without(field, weights)
    return {
        "cases": len(values),
        "ordered": holdout.ordered,
        "repeating": holdout.repeating,
        "judged": "NDCG@10 and recall@20" if holdout.opened is None else "reveals among what was opened",
        "worth": float(values.mean()),
        "worth_interval": half_interval(values),
        "alone": {name: float(own.mean()) for name, own in alone.items()},
        "alone_interval": {name: half_interval(own) for name, own in alone.items()},
        "brings": {name: float(own.mean()) for name, own in brings.items()},
        "brings_interval": {name: half_interval(own) for name, own in brings.items()},
    }


def signal_rows(
    space: SignalSpace, histories: Histories, students: Students, rows: IntArray, settings: Settings
) -> SparseMatrix:
    """x of several students, with the constant signal, their traits and what is usual: rows × signals."""
    touched = serving_rows(histories, settings)
    traits = trait_rows(space, students, rows)
    usual = usual_rows(space, students, rows, touched.row_sums())
    every = np.arange(touched.height)
    row = np.concatenate([touched.row_of_entry, every, traits.row_of_entry, usual.row_of_entry])
    column = np.concatenate(
        [
            touched.indices,
            np.full(len(every), space.constant),
            traits.indices + space.constant + 1,
            usual.indices + space.usual.start,
        ]
    )
    value = np.concatenate([touched.data, np.ones(len(every)), traits.data, usual.data], dtype=np.float64)
    return SparseMatrix.of_triples(row, column, value, (touched.height, space.size))


def _even(scores: Cells) -> Cells:
    """The scores over their spread."""
    spread = float(scores.std())
    return scores / spread if spread > 0 else scores
