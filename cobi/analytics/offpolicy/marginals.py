"""P(item in this place), whatever stands above, of lists drawn by Plackett and Luce: what `slates.independent` takes.

Such a list is the order in which exponential clocks ring whose rates are the weights (Plackett 1975; Yellott 1977): an
item stands in place l when its clock rings at a time at which l − 1 of the others have. What is integrated over the
logarithm of that time is analytic and falls off at both ends, so that the trapezoidal rule converges geometrically
(Trefethen & Weideman 2014, SIAM Review 56).
"""

from __future__ import annotations

import numpy as np

from cobi.analytics.ratios import FloatArray, IntArray

STEP = 0.3
"""Of the logarithm of time: the error is about 1e-13."""

_BEFORE, _AFTER = 30.0, 4.0
"""So much before the quickest clock's mean none has rung, and so much after the slowest wanted one's all have."""

_MOST = 700.0
"""The logarithm of the largest number."""


def placed(logits: FloatArray, shown: IntArray) -> FloatArray:
    """The chance of each of these items to stand in the place it has in `shown`.

    `logits` are the logarithms of the weights of all that could be drawn; `shown` are places in it, first to last,
    each once. What is returned has the length of `shown`.
    """
    time = _times(logits, len(shown))
    # Of each clock at each time, whether it has rung: items × times.
    rung = -np.expm1(-np.exp(np.minimum(time + logits[:, None], _MOST)))
    others = np.zeros((len(shown), len(shown), len(time)))
    others[:, 0] = 1.0
    for item, has_rung in enumerate(rung):
        concerned = shown != item
        before = others[concerned]
        # How many of the others have rung; more than matter are not told apart.
        after = before * (1 - has_rung)
        after[:, 1:] += before[:, :-1] * has_rung
        others[concerned] = after
    rate = np.exp(np.minimum(time + logits[shown][:, None], _MOST))
    at = np.arange(len(shown))
    return STEP * (rate * np.exp(-rate) * others[at, at]).sum(axis=1)


def _times(logits: FloatArray, places: int) -> FloatArray:
    """Logarithms of times, from before the first clock to after the last that is wanted."""
    slowest = np.sort(logits)[::-1][min(places, len(logits)) - 1] if len(logits) else 0.0
    return np.arange(-logits.max(initial=0.0) - _BEFORE, -slowest + _AFTER, STEP)
