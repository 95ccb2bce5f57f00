"""What a database holds, read past the server, held against what callers were told and what the server reports."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import httpx
from sqlalchemy import Connection, func, select

from cobi.config.settings import Settings
from cobi.domain.identifiers import format_id
from cobi.domain.interaction import Outcome
from cobi.domain.interaction_record import INTERACTIONS
from cobi.service.registry import Registry
from cobi.store.schema import (
    ENTITIES,
    attributions,
    interactions,
    quarantine,
    quarantine_accounts,
    recommendations,
)
from tests.acceptance.traffic import Promises

_offers = ENTITIES["offers"].c


@dataclass(frozen=True)
class Stored:
    """How often each city, recommendation and refused city is there, and each offer's value."""

    interactions: Counter[str]
    refused: Counter[str]
    offers: dict[str, float]
    recommendations: set[str]

    def lost(self, promised: Promises) -> int:
        """How much of what was acknowledged is not there; of an offer, that change or a later one."""
        offers = sum(self.offers.get(offer, 0) < value for offer, value in promised.offers.items())
        return (
            len(promised.interactions - self.interactions.keys())
            + len(promised.refused - self.refused.keys())
            + len(promised.recommendations - self.recommendations)
            + offers
        )

    @property
    def doubled(self) -> int:
        return sum(times - 1 for times in (*self.interactions.values(), *self.refused.values()))

    def unasked(self, promised: Promises) -> int:
        """What is there although nobody was told so, when nobody waits for an answer any more."""
        offers = sum(self.offers[offer] != value for offer, value in promised.offers.items())
        return (
            len(self.interactions.keys() - promised.interactions)
            + len(self.refused.keys() - promised.refused)
            + offers
        )


def read_stored(settings: Settings, since: int = 0) -> Stored:
    """What is stored, or of interactions and recommendations what came since a moment."""
    registry = Registry(settings)
    try:
        with registry.named("campus")._core.database.read() as connection:
            return _read(connection, since)
    finally:
        registry.close()


def _read(connection: Connection, since: int) -> Stored:
    cities = select(interactions.c.city).where(interactions.c.received >= since)
    served = select(recommendations.c.recommendation_id).where(recommendations.c.served >= since)
    bodies = select(quarantine.c.body).where(quarantine.c.received >= since)
    return Stored(
        Counter(connection.scalars(cities)),
        Counter(json.loads(body)["city"] for body in connection.scalars(bodies)),
        {
            format_id(offer): value
            for offer, value in connection.execute(select(_offers.offer_id, _offers.value))
        },
        set(map(format_id, connection.scalars(served))),
    )


def disagreements(client: httpx.Client, settings: Settings, clicks: int) -> list[str]:
    """Every figure the server tells that is not what its rows come to; `clicks` have been answered with 201."""
    told = _told(client)
    registry = Registry(settings)
    try:
        with registry.named("campus")._core.database.read() as connection:
            counted = _counted(connection)
    finally:
        registry.close()
    counted["claims"] = clicks
    return [
        f"{name} is told as {told[name]}, and is {counted[name]}"
        for name in counted
        if told[name] != counted[name]
    ]


def _told(client: httpx.Client) -> dict[str, Any]:
    report = client.get("/v1/reports/effectiveness").json()
    total, outcomes = report["total"], report["outcomes"]
    days = report["days"]
    refused = client.get("/v1/quarantine").json()
    arrived = client.get("/v1/arrivals?by=day").json()["total"]
    stored = {one["type"]: one["stored"] for one in arrived["types"]}
    return {
        "answers": total["answers"],
        "answers by day": sum(day["answers"] for day in days),
        "answers by hour": arrived["answers"],
        "interactions by hour": stored.get(INTERACTIONS.name, 0),
        "impressions": total["impressions"],
        "clicked impressions": total["clicked_impressions"],
        "attributed": sum(total["attributed"].values()),
        "outcomes": {name: times for name, times in outcomes.items() if times},
        "claims": outcomes[Outcome.MATCHED.name],
        "records": {one["type"]: one["records"] for one in client.get("/v1/data").json()["types"]},
        "refused": sum(one["records"] for one in refused["counts"]),
    }


def _counted(connection: Connection) -> dict[str, Any]:
    def count(table: Any) -> int:
        return connection.scalar(select(func.count()).select_from(table)) or 0

    verdicts = connection.execute(
        select(attributions.c.outcome, attributions.c.recommendation_id, attributions.c.position)
    ).all()
    attributed = [row for row in verdicts if Outcome(row[0]).attributed]
    claimed = select(func.count()).select_from(interactions).where(interactions.c.source.is_not(None))
    assert connection.scalar(claimed) == len(verdicts), "a claim has no verdict"
    waiting = connection.scalar(select(func.sum(quarantine_accounts.c.waiting))) or 0
    assert int(waiting) == count(quarantine), "quarantine's accounts and rows differ"
    answers = count(recommendations)
    shown = connection.scalar(select(func.sum(recommendations.c.shown))) or 0
    records = {name: count(table) for name, table in (*ENTITIES.items(), (INTERACTIONS.name, interactions))}
    return {
        "answers": answers,
        "answers by day": answers,
        "answers by hour": answers,
        # Each one that was stored is a row of its own.
        "interactions by hour": records[INTERACTIONS.name],
        "impressions": int(shown),
        "clicked impressions": len({row[1:] for row in attributed}),
        "attributed": len(attributed),
        "outcomes": _by_outcome(row[0] for row in verdicts),
        "records": records,
        "refused": count(quarantine),
    }


def _by_outcome(values: Iterable[int]) -> dict[str, int]:
    return {Outcome(value).name: times for value, times in Counter(values).items()}
