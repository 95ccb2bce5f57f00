"""What the pages under test show: two weeks of a small marketplace, a holdout, a second model, refused records."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from pathlib import Path

from cobi.config.settings import Settings
from cobi.domain.identifiers import format_id, parse_id
from cobi.domain.moments import DAY, HOUR, SECOND, format_moment
from cobi.domain.recommendation import Wanted
from cobi.service.registry import SCOPES, Registry
from cobi.service.service import Service
from tests.factories import NOON, an_id, interaction, minimal, upload
from tests.marketplace import OFFERS, STUDENTS, marketplace

DAYS, NEWCOMERS = 14, 60
EVERYBODY = STUDENTS + NEWCOMERS
"""Too many for what they would get to be worked out with the page of a segment."""

NOW = NOON + DAYS * DAY
"""When the pages are looked at."""


SEGMENT, LOOKED = an_id("segments"), {"did": {"types": ["PAGE_VIEW"]}}
SALT = bytes(16)
"""Puts somebody on each side of the holdout; by chance alone nobody would be held out in 7 of 100 campuses."""


@dataclass(frozen=True)
class Campus:
    """Where the data lie, and a key that opens everything."""

    data: Path
    key: str

    @property
    def settings(self) -> dict[str, object]:
        """What its server runs with: the clock stands where the story ends."""
        return {"now": format_moment(NOW), "recommendations_per_minute": 0}


def make_campus(data: Path) -> Campus:
    """Live through the story."""
    clock = [NOON]
    registry = Registry(Settings(data=data), lambda: clock[0])
    key = registry.create_key("campus", frozenset(SCOPES), label="growth")
    service = registry.named("campus")
    marketplace(service)
    upload(service, "customers", *(minimal("customers", STUDENTS + one) for one in range(NEWCOMERS)))
    upload(service, "offers", minimal("offers", 50, name="Moon cheese", region="AE"))
    service.learning.train(promote=True)
    held = service.experiments.create({"kind": "HOLDOUT", "share": 0.2}, salt=SALT)
    service.segments.create({"segment_id": SEGMENT, "name": "All who looked", "rule": LOOKED})
    service.experiments.start(parse_id(held["experiment_id"]) or b"")
    for day in range(DAYS):
        clock[0] = NOON + day * DAY + HOUR
        _day(service, clock, day)
        if day == DAYS - 4:
            service.learning.train(promote=True)
    upload(service, "offers", minimal("offers", 99, shop_id=str(uuid.UUID(int=1))))
    clock[0] = NOW
    service.experiments.gather()
    service.catalogue.count()
    registry.close()
    return Campus(data, key)


def _day(service: Service, clock: list[int], day: int) -> None:
    acts: list[dict[str, object]] = []
    for student in range(STUDENTS):
        clock[0] += 60 * SECOND
        told = service.recommend(parse_id(an_id("customers", student)) or b"", Wanted(limit=OFFERS))[0]
        for place, offer in enumerate(told.items):
            if (student * 7 + place * 5 + day * 3) % 11 < 3 - place % 2:
                kind = "DISCOUNT_CODE" if (student + place + day) % 3 == 0 else "PAGE_VIEW"
                acts.append(
                    interaction(
                        interaction_type=kind,
                        student_id=an_id("customers", student),
                        item_id=format_id(offer),
                        source="COBI",
                        recommendation_id=format_id(told.recommendation_id),
                        event_timestamp=clock[0] // SECOND + 1 + place,
                        platform=("IOS", "ANDROID", "WEB")[student % 3],
                    )
                )
    clock[0] += 60 * SECOND
    upload(service, "user-interactions", *acts)
