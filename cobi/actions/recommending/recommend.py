"""Answering what a student or a segment should see, and logging it before it is sent (§4, D28–D31)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cobi.actions.experiments.arms import NOWHERE, Exposure, Place, expose
from cobi.actions.ranking.explain import told
from cobi.actions.ranking.ranked import (
    EMPTY,
    NOTHING,
    History,
    Order,
    Slate,
    histories_of,
    rank,
    rows_of_ids,
    signals,
)
from cobi.actions.ranking.shelf import Shelf
from cobi.actions.ranking.traits import traits_of
from cobi.actions.recommending import pages
from cobi.actions.segments import manage
from cobi.actions.segments.crowds import Crowds
from cobi.domain.errors import NotFound
from cobi.domain.experiments.experiment import Listing
from cobi.domain.identifiers import format_id
from cobi.domain.interaction import ItemType
from cobi.domain.moments import from_datetime
from cobi.domain.recommendation import NAME, SIMILAR_NAME, Recommendation, Wanted
from cobi.domain.segments.rule import When
from cobi.domain.signature import Signature
from cobi.recommenders.dataset import Trait
from cobi.recommenders.lists.slate import NONE
from cobi.recommenders.signals import Signals
from cobi.store import askers, impressions, organisation_settings
from cobi.store.database import Connection
from cobi.store.events import EventArray
from cobi.store.impressions import Circumstances, Impression, seed_of
from cobi.store.keys import resolve_students
from cobi.store.rollups import counting
from cobi.store.segments import Segment
from cobi.store.writer import Transaction

MOST_EVENTS = 10_000
"""Of a longer history the newest events of each source count."""

POPULAR = 0.05
"""How much what everybody likes counts beside what resembles an item."""


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
    crowds: Crowds
    signature: Signature
    local_now: datetime

    @cached_property
    def now(self) -> int:
        """The moment it is answered at."""
        return from_datetime(self.local_now)

    @property
    def when(self) -> When:
        """The moment, and the organisation's day."""
        return When(self.now, self.local_now.date())


@dataclass(frozen=True)
class _Asked:
    """Whose list is made: its name, regions, x, the events that was made of, and who it is for.

    `read` is how many events were read; None of a segment.
    """

    name: str
    regions: tuple[str, ...] | None
    x: Signals | None
    read: int | None
    history: History = NOTHING
    student: Student | None = None
    segment: Segment | None = None
    similar_to: int | None = None
    """The item's row."""
    place: Place = NOWHERE
    """Where the student stands in experiments."""


@dataclass(frozen=True)
class _Page:
    """Where in a list an answer begins, what the caller does not want (keys), and the pages before, if known."""

    offset: int
    unwanted: tuple[int, ...]
    before: pages.Before | None


@dataclass(frozen=True)
class Made:
    """What a list was made of."""

    shelf: Shelf
    x: Signals | None
    order: Order


@dataclass(frozen=True)
class Answer:
    """What is sent and what is logged of it; `ranking` are the settings it was ranked by."""

    recommendation: Recommendation
    impression: Impression
    ranking: str
    made: Made
    exposures: tuple[Exposure, ...] = ()


def for_customer(maker: Maker, customer_id: bytes, wanted: Wanted) -> list[Answer]:
    """The student's own list, and with `include_segments` one for each of the student's segments (D27)."""
    [outcome] = for_customers(maker, [(customer_id, wanted)])
    if isinstance(outcome, NotFound):
        raise outcome
    return outcome


def for_customers(maker: Maker, asked: Sequence[tuple[bytes, Wanted]]) -> list[list[Answer] | NotFound]:
    """What `for_customer` answers each of these, or why not; what they need is read together."""
    ids = sorted({customer_id for customer_id, _ in asked})
    seen = askers.read(maker.connection, ids, MOST_EVENTS)
    return answers_to(maker, asked, seen.students, seen.events)


def answers_to(
    maker: Maker,
    asked: Sequence[tuple[bytes, Wanted]],
    known: Mapping[bytes, Mapping[str, Any]],
    events: EventArray,
) -> list[list[Answer] | NotFound]:
    """The same of students who have been read, by their ids, with what they did."""
    students = {one: _student(one, row, maker.now) for one, row in known.items()}
    histories = histories_of(maker.shelf, events)
    outcomes: list[list[Answer] | NotFound] = []
    for customer_id, wanted in asked:
        student = students.get(customer_id)
        if student is None:
            outcomes.append(unknown_customer(customer_id))
        else:
            outcomes.append(_for_student(maker, student, histories.of(student.key), wanted))
    return outcomes


def _for_student(maker: Maker, student: Student, history: History, wanted: Wanted) -> list[Answer]:
    place = maker.shelf.trials.place(student.student_id)
    maker = replace(maker, shelf=maker.shelf.of(place)) if place.label is not None else maker
    regions = wanted.regions or (student.region,)
    if place.listing is not Listing.PERSONAL:
        x = signals(maker.shelf, NOTHING, maker.now, {})
        return [_answer(maker, wanted, _Asked(NAME, regions, x, 0, NOTHING, student, place=place))]
    x = signals(maker.shelf, history, maker.now, student.traits)
    asked = _Asked(NAME, regions, x, len(history.rows), history, student, place=place)
    answers = [_answer(maker, wanted, asked)]
    if wanted.include_segments:
        for segment in maker.crowds.segments_of(maker.connection, student.key, maker.when):
            of_all = segment_signals(maker, segment)
            asked = _Asked(segment.name, regions, of_all, None, NOTHING, student, segment, place=place)
            answers.append(_answer(maker, wanted, asked))
    return answers


def for_segment(maker: Maker, segment_id: bytes, wanted: Wanted) -> Answer:
    """One list for all members; without `regions` the rule's own filter, where it has any."""
    segment = manage.find(maker.connection, segment_id)
    x = segment_signals(maker, segment)
    regions = wanted.regions or segment.rule.regions or None
    return _answer(maker, wanted, _Asked(segment.name, regions, x, None, segment=segment))


def for_offer(maker: Maker, offer_id: bytes, wanted: Wanted) -> Answer:
    """What resembles an offer; without `regions` in the offer's own region."""
    shelf = maker.shelf
    row = shelf.place_of(ItemType.OFFER).get(offer_id)
    if row is None:
        message = f"offer {format_id(offer_id)} is not known"
        raise NotFound(message, code="unknown_offer", hint="upload the offer first")
    own = str(shelf.terms.region[row - shelf.catalogue.of_type(ItemType.OFFER).start])
    return beside(maker, row, wanted, wanted.regions or (own,))


def beside(maker: Maker, row: int, wanted: Wanted, regions: tuple[str, ...] | None) -> Answer:
    """What resembles the item in a row of the catalogue."""
    x = item_signals(maker.shelf, row)
    return _answer(maker, wanted, _Asked(SIMILAR_NAME, regions, x, 0, similar_to=row))


def log(transaction: Transaction, requests: Sequence[Sequence[Answer]]) -> Sequence[None]:
    """Write down what is about to be sent (D30); raises NotFound where a student was erased meanwhile."""
    answers = [answer for request in requests for answer in request]
    students = (answer.recommendation.student_id for answer in answers)
    theirs = {student for student in students if student is not None}
    known = resolve_students(transaction.connection, transaction.keys, theirs)
    for answer in answers:
        student_id = answer.recommendation.student_id
        if student_id is not None and known.get(student_id) != answer.impression.student_key:
            raise unknown_customer(student_id)
    logged = [_with_settings(transaction, answer) for answer in answers]
    impressions.add(transaction.connection, logged)
    counting.count_answers(transaction.tallies, logged)
    shown = zip(logged, answers, strict=True)
    expose(transaction, ((one.student_key, one.served, answer.exposures) for one, answer in shown))
    return [None] * len(requests)


def _with_settings(transaction: Transaction, answer: Answer) -> Impression:
    key = organisation_settings.ranking_key(transaction, answer.ranking)
    answer.made.shelf.ranking_keys[answer.ranking] = key
    impression = answer.impression
    if impression.circumstances.settings == key:
        return impression
    return replace(impression, circumstances=impression.circumstances._replace(settings=key))


def _student(customer_id: bytes, row: Mapping[str, Any], now: int) -> Student:
    return Student(row["key"], customer_id, row["region"], traits_of(row, now))


def unknown_customer(customer_id: bytes) -> NotFound:
    """What is raised where no student has that id."""
    message = f"customer {format_id(customer_id)} is not known"
    return NotFound(message, code="unknown_customer", hint="upload the customer first")


def segment_signals(maker: Maker, segment: Segment) -> Signals | None:
    """x of a segment."""
    return maker.crowds.signals(maker.connection, maker.shelf, segment, maker.when)


def item_signals(shelf: Shelf, row: int) -> Signals | None:
    """x of who knows nothing but an item."""
    if shelf.model is None:
        return None
    return Signals(np.array([row, shelf.model.space.constant]), np.array([1.0, POPULAR]))


def _answer(maker: Maker, wanted: Wanted, asked: _Asked) -> Answer:
    shelf, student, segment = maker.shelf, asked.student, asked.segment
    identifier = maker.signature.new_id(maker.now)
    # The seed breaks ties and draws; it is the answer's own, so that equals are not always shown in the same order.
    order, page = _order(maker, wanted, asked, seed_of(identifier))
    slate = EMPTY if asked.place.listing is Listing.NONE else rank(shelf, asked.x, order)
    similar = None if asked.similar_to is None else shelf.item_id(asked.similar_to)
    recommendation = Recommendation(
        identifier,
        asked.name,
        shelf.ids_of(wanted.item_type, slate.rows),
        student.student_id if student else None,
        segment.segment_id if segment else None,
        wanted.item_type,
        told(maker.connection, shelf, asked.x, slate.rows) if wanted.explain else None,
        similar,
    )
    impression = _impression(maker, wanted, asked, order, slate, identifier, page)
    made = Made(shelf, asked.x, order)
    return Answer(recommendation, impression, shelf.ranking, made, asked.place.exposures)


def _order(maker: Maker, wanted: Wanted, asked: _Asked, seed: int) -> tuple[Order, _Page]:
    """What is to be ranked, and which page of a list it is."""
    shelf = maker.shelf
    unwanted = rows_of_ids(shelf, wanted.item_type, wanted.exclude) if wanted.exclude else NONE
    page = _page(maker, wanted, asked, tuple(shelf.catalogue.item_key[unwanted].tolist()))
    order = Order(
        wanted.item_type,
        asked.regions,
        wanted.limit,
        seed,
        maker.local_now,
        shelf.settings,
        asked.history,
        excluded=excluded_rows(unwanted, asked.similar_to),
        skipped=page.offset,
    )
    before = page.before
    if before is not None:
        above = rows_above(shelf, order, before.items)
        order = replace(order, seed=before.seed, above=above, skipped=before.skipped)
    return order, page


def _page(maker: Maker, wanted: Wanted, asked: _Asked, unwanted: tuple[int, ...]) -> _Page:
    """Where in which list it is; `unwanted` are keys."""
    if not wanted.offset and wanted.continues is None:
        return _Page(0, unwanted, None)
    student, segment = asked.student, asked.segment
    about = None if asked.similar_to is None else int(maker.shelf.catalogue.item_key[asked.similar_to])
    kind = pages.Kind(
        student.key if student else None,
        segment.key if segment else None,
        about,
        wanted.item_type,
        asked.regions,
        unwanted,
    )
    if wanted.continues is not None:
        before = pages.up_to(maker.connection, kind, wanted.continues)
        return _Page(before.offset, unwanted, before)
    return _Page(wanted.offset, unwanted, pages.before(maker.connection, kind, wanted.offset, maker.now))


def excluded_rows(unwanted: NDArray[np.int64], similar_to: int | None) -> NDArray[np.int64]:
    """What is left out: what the caller does not want, and the item that others are to resemble."""
    return unwanted if similar_to is None else np.union1d(unwanted, [similar_to])


def rows_above(shelf: Shelf, order: Order, keys: Collection[int]) -> NDArray[np.int64]:
    """The rows of what pages before have shown, as far as it is still there."""
    rows = shelf.catalogue.rows(order.item_type, np.array(list(keys), np.int64))
    return rows[rows >= 0]


def _impression(
    maker: Maker,
    wanted: Wanted,
    asked: _Asked,
    order: Order,
    slate: Slate,
    identifier: bytes,
    page: _Page,
) -> Impression:
    shelf = maker.shelf
    return Impression(
        identifier,
        maker.now,
        asked.student.key if asked.student else None,
        asked.segment.key if asked.segment else None,
        shelf.version,
        _policy(shelf, order, asked.place),
        asked.place.label,
        order.seed,
        wanted.item_type,
        slate.candidates,
        shelf.catalogue.item_key[slate.rows],
        slate.scores.astype(np.float32),
        slate.propensities.astype(np.float32),
        Circumstances(
            settings=shelf.ranking_keys.get(shelf.ranking),
            catalogue_revision=shelf.revision.catalogue,
            history=asked.read,
            regions=asked.regions,
            limit=wanted.limit,
            offset=page.offset,
            continues=None if page.before is None else page.before.last,
            excluded=page.unwanted,
            similar_to=None if asked.similar_to is None else int(shelf.catalogue.item_key[asked.similar_to]),
            platform=wanted.platform,
            city=wanted.city,
        ),
    )


def _policy(shelf: Shelf, order: Order, place: Place) -> str:
    """By what an answer was ranked."""
    if place.listing is not Listing.PERSONAL:
        return place.listing.policy
    if shelf.model is None:
        return "untrained"
    drawn = order.settings["exploration_temperature"] > 0 and order.settings["exploration_share"] > 0
    return "explored" if drawn else "ranked"
