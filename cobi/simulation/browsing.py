"""A week of organic behaviour: students come by themselves, find offers, open them, reveal codes, share.

A session is a few steps; each step follows one offer. Which one is drawn in proportion to

    exposure(o) · (1 + views of o last week / mean)^herding · newness(o) · exp(taste_pull · u)

so what is seen often is what is liked *and* what was put in front of people, and popularity alone is a biased
guide. A share of the steps wanders: it follows exposure only. The way to the offer is direct, or by the
shop's page, or by a click on one of the shop's tags or keywords; many ways end before the offer.
"""

from __future__ import annotations

import numpy as np

from cobi.domain.interaction import InteractionType, ItemType
from cobi.domain.moments import DAY, SECOND
from cobi.simulation.activity import Activity, events, in_order
from cobi.simulation.arrays import Flags, Floats, Ints
from cobi.simulation.luck import stream
from cobi.simulation.world import WEEK, World, sigmoid

_DIRECT, _BY_SHOP, _BY_TAG, _BY_KEYWORD = range(4)
_DAY_WEIGHTS = (0.12, 0.13, 0.13, 0.15, 0.17, 0.16, 0.14)  # Monday first; Friday and Saturday are the weekend
_HOUR_WEIGHTS = (2, 1, 1, 1, 1, 2, 3, 4, 5, 6, 7, 8, 10, 10, 8, 7, 7, 8, 9, 10, 10, 9, 7, 4)


def browse(world: World, week: int, views_last_week: Ints, now: int | None = None) -> Activity:
    """Play one week; with `now` the whole week passes in the microseconds before that moment."""
    rng = stream(world.seed, f"browsing/{week}")
    student, day, time = _sessions(world, week, rng)
    offer = np.full(len(student), -1, dtype=np.int64)
    for today in range(7):
        rows = np.flatnonzero(day == today)
        moment = world.start + week * WEEK + today * DAY if now is None else now
        offer[rows] = _choose(world, week, moment, student[rows], views_last_week, rng)
    found = np.flatnonzero(offer >= 0)
    activity = _follow(world, week, student[found], offer[found], time[found], rng)
    return activity if now is None else _just_before(activity, now)


def _sessions(world: World, week: int, rng: np.random.Generator) -> tuple[Ints, Ints, Ints]:
    """Draw who comes when: student, day and moment of each step."""
    students = world.students
    rate = students.activity * (students.arrival <= week)
    session = np.repeat(np.arange(len(rate)), rng.poisson(rate))
    day, second = times_of_week(world, len(session), rng)
    steps = rng.geometric(1 / (1 + world.campus.habits.extra_steps), size=len(session))
    first = np.repeat(np.cumsum(steps) - steps, steps)
    minutes = np.arange(int(steps.sum())) - first
    begin = world.start + week * WEEK + day * DAY + second * SECOND
    time = np.repeat(begin, steps) + minutes * 45 * SECOND + rng.integers(0, 20 * SECOND, size=len(minutes))
    # A session begun late on the last day would run past the end of the week, and of the last week past now.
    time = np.minimum(time, world.start + (week + 1) * WEEK - DAY // 1440)
    return np.repeat(session, steps), np.repeat(day, steps), time


def times_of_week(world: World, count: int, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Draw when in a week people come: the day, 0 to 6, and the second of that day."""
    weights = np.roll(_DAY_WEIGHTS, -world.first_weekday)
    day = rng.choice(7, size=count, p=weights / weights.sum())
    hours = np.array(_HOUR_WEIGHTS) / sum(_HOUR_WEIGHTS)
    return day, rng.choice(24, size=count, p=hours) * 3600 + rng.integers(0, 3000, size=count)


def _choose(
    world: World, week: int, moment: int, student: Ints, views_last_week: Ints, rng: np.random.Generator
) -> Ints:
    """Draw the offer each step follows, by inverse cumulative weights; -1 where a region has none."""
    habits = world.campus.habits
    shown = _exposure(world, week, views_last_week)
    present, local = np.unique(student, return_inverse=True)
    pull = np.exp(habits.taste_pull * world.utility(present, week))[local]
    pull[rng.random(len(student)) < habits.wandering] = 1.0
    weight = pull * shown * world.eligible_for(student, moment, week)
    cumulative = np.cumsum(weight, axis=1)
    total = cumulative[:, -1:]
    chosen = (cumulative <= rng.random((len(student), 1)) * total).sum(axis=1)
    return np.where(total[:, 0] > 0, chosen, -1)


def _exposure(world: World, week: int, views_last_week: Ints) -> Floats:
    habits, offers = world.campus.habits, world.offers
    trending = (1 + views_last_week / max(float(views_last_week.mean()), 1e-9)) ** habits.herding
    new = (offers.arrival > 0) & (week - offers.arrival < 2)
    return offers.exposure * trending * np.where(new, habits.newness, 1.0)


def _follow(
    world: World, week: int, student: Ints, offer: Ints, time: Ints, rng: np.random.Generator
) -> Activity:
    """Walk the way to each offer and react to it; the parts of a step lie seconds apart."""
    habits, count = world.campus.habits, len(student)
    shop = world.offers.shop[offer]
    route = rng.choice(4, size=count, p=habits.routes)
    luck = rng.random((4, count))
    by_filter = (route == _BY_TAG) | (route == _BY_KEYWORD)
    sees_shop = (route == _BY_SHOP) | (by_filter & (luck[0] < habits.shop_after_filter))
    reaches = np.array([1.0, habits.offer_after_shop, habits.offer_after_filter, habits.offer_after_filter])
    opens = luck[1] < reaches[route]
    reveals = opens & (luck[2] < _reveal_probability(world, week, student, offer))
    shares = opens & (luck[3] < habits.share_after_view)
    tag = any_label(world.shops.tags[shop], rng.random(count))
    keyword = any_label(world.shops.keywords[shop], rng.random(count))

    def rows(which: Flags, kind: InteractionType, item_type: ItemType, item: Ints, seconds: int) -> Activity:
        at = np.flatnonzero(which)
        return events(kind, item_type, student[at], item[at], time[at] + seconds * SECOND)

    return in_order(
        [
            rows(route == _BY_TAG, InteractionType.FILTER_CLICK, ItemType.TAG, tag, 0),
            rows(route == _BY_KEYWORD, InteractionType.FILTER_CLICK, ItemType.KEYWORD, keyword, 0),
            rows(sees_shop, InteractionType.PAGE_VIEW, ItemType.SHOP, shop, 4),
            rows(opens, InteractionType.PAGE_VIEW, ItemType.OFFER, offer, 9),
            rows(reveals, InteractionType.DISCOUNT_CODE, ItemType.OFFER, offer, 15),
            rows(shares, InteractionType.SHARE, ItemType.OFFER, offer, 19),
        ]
    )


def any_label(labels: Ints, luck: Floats) -> Ints:
    """Pick one label per row among those that are there; each row starts with at least one."""
    there = (labels >= 0).sum(axis=1)
    place = np.floor(luck * there).astype(np.int64)
    packed = -np.sort(-labels, axis=1)
    return packed[np.arange(len(labels)), place]


def _reveal_probability(world: World, week: int, student: Ints, offer: Ints) -> Floats:
    present, local = np.unique(student, return_inverse=True)
    utility = world.utility(present, week)[local, offer]
    return sigmoid(utility - world.campus.habits.reveal_bar)


def _just_before(activity: Activity, now: int) -> Activity:
    """Keep the order, but let everything happen within the last microseconds before `now`."""
    squeezed = now - len(activity) + np.arange(len(activity))
    return Activity(
        activity.student, activity.interaction, activity.item_type, activity.item, squeezed, activity.slate
    )
