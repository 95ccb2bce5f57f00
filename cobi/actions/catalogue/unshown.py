"""Why nobody, or hardly anybody, is shown an offer that may be shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cobi.actions.ranking.ranked import NOTHING, manner_of, scores_of, signals
from cobi.actions.ranking.shelf import Shelf, region_code
from cobi.actions.recommending.why_not import Cause, told
from cobi.domain.fields import weekday_name
from cobi.domain.interaction import ItemType
from cobi.domain.moments import DAY, day_of, from_datetime
from cobi.domain.recommendation import DEFAULT_LIMIT
from cobi.recommenders.dataset import Trait
from cobi.store.catalogue import EVERY_DAY
from cobi.store.database import Connection
from cobi.store.item_days import reading
from cobi.store.item_days.reading import Days


class _Ranking(NamedTuple):
    """The offers that may be shown in a region, and every item's score for somebody there of whom nothing is known."""

    rows: NDArray[np.int64]
    scores: NDArray[np.float64]


@dataclass(frozen=True)
class Overlooked:
    """Explains offers in one state of the data, for the days in which they were not shown."""

    shelf: Shelf
    local_now: datetime
    connection: Connection
    days: Days
    kept: dict[str, _Ranking] = field(default_factory=dict[str, _Ranking])

    def reasons(self, row: int, found: Mapping[str, Any]) -> list[dict[str, str]]:
        """Why this offer, a catalogue row and its record: at least one reason, the weightiest first."""
        causes = [*self._causes(row, found)] or [
            (
                "others_preferred",
                "nothing keeps it back: those who asked were shown what suited them better",
                "interest in it or its like, or an exploration_temperature above 0",
            )
        ]
        return told(causes)

    def _causes(self, row: int, found: Mapping[str, Any]) -> Iterator[Cause]:
        region = str(found["region"])
        if not self._asked:
            yield "no_answers", "no list was given to anybody in this time", "asking for recommendations"
            return
        if region not in self._asked and "" not in self._asked:
            yield (
                "region_not_asked",
                f"no list for {region} was asked for in this time",
                f"asking with regions={region}",
            )
        yield from self._young(found)
        yield from self._weekdays(row)
        if self.shelf.model is None:
            yield "no_model", "there is no model yet, so places are given by chance", "a training"
            return
        yield from self._ranked(row, region)

    @cached_property
    def _asked(self) -> set[str]:
        return reading.regions_asked(self.connection, self.days)

    def _young(self, found: Mapping[str, Any]) -> Iterator[Cause]:
        begun = max(found["since"], found["allowed_from"] or 0)
        if begun >= self.days.first * DAY:
            what = "may be shown" if (found["allowed_from"] or 0) == begun else "has been there"
            yield (
                "new",
                f"it {what} since {day_of(begun).isoformat()} only",
                "time: every training learns what students did with it",
            )

    def _weekdays(self, row: int) -> Iterator[Cause]:
        mask = int(self.shelf.terms.days[row - self.shelf.catalogue.of_type(ItemType.OFFER).start])
        if mask != EVERY_DAY:
            given = [weekday_name(day) for day in range(7) if mask & 1 << day]
            yield "weekdays", f"it is given on {', '.join(given)} only", "more allowed_days"

    def _ranked(self, row: int, region: str) -> Iterator[Cause]:
        ranking = self._ranking(region)
        above = ranking.rows[ranking.scores[ranking.rows] > ranking.scores[row]]
        shops, most = self.shelf.kinship.shop, manner_of(self.shelf.settings).most_per_shop
        own = int((shops[above] == shops[row]).sum())
        if most and own >= most:
            yield (
                "shop_limit",
                f"{own} offers of its shop stand above it, and a list shows {most} of a shop",
                "a greater most_per_shop",
            )
        if len(above) >= DEFAULT_LIMIT:
            place = f"number {len(above) + 1} of {len(ranking.rows)}"
            yield (
                "ranked_low",
                f"to somebody in {region} of whom nothing is known it is {place}",
                "interest in it or its like, or an exploration_temperature above 0",
            )

    def _ranking(self, region: str) -> _Ranking:
        found = self.kept.get(region)
        if found is None:
            now, traits = from_datetime(self.local_now), {Trait.REGION: region_code(region)}
            scores = scores_of(self.shelf, signals(self.shelf, NOTHING, now, traits))
            rows = self.shelf.eligibility.at(ItemType.OFFER, (region,), self.local_now).rows
            found = self.kept[region] = _Ranking(rows, scores)
        return found
