"""Tuning: each way's own numbers on what was held out, then the weights of the blend; bounded and deterministic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from cobi.recommenders.dataset import FloatArray
from cobi.recommenders.evidence import WAYS, Evidence, piece_of, worth_trying
from cobi.recommenders.gram import Cells
from cobi.recommenders.piece import Piece
from cobi.recommenders.progress import Progress, within
from cobi.recommenders.search.deeds import learned_table
from cobi.recommenders.search.folds import Folds
from cobi.recommenders.search.judging import half_interval
from cobi.recommenders.search.sparing import EARNED, spared
from cobi.recommenders.search.trial import Trial, readers, some_of
from cobi.recommenders.search.weighing import LEAST_WEIGHT, Field, field_of, joined, weigh, without
from cobi.recommenders.settings import COLD_WAYS, Hop, Settings
from cobi.recommenders.signals import MOMENT
from cobi.recommenders.ways.ridge import Solver, solver_of


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
    "kinship": [{"kin_hop": Hop(0.5, target)} for target in (0.05, 0.2, 0.35)],
    "sequence": [{"sequence_target_damping": power} for power in (0.05, 0.15, 0.3)],
    "low-pass": [
        {"spectrum": parts, "spectrum_popularity": power} for parts in (100, 400) for power in (0.0, 0.2, 0.4)
    ],
}
"""What is tried of each way; ways that are not named have nothing to choose."""
PENALTIES: Mapping[Solver, Sequence[tuple[float, float]]] = {
    Solver.STUDENTS: ((8.0, 0.0), (8.0, 0.5), (30.0, 0.0), (30.0, 0.5), (100.0, 0.0)),
    Solver.ITEMS: ((2.0, 0.5), (8.0, 0.0), (8.0, 0.5), (24.0, 0.0)),
    Solver.NEAREST: ((2.0, 0.0), (8.0, 0.0), (30.0, 0.0), (100.0, 0.0)),
}
"""Ridge's penalties and tilts by how it is solved: the more students, the less is needed, and each costs as much."""


def grid_of(name: str, evidence: Evidence) -> Sequence[Mapping[str, Any]]:
    """What is tried of a way with such data."""
    if name != "ridge":
        return GRIDS.get(name, [{}])
    solver = solver_of(evidence.gram)
    told = {"ridge_whole": solver is not Solver.NEAREST}
    return [
        told | {"ridge_penalty": penalty, "ridge_tilt": tilt, "ridge_target_damping": power}
        for penalty, tilt in PENALTIES[solver]
        for power in (0.0, 0.1, 0.2)
    ]


ORDER_DAMPINGS = (0.0, 0.3, 0.6, 0.9, 1.2, 1.7, 2.4)
OF_HISTORIES = 1.1
"""Where reveals are judged, what histories tell weighs so many times as much: a student opens what is to their taste,
so that among what was opened taste tells less apart than among all that a list is made of."""


def tune(folds: Folds, settings: Settings, progress: Progress) -> Tuned:
    """Choose the order damping, each way's numbers, and the weights."""
    settings = learned_table(folds, _order(folds, settings))
    folds.tell(settings)
    settings, ready = _ways(folds, settings, within(progress, 0.05, 0.6))
    fields: list[Field] = []
    for number, (holdout, evidence) in enumerate(folds.turns()):
        told = within(progress, 0.6 + 0.2 * number / len(folds), 0.6 + 0.2 * (number + 1) / len(folds))
        fields.append(_field(Trial(evidence, holdout), settings, ready, told))
        ready = {}
    field = joined(fields)
    weights = weigh(field, lambda share: progress(0.8 + 0.2 * share, "weighing the ways"))
    weights, told = spared(field, weights)
    return Tuned(
        replace(settings, weights=_for_all(_of_lists(field, weights))),
        field.scale,
        _figures(field, weights) | told,
    )


def _of_lists(field: Field, weights: FloatArray) -> dict[str, float]:
    """The weights > 0 in a ranking of all offers, not only of those that were opened."""
    judged = field.holdout.opened is not None
    return {
        name: float(own) * (OF_HISTORIES if judged and name not in (*COLD_WAYS, MOMENT) else 1.0)
        for name, own in zip(field.names, weights, strict=True)
        if own > 0
    }


def _for_all(weights: Mapping[str, float]) -> dict[str, float]:
    """Weights with a little popularity, so that students of whom nothing is known have a ranking."""
    least = LEAST_WEIGHT * max(weights.values(), default=1.0)
    return {"popularity": least} | dict(weights)


def _order(folds: Folds, settings: Settings) -> Settings:
    """How fast what was touched earlier fades, by the two ways that mind it most."""
    if not folds.holdouts[0].ordered:
        return replace(settings, order_damping=0.0)
    tried = [replace(settings, order_damping=damping) for damping in ORDER_DAMPINGS]
    parts: list[FloatArray] = []
    for holdout, evidence in folds.turns():
        # By all cases: whether the last thing touched matters most is all but a matter of taste to a few hundred.
        trial = Trial(evidence, holdout)
        rows = [trial.x(told) for told in tried]
        parts.append(np.array(trial.under(rows, readers(trial, tried[0], ("hop", "sequence")), tried[0])))
    values = np.concatenate(parts, axis=1)
    return tried[int(np.argmax(values.sum(axis=1))) if folds.holdouts[0].opened is None else least(values)]


def least(values: FloatArray) -> int:
    """The first of several that is within three standard errors of the best; several × cases."""
    behind = values[int(np.argmax(values.mean(axis=1)))] - values
    error = behind.std(axis=1) / max(values.shape[1], 1) ** 0.5
    return int(np.argmax(behind.mean(axis=1) <= EARNED * error))


def _ways(folds: Folds, settings: Settings, progress: Progress) -> tuple[Settings, dict[str, Piece]]:
    """Each way's own numbers, and the pieces made with them of the fold that was last."""
    changes: dict[str, Sequence[Mapping[str, Any]]] = {}
    values: dict[str, FloatArray] = {}
    chosen: dict[str, Piece] = {}
    found = settings
    for turn, (holdout, evidence) in enumerate(folds.turns()):
        if turn == 0:
            # The first fold decides for all.
            changes = {name: grid_of(name, evidence) for name in WAYS}
            values = {name: np.zeros(len(several)) for name, several in changes.items()}
        trial, last = some_of(evidence, holdout, folds), turn + 1 == len(folds)
        names = worth_trying(evidence)
        for number, name in enumerate(names):
            progress((turn + number / len(names)) / len(folds), f"trying {name}")
            several = changes[name]
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
    names, scores = worth_trying(trial.evidence), dict[str, Cells]()
    cold = (name for name in names if name in COLD_WAYS)
    newcomers = sum(piece_of(name, trial.evidence, settings) is not None for name in cold) > 1
    for number, name in enumerate(names):
        progress(number / len(names), f"scoring by {name}")
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
