"""The array types of the simulation, named once."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


def listed(numbers: NDArray[Any]) -> list[int]:
    """Answer one-dimensional whole numbers as plain ints, which index tuples and encode as JSON."""
    return cast("list[int]", numbers.tolist())


def paired(rows: NDArray[Any]) -> list[tuple[int, int]]:
    """Answer the positions at which a matrix is true as plain pairs (row, column)."""
    return [(first, second) for first, second in np.argwhere(rows).tolist()]
