"""From when to when, and how that falls into days."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Column, ColumnElement, and_

from cobi.domain.identifiers import first_id
from cobi.domain.moments import DAY, MILLISECOND


@dataclass(frozen=True)
class Period:
    """Moments; `until` exclusive, None = open."""

    since: int | None = None
    until: int | None = None

    def holds(self, time: Column[int], identifier: Column[bytes]) -> ColumnElement[bool]:
        """The condition that rows lie inside, by their time and by their ids, which begin with it and are sorted."""
        conditions: list[ColumnElement[bool]] = []
        if self.since is not None:
            conditions += [time >= self.since, identifier >= first_id(self.since)]
        if self.until is not None:
            conditions += [time < self.until, identifier < first_id(self.until + MILLISECOND - 1)]
        return and_(True, *conditions)

    @property
    def days(self) -> tuple[int | None, int | None]:
        """The days that are counted whole, from 1970 in UTC, the end exclusive; None = open.

        Of a day that is cut, `corrections` adds or takes back the shorter part.
        """
        if self._within_a_day:
            return 0, 0
        return _nearest(self.since), _nearest(self.until)

    @property
    def corrections(self) -> Iterable[tuple[Period, bool]]:
        """The parts of days at the two ends, each with whether it is to be added or taken back."""
        if self._within_a_day:
            yield self, True
            return
        first, end = self.days
        if self.since is not None and first is not None and self.since != first * DAY:
            yield _between(self.since, first * DAY), self.since < first * DAY
        if self.until is not None and end is not None and self.until != end * DAY:
            yield _between(end * DAY, self.until), end * DAY < self.until

    @property
    def _within_a_day(self) -> bool:
        """Whether both ends lie so near to each other that no day between them is worth counting whole."""
        first, end = _nearest(self.since), _nearest(self.until)
        return first is not None and end is not None and end <= first


def _nearest(moment: int | None) -> int | None:
    """The midnight that lies nearest."""
    return None if moment is None else (moment + DAY // 2) // DAY


def _between(one: int, other: int) -> Period:
    return Period(min(one, other), max(one, other))


EVER = Period()
