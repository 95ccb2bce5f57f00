"""Sets of many shapes, made up: the same seed gives the same set. What a set lacks (times, attributes) it really lacks.

Students choose among offers by a multinomial logit: appeal of the offer, latent tastes, and where the set says so
nearness, what followed what, and habit. No model that is compared here is of this form.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.public_sets import SECOND, Task
from cobi.recommenders.dataset import EventKind

DAY = 86_400 * SECOND
START = 1_700_000_000 * SECOND
TASTES = 16
TESTED = 2_000
"""Students of the test at most."""
BLOCK = 500
Array = NDArray[np.floating]
Pairs = NDArray[np.int64]


def _lengths(rng: np.random.Generator, students: int, mean: float, least: int) -> NDArray[np.int64]:
    """How many offers each student knows: log-normal, few know very many."""
    drawn = rng.lognormal(0, 0.9, students)
    return np.maximum(least, np.rint(drawn / drawn.mean() * mean)).astype(np.int64)


def _tasteful(
    rng: np.random.Generator,
    students: int,
    offers: int,
    lengths: NDArray[np.int64],
    sharpness: float,
    liked: Array | None = None,
) -> Pairs:
    """Each student's offers without repeats, in the order chosen: shape (n, 2); `liked` is what each offer is like."""
    appeal = rng.normal(0, 1.2, offers)
    spread = sharpness / np.sqrt(1 + np.arange(TASTES))
    drawn, likes = (rng.normal(0, 1, (many, TASTES)) for many in (offers, students))
    liked = drawn if liked is None else liked
    found: list[Pairs] = []
    for first in range(0, students, BLOCK):
        some = likes[first : first + BLOCK]
        pull = (some * spread) @ liked.T + appeal + rng.gumbel(size=(len(some), offers))
        for number, row in enumerate(pull):
            count = int(min(lengths[first + number], offers // 2))
            top = np.argpartition(-row, count)[:count]
            chosen = top[np.argsort(-row[top])]
            found.append(np.stack([np.full(count, first + number), chosen], 1))
    return np.concatenate(found)


def _near(rng: np.random.Generator, students: int, offers: int, lengths: NDArray[np.int64]) -> Pairs:
    """Places in towns on a map: who lives in a town goes there, to few others, and to what is near before all."""
    towns = 400
    size = np.minimum(rng.zipf(1.6, towns), 200).astype(float)
    size /= size.sum()
    centre = rng.random((towns, 2)) * 100
    town = rng.choice(towns, offers, p=size)
    place = centre[town] + rng.normal(0, 0.7, (offers, 2))
    appeal, liked = rng.normal(0, 1.1, offers), rng.normal(0, 0.6, (offers, TASTES // 2))
    of_town = [np.flatnonzero(town == number) for number in range(towns)]
    found: list[Pairs] = []
    for student in range(students):
        known = rng.choice(towns, 3, p=size)
        home = centre[known[0]] + rng.normal(0, 0.7, 2)
        within = np.unique(np.concatenate([*(of_town[one] for one in known), rng.integers(0, offers, 200)]))
        distance = ((place[within] - home) ** 2).sum(1)
        pull = appeal[within] + liked[within] @ rng.normal(0, 1, TASTES // 2) - 0.63 * np.log(0.05 + distance)
        pull += rng.gumbel(size=len(within))
        count = int(min(lengths[student], len(within) // 2))
        found.append(np.stack([np.full(count, student), within[np.argpartition(-pull, count)[:count]]], 1))
    return np.concatenate(found)


def _drifting(
    rng: np.random.Generator, offers: int, lengths: NDArray[np.int64], days: int
) -> tuple[Pairs, NDArray[np.floating]]:
    """Each student's offers in order and their days: of what is about on a day, and many meet, some are shown."""
    appeal, born = rng.normal(0, 1.0, offers), rng.uniform(-20, days, offers)
    liked, likes = (rng.normal(0, 1, (many, TASTES // 2)) for many in (offers, len(lengths)))
    student = np.repeat(np.arange(len(lengths)), lengths)
    day = np.repeat(rng.uniform(0, 0.9 * days, len(lengths)), lengths) + rng.exponential(3.0, len(student))
    day = np.minimum(day, days - rng.random(len(day)))
    order = np.lexsort((day, student))
    day, chosen = day[order], np.empty(len(student), np.int64)
    for first in range(days):
        today = np.flatnonzero((day >= first) & (day < first + 1))
        age = first - born
        weight = np.where(age >= 0, np.exp(appeal - age / 8), 0.0)
        shown = np.minimum(
            np.searchsorted(np.cumsum(weight), rng.random((len(today), 60)) * weight.sum()), offers - 1
        )
        pull = np.einsum("nk,nsk->ns", likes[student[today]], liked[shown]) + rng.gumbel(size=shown.shape)
        chosen[today] = shown[np.arange(len(today)), pull.argmax(axis=1)]
    pairs = np.stack([student, chosen], 1)
    _, first_met = np.unique(pairs, axis=0, return_index=True)
    kept = np.sort(first_met)
    return pairs[kept], day[kept]


def _labelled(rng: np.random.Generator, liked: Array, words: int, each: int) -> list[tuple[int, int]]:
    """(offer, word) pairs: each offer carries some of the words that lie near it among tastes, and some by chance."""
    meant = rng.normal(0, 1, (words, liked.shape[1]))
    pull = 1.5 * liked @ meant.T / np.sqrt(liked.shape[1]) + rng.gumbel(size=(len(liked), words))
    top = np.argpartition(-pull, each, axis=1)[:, :each]
    return [(offer, word) for offer, row in enumerate(top.tolist()) for word in row]


def _random_fifth(name: str, rng: np.random.Generator, shape: tuple[int, int], pairs: Pairs) -> Task:
    """A random fifth of each student's offers is held out; all at one time."""
    order = np.lexsort((rng.random(len(pairs)), pairs[:, 0]))
    pairs = pairs[order]
    held = _from_end(pairs[:, 0]) < np.rint(0.2 * np.bincount(pairs[:, 0]))[pairs[:, 0]]
    times = np.full((int((~held).sum()), 1), START)
    return _task(name, rng, shape, np.concatenate([pairs[~held], times], 1), pairs[held])


def _last(
    name: str,
    rng: np.random.Generator,
    shape: tuple[int, int],
    pairs: Pairs,
    times: Pairs,
    share: float = 0.0,
) -> Task:
    """Each student's last offer, or the last share of them, is held out; pairs are in their order."""
    count = np.maximum(1, np.rint(share * np.bincount(pairs[:, 0])))
    held = _from_end(pairs[:, 0]) < count[pairs[:, 0]]
    return _task(name, rng, shape, np.concatenate([pairs, times[:, None]], 1)[~held], pairs[held])


def _from_end(student: NDArray[np.int64]) -> NDArray[np.int64]:
    """Of rows sorted by student, each one's place from the student's end."""
    count = np.bincount(student)
    return np.cumsum(count)[student] - 1 - np.arange(len(student))


def _task(name: str, rng: np.random.Generator, shape: tuple[int, int], train: Pairs, held: Pairs) -> Task:
    tested = rng.permutation(np.unique(held[:, 0]))[:TESTED]
    test: dict[int, list[int]] = {}
    for student, offer in held[np.isin(held[:, 0], tested)].tolist():
        test.setdefault(student, []).append(offer)
    return Task(name, *shape, rng.permutation(train), test)


def checkins(seed: int = 0) -> Task:
    """Places visited, without times or attributes: 30,000 × 41,000, a million in all."""
    rng, shape = np.random.default_rng(seed), (30_000, 41_000)
    lengths = _lengths(rng, shape[0], 34, 8)
    return _random_fifth("check-ins", rng, shape, _near(rng, *shape, lengths))


def films(seed: int = 0) -> Task:
    """Dense: 6,000 × 3,700, some 800,000 without times."""
    rng, shape = np.random.default_rng(seed), (6_000, 3_700)
    pairs = _tasteful(rng, *shape, _lengths(rng, shape[0], 135, 15), 1.0)
    return _random_fifth("films", rng, shape, pairs)


def ratings(seed: int = 0) -> Task:
    """As dense and in order: 6,000 × 3,700, each student's last fifth held out, genres as tags."""
    rng, shape = np.random.default_rng(seed), (6_000, 3_700)
    liked = rng.normal(0, 1, (shape[1], TASTES))
    pairs = _tasteful(rng, *shape, _lengths(rng, shape[0], 135, 15), 1.0, liked)
    times = (
        START
        + rng.uniform(0, 300, shape[0])[pairs[:, 0]].astype(np.int64) * DAY
        + np.arange(len(pairs)) * SECOND
    )
    found = _last("ratings", rng, shape, pairs, times, 0.2)
    return replace(found, attributes=_labelled(rng, liked, 18, 2))


def books(seed: int = 0) -> Task:
    """As many students as offers, 90 each, without times or attributes: 10,000 × 10,000."""
    rng, shape = np.random.default_rng(seed), (10_000, 10_000)
    pairs = _tasteful(rng, *shape, _lengths(rng, shape[0], 90, 10), 1.4)
    return _random_fifth("books", rng, shape, pairs)


def articles(seed: int = 0) -> Task:
    """Few students of many offers that carry eight words each, without times: 5,500 × 17,000, 37 each."""
    rng, shape = np.random.default_rng(seed), (5_500, 17_000)
    liked = rng.normal(0, 1, (shape[1], TASTES))
    pairs = _tasteful(rng, *shape, _lengths(rng, shape[0], 37, 5), 1.6, liked)
    found = _random_fifth("articles", rng, shape, pairs)
    return replace(found, attributes=_labelled(rng, liked, 2_000, 8))


def clicks(seed: int = 0) -> Task:
    """What is new is met and soon forgotten: 25,000 × 20,000, twelve each within days, the last held out."""
    rng, shape = np.random.default_rng(seed), (25_000, 20_000)
    pairs, day = _drifting(rng, shape[1], _lengths(rng, shape[0], 12, 3), 90)
    return _last("clicks", rng, shape, pairs, START + (day * DAY).astype(np.int64))


def music(seed: int = 0) -> Task:
    """Few students of many offers, all of one shop: 1,900 × 17,000, 50 each."""
    rng, shape = np.random.default_rng(seed), (1_900, 17_000)
    pairs = _tasteful(rng, *shape, np.full(shape[0], 50), 1.6)
    found = _random_fifth("music of one shop", rng, shape, pairs)
    return replace(found, one_shop=True)


def favourites(seed: int = 0) -> Task:
    """Exactly five favourites each and nothing else: 20,000 × 5,200; one of them is held out."""
    rng, shape = np.random.default_rng(seed), (20_000, 5_200)
    pairs = _tasteful(rng, *shape, np.full(shape[0], 5), 1.6)
    found = _random_fifth("five favourites", rng, shape, pairs)
    return replace(found, kind=EventKind.FAVOURITE)


def reviews(seed: int = 0) -> Task:
    """Short timed histories in which what comes next hangs on what came last, categories as tags: 20,000 × 12,000."""
    rng, shape = np.random.default_rng(seed), (20_000, 12_000)
    group = rng.integers(0, 300, shape[1])
    following = rng.integers(0, shape[1], (shape[1], 8))
    pairs = _tasteful(rng, *shape, _lengths(rng, shape[0], 7, 4), 1.2)
    same = pairs[1:, 0] == pairs[:-1, 0]
    for row in np.flatnonzero(same & (rng.random(len(same)) < 0.35)).tolist():
        pairs[row + 1, 1] = following[pairs[row, 1], rng.integers(0, 8)]
    _, first = np.unique(pairs, axis=0, return_index=True)
    pairs = pairs[np.sort(first)]
    times = START + (np.arange(len(pairs)) - np.searchsorted(pairs[:, 0], pairs[:, 0])) * 3 * DAY
    found = _last("reviews", rng, shape, pairs, times)
    return replace(found, attributes=list(enumerate(group.tolist())))


def groceries(seed: int = 0) -> Task:
    """Transactions with many repeats over 300 days; what is bought in the last 30 is to be told, known or not."""
    rng, shape = np.random.default_rng(seed), (2_400, 8_000)
    wanted = _tasteful(rng, *shape, np.full(shape[0], 120), 1.2)
    place = np.tile(np.arange(120), shape[0])
    # Habits come and go: each product is bought for a while, the favourite ones most often.
    often = rng.poisson(14 / (1 + place / 8.0) ** 0.7)
    pairs = np.repeat(wanted, often, axis=0)
    begins = np.repeat(rng.uniform(-100, 300, len(wanted)), often)
    days = begins + rng.uniform(0, 150, len(pairs))
    there = (days >= 0) & (days < 300)
    pairs, days = pairs[there], days[there]
    late = days >= 270
    train = np.concatenate([pairs[~late], (START + (days[~late] * DAY).astype(np.int64))[:, None]], 1)
    held = np.unique(pairs[late], axis=0)
    held = held[np.isin(held[:, 0], train[:, 0])]
    found = _task("groceries", rng, shape, train, held)
    found = replace(found, kind=EventKind.TRANSACTION)
    return replace(found, returning=True)


SHAPES: Mapping[str, Callable[[int], Task]] = {
    "films": films,
    "ratings": ratings,
    "books": books,
    "articles": articles,
    "clicks": clicks,
    "music": music,
    "favourites": favourites,
    "reviews": reviews,
    "groceries": groceries,
    "checkins": checkins,
}
