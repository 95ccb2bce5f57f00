"""A model: what it was told, what it learned, and scores = x · B, B = E · core · Fᵀ kept as its factors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from cobi.domain.interaction import ItemType
from cobi.recommenders.dataset import ABSENT, Catalogue, FloatArray, IntArray, KindArray, Trait
from cobi.recommenders.settings import Settings
from cobi.recommenders.signals import Signals, SignalSpace, of_history
from cobi.recommenders.sparse import SparseMatrix, sums
from cobi.recommenders.structure import descending, rising


@dataclass(frozen=True, slots=True)
class Model:
    """Scores every item of its catalogue; made by `blend.fit`, `adopt` or `artifact.from_arrays`."""

    catalogue: Catalogue
    space: SignalSpace
    settings: Settings
    core: SparseMatrix
    """Learned, signals × items, float32."""
    rising: SparseMatrix
    """E, signals × signals: what is touched with an item."""
    descending: SparseMatrix
    """F, items × items: whose scores an item inherits."""
    newcomer: float
    """The core's diagonal for an item that training never met: what it says for itself once touched."""
    card: Mapping[str, Any]
    """JSON-able: algorithm, settings, seed, data window, counts, figures."""

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
        touched = self.rising.add_rows(x.index, x.value)
        index = np.flatnonzero(touched)
        return self.descending.times(self.core.add_rows(index, touched[index]))

    def explain(self, x: Signals, item: int) -> list[tuple[int, float]]:
        """(signal, contribution), largest first; the contributions sum to the item's score."""
        heirs = self.descending.row_range(item, item + 1)
        share = np.zeros(self.catalogue.size)
        share[heirs.indices] = heirs.data
        risen = self.rising.rows(x.index)
        reached, place = np.unique(risen.indices, return_inverse=True)
        per_reached = self.core.rows(reached.astype(np.int64)).times(share)
        addend = risen.data * per_reached[place]
        contribution = x.value * sums(risen.row_of_entry, addend, risen.height)
        order = np.lexsort((x.index, -contribution))
        return [(int(x.index[k]), float(contribution[k])) for k in order if contribution[k] != 0]

    def adopt(self, catalogue: Catalogue) -> Model:
        """This model over another catalogue; a new item is scored through its shop, tags and keywords."""
        target = _rows_in(catalogue, self.catalogue)
        space = SignalSpace(catalogue.size, self.space.traits)
        context = np.arange(self.catalogue.size, self.space.size) - self.catalogue.size + catalogue.size
        core = self.core.renumbered(np.concatenate([target, context]), space.size, target, catalogue.size)
        met = np.zeros(catalogue.size, np.bool_)
        met[target[target != ABSENT]] = True
        new = np.flatnonzero(~met)
        own = SparseMatrix.of_triples(
            new, new, np.full(len(new), self.newcomer), (space.size, catalogue.size)
        )
        return assemble(catalogue, space, self.settings, core + own, self.newcomer, self.card)


def assemble(
    catalogue: Catalogue,
    space: SignalSpace,
    settings: Settings,
    core: SparseMatrix,
    newcomer: float,
    card: Mapping[str, Any],
) -> Model:
    """The model of a learned core; what follows from the catalogue alone is worked out here."""
    up, down = rising(catalogue, settings, space), descending(catalogue, settings)
    return Model(catalogue, space, settings, core.stored_as(np.float32), up, down, newcomer, card)


def _rows_in(catalogue: Catalogue, old: Catalogue) -> IntArray:
    """Each old row's row in the catalogue, -1 where the item is gone; ascending, as both are sorted alike."""
    found = [catalogue.rows(kind, old.item_key[old.of_type(kind)]) for kind in sorted(ItemType)]
    return np.concatenate(found)
