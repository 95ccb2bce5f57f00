"""How well a learner could do on the simulated campus that is told all of the truth but each student's own.

`Informed` knows where every shop lies among the tastes, how good shops and offers are for everybody, how much each
was put in front of people, what region, institute and course give a student's taste, how much of a taste is whose, and
the very formulae by which students behave. Only what is one student's own it has to learn, from all that this student
did, and that it does by Bayes' rule: utilities u over the offers of the student's region are a priori N(m, K), and of
what happened since

    a visit to an offer or shop   is a choice among all offers, P(o) ∝ exposure(o) · exp(pull · u_o);
    a code, or none, of a visit   has P = σ(u − reveal bar);
    an offer in a slate, opened   has P = attention(position) · σ(u − view bar);
    a favourite                   is a choice among shops by what the student thinks of their offers on average.

The posterior is taken at its mode, with the curvature there as its covariance (Laplace; Newton's steps as in
Rasmussen & Williams 2006, algorithm 3.1), and offers are ranked by the expected probability of a reveal. A learner
that has to find out any of what this one is told can hardly come out above it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cobi.domain.interaction import InteractionType, ItemType
from cobi.domain.moments import SECOND
from cobi.simulation.activity import Activity
from cobi.simulation.arrays import Floats, Ints
from cobi.simulation.policies import Policy
from cobi.simulation.records import favourites
from cobi.simulation.slates import Reaction, Visits
from cobi.simulation.world import World, sigmoid

NAME = "informed"
_STEPS = 10
_LONGEST_STEP = 1.0
_NODES = ((-(3**0.5), 1 / 6), (0.0, 2 / 3), (3**0.5, 1 / 6))
"""Gauss and Hermite's three points for a mean over a normal distribution."""
_SHOP_TO_OFFER = 5 * SECOND
"""How long after a shop's page its offer is opened in the same step."""
_LIKED = 0.5 / 0.45
"""How much sharper favourites follow a shop's part of utility than utility does, about."""


@dataclass(frozen=True)
class _Seen:
    """What one student did, over the offers of their region, and over the shops that those are of."""

    visits: Floats
    codes: Floats
    looked: Floats  # expected looks at places of slates
    opened: Floats
    shop_visits: Floats
    favourites: Floats
    shop: Ints  # of each offer, its number among these shops

    @property
    def nothing(self) -> bool:
        return not any(map(np.any, (self.visits, self.looked, self.shop_visits, self.favourites)))


class Informed(Policy):
    """The learner that has only the students themselves to learn."""

    name = NAME

    def __init__(self, world: World) -> None:
        self.world = world
        students, offers, shops = world.campus.students, world.campus.offers, world.campus.shops
        self.visits, self.codes, self.looked, self.opened = np.zeros((4, students, offers))
        self.shop_visits, self.favourites = np.zeros((2, students, shops))
        self._asked: Visits | None = None
        self._like()

    def watch(self, organic: Activity) -> None:
        """Count what was visited and revealed."""
        page = organic.interaction == InteractionType.PAGE_VIEW
        on_offer, on_shop = organic.item_type == ItemType.OFFER, organic.item_type == ItemType.SHOP
        code = organic.interaction == InteractionType.DISCOUNT_CODE
        for counted, rows in ((self.visits, page & on_offer), (self.codes, code & on_offer)):
            np.add.at(counted, (organic.student[rows], organic.item[rows]), 1)
        # A shop's page on the way to one of its offers is the same choice as that.
        opened = organic.take(np.flatnonzero(page & on_offer))
        shop = self.world.offers.shop[opened.item]
        led = set(zip(opened.student.tolist(), shop.tolist(), opened.time.tolist(), strict=True))
        alone = organic.take(np.flatnonzero(page & on_shop))
        steps = zip(
            alone.student.tolist(), alone.item.tolist(), (alone.time + _SHOP_TO_OFFER).tolist(), strict=True
        )
        for student, item, time in steps:
            self.shop_visits[student, item] += (student, item, time) not in led

    def scores(self, seen: Visits) -> Floats:
        """P(reveal) expected of each offer; visits × offers."""
        self._asked = seen
        found = np.zeros(seen.eligible.shape)
        mean, own = self._prior_mean(seen), self._own_covariance()
        offers = self.world.offers
        for visit, student in enumerate(seen.student.tolist()):
            home = np.flatnonzero(offers.region == self.world.students.region[student])
            prior = own[np.ix_(home, home)]
            found[visit, home] = self._expected(mean[visit, home], prior, home, self._done(student, home))
        return found

    def learn(self, slates: Ints, reaction: Reaction) -> None:
        """Count what became of the slates that `scores` was asked for last."""
        assert self._asked is not None
        rows, places = np.nonzero(slates >= 0)
        cells = self._asked.student[rows], slates[rows, places]
        attention = (1.0 + places) ** -self.world.campus.habits.attention_decay
        np.add.at(self.looked, cells, attention)
        np.add.at(self.opened, cells, reaction.opened[rows, places])
        np.add.at(self.codes, cells, reaction.revealed[rows, places])

    def _like(self) -> None:
        """Count favourites, those of later weeks too."""
        world = self.world
        student = {one: row for row, one in enumerate(world.ids.students)}
        shop = {one: row for row, one in enumerate(world.ids.shops)}
        founding = range(world.campus.organic_weeks)
        for weeks in (
            founding,
            *(range(week, week + 1) for week in range(founding.stop, world.campus.weeks)),
        ):
            came = np.flatnonzero(np.isin(world.students.arrival, list(weeks)))
            for record in favourites(world, came, weeks):
                self.favourites[student[record["student_id"]], shop[record["shop_id"]]] += 1

    def _prior_mean(self, seen: Visits) -> Floats:
        """What is told of each visit's utilities; visits × offers."""
        world, tastes, turn = self.world, self.world.campus.tastes, self.world.campus.tastes.turn * seen.week
        background = (np.cos(turn) + np.sin(turn)) * world.students.background[seen.student]
        shops = tastes.shared * background @ world.shops.place.T + world.standing(seen.week)
        return shops[:, world.offers.shop] + tastes.offer_generosity * world.offers.generosity

    def _own_covariance(self) -> Floats:
        """Of what is a student's own in the utilities of two offers; offers × offers."""
        world, tastes = self.world, self.world.campus.tastes
        own = 1 - tastes.institute_share - tastes.course_share - tastes.region_share
        shop, place = world.offers.shop, world.shops.place[world.offers.shop]
        shared = tastes.shared**2 * own * place @ place.T
        same = tastes.shop_liking**2 * (shop[:, None] == shop[None, :])
        return shared + same + tastes.offer_quirk**2 * np.eye(len(shop))

    def _done(self, student: int, home: Ints) -> _Seen:
        shops, shop = np.unique(self.world.offers.shop[home], return_inverse=True)
        visits, codes, looked, opened = (
            counted[student, home] for counted in (self.visits, self.codes, self.looked, self.opened)
        )
        on_shops = self.shop_visits[student, shops], self.favourites[student, shops]
        return _Seen(visits, codes, looked, opened, *on_shops, shop)

    def _expected(self, mean: Floats, prior: Floats, home: Ints, done: _Seen) -> Floats:
        """E[P(view) · P(reveal)] under the posterior."""
        habits = self.world.campus.habits
        utility, variance = mean, prior.diagonal()
        if not done.nothing:
            utility, variance = self._posterior(mean, prior, np.log(self.world.offers.exposure[home]), done)
        points = ((utility + node * np.sqrt(variance), weight) for node, weight in _NODES)
        return sum(
            (weight * sigmoid(u - habits.view_bar) * sigmoid(u - habits.reveal_bar) for u, weight in points),
            np.zeros(len(mean)),
        )

    def _posterior(self, mean: Floats, prior: Floats, shown: Floats, done: _Seen) -> tuple[Floats, Floats]:
        """The mode of the utilities, and their variances there."""
        utility, root, inner = mean, np.zeros(len(mean)), np.eye(len(mean))
        for _ in range(_STEPS):
            slope, curve = self._likelihood(utility, shown, done)
            root = np.sqrt(curve)
            inner = np.linalg.inv(np.eye(len(mean)) + root[:, None] * prior * root[None, :])
            pull = curve * (utility - mean) + slope
            step = mean + prior @ (pull - root * (inner @ (root * (prior @ pull)))) - utility
            utility = utility + np.clip(step, -_LONGEST_STEP, _LONGEST_STEP)
            if np.abs(step).max() < 1e-3:
                break
        known = prior * root[None, :]
        return utility, np.maximum(prior.diagonal() - ((known @ inner) * known).sum(axis=1), 0.0)

    def _likelihood(self, u: Floats, shown: Floats, done: _Seen) -> tuple[Floats, Floats]:
        """The gradient of the log likelihood, and the negative of the diagonal of its curvature."""
        habits, pull = self.world.campus.habits, self.world.campus.habits.taste_pull
        chosen, by_exposure = _shares(shown + pull * u), _shares(shown)
        # A step that wanders says nothing of taste.
        taste = (1 - habits.wandering) * chosen
        meant = taste / (taste + habits.wandering * by_exposure)
        of_shop = np.bincount(done.shop, chosen)[done.shop]
        drawn = done.visits * meant + done.shop_visits[done.shop] * meant * chosen / of_shop
        reveal, view = sigmoid(u - habits.reveal_bar), sigmoid(u - habits.view_bar)
        seen = done.visits + done.opened
        slope = pull * (drawn - drawn.sum() * chosen) + done.codes - seen * reveal
        slope += done.opened * (1 - view) - (done.looked - done.opened).clip(0) * view
        curve = (
            pull**2 * drawn.sum() * chosen + seen * reveal * (1 - reveal) + done.looked * view * (1 - view)
        )
        if done.favourites.any():
            many = np.bincount(done.shop)
            liked = _shares(_LIKED * np.bincount(done.shop, u) / many)
            expected = done.favourites.sum() * liked
            slope += (_LIKED * (done.favourites - expected) / many)[done.shop]
            curve += (_LIKED**2 * expected / many**2)[done.shop]
        return slope, curve + 1e-9


def _shares(logits: Floats) -> Floats:
    odds = np.exp(logits - logits.max())
    return odds / odds.sum()
