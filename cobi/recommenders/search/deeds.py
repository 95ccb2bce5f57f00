"""The table of signals, learned: how fast deeds fade, and how much each sort of deed with each type of item counts.

Every change is tried alone, on the cases' own histories and by the ways that mind them most. What is clearly better is
made together, if together it still is; of so many changes some would seem better by chance. Training then reads all
histories by the table that was found.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from cobi.domain.interaction import ItemType
from cobi.recommenders.dataset import EventKind, FloatArray
from cobi.recommenders.histories import histories_of, signal_rows
from cobi.recommenders.search.folds import Folds
from cobi.recommenders.search.trial import Trial, readers
from cobi.recommenders.search.weighing import LEAST_GAIN
from cobi.recommenders.settings import Deed, Settings, SignalRule
from cobi.recommenders.sparse import SparseMatrix

JUDGES = ("hop", "taste", "relatives", "own")
"""The ways by whose sum a table is judged, those of them that there are."""
HALF_LIVES = (120.0, 40.0, 14.0)
FADING: Mapping[str, frozenset[EventKind]] = {
    "browsing": frozenset({EventKind.PAGE_VIEW, EventKind.FILTER_CLICK}),
    "using": frozenset({EventKind.DISCOUNT_CODE, EventKind.TRANSACTION}),
    "telling": frozenset({EventKind.SHARE, EventKind.FAVOURITE}),
}
"""Deeds of a group fade alike."""
WEIGHTS = (0.4, 2.5)
LEAST_SHARE = 0.01
"""Deeds of less than this share of all keep their weight."""
MOST_CASES = 400
MOST_CELLS = 60_000_000
"""Of all tables' scores together: two times 240 MB."""
SURE = 3.0
"""So many standard errors a change must bring."""

Table = Mapping[Deed, SignalRule]


def learned_table(folds: Folds, settings: Settings) -> Settings:
    """The settings with the table found."""
    many = _many(folds)
    choices = [*(_half_lives(settings.signals, many) if folds.holdouts[0].ordered else ())]
    choices += _weights(settings.signals, many)
    if not choices:
        return settings
    tables = [settings.signals, *(table for several in choices for table in several)]
    values = _judged(folds, settings, tables)
    best: list[Table] = []
    first = 1
    for several in choices:
        gains = values[first : first + len(several)] - values[0]
        top = int(np.argmax(gains.mean(axis=1)))
        if _is_better(gains[top], values[0]):
            best.append(several[top])
        first += len(several)
    if not best:
        return settings
    together = _evened(_together(settings.signals, best), settings.signals, many)
    if len(best) > 1:
        before, after = _judged(folds, settings, [settings.signals, together])
        if not _is_better(after - before, before):
            return settings
    return replace(settings, signals=together)


def _is_better(gain: FloatArray, before: FloatArray) -> bool:
    error = float(gain.std()) / max(len(gain), 1) ** 0.5
    return float(gain.mean()) > max(SURE * error, LEAST_GAIN * float(before.mean()))


def _many(folds: Folds) -> Mapping[Deed, int]:
    """How often each sort of deed occurs in the first fold."""
    _, evidence = next(iter(folds.turns()))
    events, width = evidence.events, max(ItemType) + 1
    code = events.kind.astype(np.int64) * width + evidence.catalogue.item_type[events.item]
    counts = np.bincount(code)
    return {
        Deed(EventKind(one // width), ItemType(one % width)): int(counts[one])
        for one in np.flatnonzero(counts).tolist()
    }


def _half_lives(table: Table, many: Mapping[Deed, int]) -> list[list[Table]]:
    choices: list[list[Table]] = []
    for kinds in FADING.values():
        group = [deed for deed in _common(many) if deed.kind in kinds and deed in table]
        if group:
            choices.append(
                [
                    {**table, **{deed: replace(table[deed], half_life_days=days) for deed in group}}
                    for days in HALF_LIVES
                ]
            )
    return choices


def _weights(table: Table, many: Mapping[Deed, int]) -> list[list[Table]]:
    deeds = [deed for deed in _common(many) if deed in table]
    # Of one sort alone only the scale would change.
    return [
        [{**table, deed: replace(table[deed], weight=table[deed].weight * factor)} for factor in WEIGHTS]
        for deed in (deeds if len(deeds) > 1 else ())
    ]


def _common(many: Mapping[Deed, int]) -> list[Deed]:
    least = LEAST_SHARE * sum(many.values())
    return [deed for deed, count in sorted(many.items()) if count >= least]


def _together(table: Table, changed: Sequence[Table]) -> Table:
    """All changes: of each line the weight and the half-life that differ."""
    found = dict(table)
    for other in changed:
        for deed, rule in other.items():
            if rule.weight != table[deed].weight:
                found[deed] = replace(found[deed], weight=rule.weight)
            if rule.half_life_days != table[deed].half_life_days:
                found[deed] = replace(found[deed], half_life_days=rule.half_life_days)
    return found


def _evened(table: Table, before: Table, many: Mapping[Deed, int]) -> Table:
    """The table so scaled that an average deed weighs what it did: how much was touched means something by itself."""
    known = [deed for deed in many if deed in table]
    total, now = (sum(many[deed] * one[deed].weight for deed in known) for one in (before, table))
    scale = total / now if now > 0 else 1.0
    return {deed: replace(rule, weight=rule.weight * scale) for deed, rule in table.items()}


def _judged(folds: Folds, settings: Settings, tables: Sequence[Table]) -> FloatArray:
    """Each case's worth under each table: tables × cases, of as many folds as there are cases wanted."""
    parts: list[FloatArray] = []
    left = MOST_CASES
    for holdout, evidence in folds.turns():
        width = holdout.ranked.stop - holdout.ranked.start
        most = min(left, max(1, MOST_CELLS // (len(tables) * width)))
        chosen = np.arange(len(holdout.cases)) < most
        trial = Trial(evidence, holdout.some(chosen))
        if len(trial.holdout.cases):
            rows = _rows(trial, [replace(settings, signals=table) for table in tables])
            parts.append(np.array(trial.under(rows, readers(trial, settings, JUDGES), settings)))
        left -= len(trial.holdout.cases)
        if left <= 0 or most < len(holdout.cases):
            break
    return np.concatenate(parts, axis=1)


def _rows(trial: Trial, several: Sequence[Settings]) -> list[SparseMatrix]:
    """The cases' x under each settings."""
    evidence, cases = trial.evidence, trial.holdout.cases
    chosen = np.zeros(evidence.students.size + 1, np.bool_)
    chosen[cases] = True
    mine = evidence.events.where(chosen[evidence.events.student])
    found: list[SparseMatrix] = []
    for settings in several:
        histories = histories_of(mine, evidence.students.size, evidence.catalogue, evidence.now, settings)
        found.append(signal_rows(evidence.space, histories.rows(cases), evidence.students, cases, settings))
    return found
