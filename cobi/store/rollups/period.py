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
        """The whole days inside, from 1970 in UTC, the end exclusive; None = open."""
        first = None if self.since is None else -(-self.since // DAY)
        end = None if self.until is None else self.until // DAY
        return first, end

    @property
    def edges(self) -> Iterable[Period]:
        """The parts of days at the two ends."""
        first, end = self.days
        if first is not None and end is not None and end < first:
            yield self
            return
        if self.since is not None and first is not None and self.since < first * DAY:
            yield Period(self.since, first * DAY)
        if self.until is not None and end is not None and self.until > end * DAY:
            yield Period(end * DAY, self.until)


EVER = Period()
