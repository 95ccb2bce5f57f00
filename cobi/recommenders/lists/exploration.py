"""Lists that are partly drawn, with the exact chance of every place.

A list is drawn without replacement with chances that follow the scores (Plackett 1975; Luce 1959): first the best of
all score / temperature + Gumbel noise, then the next best (Kool, van Hoof & Welling 2019, ICML: the Gumbel-top-k
trick). The chance of an item in its place, given the places above it, has a closed form; it is what an evaluation of
another policy on these answers divides by.
"""

from __future__ import annotations

import numpy as np

from cobi.recommenders.dataset import FloatArray, IntArray
from cobi.recommenders.lists.ranking import best_rows, draw

AMONG = 200
"""Drawn from are so many of the best candidates, and all that equal the last of them."""

LEAST_TEMPERATURE = 1e-6
"""A lower temperature counts as 0: the noise would drown in the rounding of the scores."""

_SORTED_WHOLE = 1_000
"""So many are sooner sorted than looked through."""

_TIES, _COINS = 0x51ED270B, 0x2545F491
"""Separate the answer's luck with equals and with places from its luck with items."""


def explore(
    scores: FloatArray,
    rows: IntArray,
    limit: int,
    temperature: float,
    seed: int,
    *,
    share: float = 1.0,
    among: int = AMONG,
) -> tuple[IntArray, FloatArray]:
    """Up to `limit` of the candidate rows, first to last, and each one's propensity.

    `scores` is of the whole catalogue, finite; `rows` are the candidates, each once, in any order. A place is drawn
    with probability `share`, and its item then in proportion to exp(score / (temperature · s)) among what is
    left, where s is the standard deviation of the best `among` candidates' scores, so that a temperature means
    the same for every model and student; all other places take the best that is left. The propensity is
    P(item in this place | the items above it). At temperature 0 the best come first: a propensity is 1, or 1 / m
    where m equals were left, which stand in an order drawn by the seed. The same arguments give the same list.
    """
    drawn = share if temperature >= LEAST_TEMPERATURE else 0.0
    kept = best_rows(scores, rows, max(limit, among) if drawn > 0 else limit)
    own = scores[kept]
    # Of `best_rows` there are more than are wanted only where the last of them have equals.
    if drawn <= 0 and len(own) <= limit and (best := _without_equals(own)) is not None:
        return kept[best], np.ones(len(best))
    logits = _logits(own, temperature) if drawn > 0 else own
    order = _order(logits, own, kept, limit, seed, drawn)
    return kept[order], _chances(logits, own, order, drawn)


def _without_equals(own: FloatArray) -> IntArray | None:
    """The places of the best, first to last, where no luck has a say; None where there are equals."""
    best = (-own).argsort()
    values = own[best]
    return best if (values[1:] < values[:-1]).all() else None


def propensities(
    scores: FloatArray,
    rows: IntArray,
    order: IntArray,
    temperature: float,
    *,
    share: float = 1.0,
    among: int = AMONG,
) -> FloatArray:
    """What `explore` would have told of the list `order`, had it drawn that one; 0 for what it cannot draw.

    `order` are rows, first to last, each once; its length counts as the limit.
    """
    drawn, kept, own, logits = _drawn_from(scores, rows, len(order), temperature, share, among)
    found = np.zeros(len(order))
    if len(kept) == 0:
        return found
    place = np.minimum(np.searchsorted(kept, order), len(kept) - 1)
    possible = kept[place] == order
    found[possible] = _chances(logits, own, place[possible], drawn)
    return found


def distributions(
    scores: FloatArray,
    rows: IntArray,
    order: IntArray,
    temperature: float,
    *,
    share: float = 1.0,
    among: int = AMONG,
) -> tuple[IntArray, FloatArray]:
    """For each place of `order`, the chances of all rows that `explore` could have put there, given those above.

    Answers the m rows and a matrix of places × m, whose lines sum to 1 while any row is left, and else to 0; what
    stands above has chance 0.
    """
    drawn, kept, own, logits = _drawn_from(scores, rows, len(order), temperature, share, among)
    left = np.cumsum(kept[None, :] == order[:, None], axis=0) - (kept[None, :] == order[:, None]) == 0
    chances = np.zeros(left.shape)
    for place, here in enumerate(left):
        if here.any():
            best = here & (own == own[here].max())
            chances[place] = (1 - drawn) * best / best.sum()
        if drawn > 0 and here.any():
            weight = np.exp(np.where(here, logits - logits[here].max(), -np.inf))
            chances[place] += drawn * weight / weight.sum()
    return kept, chances


def _drawn_from(
    scores: FloatArray, rows: IntArray, limit: int, temperature: float, share: float, among: int
) -> tuple[float, IntArray, FloatArray, FloatArray]:
    """How often a place is drawn, and the rows that may stand in one, ascending, with their scores and logits."""
    drawn = share if temperature >= LEAST_TEMPERATURE else 0.0
    kept = np.sort(best_rows(scores, rows, max(limit, among) if drawn > 0 else limit))
    own = scores[kept]
    return drawn, kept, own, _logits(own, temperature) if drawn > 0 else own


def _logits(own: FloatArray, temperature: float) -> FloatArray:
    """The logarithms of the weights, at most 0."""
    if len(own) == 0:
        return own
    apart = own - own.max()
    away = apart - apart.sum() / len(own)
    spread = np.sqrt(away @ away / len(own))
    # Where all are equal but for rounding, rounding must not choose.
    return apart / (temperature * spread) if spread > 1e-12 * np.abs(own).max() else np.zeros(len(own))


def _order(
    logits: FloatArray, own: FloatArray, rows: IntArray, limit: int, seed: int, drawn: float
) -> IntArray:
    """The places in `rows` of the chosen, first to last."""
    limit = min(limit, len(rows))
    if drawn >= 1:
        return _noisy(logits, rows, limit, seed)
    best = _best(own, rows, limit, seed ^ _TIES if drawn > 0 else seed)
    if drawn <= 0:
        return best
    coins = _uniform(np.arange(limit), seed ^ _COINS) < drawn
    sources = best.tolist(), _noisy(logits, rows, limit, seed).tolist()
    taken: dict[int, None] = {}
    for coin in coins.tolist():
        # What the noise puts first of the items left is independent of which were taken: a Gumbel order of
        # some items is a Gumbel order of any of them.
        taken[next(place for place in sources[coin] if place not in taken)] = None
    return np.fromiter(taken, np.int64, limit)


def _best(own: FloatArray, rows: IntArray, limit: int, seed: int) -> IntArray:
    """The places of the largest, equals in an order drawn by the seed, which draws each row another number."""
    if limit <= 0 or len(own) <= max(_SORTED_WHOLE, limit):
        return np.lexsort((draw(rows, seed), -own))[:limit]
    # Of the equals of the last one only those are put in order that are taken.
    left = len(own) - limit
    least = np.partition(own, left)[left]
    above, equals = (own > least).nonzero()[0], (own == least).nonzero()[0]
    luck, wanted = draw(rows[equals], seed), limit - len(above)
    taken = np.concatenate([above, equals[np.argpartition(luck, wanted - 1)[:wanted]]])
    return taken[np.lexsort((draw(rows[taken], seed), -own[taken]))]


def _noisy(logits: FloatArray, rows: IntArray, limit: int, seed: int) -> IntArray:
    """A Plackett–Luce draw: the places of the largest of logits plus Gumbel noise."""
    below = np.log(-np.log(_uniform(rows, seed))) - logits
    if len(below) > 4 * limit > 0:
        chosen = np.argpartition(below, limit - 1)[:limit]
        return chosen[np.argsort(below[chosen])]
    return np.argsort(below)[:limit]


def _uniform(rows: IntArray, seed: int) -> FloatArray:
    """A number for each row inside 0…1, both left out."""
    return ((draw(rows, seed) >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52


def _chances(logits: FloatArray, own: FloatArray, order: IntArray, drawn: float) -> FloatArray:
    """P(place | places above) of each of these, which are different places in `own`."""
    if len(order) == 0:
        return np.empty(0)
    found = np.zeros(len(order))
    if drawn > 0:
        found += drawn * _drawn(logits, order)
    if drawn < 1:
        found += (1 - drawn) * _taken(own, order)
    return found


def _drawn(logits: FloatArray, order: IntArray) -> FloatArray:
    """Plackett–Luce: weight / (weight of what is left). Summed from the end, nothing is subtracted."""
    others = logits.copy()
    others[order] = -np.inf
    highest = others.max()
    rest = highest + np.log(np.exp(others - highest).sum()) if highest > -np.inf else -np.inf
    chosen = logits[order]
    left = np.logaddexp.accumulate(np.append(rest, chosen[::-1]))[:0:-1]
    return np.exp(chosen - left)


def _taken(own: FloatArray, order: IntArray) -> FloatArray:
    """1 / m where an item is one of the m best left, else 0."""
    chosen, others = own[order], np.ones(len(own), np.bool_)
    others[order] = False
    rest = own[others]
    highest = rest.max(initial=-np.inf)
    best = np.maximum(np.maximum.accumulate(chosen[::-1])[::-1], highest)
    # Its equals here from its place on, and those that stay behind: none of these where it is above them.
    equals = np.triu(chosen[:, None] == chosen).sum(axis=1) + (chosen == highest) * (rest == highest).sum()
    return np.where(chosen == best, 1 / equals, 0.0)
