"""The world: students, shops, offers, its calendar, and the hidden truth about who would want what.

Utility of offer o for student s in week w, in logits:

    u = shared · z_s(w)·place(shop) + shop_liking(s, shop) + offer_quirk(s, o)
        + quality(shop) + generosity(o) + season(category, w)

with z_s(w) the student's slowly turning taste and the standard deviations of `campus.Tastes`. Who looks at an
offer opens it with probability σ(u − view_bar) and then reveals its code with probability σ(u − reveal_bar).

Two clocks. *Taste weeks* number 0, 1, 2 … and move tastes, seasons and arrivals. *Moments* are real, in
microseconds: organic week w lies w weeks after `start`, and the organic weeks end at the last midnight before
the play begins. The weeks of recommended slates come after them on the taste clock but pass within minutes on
the real one, because the marketplace under test stamps with its real clock what it serves. Windows and
weekdays are judged at the moment, as the contract says (D29), so they stand still during the recommended
weeks; offers and students still arrive in them. A `daily` campus has one clock: the simulation sets the
marketplace's, and the weeks of slates pass on it as the others do; its first day is a Monday to its people
whatever the calendar says, so that the same seed lives the same weeks on any date.

Left out on purpose: session intents, prices between shops, and satiation (a code can be wanted again), which
would make a student's reaction depend on earlier slates and so make policies incomparable under the same
luck.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cobi.domain.moments import DAY, as_datetime
from cobi.simulation.arrays import Flags, Floats, Ints
from cobi.simulation.campus import Campus
from cobi.simulation.catalogue import Offers, Shops, make_offers, make_shops
from cobi.simulation.identities import Identities, identities
from cobi.simulation.luck import stream
from cobi.simulation.names import KEYWORDS, TAGS, THEMES
from cobi.simulation.population import Students, make_students

WEEK = 7 * DAY
_SEASON_WEEKS = 26
_NEW = 2 * DAY


@dataclass(frozen=True, slots=True)
class World:
    """Everything that is so, seen or not."""

    campus: Campus
    seed: int
    start: int  # moment of the first midnight
    first_weekday: int  # of the world, Monday = 0; see `weekday`
    shops: Shops
    offers: Offers
    students: Students
    ids: Identities
    season_phase: Floats  # per category, radians

    @property
    def organic_end(self) -> int:
        """The moment at which the organic weeks end."""
        return self.start + self.campus.organic_weeks * WEEK

    def utility(self, students: Ints, week: float) -> Floats:
        """Answer the logits of utility: students × offers."""
        constants, shop = self.campus.tastes, self.offers.shop
        turn = constants.turn * week
        taste = (
            np.cos(turn) * self.students.taste[students] + np.sin(turn) * self.students.later_taste[students]
        )
        by_shop = constants.shared * taste @ self.shops.place.T
        by_shop += constants.shop_liking * self.students.shop_liking[students]
        by_shop += self.standing(week)
        own = constants.offer_quirk * self.students.offer_quirk[students]
        return by_shop[:, shop] + own + constants.offer_generosity * self.offers.generosity

    def standing(self, week: float) -> Floats:
        """Answer what is everybody's in the utility of each shop's offers: its quality and its category's season."""
        return self.campus.tastes.shop_quality * self.shops.quality + self._season(week)[self.shops.theme]

    def view_and_reveal(self, students: Ints, week: float) -> tuple[Floats, Floats]:
        """Answer P(opens | looks) and P(reveals | opens): students × offers each."""
        utility = self.utility(students, week)
        habits = self.campus.habits
        return sigmoid(utility - habits.view_bar), sigmoid(utility - habits.reveal_bar)

    def reveal_probability(self, student: int, offers: Ints, week: float) -> Floats:
        """Answer P(reveals the code | looks at the offer), the hidden truth that policies are judged by."""
        view, reveal = self.view_and_reveal(np.array([student]), week)
        return (view * reveal)[0, offers]

    def eligible(self, moment: int, week: int) -> Flags:
        """Answer which offers may be shown at a moment (D29), of those arrived by a week."""
        day = (moment - self.start) // DAY
        offers = self.offers
        open_now = (offers.opens <= day) & (day < offers.closes) & (offers.arrival <= week)
        return (
            open_now
            & offers.weekdays[:, self.weekday(moment)]
            & offers.enabled
            & self.shops.public[offers.shop]
        )

    def arrives(self, week: int) -> int:
        """Answer the moment at which a week's students and offers arrive, or will be said to have arrived."""
        return self.start + min(week, self.campus.weeks_on_the_clock) * WEEK

    def new_offers(self, moment: int, week: int) -> Flags:
        """Answer which offers came less than two days ago, by both clocks."""
        return (self.offers.arrival == week) & (moment - self.arrives(week) < _NEW)

    def weekday(self, moment: int) -> int:
        """Answer the weekday that a moment has in this world; offers name it by what the calendar calls it."""
        return (self.first_weekday + (moment - self.start) // DAY) % 7

    @property
    def calendar_shift(self) -> int:
        """Answer by how many days the calendar is ahead of the world's weekdays."""
        return (weekday(self.start) - self.first_weekday) % 7

    def eligible_for(self, students: Ints, moment: int, week: int) -> Flags:
        """Answer which offers may be shown to each student of a region (D28): students × offers."""
        at_home = self.students.region[students][:, None] == self.offers.region[None, :]
        return at_home & self.eligible(moment, week)[None, :]

    def _season(self, week: float) -> Floats:
        angle = 2 * np.pi * week / _SEASON_WEEKS + self.season_phase
        return self.campus.tastes.season * np.sin(angle)


def make_world(campus: Campus, seed: int, now: int) -> World:
    """Make the world whose organic weeks end at the midnight (UTC) before `now`, a moment."""
    shops = make_shops(campus, seed)
    start = now - now % DAY - campus.organic_weeks * WEEK
    phase = stream(seed, "seasons").uniform(0, 2 * np.pi, size=len(THEMES))
    return World(
        campus=campus,
        seed=seed,
        start=start,
        first_weekday=0 if campus.daily else weekday(start),
        shops=shops,
        offers=make_offers(campus, seed, shops),
        students=make_students(campus, seed),
        ids=identities(seed, campus.students, campus.offers, campus.shops, len(TAGS), len(KEYWORDS)),
        season_phase=phase,
    )


def weekday(moment: int) -> int:
    """Answer the UTC weekday of a moment, Monday = 0."""
    return as_datetime(moment).weekday()


def sigmoid(logits: Floats) -> Floats:
    """Answer the logistic function."""
    return 1.0 / (1.0 + np.exp(-logits))
