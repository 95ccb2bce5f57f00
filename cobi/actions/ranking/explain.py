"""Why an item is in an answer: its score, split exactly into the signals it came of, in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cobi.actions.ranking.shelf import Shelf
from cobi.actions.ranking.traits import YEARS_OF_AN_AGE_BAND
from cobi.domain.fields import weekday_name
from cobi.domain.interaction import ITEM_RECORD_TYPES, ItemType
from cobi.domain.recommendation import Reason
from cobi.recommenders.dataset import Trait
from cobi.recommenders.signals import BANDS, SignalName, Signals
from cobi.store.database import Connection
from cobi.store.labels import labels

_LETTERS = 26
_NAMED_TRAITS = {Trait.INSTITUTE: "institutes", Trait.COURSE: "courses"}


class _Words(NamedTuple):
    """A signal's name, and what is said where it speaks for an item and where it speaks against one."""

    signal: str
    pro: str
    contra: str


_Names = Mapping[tuple[str, int], str]
"""What records are called, by their type and key."""


def told(
    connection: Connection, shelf: Shelf, x: Signals | None, rows: NDArray[np.int64]
) -> tuple[tuple[Reason, ...], ...]:
    """Each row's reasons, largest first; their contributions sum to its score."""
    model = shelf.model
    if model is None or x is None:
        return tuple(() for _ in rows)
    explained = model.explain_each(x, rows)
    signals = sorted({signal for own in explained for signal, _ in own})
    meant = {signal: model.space.name(signal) for signal in signals}
    called = _names(connection, shelf, meant.values())
    words = {signal: _words(shelf, name, called) for signal, name in meant.items()}
    return tuple(tuple(_reason(words[signal], part) for signal, part in own) for own in explained)


def region_of(code: int) -> str:
    """The region a code stands for."""
    return chr(ord("A") + code // _LETTERS) + chr(ord("A") + code % _LETTERS)


def _reason(words: _Words, contribution: float) -> Reason:
    return Reason(words.signal, contribution, words.pro if contribution > 0 else words.contra)


def _names(connection: Connection, shelf: Shelf, meant: Iterable[SignalName]) -> _Names:
    """What the records behind these signals are called, looked up by type."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for name in meant:
        record = _record(shelf, name)
        if record is not None:
            wanted[record[0]].add(record[1])
    return {
        (kind, key): called
        for kind, keys in wanted.items()
        for key, (_, called) in labels(connection, kind, keys).items()
    }


def _record(shelf: Shelf, name: SignalName) -> tuple[str, int] | None:
    """The record that a signal is of, by type and key."""
    if name.item is not None:
        item_type = ItemType(int(shelf.catalogue.item_type[name.item]))
        return ITEM_RECORD_TYPES[item_type], int(shelf.catalogue.item_key[name.item])
    kind = None if name.trait is None else _NAMED_TRAITS.get(name.trait)
    return None if kind is None or name.code is None else (kind, name.code)


def _words(shelf: Shelf, name: SignalName, called: _Names) -> _Words:
    record = _record(shelf, name)
    own = "?" if record is None else called.get(record, "?")
    if name.item is not None:
        kind = ItemType(int(shelf.catalogue.item_type[name.item])).name
        interest = f"interest in the {kind.lower()} {own}"
        return _Words(
            f"{kind}:{own}",
            f"because of the {interest}",
            f"seldom wanted by those with an {interest}",
        )
    if name.usual:
        return _usual("everywhere" if name.code is None else f"in {region_of(name.code)}", name.code)
    if name.weekday is not None:
        weekday = weekday_name(name.weekday)
        return _popular(f"WEEKDAY:{weekday.upper()}", f"on {weekday}s")
    if name.band is not None:
        hours = 24 // BANDS
        first, last = name.band * hours, (name.band + 1) * hours
        return _popular(f"HOURS:{first}-{last}", f"from {first} to {last} o'clock (UTC)")
    if name.trait is not None and name.code is not None:
        return _of_trait(name.trait, name.code, own)
    return _Words("POPULARITY", "popular with all students", "not popular with students in general")


def _of_trait(trait: Trait, code: int, called: str) -> _Words:
    if trait is Trait.REGION:
        return _popular(f"REGION:{region_of(code)}", f"in {region_of(code)}")
    if trait is Trait.INSTITUTE:
        return _popular(f"INSTITUTE:{called}", f"at {called}")
    if trait is Trait.COURSE:
        return _popular(f"COURSE:{called}", f"with students of {called}")
    if trait is Trait.AGE:
        youngest = code * YEARS_OF_AN_AGE_BAND
        oldest = youngest + YEARS_OF_AN_AGE_BAND - 1
        return _popular(f"AGE:{youngest}-{oldest}", f"with students aged {youngest} to {oldest}")
    # A gender is known to models by a hash of its text.
    return _popular(f"{trait.name}:{code}", "with students of the same gender")


def _popular(signal: str, where: str) -> _Words:
    return _Words(signal, f"popular {where}", f"less popular {where}")


def _usual(where: str, code: int | None) -> _Words:
    """What is looked at whatever one likes says little of a taste; its part is taken off, mostly."""
    signal = "USUAL" if code is None else f"USUAL:{region_of(code)}"
    return _Words(
        signal, f"added, as it is seldom looked at {where}", f"taken off, as it is looked at {where} anyway"
    )
