"""Answering what a student or a segment should see, and logging it before it is sent (§4, D28–D31)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from cobi.actions.explain import reasons
from cobi.actions.shelf import Shelf, region_code
from cobi.actions.traits import traits_of
from cobi.domain.errors import NotFound
from cobi.domain.identifiers import format_id
from cobi.domain.interaction import ItemType
from cobi.domain.moments import from_datetime
from cobi.domain.recommendation import NAME, Reason, Recommendation, Wanted
from cobi.domain.records import CUSTOMERS
from cobi.domain.signature import Signature
from cobi.recommenders import ranking
from cobi.recommenders.dataset import Trait
from cobi.recommenders.signals import Signals, of_segment
from cobi.store import entities, events, impressions, organisation_settings, segments
from cobi.store.database import Connection
from cobi.store.impressions import Circumstances, Impression, seed_of
from cobi.store.keys import resolve_students
from cobi.store.segments import Segment
from cobi.store.writer import Transaction

MOST_EVENTS = 10_000
"""Of a longer history the newest events of each source count."""

MOST_MEMBERS = 500
"""A segment's x is the mean of so many of its members, the newest."""


@dataclass(frozen=True)
class Student:
    """Who asks."""

    key: int
    student_id: bytes
    region: str
    traits: Mapping[Trait, int]


@dataclass(frozen=True)
class Maker:
    """What answers are made of and with: a view of the data, the shelf, what signs ids, and the local time."""

    connection: Connection
    shelf: Shelf
    signature: Signature
    local_now: datetime

    @property
    def now(self) -> int:
        """The moment it is answered at."""
        return from_datetime(self.local_now)


@dataclass(frozen=True)
class _Request:
    """What all lists of one request share."""

    maker: Maker
    wanted: Wanted
    regions: tuple[str, ...] | None


@dataclass(frozen=True)
class _Asked:
    """Whose list is made: its name, x, how many events that was made of, and who it is for."""

    name: str
    x: Signals | None
    history: int
    student: Student | None = None
    segment: Segment | None = None


@dataclass(frozen=True)
class _Slate:
    """Catalogue rows, best first, and their scores; `candidates` is how many there were to choose from."""

    rows: NDArray[np.int64]
    scores: NDArray[np.float64]
    candidates: int


@dataclass(frozen=True)
class Answer:
    """What is sent and what is logged of it; `ranking` are the settings it was ranked by."""

    recommendation: Recommendation
    impression: Impression
    ranking: str


def for_customer(maker: Maker, customer_id: bytes, wanted: Wanted) -> list[Answer]:
    """The student's own list, and with `include_segments` one for each of the student's segments (D27)."""
    connection = maker.connection
    student = _student(connection, customer_id, maker.now)
    request = _Request(maker, wanted, wanted.regions or (student.region,))
    history = events.of_students(connection, [student.key], MOST_EVENTS)
    x = student_signals(maker.shelf, history, student.region, maker.now, student.traits)
    answers = [_answer(request, _Asked(NAME, x, len(history), student))]
    if wanted.include_segments:
        today = maker.local_now.date()
        for segment in segments.everything(connection):
            if segments.holds(connection, segment.rule, student.key, today):
                of_all, read = _segment_signals(maker, segment)
                answers.append(_answer(request, _Asked(segment.name, of_all, read, student, segment)))
    return answers


def for_segment(maker: Maker, segment_id: bytes, wanted: Wanted) -> Answer:
    """One list for all members; without `regions` the rule's own filter, where it has any."""
    segment = segments.find(maker.connection, segment_id)
    if segment is None:
        raise NotFound(f"segment {format_id(segment_id)} is not known", code="unknown_segment")
    regions = wanted.regions or segment.rule.regions or None
    x, read = _segment_signals(maker, segment)
    return _answer(_Request(maker, wanted, regions), _Asked(segment.name, x, read, segment=segment))


def log(transaction: Transaction, requests: Sequence[Sequence[Answer]]) -> Sequence[None]:
    """Write down what is about to be sent (D30); raises NotFound where a student was erased meanwhile."""
    answers = [answer for request in requests for answer in request]
    students = (answer.recommendation.student_id for answer in answers)
    theirs = {student for student in students if student is not None}
    known = resolve_students(transaction.connection, transaction.keys, theirs)
    for answer in answers:
        student_id = answer.recommendation.student_id
        if student_id is not None and known.get(student_id) != answer.impression.student_key:
            raise _unknown_customer(student_id)
    impressions.add(transaction.connection, [_with_settings(transaction, answer) for answer in answers])
    return [None] * len(requests)


def _with_settings(transaction: Transaction, answer: Answer) -> Impression:
    key = organisation_settings.ranking_key(transaction, answer.ranking)
    impression = answer.impression
    return replace(impression, circumstances=impression.circumstances._replace(settings=key))


def _student(connection: Connection, customer_id: bytes, now: int) -> Student:
    row = entities.fetch(connection, CUSTOMERS, [customer_id]).get(customer_id)
    if row is None or row["is_deleted"]:
        raise _unknown_customer(customer_id)
    return Student(row["key"], customer_id, row["region"], traits_of(row, now))


def _unknown_customer(customer_id: bytes) -> NotFound:
    message = f"customer {format_id(customer_id)} is not known"
    return NotFound(message, code="unknown_customer", hint="upload the customer first")


def student_signals(
    shelf: Shelf,
    history: NDArray[np.int64],
    region: str | None,
    now: int,
    known: Mapping[Trait, int] | None = None,
) -> Signals | None:
    """x of one student, from the rows of `events.of_students`; None before the first training.

    `known` are the traits beside the region.
    """
    if shelf.model is None:
        return None
    traits = dict(known or {})
    if region is not None:
        traits[Trait.REGION] = region_code(region)
    rows = np.full(len(history), -1, np.int64)
    for item_type in ItemType:
        chosen = history[:, 1] == item_type
        rows[chosen] = shelf.catalogue.rows(item_type, history[chosen, 2])
    return shelf.model.signals(rows, history[:, 3], history[:, 4], now, traits)


def _segment_signals(maker: Maker, segment: Segment) -> tuple[Signals | None, int]:
    """x of a segment, and of how many events it is made."""
    connection, shelf, now = maker.connection, maker.shelf, maker.now
    if shelf.model is None:
        return None, 0
    members = segments.members(connection, segment.rule, maker.local_now.date(), MOST_MEMBERS)
    histories = events.of_students(connection, members.tolist(), MOST_EVENTS // MOST_MEMBERS)
    theirs = [student_signals(shelf, histories[histories[:, 0] == member], None, now) for member in members]
    standing = student_signals(shelf, histories[:0], None, now)
    return of_segment([x for x in theirs or [standing] if x is not None]), len(histories)


def _answer(request: _Request, asked: _Asked) -> Answer:
    maker, item_type = request.maker, request.wanted.item_type
    shelf, student, segment = maker.shelf, asked.student, asked.segment
    identifier = maker.signature.new_id(maker.now)
    # The seed breaks ties; it is the answer's own, so that equals are not always shown in the same order.
    seed = seed_of(identifier)
    slate = _rank(request, asked.x, seed)
    recommendation = Recommendation(
        identifier,
        asked.name,
        tuple(shelf.item_id(row) for row in slate.rows.tolist()),
        student.student_id if student else None,
        segment.segment_id if segment else None,
        item_type,
        _told(maker, asked.x, slate.rows) if request.wanted.explain else None,
    )
    impression = Impression(
        identifier,
        maker.now,
        student.key if student else None,
        segment.key if segment else None,
        shelf.version,
        "ranked" if shelf.model is not None else "untrained",
        None,
        seed,
        item_type,
        slate.candidates,
        shelf.catalogue.item_key[slate.rows],
        slate.scores.astype(np.float32),
        np.ones(len(slate.rows), np.float32),
        Circumstances(
            catalogue_revision=shelf.revision.catalogue,
            history=asked.history,
            regions=request.regions,
            limit=request.wanted.limit,
        ),
    )
    return Answer(recommendation, impression, shelf.ranking)


def _rank(request: _Request, x: Signals | None, seed: int) -> _Slate:
    shelf, wanted = request.maker.shelf, request.wanted
    candidates = shelf.eligible(wanted.item_type, request.regions, request.maker.local_now)
    scores = np.zeros(shelf.catalogue.size) if shelf.model is None or x is None else shelf.model.score(x)
    rows = ranking.top(scores, candidates, wanted.limit, seed)
    return _Slate(rows, scores[rows], len(candidates))


def _told(maker: Maker, x: Signals | None, rows: NDArray[np.int64]) -> tuple[tuple[Reason, ...], ...]:
    connection, shelf = maker.connection, maker.shelf
    if shelf.model is None or x is None:
        return tuple(() for _ in rows)
    return tuple(reasons(connection, shelf.model, shelf.catalogue, x, row) for row in rows.tolist())
