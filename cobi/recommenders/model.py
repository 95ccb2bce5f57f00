"""A model: scores = x · B, one sparse matrix from signals to items."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cobi.domain.interaction import ItemType
from cobi.recommenders.dataset import ABSENT, Catalogue, FloatArray, IntArray, KindArray, Trait
from cobi.recommenders.newcomers import with_newcomers
from cobi.recommenders.settings import Settings
from cobi.recommenders.signals import Signals, SignalSpace, of_history
from cobi.recommenders.sparse import SparseMatrix

FORMAT = 5
"""Of models as they are stored; one of another format has to be learned anew."""


@dataclass(frozen=True, slots=True)
class Model:
    """Scores every item of its catalogue; made by `blend.fit`, `adopt` or `artifact.from_arrays`."""

    catalogue: Catalogue
    space: SignalSpace
    settings: Settings
    matrix: SparseMatrix
    """B, signals × items, float32."""
    card: Mapping[str, Any]
    """JSON-able: algorithm, settings, seed, data window, counts, figures."""
    base: FloatArray = field(init=False, repr=False)
    """The constant signal's row, dense, as every x has it: float64[items]."""
    usual: tuple[FloatArray | None, ...] = field(init=False, repr=False)
    """The rows of what is usual and of moments, as every x has some of them: float64[items], None where empty."""

    def __post_init__(self) -> None:
        constant, usual = self.space.constant, self.space.usual.start
        row = self.matrix.row_range(constant, constant + 1).dense()[0].astype(np.float64)
        object.__setattr__(self, "base", row)
        rows = self.matrix.row_range(usual, self.space.size).dense().astype(np.float64)
        object.__setattr__(self, "usual", tuple(own if own.any() else None for own in rows))

    def signals(
        self,
        items: IntArray,
        kinds: KindArray,
        times: IntArray,
        now: int,
        traits: Mapping[Trait, int] | None = None,
    ) -> Signals:
        """x of one student: catalogue rows, `EventKind`s, times and `now` in microseconds UTC, trait codes.

        Events on items the catalogue does not know (-1) are passed over.
        """
        known = items != ABSENT
        return of_history(self.space, self.settings, items[known], kinds[known], times[known], now, traits)

    def score(self, x: Signals) -> FloatArray:
        """Every item's score, float64[items]; the caller picks rows of the type it ranks."""
        first = self.space.usual.start
        dense = (x.index == self.space.constant) | (x.index >= first)
        scores = self.matrix.add_rows(x.index[~dense], x.value[~dense])
        signals: list[int] = x.index[dense].tolist()
        for signal, value in zip(signals, x.value[dense].tolist(), strict=True):
            row = self.base if signal < first else self.usual[signal - first]
            if row is not None and value != 0:
                scores += row if value == 1 else value * row
        return scores

    def explain(self, x: Signals, item: int) -> list[tuple[int, float]]:
        """(signal, contribution), largest first; the contributions sum to the item's score."""
        return self.explain_each(x, np.array([item]))[0]

    def explain_each(self, x: Signals, items: IntArray) -> list[list[tuple[int, float]]]:
        """The same of several items."""
        part = self.matrix.rows(x.index)
        row_of_entry = part.row_of_entry
        explained: list[list[tuple[int, float]]] = []
        for item in items.tolist():
            here = (part.indices == item).nonzero()[0]
            row = row_of_entry[here]
            contribution, index = part.data[here] * x.value[row], x.index[row]
            order = np.lexsort((index, -contribution))
            explained.append([(int(index[k]), float(contribution[k])) for k in order if contribution[k] != 0])
        return explained

    def adopt(self, catalogue: Catalogue) -> Model:
        """This model over another catalogue; a new item stands where its kin do, an offer as what it gives tells."""
        target = _rows_in(catalogue, self.catalogue)
        space = SignalSpace(catalogue.item_type, self.space.traits)
        context = np.arange(self.catalogue.size, self.space.size) - self.catalogue.size + catalogue.size
        matrix = self.matrix.renumbered(np.concatenate([target, context]), space.size, target, catalogue.size)
        met = np.zeros(catalogue.size, np.bool_)
        met[target[target != ABSENT]] = True
        if not met.all():
            matrix = with_newcomers(matrix, space.constant, catalogue, met, self.settings.entries_per_signal)
        return Model(catalogue, space, self.settings, matrix, self.card)


def _rows_in(catalogue: Catalogue, old: Catalogue) -> IntArray:
    """Each old row's row in the catalogue, -1 where the item is gone; ascending, as both are sorted alike."""
    found = [catalogue.rows(kind, old.item_key[old.of_type(kind)]) for kind in sorted(ItemType)]
    return np.concatenate(found)
