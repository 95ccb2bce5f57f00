"""Takes one student out of every table.

What no figure needs is removed. What the effectiveness report counts stays as rows about nobody: new random
ids, times cut to the quarter of an hour, no place, no slate, no scores. Every time zone's midnight lies on a
quarter of an hour in UTC, so the figures of any whole day stay as they were.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Column, Connection, Table, bindparam, delete, func, insert, select, update

from cobi.domain.identifiers import content_id
from cobi.domain.interaction import Outcome
from cobi.domain.interaction_record import INTERACTIONS
from cobi.domain.moments import DAY, SECOND
from cobi.domain.records import CUSTOMERS, STUDENT_FAVOURITES
from cobi.store import conversions, quarantine
from cobi.store import interactions as interaction_rows
from cobi.store.dialect import overwriting_deleted
from cobi.store.experiments import daily, plans
from cobi.store.experiments.counting import of_student
from cobi.store.experiments.tables import exposure_days, exposures
from cobi.store.keys import chunks
from cobi.store.personal import Bodies, Person
from cobi.store.rollups import counting
from cobi.store.rollups.tables import code_reveals
from cobi.store.rollups.tallies import Tallies
from cobi.store.schema import (
    ENTITIES,
    attributions,
    erasures,
    idempotency_keys,
    interactions,
    recommendations,
    visitors,
)
from cobi.store.student_days import packing

QUARTER = 15 * 60 * SECOND

_customers, _transactions = ENTITIES["customers"], ENTITIES["transactions"]
_favourites = ENTITIES["student-favourites"]
_ATTRIBUTED = [outcome.value for outcome in Outcome if outcome.attributed]
_PERSONAL_PLACES = ("student_key", "visitor_key", "platform", "city", "country", "recommendation_id")

# The record types of the tables whose rows are removed.
_COUNTED = {
    "interactions": INTERACTIONS.name,
    "student_favourites": STUDENT_FAVOURITES.name,
    "customers": CUSTOMERS.name,
}

NewIds = Mapping[bytes, bytes]


@dataclass(frozen=True)
class Change:
    """What became of a table's rows."""

    removed: int = 0
    anonymised: int = 0


@dataclass(frozen=True)
class Receipt:
    """What an erasure did, without saying to whom; `erased` is a moment."""

    receipt_id: bytes
    erased: int
    stores: dict[str, dict[str, int]]
    models_due: list[int]


def erase(
    connection: Connection,
    person: Person,
    acted: Sequence[bytes],
    answers: Sequence[bytes],
    bodies: Bodies,
    tallies: Tallies,
) -> dict[str, Change]:
    """Take out a student, the interactions and answers of those ids, and the bodies that repeat them."""
    with overwriting_deleted(connection):
        renamed = _anonymous_ids(connection, answers)
        credited = {*answers, *_credited(connection, acted)}
        _count(connection, acted, credited, tallies.take_back)
        # Those without a verdict are in no figure of reports, but in those of items.
        tallies.mark_between(acted)
        packing.forget(connection, acted)
        changes = {
            "quarantine": Change(quarantine.erase(connection, bodies.refused)),
            "idempotency_keys": Change(_remove(connection, idempotency_keys.c.key, bodies.answered)),
            **_erase_interactions(connection, person, acted, renamed, kept := []),
            "recommendations": Change(anonymised=_anonymise_answers(connection, renamed)),
            "visitors": Change(_remove(connection, visitors.c.key, person.visitors)),
            "student_favourites": Change(_remove(connection, _favourites.c.student_key, [person.key])),
            "transactions": Change(anonymised=_anonymise_transactions(connection, person)),
            "code_reveals": Change(_remove(connection, code_reveals.c.student_key, [person.key])),
            "exposure_days": Change(_erase_days(connection, person.key)),
            "exposures": Change(_remove(connection, exposures.c.student_key, [person.key])),
            "customers": Change(_remove(connection, _customers.c.key, [person.key])),
        }
        # What is kept is counted without the places it was seen at.
        _count(connection, kept, {renamed.get(one, one) for one in credited}, tallies.add_all)
        for name, record_type in _COUNTED.items():
            tallies.arrivals.more(record_type, -changes[name].removed)
        return changes


def _count(
    connection: Connection,
    acted: Collection[bytes],
    answers: Collection[bytes],
    count: Callable[[Tallies], None],
) -> None:
    """Count the verdicts on these interactions and all that came of these answers."""
    count(counting.outcomes_of(connection, acted))
    count(counting.answers_of(connection, answers))
    count(counting.came_of(connection, answers))


def _credited(connection: Connection, acted: Collection[bytes]) -> set[bytes]:
    """The answers these interactions are counted for."""
    columns = attributions.c
    query = select(columns.recommendation_id).where(
        columns.outcome.in_(_ATTRIBUTED), columns.recommendation_id.is_not(None)
    )
    return {
        answer
        for chunk in chunks(acted)
        for answer in connection.scalars(query.where(columns.interaction_id.in_(chunk)))
        if answer is not None
    }


def first_trace(connection: Connection, acted: Collection[bytes]) -> int | None:
    """When the first of these interactions was received."""
    received = [
        moment
        for chunk in chunks(acted)
        for moment in connection.scalars(
            select(interactions.c.received).where(interactions.c.interaction_id.in_(chunk))
        )
    ]
    return min(received, default=None)


def keep(connection: Connection, receipt: Receipt) -> None:
    """Keep a receipt."""
    connection.execute(
        insert(erasures).values(
            receipt_id=receipt.receipt_id,
            erased=receipt.erased,
            stores=msgspec.json.encode(receipt.stores).decode(),
            models_due=msgspec.json.encode(receipt.models_due).decode(),
        )
    )


def receipts(connection: Connection) -> list[Receipt]:
    """All receipts, newest first."""
    rows = connection.execute(select(erasures).order_by(erasures.c.key.desc()))
    return [
        Receipt(
            row.receipt_id, row.erased, msgspec.json.decode(row.stores), msgspec.json.decode(row.models_due)
        )
        for row in rows
    ]


def _anonymous_ids(connection: Connection, answers: Sequence[bytes]) -> NewIds:
    """A new id for each answer, of its time as it will be kept."""
    columns = recommendations.c
    return {
        identifier: _anonymous_id(served)
        for chunk in chunks(answers)
        for identifier, served in connection.execute(
            select(columns.recommendation_id, columns.served).where(columns.recommendation_id.in_(chunk))
        )
    }


def _erase_interactions(
    connection: Connection, person: Person, acted: Sequence[bytes], renamed: NewIds, new_ids: list[bytes]
) -> dict[str, Change]:
    """Remove interactions; those with a verdict, which the report counts, stay as somebody's, under `new_ids`."""
    kept = [row for chunk in chunks(acted) for row in _judged(connection, chunk)]
    new_rows: list[tuple[Any, ...]] = []
    verdicts: list[dict[str, Any]] = []
    for row in kept:
        moment = _quarter(row["event_timestamp"])
        blank = dict.fromkeys(_PERSONAL_PLACES)
        anonymous = {**row, **blank, "interaction_id": _anonymous_id(moment), "event_timestamp": moment}
        anonymous["received"] = _quarter(row["received"])
        new_rows.append(tuple(anonymous[name] for name in interaction_rows.COLUMNS))
        verdicts.append(
            {
                "at": row["interaction_id"],
                "new": anonymous["interaction_id"],
                "answer": _answer(row["answer"], row["outcome"], renamed),
                "moment": _quarter(row["classified"]),
            }
        )
    new_ids.extend(verdict["new"] for verdict in verdicts)
    interaction_rows.add(connection, new_rows)
    if verdicts:
        connection.execute(_move_verdict, verdicts)
    conversions.rename(connection, {one["at"]: (one["new"], one["answer"]) for one in verdicts})
    _forget_answers(connection, renamed)
    removed = interaction_rows.remove(connection, acted)
    return {
        "interactions": Change(removed - len(kept), len(kept) + _detach(connection, person)),
        "attributions": Change(anonymised=len(verdicts)),
    }


def _erase_days(connection: Connection, student_key: int | None) -> int:
    """Remove what was counted of a student for experiments: day by day, as the table's key has it."""
    if student_key is None:
        return 0
    columns, removed = exposure_days.c, 0
    joined = of_student(connection, student_key)
    plans.make_due(connection, [experiment for experiment, _, _ in joined])
    for experiment, _, exposed in joined:
        daily.forget_from(connection, experiment, exposed // DAY)
        own = columns.experiment_key == experiment
        last = connection.scalar(select(func.max(columns.day)).where(own)) or 0
        for days in chunks(range(exposed // DAY, last + 1)):
            theirs = own & columns.day.in_(days) & (columns.student_key == student_key)
            removed += connection.execute(delete(exposure_days).where(theirs)).rowcount
    return removed


def _detach(connection: Connection, person: Person) -> int:
    """Take the pseudonym off nameless interactions where the student shared it.

    Once the student's own are gone, they would seem to be those of whoever else used it.
    """
    return interaction_rows.detach(connection, person.shared)


_move_verdict = (
    update(attributions)
    .where(attributions.c.interaction_id == bindparam("at"))
    .values(
        interaction_id=bindparam("new"), recommendation_id=bindparam("answer"), classified=bindparam("moment")
    )
)


def _judged(connection: Connection, chunk: list[bytes]) -> list[dict[str, Any]]:
    query = (
        select(
            interactions,
            attributions.c.outcome,
            attributions.c.classified,
            attributions.c.recommendation_id.label("answer"),
        )
        .join(attributions, attributions.c.interaction_id == interactions.c.interaction_id)
        .where(interactions.c.interaction_id.in_(chunk))
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def _answer(answer: bytes | None, outcome: int, renamed: NewIds) -> bytes | None:
    """The answer an interaction is counted for; one it only claimed is forgotten."""
    if answer is None or outcome not in _ATTRIBUTED:
        return None
    return renamed.get(answer, answer)


def _forget_answers(connection: Connection, renamed: NewIds) -> None:
    """Of other students' claims on these answers none was counted, so none needs to name them."""
    column = attributions.c.recommendation_id
    for chunk in chunks(renamed):
        connection.execute(update(attributions).where(column.in_(chunk)).values(recommendation_id=None))


def _anonymise_answers(connection: Connection, renamed: NewIds) -> int:
    columns = recommendations.c
    for chunk in chunks(renamed):
        rows = connection.execute(
            select(columns.recommendation_id, columns.served).where(columns.recommendation_id.in_(chunk))
        ).all()
        connection.execute(
            _blank_answer,
            [{"at": row[0], "new": renamed[row[0]], "moment": _quarter(row[1])} for row in rows],
        )
    return len(renamed)


# The seed is made of the old id, the slate and its scores of what the student did.
_blank_answer = (
    update(recommendations)
    .where(recommendations.c.recommendation_id == bindparam("at"))
    .values(
        recommendation_id=bindparam("new"),
        served=bindparam("moment"),
        student_key=None,
        seed=None,
        items=b"",
        scores=b"",
        propensities=b"",
        history=None,
        regions=None,
        continues=None,
        excluded=None,
        platform=None,
        city=None,
        viewed=None,
        viewed_at=None,
    )
)


def _anonymise_transactions(connection: Connection, person: Person) -> int:
    theirs = _transactions.c.student_key == person.key
    return connection.execute(update(_transactions).where(theirs).values(student_key=None)).rowcount


def _remove(connection: Connection, column: Column[Any], values: Collection[Any]) -> int:
    table = column.table
    assert isinstance(table, Table)
    return sum(
        connection.execute(delete(table).where(column.in_(chunk))).rowcount
        for chunk in chunks(value for value in values if value is not None)
    )


def _quarter(moment: int) -> int:
    return moment - moment % QUARTER


def _anonymous_id(moment: int) -> bytes:
    """An id that says no more than the quarter of an hour."""
    return content_id(_quarter(moment), os.urandom(16))
