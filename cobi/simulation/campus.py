"""The sizes and constants of a simulated campus marketplace, with ready-made presets.

Every constant that shapes behaviour is here, with the reason for its value. They were set for plausibility
(click-through of some per cent, some ten codes revealed per thousand impressions by chance, heavy tails, many
students without a history) before any recommender was run on the result, and are not to be tuned until one
wins.

What there is to know, as shares of the mind-reader's expected reveals in `DEMO` (they vary by some hundredths
with the seed): chance .16, popularity .35–.45, quality, generosity and season known exactly .50, with the
averages of institute and course .65, with the student's shared taste .83, with the liking for shops .95.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Tastes:
    """How hidden utility is put together; weights are standard deviations in logits."""

    latent: int = 8  # dimensions shared by all tastes and shops
    shared: float = 0.9  # low-rank part: what similar students show to a recommender
    shop_liking: float = 0.5  # this student and this shop, beyond the shared part: only own history shows it
    offer_quirk: float = 0.3  # this student and this offer: hardly learnable by anyone
    shop_quality: float = 0.5  # the same for everybody
    offer_generosity: float = 0.3  # the same for everybody
    institute_share: float = (
        0.10  # shares of the variance of a student's taste; the rest is the student's own
    )
    course_share: float = 0.20
    region_share: float = 0.05
    turn: float = 0.035  # radians a week by which a personal taste turns: 28 degrees in 14 weeks
    season: float = 0.3  # amplitude, in logits, of a category's half-year season
    shop_own: float = 0.7  # length of a shop's own deviation from its category's place among the tastes
    label_sharpness: float = 4.0  # how closely tags and keywords follow a shop's place; 0 is at random
    mislabelled: float = 0.15  # share of tags and keywords chosen without looking at the shop


@dataclass(frozen=True, slots=True)
class Habits:
    """How students browse and react."""

    activity_shape: float = (
        0.4  # gamma shape of sessions a week: with it Poisson counts are NBD (Ehrenberg 1959)
    )
    sessions_per_week: float = 1.0  # mean over students; the median student comes far less often
    extra_steps: float = 2.2  # offers followed up in a session beyond the first, mean; geometric
    wandering: float = 0.2  # share of steps that follow exposure alone, without looking at taste
    taste_pull: float = 1.1  # exponent on taste in organic choice
    exposure_spread: float = 1.0  # log-normal spread of what the marketplace puts in front of people
    exposure_quality: float = (
        0.4  # correlation of exposure with quality: popularity tells only part of the truth
    )
    herding: float = 0.35  # exponent on last week's views: the trending shelf, rich get richer
    newness: float = 1.5  # factor on exposure in an offer's first two weeks
    routes: tuple[float, float, float, float] = (
        0.40,
        0.30,
        0.18,
        0.12,
    )  # to an offer: direct, shop, tag, keyword
    shop_after_filter: float = 0.5
    offer_after_shop: float = 0.6
    offer_after_filter: float = 0.4
    share_after_view: float = 0.02
    view_bar: float = 3.6  # logits of utility at which half of those who look at an offer open it
    reveal_bar: float = 1.5  # logits at which half of those who opened it reveal the code
    attention_decay: float = (
        0.5  # examination of position k is k**-0.5: milder than web search, it is a short shelf
    )
    shop_after_recommended: float = 0.2  # after opening a recommended offer: its shop's page
    tag_after_recommended: float = 0.08  # … or a click on one of the shop's tags
    lost_id: float = 0.05  # clients that say COBI but forget the recommendation's id
    purchase_after_reveal: float = 0.5
    pseudonym_only: float = 0.05  # interactions that carry a user_id but no student_id
    anonymous: float = 0.03  # interactions that carry neither


@dataclass(frozen=True, slots=True)
class Campus:
    """The sizes of a marketplace and of its play."""

    students: int = 2500
    institutes: int = 24
    courses: int = 30
    shops: int = 150
    offers: int = 600
    organic_weeks: int = 10
    phase_weeks: int = 2  # weeks of recommended slates before retraining, and again after it
    daily: bool = False  # the weeks of slates pass on the clock as well, day by day (see `daily`)
    slate: int = 10
    founding_students: float = (
        0.8  # share present from the first week; the others arrive evenly over all weeks
    )
    founding_offers: float = 0.7
    tastes: Tastes = field(default_factory=Tastes)
    habits: Habits = field(default_factory=Habits)

    @property
    def weeks(self) -> int:
        """Weeks the world lives: organic ones and both recommended phases."""
        return self.organic_weeks + 2 * self.phase_weeks

    @property
    def weeks_on_the_clock(self) -> int:
        """Those of them that pass on the clock, not only in the students' tastes."""
        return self.weeks if self.daily else self.organic_weeks


DEMO = Campus()
SMALL = Campus(students=400, institutes=8, courses=10, shops=40, offers=160, organic_weeks=5, phase_weeks=1)
