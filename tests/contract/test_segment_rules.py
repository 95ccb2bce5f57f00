"""Who belongs to a segment: the same by SQL for all, in memory for one, and by brute force over what was uploaded."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cobi.actions.segments.belonging import Roll, segments_of
from cobi.domain.identifiers import format_id, parse_id
from cobi.domain.moments import DAY, SECOND, as_datetime, format_moment
from cobi.domain.segments.reading import parse_rule
from cobi.domain.segments.rule import When
from cobi.service.service import Service
from cobi.store import membership, persons
from cobi.store.database import Database
from cobi.store.segments import Segment
from tests.conftest import SHARED
from tests.factories import NOON, an_id, interaction, minimal, upload

STUDENTS, SHOPS, OFFERS, LABELS = 14, 3, 5, 2
TYPES = ("FILTER_CLICK", "SHARE", "PAGE_VIEW", "DISCOUNT_CODE")
ITEMS = {
    "OFFER": ("offers", OFFERS),
    "SHOP": ("shops", SHOPS),
    "TAG": ("tags", LABELS),
    "KEYWORD": ("keywords", LABELS),
}
WHEN = When(NOON, date(2026, 6, 15))
Records = list[dict[str, Any]]


def some(luck: random.Random, kind: str, count: int) -> str:
    return an_id(kind, luck.randrange(count))


GONE = (False, False, False, True)


def a_moment(luck: random.Random) -> str:
    return format_moment(NOON - luck.randrange(40 * DAY) // SECOND * SECOND)


def draw_world(luck: random.Random) -> dict[str, Records]:
    """Records of every type that rules look at, some of them deleted."""
    counts = {"tags": LABELS, "keywords": LABELS, "institutes": 2, "courses": 1, "shops": SHOPS}
    return {
        **{kind: [minimal(kind, number) for number in range(count)] for kind, count in counts.items()},
        "offers": [minimal("offers", at, shop_id=an_id("shops", at % SHOPS)) for at in range(OFFERS)],
        "shop-tags": [draw_label(luck, "tag", number) for number in range(3)],
        "shop-keywords": [draw_label(luck, "keyword", number) for number in range(3)],
        "customers": [draw_customer(luck, number) for number in range(STUDENTS)],
        "user-interactions": [draw_interaction(luck) for _ in range(120)],
        "transactions": [draw_transaction(luck, number) for number in range(30)],
        "student-favourites": [draw_favourite(luck, number) for number in range(20)],
    }


def draw_label(luck: random.Random, label: str, number: int) -> dict[str, Any]:
    ends = {"shop_id": some(luck, "shops", SHOPS), f"{label}_id": some(luck, f"{label}s", LABELS)}
    return minimal(f"shop-{label}s", number, **ends, is_deleted=luck.choice(GONE))


def draw_customer(luck: random.Random, number: int) -> dict[str, Any]:
    return minimal(
        "customers",
        number,
        region=luck.choice(["BH", "AE"]),
        gender=luck.choice([None, "female", "Male"]),
        birthdate=luck.choice([None, "2008-06-15", "2008-06-16", "2004-02-29", "1999-01-01"]),
        institute_id=luck.choice([None, an_id("institutes", 0), an_id("institutes", 1)]),
        course_id=luck.choice([None, an_id("courses", 0)]),
        created=luck.choice([None, a_moment(luck)]),
        is_deleted=luck.choice(GONE),
    )


def draw_interaction(luck: random.Random) -> dict[str, Any]:
    item_type = luck.choice(list(ITEMS))
    return interaction(
        interaction_type=luck.choice(TYPES),
        item_type=item_type,
        item_id=some(luck, *ITEMS[item_type]),
        student_id=some(luck, "customers", STUDENTS),
        event_timestamp=a_moment(luck),
    )


def draw_transaction(luck: random.Random, number: int) -> dict[str, Any]:
    return minimal(
        "transactions",
        number,
        shop_id=some(luck, "shops", SHOPS),
        offer_id=luck.choice([None, some(luck, "offers", OFFERS)]),
        student_id=luck.choice([None, some(luck, "customers", STUDENTS)]),
        savings=luck.randrange(10) / 2,
        created=luck.choice([None, a_moment(luck)]),
        is_deleted=luck.choice(GONE),
    )


def draw_favourite(luck: random.Random, number: int) -> dict[str, Any]:
    ends = {"student_id": some(luck, "customers", STUDENTS), "shop_id": some(luck, "shops", SHOPS)}
    return minimal("student-favourites", number, **ends, is_deleted=luck.choice(GONE))


class BruteForce:
    """Reads rules as JSON and records as they were uploaded; knows nothing of the program."""

    def __init__(self, world: dict[str, Records]) -> None:
        self.world = world
        self.shop_of = {offer["offer_id"]: offer["shop_id"] for offer in world["offers"]}

    def members(self, rule: dict[str, Any]) -> set[str]:
        living = (student for student in self.world["customers"] if not student["is_deleted"])
        return {student["customer_id"] for student in living if self.meets(student, rule)}

    def meets(self, student: dict[str, Any], rule: dict[str, Any]) -> bool:
        return all(self.holds(student, name, value) for name, value in rule.items())

    def holds(self, student: dict[str, Any], name: str, wanted: Any) -> bool:
        of = student["customer_id"]
        inside = wanted if name in ("all", "any") else [wanted]
        how: dict[str, Any] = {
            "all": lambda: all(self.meets(student, rule) for rule in inside),
            "any": lambda: any(self.meets(student, rule) for rule in inside),
            "not": lambda: not self.meets(student, wanted),
            "regions": lambda: not wanted or student["region"] in wanted,
            "institutes": lambda: student["institute_id"] in wanted,
            "courses": lambda: student["course_id"] in wanted,
            "genders": lambda: (
                not wanted or (student["gender"] or "?").lower() in [one.lower() for one in wanted]
            ),
            "min_age": lambda: (self.age(student) or -1) >= wanted,
            "max_age": lambda: (self.age(student) or 999) <= wanted,
            "new_within_days": lambda: self.is_recent(student["created"], wanted),
            "inactive_days": lambda: not any(self.is_recent(one, wanted) for one in self.moments(of)),
            "did": lambda: self.did(of, wanted),
            "bought": lambda: self.bought(of, wanted),
            "favourites": lambda: self.likes(of, wanted),
        }
        return how[name]()

    def did(self, of: str, wanted: dict[str, Any]) -> bool:
        deeds = [one for one in self.theirs("user-interactions", of) if self.counts(one, wanted)]
        return len(deeds) >= wanted.get("at_least", 1)

    def bought(self, of: str, wanted: dict[str, Any]) -> bool:
        sums = [one["savings"] for one in self.theirs("transactions", of) if self.fits(one, wanted)]
        return len(sums) >= wanted.get("at_least", 1) and sum(sums) >= wanted.get("min_savings", 0)

    def likes(self, of: str, wanted: dict[str, Any]) -> bool:
        liked = {one["shop_id"] for one in self.theirs("student-favourites", of)}
        wished = set(wanted.get("shops") or liked)
        return len(liked & wished) >= wanted.get("at_least", 1)

    def is_recent(self, text: str | None, days: int | None) -> bool:
        return days is None or self.time(text) >= NOON - days * DAY

    def age(self, student: dict[str, Any]) -> int | None:
        if student["birthdate"] is None:
            return None
        born = date.fromisoformat(student["birthdate"])
        return 2026 - born.year - ((born.month, born.day) > (6, 15))

    def time(self, text: str | None) -> int:
        # What came without a date came when it was uploaded.
        if text is None:
            return NOON
        return int(as_datetime(0).fromisoformat(text).timestamp()) * SECOND

    def theirs(self, kind: str, student: str) -> Records:
        return [one for one in self.world[kind] if one["student_id"] == student and not one.get("is_deleted")]

    def moments(self, student: str) -> Iterator[str | None]:
        for one in self.theirs("user-interactions", student):
            yield one["event_timestamp"]
        for one in self.theirs("transactions", student):
            yield one["created"]

    def fits(self, bought: dict[str, Any], wanted: dict[str, Any]) -> bool:
        if not self.is_recent(bought["created"], wanted.get("within_days")):
            return False
        shops, offers = wanted.get("shops") or [], wanted.get("offers") or []
        return not (shops or offers) or bought["shop_id"] in shops or bought["offer_id"] in offers

    def counts(self, deed: dict[str, Any], wanted: dict[str, Any]) -> bool:
        if not self.is_recent(deed["event_timestamp"], wanted.get("within_days")):
            return False
        if wanted.get("types") and deed["interaction_type"] not in wanted["types"]:
            return False
        named = {one for kind in ("offers", "shops", "tags", "keywords") for one in wanted.get(kind) or []}
        return not named or bool(named & self.about(deed))

    def about(self, deed: dict[str, Any]) -> set[str]:
        """The item, an offer's shop, and the tags and keywords of either."""
        found = {deed["item_id"]}
        shop = self.shop_of.get(deed["item_id"], deed["item_id"])
        for label in ("tag", "keyword"):
            links = (one for one in self.world[f"shop-{label}s"] if not one["is_deleted"])
            found |= {one[f"{label}_id"] for one in links if one["shop_id"] == shop}
        return found | {shop}


def ids(kind: str, count: int) -> st.SearchStrategy[list[str]]:
    """Some of what is stored, and now and then what is not."""
    return st.lists(st.integers(0, count).map(lambda number: an_id(kind, number)), min_size=1, max_size=3)


def some_of(**conditions: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=conditions)


DAYS, TIMES = st.integers(1, 40), st.integers(1, 4)
LISTS = {kind: ids(kind, count) for kind, count in ITEMS.values()}
CONDITIONS = {
    "regions": st.lists(st.sampled_from(["BH", "AE", "KW"]), max_size=2),
    "institutes": ids("institutes", 2),
    "courses": ids("courses", 1),
    "genders": st.lists(st.sampled_from(["FEMALE", "male"]), max_size=2),
    "min_age": st.integers(17, 22),
    "max_age": st.integers(22, 27),
    "new_within_days": DAYS,
    "inactive_days": DAYS,
    "did": some_of(
        types=st.lists(st.sampled_from(TYPES), max_size=2), **LISTS, within_days=DAYS, at_least=TIMES
    ),
    "bought": some_of(
        shops=LISTS["shops"],
        offers=LISTS["offers"],
        within_days=DAYS,
        at_least=TIMES,
        min_savings=st.integers(0, 10).map(lambda halves: halves / 2),
    ),
    "favourites": some_of(shops=LISTS["shops"], at_least=TIMES),
}
SINGLE = st.sampled_from(list(CONDITIONS)).flatmap(
    lambda name: CONDITIONS[name].map(lambda value: {name: value})
)
RULES = st.recursive(
    SINGLE | some_of(**CONDITIONS),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda rules: {"all": rules}),
        st.lists(inner, min_size=1, max_size=3).map(lambda rules: {"any": rules}),
        inner.map(lambda rule: {"not": rule}),
        st.tuples(SINGLE, inner).map(lambda pair: {**pair[0], "not": pair[1]}),
    ),
    max_leaves=4,
).filter(lambda rule: depth(rule) <= 3)


def depth(rule: dict[str, Any]) -> int:
    inside = [*rule.get("all", []), *rule.get("any", []), *([rule["not"]] if "not" in rule else [])]
    return 1 + max(map(depth, inside), default=0)


@pytest.fixture
def world(service: Service) -> dict[str, Records]:
    """Uploaded with everybody there, whereafter some are deleted; some days changed after they were packed."""
    drawn = draw_world(random.Random(7))
    late = len(drawn["user-interactions"]) // 4
    for kind, records in drawn.items():
        alive = [{**one, "is_deleted": False} for one in records] if kind == "customers" else records
        result = upload(service, kind, *(alive[late:] if kind == "user-interactions" else alive))
        assert result.status == "success", result.errors()
    service.catalogue.count()
    upload(service, "user-interactions", *drawn["user-interactions"][:late])
    upload(service, "customers", *drawn["customers"])
    return drawn


@SHARED
@given(rule=RULES)
def test_three_ways_of_finding_members_agree(
    database: Database, world: dict[str, Records], rule: dict[str, Any]
) -> None:
    expected, parsed = BruteForce(world).members(rule), parse_rule(rule)
    assert parse_rule(parsed.as_json()) == parsed
    with database.read() as connection:
        keys = membership.members(connection, parsed, WHEN)
        assert {format_id(one) for one in membership.ids(connection, keys.tolist())} == expected
        assert membership.size(connection, parsed, WHEN) == len(expected)
        for most, told in ((len(expected), keys.tolist()), (len(expected) - 1, [])):
            size, found_at_once = membership.group(connection, parsed, WHEN, most)
            assert (size, found_at_once.tolist()) == (len(expected), told)
        roll = Roll((0, 0), (Segment(1, b"", "", parsed, 0, 0),), persons.names(connection, [parsed]))
        for key, student in enumerate(world["customers"], 1):
            found = segments_of(connection, roll, key, WHEN)
            assert bool(found) == (student["customer_id"] in expected)


@pytest.fixture
def survivors(service: Service, world: dict[str, Records]) -> dict[str, Records]:
    """The world after some students, deleted ones too, were erased."""
    for student in world["customers"][::3]:
        service.erase(parse_id(student["customer_id"]) or b"")
    return {**world, "customers": [one for at, one in enumerate(world["customers"]) if at % 3]}


@SHARED
@given(rule=RULES)
def test_nobody_who_was_deleted_or_erased_is_ever_a_member(
    service: Service, survivors: dict[str, Records], rule: dict[str, Any]
) -> None:
    expected = BruteForce(survivors).members(rule)
    shown = service.segments.preview({"rule": rule})
    assert shown["members"] == len(expected)
    assert set(shown["sample"]) == expected
