"""Tuning: each way's own numbers on what was held out, then the weights of the blend; bounded and deterministic."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cobi.recommenders.dataset import FloatArray, IntArray, Students
from cobi.recommenders.evidence import WAYS, Evidence, piece_of
from cobi.recommenders.histories import Histories, serving_rows
from cobi.recommenders.holdout import Holdout
from cobi.recommenders.judging import ranks
from cobi.recommenders.piece import Piece, scored
from cobi.recommenders.progress import Progress, within
from cobi.recommenders.settings import Hop, Settings
from cobi.recommenders.signals import SignalSpace, trait_rows
from cobi.recommenders.sparse import SparseMatrix, stacked
from cobi.recommenders.weighing import Field, field_of, weigh, without

Cells = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Tuned:
    """The settings found, the spread each way's scores are divided by, and figures for the card."""

    settings: Settings
    scale: Mapping[str, float]
    figures: Mapping[str, Any]


def _hops(settings: Settings) -> list[Settings]:
    return [
        replace(settings, hop=Hop(source, target))
        for source, target in ((0.5, 0.15), (0.7, 0.0), (0.7, 0.15), (0.7, 0.3), (0.9, 0.15))
    ]


def _kin_hops(settings: Settings) -> list[Settings]:
    return [replace(settings, kin_hop=Hop(0.5, target)) for target in (0.05, 0.2, 0.35)]


def _ridges(settings: Settings) -> list[Settings]:
    return [replace(settings, ridge_penalty=penalty) for penalty in (2.0, 8.0, 30.0)]


def _sequences(settings: Settings) -> list[Settings]:
    return [replace(settings, sequence_target_damping=power) for power in (0.05, 0.15, 0.3)]


def _low_passes(settings: Settings) -> list[Settings]:
    return [replace(settings, spectrum_popularity=power) for power in (0.0, 0.2, 0.4)]


def _popularities(settings: Settings) -> list[Settings]:
    return [replace(settings, popularity_half_life_days=days) for days in (None, 60.0, 14.0)]


GRIDS: Mapping[str, Callable[[Settings], Sequence[Settings]]] = {
    "popularity": _popularities,
    "hop": _hops,
    "kinship": _kin_hops,
    "ridge": _ridges,
    "sequence": _sequences,
    "low-pass": _low_passes,
}
"""What is tried of each way; ways that are not named have nothing to choose."""

ORDER_DAMPINGS = (0.0, 0.35, 0.8, 1.2)


GRID_CASES = 700
"""Each way's own numbers are chosen on so many of the cases; the weights on all."""


ONE_IN_NEW = 4
"""Every fourth case is asked for as if the student had just come, so that new students are served well too."""


class Trial:
    """Some cases: what they did before, what is to be found, and what may not be ranked."""

    def __init__(self, evidence: Evidence, holdout: Holdout) -> None:
        self.evidence, self.holdout = evidence, holdout
        self.mine = evidence.histories.rows(holdout.cases)
        self.barred = self._barred()

    def value(self, scores: Cells) -> float:
        """The mean worth of rankings by these scores, cases × ranked items."""
        shown = scores if self.barred is None else scores + self.barred
        rank = ranks(shown, self.holdout.case, self.holdout.item)
        return float(self.holdout.worth(rank, self.holdout.case).mean())

    def scores(self, piece: Piece, settings: Settings) -> Cells:
        """What one way alone gives the cases."""
        return piece.scores(self.x(settings), self.holdout.ranked)

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

    def x(self, settings: Settings) -> SparseMatrix:
        """The cases' signals."""
        evidence = self.evidence
        x = signal_rows(evidence.space, self.mine, evidence.students, self.holdout.cases, settings)
        asked_as_new = x.row_of_entry % ONE_IN_NEW == ONE_IN_NEW - 1
        return x.keeping(~asked_as_new | (x.indices >= evidence.space.constant))


def tune(evidence: Evidence, holdout: Holdout, settings: Settings, progress: Progress) -> Tuned:
    """Choose the order damping, each way's numbers, and the weights."""
    few = Trial(evidence, holdout.first(GRID_CASES))
    settings = _order(few, settings)
    settings, pieces = _ways(few, settings, within(progress, 0.05, 0.6))
    full = Trial(evidence, holdout)
    scores: dict[str, Cells] = {}
    for number, (name, piece) in enumerate(pieces.items()):
        progress(0.6 + 0.2 * number / len(pieces), f"scoring by {name}")
        scores[name] = full.scores(piece, settings)
    field = field_of(scores, holdout, full.barred)
    weights = weigh(field, lambda share: progress(0.8 + 0.2 * share, "weighing the ways"))
    chosen = {name: float(w) for name, w in zip(field.names, weights, strict=True) if w > 0}
    return Tuned(replace(settings, weights=chosen), field.scale, _figures(field, weights, holdout))


def _order(trial: Trial, settings: Settings) -> Settings:
    """How fast what was touched earlier fades, by the two ways that mind it most."""
    if not trial.holdout.ordered:
        return replace(settings, order_damping=0.0)
    tried = [replace(settings, order_damping=damping) for damping in ORDER_DAMPINGS]
    rows = [trial.x(told) for told in tried]
    tall, height = stacked(rows, rows[0].width), rows[0].height
    pieces = [piece_of(name, trial.evidence, settings) for name in ("hop", "sequence")]
    cells = [piece.scores(tall, trial.holdout.ranked) for piece in pieces if piece is not None]
    found = [
        trial.value(np.sum([_even(own[start : start + height]) for own in cells], axis=0))
        for start in range(0, tall.height, height)
    ]
    return tried[int(np.argmax(found))]


def _ways(trial: Trial, settings: Settings, progress: Progress) -> tuple[Settings, dict[str, Piece]]:
    """Each way's own numbers, one way after another; and each way's piece with the best."""
    best: dict[str, Piece] = {}
    for number, (name, way) in enumerate(WAYS.items()):
        progress(number / len(WAYS), f"trying {name}")
        tried = GRIDS[name](settings) if name in GRIDS else [settings]
        pieces = [piece for piece in way(trial.evidence, tried) if piece is not None]
        if not pieces:
            continue
        values = trial.compared(pieces, settings) if len(pieces) > 1 else [0.0]
        chosen = int(np.argmax(values))
        settings, best[name] = tried[chosen], pieces[chosen]
    return settings, best


def _figures(field: Field, weights: FloatArray, holdout: Holdout) -> dict[str, Any]:
    values = field.values(weights)
    units = np.eye(len(weights))
    return {
        "cases": len(values),
        "ordered": holdout.ordered,
        "repeating": holdout.repeating,
        "judged": "NDCG@10 and recall@20" if holdout.opened is None else "reveals among what was opened",
        "worth": float(values.mean()),
        "worth_interval": 1.96 * float(values.std()) / max(len(values), 1) ** 0.5,
        "alone": {
            name: float(field.values(unit).mean()) for name, unit in zip(field.names, units, strict=True)
        },
        "brings": without(field, weights),
    }


def signal_rows(
    space: SignalSpace, histories: Histories, students: Students, rows: IntArray, settings: Settings
) -> SparseMatrix:
    """x of several students, with the constant signal and their traits: rows × signals."""
    touched = serving_rows(histories, settings)
    traits = trait_rows(space, students, rows)
    every = np.arange(touched.height)
    row = np.concatenate([touched.row_of_entry, every, traits.row_of_entry])
    column = np.concatenate(
        [touched.indices, np.full(len(every), space.constant), traits.indices + space.constant + 1]
    )
    value = np.concatenate([touched.data, np.ones(len(every)), traits.data], dtype=np.float64)
    return SparseMatrix.of_triples(row, column, value, (touched.height, space.size))


def _even(scores: Cells) -> Cells:
    """The scores over their spread."""
    spread = float(scores.std())
    return scores / spread if spread > 0 else scores
