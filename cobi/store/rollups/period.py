"""From when to when, and how that falls into days, quarters of an hour and what is left of these."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Column, ColumnElement, and_

from cobi.domain.identifiers import first_id
from cobi.domain.moments import DAY, MILLISECOND, QUARTER_HOUR


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

        What that is too much or too little, `quarters` and `corrections` make up.
        """
        return _whole(self, DAY)

    @property
    def quarters(self) -> Iterable[tuple[int, int, bool]]:
        """The quarters of an hour that make up for the days that are cut, each with whether they are to be added or
        taken back.
        """
        for rest, added in _rest(self, DAY):
            first, end = _whole(rest, QUARTER_HOUR)
            if first is not None and end is not None and first < end:
                yield first, end, added

    @property
    def corrections(self) -> Iterable[tuple[Period, bool]]:
        """What makes up for the quarters of an hour that are cut, none where the period is of days of any time zone."""
        for rest, added in _rest(self, DAY):
            for part, too in _rest(rest, QUARTER_HOUR):
                yield part, added == too


def _whole(period: Period, unit: int) -> tuple[int | None, int | None]:
    if _within(period, unit):
        return 0, 0
    return _nearest(period.since, unit), _nearest(period.until, unit)


def _rest(period: Period, unit: int) -> Iterable[tuple[Period, bool]]:
    """The shorter parts of units that are cut at the two ends, each with whether it is to be added or taken back."""
    if _within(period, unit):
        yield period, True
        return
    first, end = _whole(period, unit)
    if period.since is not None and first is not None and period.since != first * unit:
        yield _between(period.since, first * unit), period.since < first * unit
    if period.until is not None and end is not None and period.until != end * unit:
        yield _between(end * unit, period.until), end * unit < period.until


def _within(period: Period, unit: int) -> bool:
    """Whether both ends lie so near to each other that no unit between them is worth counting whole."""
    first, end = _nearest(period.since, unit), _nearest(period.until, unit)
    return first is not None and end is not None and end <= first


def _nearest(moment: int | None, unit: int) -> int | None:
    """Where a unit begins that lies nearest."""
    return None if moment is None else (moment + unit // 2) // unit


def _between(one: int, other: int) -> Period:
    return Period(min(one, other), max(one, other))


EVER = Period()
