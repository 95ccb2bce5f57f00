"""Everything that is held on one student, for the student to see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from cobi.actions.students.erase import nothing_held
from cobi.domain.identifiers import format_id
from cobi.domain.interaction import Platform
from cobi.domain.interaction_record import INTERACTIONS
from cobi.domain.moments import format_moment
from cobi.domain.record_type import RecordType
from cobi.domain.records import CUSTOMERS, STUDENT_FAVOURITES, TRANSACTIONS
from cobi.store import attributions, catalogue, entities, impressions, interactions, personal, segments
from cobi.store.attributions import Attribution
from cobi.store.database import Connection
from cobi.store.experiments import counting
from cobi.store.experiments import plans as experiment_plans
from cobi.store.impressions import Impression
from cobi.store.personal import Person


def export(connection: Connection, customer_id: bytes, now: int) -> dict[str, Any]:
    """One student's rows of every table, by record type; raises NotFound where nothing is held."""
    person = personal.find(connection, customer_id)
    refused = personal.quarantined(connection, person)
    if person.key is None and not refused:
        raise nothing_held(customer_id)
    answers = personal.recommendation_ids(connection, person)
    acted = personal.interaction_ids(connection, person, answers)
    return {
        "customer_id": format_id(customer_id),
        "exported": format_moment(now),
        CUSTOMERS.name: _records(connection, CUSTOMERS, "key", person),
        STUDENT_FAVOURITES.name: _records(connection, STUDENT_FAVOURITES, "student_key", person),
        TRANSACTIONS.name: _records(connection, TRANSACTIONS, "student_key", person),
        INTERACTIONS.name: _interactions(connection, acted),
        "pseudonyms": sorted(person.visitors.values()),
        "recommendations": _answers(connection, answers),
        "experiments": _experiments(connection, person),
        "quarantine": [
            {
                "quarantine_id": format_id(row["quarantine_id"]),
                "type": row["type"],
                "received": format_moment(row["received"]),
                "errors": msgspec.json.decode(row["errors"]),
                "body": bytes(row["body"]).decode("utf-8", "replace"),
            }
            for row in refused
        ],
    }


def _records(
    connection: Connection, record_type: RecordType, column: str, person: Person
) -> list[dict[str, Any]]:
    if person.key is None:
        return []
    return [record_type.render(row) for row in entities.of(connection, record_type, column, person.key)]


def _interactions(connection: Connection, acted: Sequence[bytes]) -> list[dict[str, Any]]:
    verdicts = attributions.fetch(connection, acted)
    return [
        {**INTERACTIONS.render(row), "attribution": _verdict(verdicts.get(row["interaction_id"]))}
        for row in interactions.read_all(connection, acted)
    ]


def _verdict(verdict: Attribution | None) -> dict[str, Any] | None:
    if verdict is None:
        return None
    answer = verdict.recommendation_id
    return {
        "outcome": verdict.outcome.name,
        "recommendation_id": None if answer is None else format_id(answer),
        "position": verdict.position,
        "via": None if verdict.via is None else verdict.via.name,
    }


def _experiments(connection: Connection, person: Person) -> list[dict[str, Any]]:
    if person.key is None:
        return []
    known = {one.key: one for one in experiment_plans.everything(connection)}
    found: list[dict[str, Any]] = []
    for key, number, exposed in counting.of_student(connection, person.key):
        name, arm = known[key].plan.name, known[key].plan.arms[number]
        found.append({"experiment": name, "arm": arm.name, "since": format_moment(exposed)})
    return found


def _answers(connection: Connection, ids: Sequence[bytes]) -> list[dict[str, Any]]:
    segment_ids = {one.key: one.segment_id for one in segments.everything(connection)}
    shown = sorted(
        impressions.fetch(connection, ids).values(), key=lambda one: (one.served, one.recommendation_id)
    )
    return [_answer(connection, impression, segment_ids) for impression in shown]


def _answer(connection: Connection, impression: Impression, segment_ids: dict[int, bytes]) -> dict[str, Any]:
    keys: list[int] = impression.items.tolist()
    ids = catalogue.ids(connection, impression.item_type, keys)
    segment = impression.segment_key
    return {
        "recommendation_id": format_id(impression.recommendation_id),
        "served": format_moment(impression.served),
        "segment_id": None if segment is None else format_id(segment_ids[segment]),
        "item_type": impression.item_type.name,
        "items": [format_id(ids[key]) for key in keys],
        "scores": impression.scores.tolist(),
        "propensities": impression.propensities.tolist(),
        "model_version": impression.model_version,
        "policy": impression.policy,
        "arm": impression.arm,
        "seed": impression.seed,
        "regions": impression.circumstances.regions,
        "platform": _named(impression.circumstances.platform),
        "city": impression.circumstances.city,
        "excluded": _ids(connection, impression),
        "viewed": list(impression.viewed),
        "viewed_at": None if impression.viewed_at is None else format_moment(impression.viewed_at),
    }


def _named(platform: int | None) -> str | None:
    return None if platform is None else Platform(platform).name


def _ids(connection: Connection, impression: Impression) -> list[str]:
    keys = impression.circumstances.excluded
    ids = catalogue.ids(connection, impression.item_type, keys)
    return [format_id(ids[key]) for key in keys if key in ids]
