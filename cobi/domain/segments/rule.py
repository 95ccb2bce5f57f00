"""Rules: a student belongs who meets every condition that is given."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from cobi.domain.identifiers import format_id
from cobi.domain.interaction import InteractionType, ItemType
from cobi.domain.moments import DAY

_LEAP_DAY = (2, 29)


@dataclass(frozen=True)
class When:
    """The moment a rule is looked at: microseconds, and the organisation's calendar day, which ages go by."""

    now: int
    today: date

    def since(self, days: int) -> int:
        """The moment so many days ago."""
        return self.now - days * DAY


@dataclass(frozen=True)
class Did:
    """At least so many interactions, of these types (none = all), about any of these items (none = all).

    An interaction with an offer is also about its shop, one with either also about the shop's tags and keywords.
    """

    types: tuple[InteractionType, ...] = ()
    offers: tuple[bytes, ...] = ()
    shops: tuple[bytes, ...] = ()
    tags: tuple[bytes, ...] = ()
    keywords: tuple[bytes, ...] = ()
    within_days: int | None = None
    at_least: int = 1

    def items(self) -> dict[ItemType, tuple[bytes, ...]]:
        """The named items by type, without the types none is named of."""
        named = {
            ItemType.OFFER: self.offers,
            ItemType.SHOP: self.shops,
            ItemType.TAG: self.tags,
            ItemType.KEYWORD: self.keywords,
        }
        return {item_type: ids for item_type, ids in named.items() if ids}

    def as_json(self) -> dict[str, Any]:
        """The condition as clients send and read it."""
        types = [one.name for one in self.types]
        lists = {name: _texts(getattr(self, name)) for name in ("offers", "shops", "tags", "keywords")}
        return _told({"types": types, **lists, "within_days": self.within_days, "at_least": self.at_least})


@dataclass(frozen=True)
class Bought:
    """At least so many purchases in these shops or with these offers (none = any), and so much saved by them."""

    shops: tuple[bytes, ...] = ()
    offers: tuple[bytes, ...] = ()
    within_days: int | None = None
    at_least: int = 1
    min_savings: float | None = None

    def as_json(self) -> dict[str, Any]:
        """The condition as clients send and read it."""
        lists = {name: _texts(getattr(self, name)) for name in ("shops", "offers")}
        figures = {name: getattr(self, name) for name in ("within_days", "at_least", "min_savings")}
        return _told({**lists, **figures})


@dataclass(frozen=True)
class Favourites:
    """At least so many of these shops (none = of all) are favourites."""

    shops: tuple[bytes, ...] = ()
    at_least: int = 1

    def as_json(self) -> dict[str, Any]:
        """The condition as clients send and read it."""
        return _told({"shops": _texts(self.shops), "at_least": self.at_least})


@dataclass(frozen=True)
class Rule:
    """Each list holds alternatives, empty = any; ages are whole years, both ends included."""

    regions: tuple[str, ...] = ()
    institutes: tuple[bytes, ...] = ()
    courses: tuple[bytes, ...] = ()
    genders: tuple[str, ...] = ()
    min_age: int | None = None
    max_age: int | None = None
    new_within_days: int | None = None
    """First seen in the last so many days."""
    inactive_days: int | None = None
    """Neither an interaction nor a purchase in the last so many days."""
    did: Did | None = None
    bought: Bought | None = None
    favourites: Favourites | None = None
    every: tuple[Rule, ...] = ()
    some: tuple[Rule, ...] = ()
    never: Rule | None = None

    def as_json(self) -> dict[str, Any]:
        """The rule as clients send and read it; what is open is left out."""
        figures = ("min_age", "max_age", "new_within_days", "inactive_days")
        parts = (("did", self.did), ("bought", self.bought), ("favourites", self.favourites))
        return _told(
            {
                "regions": list(self.regions),
                "institutes": _texts(self.institutes),
                "courses": _texts(self.courses),
                "genders": list(self.genders),
                **{name: getattr(self, name) for name in figures},
                **{name: part.as_json() for name, part in parts if part is not None},
                "all": [rule.as_json() for rule in self.every],
                "any": [rule.as_json() for rule in self.some],
                "not": None if self.never is None else self.never.as_json(),
            }
        )

    def born_until(self, today: date) -> str | None:
        """The last birthdate of those who are at least `min_age` today."""
        return None if self.min_age is None else years_before(today, self.min_age).isoformat()

    def born_after(self, today: date) -> str | None:
        """The birthdate of those who have just become too old."""
        return None if self.max_age is None else years_before(today, self.max_age + 1).isoformat()

    def nested(self) -> Iterator[Rule]:
        """This rule and all inside it."""
        yield self
        inside = (*self.every, *self.some, *(() if self.never is None else (self.never,)))
        for rule in inside:
            yield from rule.nested()

    @property
    def asks_what_was_done(self) -> bool:
        """Whether who belongs depends on more than students' own records."""
        return any(
            rule.inactive_days is not None or rule.did or rule.bought or rule.favourites
            for rule in self.nested()
        )


def years_before(today: date, years: int) -> date:
    """The same day some years ago; who is born on a leap day is a year older on 28 February."""
    year = max(today.year - years, 1)
    if (today.month, today.day) == _LEAP_DAY:
        return date(year, 2, 28)
    return today.replace(year=year)


def _texts(ids: tuple[bytes, ...]) -> list[str]:
    return [format_id(identifier) for identifier in ids]


def _told(whole: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in whole.items() if value is not None and value != []}
