"""The world's observable side as the records a marketplace uploads; nothing hidden gets in here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from cobi.domain.moments import DAY, SECOND, as_datetime, format_moment
from cobi.simulation.arrays import Ints, listed, paired
from cobi.simulation.catalogue import NEVER_CLOSES, NEVER_OPENS
from cobi.simulation.identities import identity
from cobi.simulation.luck import stream
from cobi.simulation.names import (
    BRANCH_PLACES,
    COURSES,
    INSTITUTES,
    KEYWORDS,
    REGIONS,
    SHOP_FIRST_WORDS,
    TAGS,
    THEMES,
    WEEKDAYS,
)
from cobi.simulation.population import institute_regions
from cobi.simulation.world import World

Record = dict[str, Any]
_GENDERS = ("female", "male", None)
_FAVOURITES = 1.2  # mean per student; more active students have more


def arrivals(world: World, weeks: range) -> Iterator[tuple[str, list[Record]]]:
    """Answer (type, records) in upload order for what arrives in some weeks; week 0 brings the founding."""
    founding = 0 in weeks
    offers = np.flatnonzero(np.isin(world.offers.arrival, list(weeks)))
    students = np.flatnonzero(np.isin(world.students.arrival, list(weeks)))
    if founding:
        yield from ((name, make(world)) for name, make in _FOUNDING.items())
    yield "customers", [_customer(world, row) for row in listed(students)]
    if founding:
        yield "branches", _branches(world)
    yield "offers", [_offer(world, row) for row in listed(offers)]
    if founding:
        yield "shop-categories", _shop_categories(world)
        yield "shop-tags", _labels(world, "tag", world.shops.tags, world.ids.tags)
        yield "shop-keywords", _labels(world, "keyword", world.shops.keywords, world.ids.keywords)
    yield "student-favourites", favourites(world, students, weeks)


def _shops(world: World) -> list[Record]:
    names = shop_names(world)
    return [
        {
            "shop_id": world.ids.shops[row],
            "name": names[row],
            "region": REGIONS[region].code,
            "is_public": bool(world.shops.public[row]),
            "created": format_moment(world.start),
        }
        for row, region in enumerate(listed(world.shops.region))
    ]


def shop_names(world: World) -> list[str]:
    """Name the shops: two words each, no name twice."""
    rng = stream(world.seed, "shop names")
    pools = [
        [f"{first} {noun}" for noun in theme.shop_nouns for first in SHOP_FIRST_WORDS] for theme in THEMES
    ]
    orders = [rng.permutation(len(pool)) for pool in pools]
    taken = [0] * len(THEMES)
    names: list[str] = []
    for theme in listed(world.shops.theme):
        round_, place = divmod(taken[theme], len(pools[theme]))
        names.append(pools[theme][int(orders[theme][place])] + (f" {round_ + 1}" if round_ else ""))
        taken[theme] += 1
    return names


def _named(kind: str, names: tuple[str, ...]) -> Callable[[World], list[Record]]:
    def make(world: World) -> list[Record]:
        return [
            {
                f"{kind}_id": identity(world.seed, kind, row),
                "name": name.capitalize() if name.islower() else name,
            }
            for row, name in enumerate(names)
        ]

    return make


def _institutes(world: World) -> list[Record]:
    return [
        {
            "institute_id": identity(world.seed, "institute", row),
            "name": INSTITUTES[row % len(INSTITUTES)],
            "region": REGIONS[region].code,
        }
        for row, region in enumerate(listed(institute_regions(world.campus)))
    ]


def _courses(world: World) -> list[Record]:
    return [
        {"course_id": identity(world.seed, "course", row), "name": COURSES[row % len(COURSES)]}
        for row in range(world.campus.courses)
    ]


_FOUNDING: dict[str, Callable[[World], list[Record]]] = {
    "shops": _shops,
    "categories": _named("category", tuple(theme.category for theme in THEMES)),
    "tags": _named("tag", TAGS),
    "keywords": _named("keyword", KEYWORDS),
    "institutes": _institutes,
    "courses": _courses,
}


def _customer(world: World, row: int) -> Record:
    students = world.students
    born = as_datetime(world.start - int(students.age[row]) * DAY)
    institute, course = int(students.institute[row]), int(students.course[row])
    return {
        "customer_id": world.ids.students[row],
        "user_id": world.ids.users[row],
        "region": REGIONS[int(students.region[row])].code,
        "birthdate": born.date().isoformat(),
        "institute_id": identity(world.seed, "institute", institute)
        if students.discloses_institute[row]
        else None,
        "course_id": identity(world.seed, "course", course) if students.discloses_course[row] else None,
        "gender": _GENDERS[int(students.gender[row])],
        "created": format_moment(world.arrives(int(students.arrival[row]))),
    }


def _offer(world: World, row: int) -> Record:
    offers, days = world.offers, np.roll(world.offers.weekdays[row], world.calendar_shift)
    opens, closes = int(offers.opens[row]), int(offers.closes[row])
    region = REGIONS[int(offers.region[row])]
    return {
        "offer_id": world.ids.offers[row],
        "shop_id": world.ids.shops[offers.shop[row]],
        "name": _offer_name(world, row),
        "type": "percentage" if offers.percentage[row] else "fixed",
        "value": float(offers.value[row]),
        "region": region.code,
        "allowed_from": None if opens == NEVER_OPENS else format_moment(world.start + opens * DAY),
        "allowed_to": None if closes == NEVER_CLOSES else format_moment(world.start + closes * DAY - SECOND),
        "allowed_days": None if days.all() else ",".join(np.array(WEEKDAYS)[days]),
        "is_enabled": bool(offers.enabled[row]),
        "created": format_moment(world.arrives(int(offers.arrival[row]))),
    }


def _offer_name(world: World, row: int) -> str:
    """Say what is off what: the shop's first tag or one of its keywords, as far as there are any."""
    offers = world.offers
    shop, value = int(offers.shop[row]), f"{offers.value[row]:g}"
    words = [TAGS[tag] for tag in listed(world.shops.tags[shop]) if tag >= 0]
    words += [KEYWORDS[keyword] for keyword in listed(world.shops.keywords[shop]) if keyword >= 0]
    amount = f"{value}%" if offers.percentage[row] else f"{REGIONS[int(offers.region[row])].currency} {value}"
    return f"{amount} off {words[row % len(words)]}"


def _branches(world: World) -> list[Record]:
    rng = stream(world.seed, "branches")
    records: list[Record] = []
    for shop, region in paired(world.shops.sells_in):
        cities = REGIONS[region].cities
        for city in listed(rng.permutation(len(cities))[: rng.integers(1, len(cities) + 1)]):
            place = BRANCH_PLACES[rng.integers(len(BRANCH_PLACES))]
            north, east = rng.normal(0, 0.03, size=2)
            records.append(
                {
                    "branch_id": identity(world.seed, "branch", f"{shop}/{region}/{city}"),
                    "shop_id": world.ids.shops[shop],
                    "name": f"{cities[city].name} {place}",
                    "region": REGIONS[region].code,
                    "latitude": round(cities[city].latitude + float(north), 5),
                    "longitude": round(cities[city].longitude + float(east), 5),
                }
            )
    return records


def _shop_categories(world: World) -> list[Record]:
    return [
        {
            "shop_category_id": identity(world.seed, "shop-category", row),
            "shop_id": world.ids.shops[row],
            "category_id": identity(world.seed, "category", int(theme)),
            "region": REGIONS[int(world.shops.region[row])].code,
        }
        for row, theme in enumerate(world.shops.theme)
    ]


def _labels(world: World, kind: str, labels: Ints, ids: list[str]) -> list[Record]:
    return [
        {
            f"shop_{kind}_id": identity(world.seed, f"shop-{kind}", f"{shop}/{labels[shop, place]}"),
            "shop_id": world.ids.shops[shop],
            f"{kind}_id": ids[labels[shop, place]],
        }
        for shop, place in paired(labels >= 0)
    ]


def favourites(world: World, students: Ints, weeks: range) -> list[Record]:
    """Let students mark shops they like among those that sell in their region."""
    rng = stream(world.seed, f"favourites/{weeks.start}")
    activity = world.students.activity[students]
    wanted = rng.poisson(_FAVOURITES * np.sqrt(activity / max(world.campus.habits.sessions_per_week, 1e-9)))
    liking = world.students.taste[students] @ world.shops.place.T + 0.5 * world.students.shop_liking[students]
    liking += 0.5 * world.shops.quality + rng.gumbel(size=liking.shape)
    liking[~world.shops.sells_in[:, world.students.region[students]].T] = -np.inf
    liked = np.argsort(-liking, axis=1, kind="stable")
    return [
        {"student_id": world.ids.students[student], "shop_id": world.ids.shops[shop]}
        for row, student in enumerate(students)
        for shop in liked[row, : wanted[row]]
        if np.isfinite(liking[row, shop])
    ]
