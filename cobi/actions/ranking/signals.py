"""From what the store knows of a student to the model's x."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from cobi.actions.ranking.ranked import history_of, signals
from cobi.actions.ranking.shelf import Shelf, region_code
from cobi.recommenders.dataset import Trait
from cobi.recommenders.signals import Signals


def student_signals(
    shelf: Shelf,
    history: NDArray[np.int64],
    region: str | None,
    now: int,
    known: Mapping[Trait, int] | None = None,
) -> Signals | None:
    """x of one student, from the rows of `events.of_students`; None before the first training.

    `known` are the traits beside the region.
    """
    traits = dict(known or {})
    if region is not None:
        traits[Trait.REGION] = region_code(region)
    return signals(shelf, history_of(shelf, history), now, traits)
