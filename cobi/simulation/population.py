"""Students: where they study, how often they come, and the tastes nobody else can see.

A taste is a vector of the latent space, standard normal in each dimension: part of it comes of the institute,
the course and the region, the rest is the student's own, and the whole turns slowly towards a second vector.
On top lie likings for single shops and offers that no other student shares. Activity is gamma distributed
with a small shape, so that the counts of interactions are negative binomial: many students with none to
three, a few with hundreds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cobi.domain.interaction import Platform
from cobi.simulation.arrays import Flags, Floats, Ints
from cobi.simulation.campus import Campus, Tastes
from cobi.simulation.luck import stream
from cobi.simulation.names import REGIONS

_UNDISCLOSED = 0.08  # share of students without institute or course on record
_PLATFORMS = (Platform.ANDROID, Platform.IOS, Platform.WEB)
_PLATFORM_SHARES = (0.42, 0.43, 0.15)


@dataclass(frozen=True, slots=True)
class Students:
    """Students by row."""

    region: Ints
    city: Ints  # row of the region's cities
    institute: Ints
    course: Ints
    discloses_institute: Flags
    discloses_course: Flags
    age: Ints  # days, on the first day of the world
    gender: Ints  # 0 female, 1 male, 2 not said
    platform: Ints
    arrival: Ints  # week
    activity: Floats  # sessions a week
    taste: Floats  # students × latent; hidden
    later_taste: Floats  # students × latent, what the taste turns towards; hidden
    background: (
        Floats  # students × latent: what of both tastes is their region's, institute's, course's; hidden
    )
    shop_liking: Floats  # students × shops, standard normal; hidden
    offer_quirk: Floats  # students × offers, standard normal; hidden


def institute_regions(campus: Campus) -> Ints:
    """Spread the institutes over the regions in turn."""
    return np.arange(campus.institutes) % len(REGIONS)


def make_students(campus: Campus, seed: int) -> Students:
    """Enrol the students."""
    rng = stream(seed, "students")
    count, habits = campus.students, campus.habits
    institute = rng.choice(campus.institutes, size=count, p=_institute_sizes(campus))
    region = institute_regions(campus)[institute]
    course = _courses(rng, campus, institute)
    arrival = np.where(
        rng.random(count) < campus.founding_students, 0, rng.integers(1, campus.weeks, size=count)
    )
    activity = rng.gamma(habits.activity_shape, habits.sessions_per_week / habits.activity_shape, size=count)
    taste, later_taste, background = _tastes(rng, campus, region, institute, course)
    return Students(
        region=region,
        city=rng.choice(3, size=count, p=(0.6, 0.25, 0.15)),
        institute=institute,
        course=course,
        discloses_institute=rng.random(count) >= _UNDISCLOSED,
        discloses_course=rng.random(count) >= _UNDISCLOSED,
        age=rng.integers(18 * 365, 25 * 365, size=count),
        gender=rng.choice(3, size=count, p=(0.5, 0.42, 0.08)),
        platform=rng.choice(np.array(_PLATFORMS), size=count, p=_PLATFORM_SHARES),
        arrival=arrival,
        activity=activity,
        taste=taste,
        later_taste=later_taste,
        background=background,
        shop_liking=rng.standard_normal((count, campus.shops)),
        offer_quirk=rng.standard_normal((count, campus.offers)),
    )


def _institute_sizes(campus: Campus) -> Floats:
    """Size institutes by their region's weight and a slow decay in rank."""
    regional = np.array([region.weight for region in REGIONS])[institute_regions(campus)]
    sizes = regional / np.sqrt(1 + np.arange(campus.institutes) // len(REGIONS))
    return sizes / sizes.sum()


def _courses(rng: np.random.Generator, campus: Campus, institute: Ints) -> Ints:
    """Let each institute teach about a third of all courses."""
    appetite = rng.gamma(0.5, size=(campus.institutes, campus.courses))
    cumulative = np.cumsum(appetite, axis=1)[institute]
    return (
        (cumulative <= rng.random(len(institute))[:, None] * cumulative[:, -1:]).sum(axis=1).astype(np.int64)
    )


def _tastes(
    rng: np.random.Generator, campus: Campus, region: Ints, institute: Ints, course: Ints
) -> tuple[Floats, Floats, Floats]:
    """Draw two tastes and what they share, which comes of region, institute and course; students × latent each."""
    constants: Tastes = campus.tastes
    latent = constants.latent
    background = (
        np.sqrt(constants.region_share) * rng.standard_normal((len(REGIONS), latent))[region]
        + np.sqrt(constants.institute_share) * rng.standard_normal((campus.institutes, latent))[institute]
        + np.sqrt(constants.course_share) * rng.standard_normal((campus.courses, latent))[course]
    )
    rest = 1 - constants.region_share - constants.institute_share - constants.course_share
    own = np.sqrt(rest) * rng.standard_normal((2, len(region), latent))
    return background + own[0], background + own[1], background
