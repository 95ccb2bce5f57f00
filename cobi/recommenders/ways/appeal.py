"""Appeal: what is wanted of what is opened, of offers little known by what they carry and how much they give.

Two generalised linear mixed models over the offers, one after the other:

    how often an offer is met    is Poisson of mean exp(η),       η = α + γ g + Z β + b
    its codes, of its views,     are binomial of chance σ(η'),    η' = α' + γ' g + ρ r + Z β' + b'

Z says what an offer carries; g, of two columns, how much it gives beside others of its terms, and how much its shop is
made a favourite at its place, for which nobody puts shops in front of people. Each family of β (shops, shops at one
place, tags, keywords, categories, terms) and the offers' own b are normal with a variance of their own, which the data
tell: penalised quasi-likelihood (Breslow & Clayton 1993) with the fixed point of Schall (1991). A place is a region
whose students open an offer most. The renown r = γ g + Z β is how often such offers are met, without b: the marketplace
puts single offers in front of people, but what all of a shop's have in common owes little to that. Appeal is η' without
α'; it does not hang on how often an offer is met, so b' stays.

Who opens an offer leans towards it: what the codes of an offer tell is more or less of it, as those who opened it lean
more or less than others (`leanings.py`). Half of that is taken off, as leanings are known but roughly.

Codes and views are of all seasons; an offer's appeal is that of its category's season now (`season.py`):

    η'(t) = η' + κ (s_ct - s̄),      s̄ the mean over the offer's views,      κ ~ N(1, 0.1²):

what is opened more is wanted more, as far as codes do not tell otherwise.

Both are offsets of the second model when it is fitted again, so that shops are compared as if all their offers had
been opened by the same people, out of season.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cobi.domain.interaction import ItemType
from cobi.recommenders.dataset import (
    ABSENT,
    Catalogue,
    EventKind,
    Events,
    FloatArray,
    IntArray,
    Label,
    Students,
    Trait,
)
from cobi.recommenders.parallel import beside
from cobi.recommenders.piece import Piece, whole_rows
from cobi.recommenders.signals import SignalSpace
from cobi.recommenders.sparse import SparseMatrix, side_by_side, sums
from cobi.recommenders.ways.attributes import characteristics
from cobi.recommenders.ways.cholesky import solved
from cobi.recommenders.ways.leanings import Leanings
from cobi.recommenders.ways.season import Season, season

MOST_ATTRIBUTES = 1_000
"""Those that most offers carry."""
FEWEST_CARRIERS = 2
FEWEST_OFFERS = 30
"""Of fewer nothing is foretold."""
FEW_FAVOURITES = 2.0
"""A shop counts as made a favourite so often as is usual, and as often again as it was."""
TAKEN_OFF = 0.5
"""Of what a leaning is worth among those who opened the same offer."""
ROUNDS, ROUNDS_AGAIN = 12, 4
"""From nothing, and from what a model a little different found."""
FIRST_VARIANCE = 0.1
LEAST_VARIANCE, MOST_VARIANCE = 1e-4, 4.0
FREE_VARIANCE = 10.0
"""Of coefficients that the data alone tell."""
STEPS, KAPPA_VARIANCE = 3, 0.01
"""Of Newton's for κ; and how far it is from 1."""
BOUND = 20.0
"""Beyond it chances are 0 or 1."""

Response = Callable[[FloatArray], tuple[FloatArray, FloatArray]]
"""Working response and weight at η, where that is observed (McCullagh & Nelder 1989, §2.5)."""


@dataclass(frozen=True, slots=True)
class Design:
    """What the offers carry."""

    has: SparseMatrix
    """Z, offers × columns."""
    family: IntArray
    """Of each column, 0 for those whose coefficients the data alone tell."""

    def with_free(self, column: FloatArray) -> Design:
        """With one more such column before the others."""
        free = SparseMatrix.of_dense(column[:, None])
        return Design(side_by_side([free, self.has], len(column)), np.append(0, self.family))


@dataclass(frozen=True, slots=True)
class Fitted:
    """A mixed model of all offers."""

    constant: float
    foretold: FloatArray
    """By what the offers carry, without the constant."""
    own: FloatArray
    """b, 0 where not known."""
    variance: FloatArray
    """Of each coefficient, the constant's first."""
    own_variance: float

    @property
    def eta(self) -> FloatArray:
        return np.asarray(self.constant + self.foretold + self.own, np.float64)


def appeal(
    space: SignalSpace,
    catalogue: Catalogue,
    events: Events,
    students: Students,
    now: int,
    leanings: Callable[[], Leanings | None] = lambda: None,
) -> Piece | None:
    """The constant signal's row; None where nothing was revealed, or too few offers are known.

    Leanings are found meanwhile, if they are needed.
    """
    offers = catalogue.of_type(ItemType.OFFER)
    codes = _count(events, EventKind.DISCOUNT_CODE, space.items)[offers]
    views = np.maximum(_count(events, EventKind.PAGE_VIEW, space.items)[offers], codes)
    # What nobody opened may not have been there to be opened.
    known = views > 0
    if codes.sum() == 0 or codes.sum() == views.sum() or known.sum() < FEWEST_OFFERS:
        return None
    place = _places(events, students, offers)
    design = _design(catalogue, known, place).with_free(_favoured(catalogue, events, students, place))
    (design, fitted), lean = beside(lambda: _of_all(design, known, views, codes), leanings)
    offset, now_is = _in_season(catalogue, events, season(catalogue, events, students, now), fitted.eta)
    if lean is not None:
        offset += TAKEN_OFF * max(lean.worth(fitted.eta), 0.0) * lean.mean()
    if offset.any():
        fitted = _mixed(design, known, _binomial(views, codes, offset), fitted.eta - offset, fitted)
    row = np.zeros((1, space.items), np.float32)
    row[0, offers] = fitted.foretold + fitted.own + now_is
    return whole_rows(np.array([space.constant]), row)


def _of_all(
    design: Design, known: NDArray[np.bool_], views: FloatArray, codes: FloatArray
) -> tuple[Design, Fitted]:
    """Codes among views as if all leaned alike, and the design with how often an offer is met."""
    met = _mixed(design, known, _poisson(views + codes), np.log(views + codes + 0.5)).foretold
    odds = codes.sum() / (views.sum() - codes.sum())
    start = np.log((codes + odds) / (views - codes + 1))
    design = design.with_free(met)
    return design, _mixed(design, known, _binomial(views, codes), start)


def _in_season(
    catalogue: Catalogue, events: Events, seasons: Season | None, eta: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """κ s̄ and κ s_now of each offer; η are the logits of a code after a view."""
    offers = catalogue.of_type(ItemType.OFFER)
    if seasons is None:
        return np.zeros(len(eta)), np.zeros(len(eta))
    views, codes = (
        _by_period(seasons, events, kind)[offers] for kind in (EventKind.PAGE_VIEW, EventKind.DISCOUNT_CODE)
    )
    views, lift = np.maximum(views, codes), seasons.lift[offers]
    usual = (views * lift).sum(axis=1) / np.maximum(views.sum(axis=1), 1)
    beyond, kappa = lift - usual[:, None], 1.0
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-eta[:, None] - kappa * beyond))
        slope = float(((codes - views * chance) * beyond).sum()) - (kappa - 1) / KAPPA_VARIANCE
        kappa += slope / (float((views * chance * (1 - chance) * beyond**2).sum()) + 1 / KAPPA_VARIANCE)
    return kappa * usual, kappa * lift[:, -1]


def _by_period(seasons: Season, events: Events, kind: EventKind) -> FloatArray:
    chosen = events.kind == kind
    return seasons.counted(events.item[chosen], events.time[chosen])


def _poisson(counted: FloatArray) -> Response:
    def response(eta: FloatArray) -> tuple[FloatArray, FloatArray]:
        mean = np.exp(np.clip(eta, -BOUND, BOUND))
        return eta + (counted - mean) / mean, mean

    return response


def _binomial(many: FloatArray, hits: FloatArray, offset: FloatArray | float = 0.0) -> Response:
    def response(eta: FloatArray) -> tuple[FloatArray, FloatArray]:
        chance = 1 / (1 + np.exp(-np.clip(eta + offset, -BOUND, BOUND)))
        weight = np.maximum(many * chance * (1 - chance), 1e-9)
        return eta + (hits - many * chance) / weight, weight

    return response


def _count(events: Events, kind: EventKind, items: int) -> FloatArray:
    chosen = events.item[events.kind == kind]
    return sums(chosen, np.ones(len(chosen)), items)


def _places(events: Events, students: Students, offers: slice) -> IntArray:
    """The region whose students opened each offer most; -1 where nobody's is known."""
    size, region = int(offers.stop - offers.start), students.traits.get(Trait.REGION)
    if region is None:
        return np.full(size, ABSENT, np.int64)
    opened = (
        (events.kind == EventKind.PAGE_VIEW) & (events.item >= offers.start) & (events.item < offers.stop)
    )
    # Nobody's, and those of whom it is not known, come first and do not count.
    many = int(region.max(initial=ABSENT)) + 2
    place = np.append(region, ABSENT)[events.student[opened]] + 1
    cell = (events.item[opened] - offers.start) * many + place
    counted = sums(cell, np.ones(len(cell)), size * many).reshape(size, many)
    counted[:, 0] = 0
    return counted.argmax(axis=1) - 1


def _favoured(catalogue: Catalogue, events: Events, students: Students, place: IntArray) -> FloatArray:
    """By how many logits each offer's shop is a favourite more often than others are at the place; 0 without a shop.

    Of offers that are at no place, among all students.
    """
    region, shops = students.traits.get(Trait.REGION), catalogue.of_type(ItemType.SHOP)
    inside = (events.item >= shops.start) & (events.item < shops.stop)
    liked = events.where((events.kind == EventKind.FAVOURITE) & inside)
    at = np.full(students.size, ABSENT, np.int64) if region is None else region
    # Everybody, then each place; nobody's count to everybody alone.
    many = int(at.max(initial=ABSENT)) + 2
    there = np.append(at, ABSENT)[liked.student] + 1
    # One shop more, of which nothing is known: that of the offers that have none.
    size = int(shops.stop - shops.start) + 1
    cells = (liked.item - shops.start) * many + there
    counted = sums(cells, np.ones(len(liked)), size * many).reshape(size, many)
    counted[:, 0] = counted.sum(axis=1)
    mine = catalogue.shops()[catalogue.of_type(ItemType.OFFER)]
    own = np.where(mine == ABSENT, np.int64(size - 1), mine - int(shops.start))
    pair, of = np.unique(np.stack([own, place + 1]), axis=1, return_inverse=True)
    found = counted[pair[0], pair[1]]
    usual = np.bincount(pair[1], found, many) / np.maximum(np.bincount(pair[1], minlength=many), 1)
    more = np.log((found + FEW_FAVOURITES) / (usual[pair[1]] + FEW_FAVOURITES))
    return np.where(mine == ABSENT, 0.0, more[of.ravel()])


def _at_places(catalogue: Catalogue, place: IntArray) -> SparseMatrix:
    """Offers × those of one shop that are opened at the same place."""
    shop = catalogue.shops()[catalogue.of_type(ItemType.OFFER)]
    there = np.flatnonzero((shop != ABSENT) & (place != ABSENT))
    pair, column = np.unique(np.stack([shop[there], place[there]]), axis=1, return_inverse=True)
    shape = len(shop), int(pair.shape[1])
    return SparseMatrix.of_triples(there, column.ravel(), np.ones(len(there)), shape)


def _design(catalogue: Catalogue, known: NDArray[np.bool_], place: IntArray) -> Design:
    """g, and Z of what several of the known offers carry."""
    offers = catalogue.of_type(ItemType.OFFER)
    every, family = characteristics(catalogue, list(Label))
    local = _at_places(catalogue, place)
    every = side_by_side([every.row_range(offers.start, offers.stop), local], len(known))
    family = np.append(family, np.full(local.width, family.max(initial=0) + 1))
    carriers = np.bincount(every.keeping(known[every.row_of_entry]).indices, minlength=every.width)
    chosen = np.argsort(-carriers, kind="stable")[:MOST_ATTRIBUTES]
    chosen = np.sort(chosen[(carriers[chosen] >= FEWEST_CARRIERS) & (carriers[chosen] < known.sum())])
    number = np.full(every.width, ABSENT, np.int64)
    number[chosen] = np.arange(len(chosen))
    generosity = catalogue.generosity[offers] if len(catalogue.generosity) else np.zeros(every.height)
    shared = Design(every.columns_renumbered(number, len(chosen)), 1 + family[chosen])
    return shared.with_free(generosity)


def _mixed(
    design: Design,
    known: NDArray[np.bool_],
    response: Response,
    eta: FloatArray,
    before: Fitted | None = None,
) -> Fitted:
    """What the known offers tell; `before` has variances to begin with.

    Each round is a weighted ridge regression, and then come the variances from what it found.
    """
    chosen = np.flatnonzero(known)
    design = design.with_free(np.ones(len(known)))
    z = design.has.rows(chosen)
    rising = z.transposed()
    families = np.unique(design.family[design.family > 0])
    variance = np.where(design.family > 0, FIRST_VARIANCE, FREE_VARIANCE)
    own_variance = FIRST_VARIANCE
    if before is not None:
        variance, own_variance = before.variance.copy(), before.own_variance
    beta, own = np.zeros(z.width), np.zeros(z.height)
    for _ in range(ROUNDS if before is None else ROUNDS_AGAIN):
        working, weight = (values[chosen] for values in response(eta))
        # b is summed over: what is left of an observation varies by it as well.
        marginal = 1 / (1 / weight + own_variance)
        square = np.asarray(rising.dense_product(z.scaled(marginal)), np.float64)
        np.einsum("ii->i", square)[:] += 1 / variance
        beta, spread = solved(square, rising.times(marginal * working))
        rest = working - z.times(beta)
        drawn = own_variance * marginal
        own = drawn * rest
        eta = eta.copy()
        eta[chosen] = z.times(beta) + own
        told = 1 - spread / variance
        for family in families:
            mine = design.family == family
            variance[mine] = _variance(beta[mine], told[mine])
        own_variance = _variance(own, drawn)
    found = np.zeros(design.has.height)
    found[chosen] = own
    constant = float(beta[0])
    beta[0] = 0.0
    return Fitted(constant, design.has.times(beta), found, variance, own_variance)


def _variance(effects: NDArray[np.floating[Any]], told: FloatArray) -> float:
    """Schall's fixed point: the squares, for each of those that the data tell."""
    found = float(effects @ effects) / max(float(told.sum()), 1e-9)
    return min(max(found, LEAST_VARIANCE), MOST_VARIANCE)
