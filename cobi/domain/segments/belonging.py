"""Whether one student belongs, judged by their own record and deeds; `store.membership` asks it of all at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum

from cobi.domain.interaction import InteractionType, ItemType
from cobi.domain.segments.rule import Bought, Did, Favourites, Rule, When

Item = tuple[ItemType | int, int]
"""An item's type and key."""


@dataclass(frozen=True)
class Names:
    """What the ids in rules stand for in the database today; ids that are not stored are left out."""

    keys: Mapping[tuple[str, tuple[bytes, ...]], frozenset[int]]
    """The keys of each list of ids, by record type and list."""
    items: Mapping[Did, frozenset[Item]]
    """All items that an interaction the condition counts may be with, where it names any."""
    complete: bool = True
    """Whether every id of a student's own fields is stored, so that none can come to mean something."""

    def of(self, record_type: str, ids: tuple[bytes, ...]) -> frozenset[int]:
        """The keys of those of these ids that are stored."""
        return self.keys[record_type, ids] if ids else frozenset()


@dataclass(frozen=True)
class Deed:
    """An interaction."""

    kind: InteractionType | int
    item: Item
    time: int


@dataclass(frozen=True)
class Purchase:
    """A transaction."""

    shop: int
    offer: int | None
    savings: float
    time: int


@dataclass(frozen=True)
class Person:
    """A student: the record, and what was done; `first_seen` is a moment."""

    region: str | None
    institute: int | None
    course: int | None
    gender: str | None
    birthdate: str | None
    first_seen: int
    deeds: Sequence[Deed] = ()
    purchases: Sequence[Purchase] = ()
    favourites: frozenset[int] = frozenset()


def belongs(rule: Rule, person: Person, names: Names, when: When) -> bool:
    """Whether the student meets the rule at that moment."""
    return (
        _is(rule, person, names, when)
        and (rule.did is None or _did(rule.did, person, names, when))
        and (rule.bought is None or _bought(rule.bought, person, names, when))
        and (rule.favourites is None or _likes(rule.favourites, person, names))
        and all(belongs(inside, person, names, when) for inside in rule.every)
        and (not rule.some or any(belongs(inside, person, names, when) for inside in rule.some))
        and (rule.never is None or not belongs(rule.never, person, names, when))
    )


def _is(rule: Rule, person: Person, names: Names, when: When) -> bool:
    genders = [gender.lower() for gender in rule.genders]
    return (
        (not rule.regions or person.region in rule.regions)
        and (not rule.institutes or person.institute in names.of("institutes", rule.institutes))
        and (not rule.courses or person.course in names.of("courses", rule.courses))
        and (not genders or (person.gender is not None and person.gender.lower() in genders))
        and _is_of_age(rule, person.birthdate, when)
        and (rule.new_within_days is None or person.first_seen >= when.since(rule.new_within_days))
        and (rule.inactive_days is None or not _acted(person, when.since(rule.inactive_days)))
    )


def _is_of_age(rule: Rule, birthdate: str | None, when: When) -> bool:
    until, after = rule.born_until(when.today), rule.born_after(when.today)
    if birthdate is None:
        return until is None and after is None
    return (until is None or birthdate <= until) and (after is None or birthdate > after)


def _acted(person: Person, since: int) -> bool:
    return any(one.time >= since for one in (*person.deeds, *person.purchases))


def _did(did: Did, person: Person, names: Names, when: When) -> bool:
    since = None if did.within_days is None else when.since(did.within_days)
    items = names.items[did] if did.items() else None
    counted = (
        1
        for deed in person.deeds
        if (since is None or deed.time >= since)
        and (not did.types or deed.kind in did.types)
        and (items is None or deed.item in items)
    )
    return sum(counted) >= did.at_least


def _bought(bought: Bought, person: Person, names: Names, when: When) -> bool:
    since = None if bought.within_days is None else when.since(bought.within_days)
    shops, offers = names.of("shops", bought.shops), names.of("offers", bought.offers)
    anything = not bought.shops and not bought.offers
    counted = [
        one.savings
        for one in person.purchases
        if (since is None or one.time >= since) and (anything or one.shop in shops or one.offer in offers)
    ]
    return len(counted) >= bought.at_least and fsum(counted) >= (bought.min_savings or 0)


def _likes(favourites: Favourites, person: Person, names: Names) -> bool:
    wanted = person.favourites
    if favourites.shops:
        wanted &= names.of("shops", favourites.shops)
    return len(wanted) >= favourites.at_least
