"""Public data sets as a marketplace would upload them: students, offers, shops, tags and timed interactions.

Ids are shuffled, because in some files the order of ids tells what came first.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from cobi.domain.interaction import ItemType
from cobi.recommenders.dataset import Catalogue, EventKind, Events, Students, catalogue_of

SECOND = 1_000_000
Name = TypeVar("Name", int, str)


@dataclass(frozen=True)
class Task:
    """A training set, and for each test student the offers to find; students and offers are numbered from 0."""

    name: str
    students: int
    offers: int
    train: NDArray[np.int64]
    """student, offer, time in microseconds; shape (n, 3)."""
    test: dict[int, list[int]]
    candidates: dict[int, list[int]] | None = None
    """What is ranked for each student, where not everything unseen."""
    attributes: Sequence[tuple[int, int]] = ()
    """(offer, attribute) pairs."""
    kind: EventKind = EventKind.PAGE_VIEW
    one_shop: bool = False
    """Whether all offers are of one shop; else each has a shop of its own."""
    returning: bool = False
    """Whether students come back to what they know, so that it is ranked too."""

    @property
    def now(self) -> int:
        return int(self.train[:, 2].max()) + SECOND

    def catalogue(self) -> Catalogue:
        """Offers with their shops, which carry the offers' attributes as tags."""
        numbers = np.arange(self.offers)
        shops = numbers * 0 if self.one_shop else numbers
        pairs = np.array(self.attributes, np.int64).reshape(-1, 2)
        keys = {
            ItemType.OFFER: numbers,
            ItemType.SHOP: np.unique(shops),
            ItemType.TAG: np.unique(pairs[:, 1]),
        }
        return catalogue_of(
            keys,
            {
                (ItemType.OFFER, ItemType.SHOP): np.stack([numbers, shops], 1),
                (ItemType.SHOP, ItemType.TAG): pairs,
            },
        )

    def events(self) -> Events:
        kind = np.full(len(self.train), self.kind, np.int8)
        return Events(self.train[:, 0].copy(), self.train[:, 1].copy(), kind, self.train[:, 2].copy())

    def everybody(self) -> Students:
        return Students(self.students)


def beauty(directory: Path) -> Task:
    """Amazon Beauty in S3-Rec's form: each student's last item is held out."""
    lists = [[int(word) for word in line.split()[1:]] for line in _lines(directory / "s3rec/Beauty.txt")]
    offers = max(max(items) for items in lists)
    place = np.random.default_rng(1).permutation(offers)
    rows = [
        (student, place[item - 1], (10_000 + at) * SECOND)
        for student, items in enumerate(lists)
        for at, item in enumerate(items[:-1])
    ]
    test = {student: [int(place[items[-1] - 1])] for student, items in enumerate(lists)}
    carried = json.loads((directory / "s3rec/Beauty_item2attributes.json").read_text())
    pairs = [(int(place[int(item) - 1]), tag) for item, tags in carried.items() for tag in tags]
    return Task("Beauty", len(lists), offers, np.array(rows, np.int64), test, attributes=pairs)


def deskdrop(directory: Path) -> Task:
    """Deskdrop: a random 80/20 split within each student of five items or more; 100 unseen items beside each."""
    with (directory / "deskdrop/users_interactions.csv").open(encoding="utf-8") as file:
        pairs = {(row["personId"], row["contentId"]) for row in csv.DictReader(file)}
    rng = np.random.default_rng(42)
    offers = _shuffled({item for _, item in pairs}, rng)
    owned: dict[str, list[int]] = {}
    for person, item in sorted(pairs):
        owned.setdefault(person, []).append(offers[item])
    kept = {person: items for person, items in owned.items() if len(items) >= 5}
    train: list[tuple[int, int, int]] = []
    test: dict[int, list[int]] = {}
    others: dict[int, list[int]] = {}
    for student, person in enumerate(sorted(kept)):
        items = rng.permutation(kept[person]).tolist()
        held = round(0.2 * len(items))
        test[student] = items[:held]
        train.extend((student, item, SECOND) for item in items[held:])
        unseen = np.setdiff1d(np.arange(len(offers)), items)
        others[student] = rng.choice(unseen, 100, replace=False).tolist()
    return Task("Deskdrop", len(kept), len(offers), np.array(train, np.int64), test, others)


def movielens(directory: Path) -> Task:
    """MovieLens small: each student's last 20 % by time is held out."""
    with (directory / "ml-latest-small/ratings.csv").open(encoding="utf-8") as file:
        rows = [(int(r["userId"]), int(r["movieId"]), int(r["timestamp"])) for r in csv.DictReader(file)]
    rng = np.random.default_rng(3)
    offers = _shuffled({movie for _, movie, _ in rows}, rng)
    students = _shuffled({person for person, _, _ in rows}, rng)
    owned: dict[int, list[tuple[int, int]]] = {}
    for person, movie, time in rows:
        owned.setdefault(students[person], []).append((time, offers[movie]))
    train: list[tuple[int, int, int]] = []
    test: dict[int, list[int]] = {}
    for student, timed in owned.items():
        ordered = sorted(timed)
        cut = len(ordered) - round(0.2 * len(ordered))
        train.extend((student, offer, time * SECOND) for time, offer in ordered[:cut])
        test[student] = [offer for _, offer in ordered[cut:]]
    with (directory / "ml-latest-small/movies.csv").open(encoding="utf-8") as file:
        genres = [(int(row["movieId"]), row["genres"].split("|")) for row in csv.DictReader(file)]
    names = sorted({name for _, own in genres for name in own})
    pairs = [(offers[movie], names.index(name)) for movie, own in genres if movie in offers for name in own]
    train_array = np.array(sorted(train), np.int64)
    return Task("MovieLens small", len(students), len(offers), train_array, test, attributes=pairs)


def _shuffled(names: Iterable[Name], rng: np.random.Generator) -> dict[Name, int]:
    ordered = sorted(names)
    return dict(zip(ordered, rng.permutation(len(ordered)).tolist(), strict=True))


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines()


TASKS = {"beauty": beauty, "deskdrop": deskdrop, "movielens": movielens}
