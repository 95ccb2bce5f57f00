"""What an offer's name says it is about: the tags and keywords whose own names stand in it, word for word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from cobi.recommenders.dataset import IntArray

Words = tuple[str, ...]

MOST_WORDS = 6
"""Longer names of tags and keywords are looked for by no more than their first so many words."""

_WORD = re.compile(r"\w+")


def mentions(names: Sequence[str], things: Sequence[str]) -> IntArray:
    """(place among the names, place among the things) of each thing that a name mentions; shape (n, 2).

    Words are compared without regard to case and to a plural's s, in their order and without a gap.
    """
    places: dict[Words, list[int]] = {}
    for place, thing in enumerate(things):
        if spoken := words(thing)[:MOST_WORDS]:
            places.setdefault(spoken, []).append(place)
    lengths = sorted({len(spoken) for spoken in places})
    found = [
        (number, place)
        for number, name in enumerate(names)
        for phrase in _phrases(words(name), lengths)
        for place in places.get(phrase, ())
    ]
    return np.unique(np.array(found, np.int64).reshape(-1, 2), axis=0)


def words(text: str) -> Words:
    """The words of a text, each in the form in which it is compared."""
    return tuple(_singular(word) for word in _WORD.findall(text.casefold()))


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _phrases(spoken: Words, lengths: Sequence[int]) -> Iterator[Words]:
    for length in lengths:
        for first in range(len(spoken) - length + 1):
            yield spoken[first : first + length]
