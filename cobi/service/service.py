"""What an organisation can have done: each method is one action in one transaction."""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from cobi.actions import (
    browse,
    erase,
    evaluate,
    export_student,
    idempotency,
    ingest,
    interact,
    interaction_columns,
    keep,
    measure,
    recommend,
    refused,
    report,
    retry,
    segment,
    submission,
    train,
)
from cobi.actions.export import Snapshot
from cobi.actions.interact import Recorded
from cobi.actions.shelf import Shelf, current_revision, stock
from cobi.actions.submission import Submission
from cobi.domain.batch import BatchResult
from cobi.domain.evaluation import Plan
from cobi.domain.idempotency import KEPT, Answer, Once
from cobi.domain.interaction_record import INTERACTIONS
from cobi.domain.moments import as_datetime
from cobi.domain.quarantine import FOR_EVER, Keeping, Retry, Selection
from cobi.domain.random_ids import random_id
from cobi.domain.recommendation import Recommendation, Wanted
from cobi.domain.record_type import RecordType
from cobi.metrics.later import Later
from cobi.metrics.metrics import Meter, Metrics, Samples
from cobi.recommenders.progress import Progress, silent
from cobi.recommenders.settings import Settings as LearningSettings
from cobi.service.counting import count_answers, count_batch, count_outcomes
from cobi.store.database import Connection, Database
from cobi.store.effectiveness import Period
from cobi.store.interactions import Filter
from cobi.store.writer import Transaction

Body = bytes | memoryview
Clock = Callable[[], int]


def system_clock() -> int:
    """Now, in microseconds since 1970."""
    return time.time_ns() // 1000


@dataclass(frozen=True)
class Rules:
    """The settings actions go by, in microseconds."""

    future_tolerance: int
    attribution_window: int
    keeping: Keeping = FOR_EVER


class Service:
    """The actions of one organisation; safe to call from several threads."""

    def __init__(
        self,
        database: Database,
        rules: Rules,
        timezone: str,
        clock: Clock = system_clock,
        meter: Meter | None = None,
    ) -> None:
        self._meter = meter or Metrics().of("")
        self._database = database
        self._rules = rules
        self._zone = ZoneInfo(timezone)
        self._clock = clock
        # One and the same for all requests: that is what lets the writer do them together.
        self._record = partial(interact.record, window=rules.attribution_window)
        self._shelf: Shelf | None = None
        self._stocking = threading.Lock()

    @property
    def patience(self) -> float:
        """How many seconds a write may wait for its turn."""
        return self._database.patience

    def upload(self, record_type: RecordType, bodies: Sequence[Any], request_id: str) -> BatchResult:
        """Store a batch of records, given as JSON bytes, of any type."""
        if record_type is INTERACTIONS:
            return self.interact(bodies, request_id).result
        return self.uploaded(self._database.settled(self.begin_uploading(record_type, bodies, request_id)))

    def begin_uploading(
        self, record_type: RecordType, bodies: Sequence[Any], request_id: str
    ) -> Future[BatchResult]:
        """Read a batch of records now; the future is done once it is stored."""
        reading = submission.read(self._submission(record_type, bodies, request_id))
        window = self._rules.attribution_window
        return self._database.begin(
            lambda transaction: ingest.ingest(transaction, reading, window), len(bodies)
        )

    def uploaded(self, result: BatchResult) -> BatchResult:
        """Count what became of a batch."""
        count_batch(self._meter, result)
        return result

    def interact(self, bodies: Sequence[Any], request_id: str) -> Recorded:
        """Store a batch of interactions, given as JSON bytes."""
        return self.recorded(self._database.settled(self.begin_interacting(bodies, request_id)))

    def begin_interacting(self, bodies: Sequence[Any], request_id: str) -> Future[Recorded]:
        """Read a batch of interactions now; the future is done once it is stored."""
        sent = self._submission(INTERACTIONS, bodies, request_id)
        reading = interaction_columns.read(sent, self._rules.future_tolerance)
        return self._database.write_to(self._record, reading, len(bodies))

    def recorded(self, recorded: Recorded) -> Recorded:
        """Count what became of a batch."""
        count_batch(self._meter, recorded.result)
        count_outcomes(self._meter, recorded.outcomes)
        return recorded

    def read(self, record_type: RecordType, identifier: bytes) -> dict[str, Any]:
        """One stored record."""
        with self._reading() as connection:
            return browse.one(connection, record_type, identifier)

    def read_page(self, record_type: RecordType, limit: int, cursor: str | None) -> dict[str, Any]:
        """A page of uploaded records."""
        with self._reading() as connection:
            return browse.page(connection, record_type, limit, cursor)

    def read_interactions(self, wanted: Filter, limit: int, cursor: str | None) -> dict[str, Any]:
        """A page of interactions, newest first."""
        with self._reading() as connection:
            return browse.interactions_page(connection, wanted, limit, cursor)

    def overview(self) -> dict[str, Any]:
        """How much of each type is stored."""
        with self._reading() as connection:
            return browse.overview(connection)

    def refused(self, selection: Selection, limit: int, cursor: str | None) -> dict[str, Any]:
        """A page of quarantine."""
        self._tidy_quarantine()
        with self._reading() as connection:
            return refused.page(connection, selection, limit, cursor)

    def read_refused(self, quarantine_id: bytes) -> dict[str, Any]:
        """One record in quarantine."""
        with self._reading() as connection:
            return refused.one(connection, quarantine_id)

    def retry(self, order: Retry) -> dict[str, Any]:
        """Try refused records again, at most 5000 in a transaction."""
        self._tidy_quarantine()
        terms = retry.Terms(self._clock(), self._rules.attribution_window, self._rules.future_tolerance)
        return retry.retry(self._database.write, order, terms)

    def drop_refused(self, selection: Selection, *, dry_run: bool = False) -> dict[str, Any]:
        """Delete refused records, or only count them."""
        if dry_run:
            with self._reading() as connection:
                return {"dry_run": True, "dropped": refused.count(connection, selection)}
        dropped = 0
        while more := self._database.write(lambda transaction: refused.drop(transaction, selection)):
            dropped += more
        return {"dry_run": False, "dropped": dropped}

    @contextmanager
    def snapshot(self) -> Generator[Snapshot]:
        """All that is stored, as of one moment for as long as it takes to read."""
        with self._reading() as connection:
            yield Snapshot(connection)

    def recommend(self, customer_id: bytes, wanted: Wanted) -> list[Recommendation]:
        """What a student should see; logged when this returns."""
        with self._reading() as connection:
            shelf = self._stocked(connection)
            answers = recommend.for_customer(connection, shelf, customer_id, wanted, self._local_now())
        self._database.write(lambda transaction: recommend.log(transaction, answers))
        count_answers(self._meter, answers)
        return [answer.recommendation for answer in answers]

    def recommend_segment(self, segment_id: bytes, wanted: Wanted) -> Recommendation:
        """What a segment's members should see; logged when this returns."""
        with self._reading() as connection:
            shelf = self._stocked(connection)
            answer = recommend.for_segment(connection, shelf, segment_id, wanted, self._local_now())
        self._database.write(lambda transaction: recommend.log(transaction, [answer]))
        count_answers(self._meter, [answer])
        return answer.recommendation

    def create_segment(self, document: Any) -> dict[str, Any]:
        """Store a segment."""
        now, today = self._clock(), self._local_now().date()
        return self._database.write(lambda transaction: segment.create(transaction, document, now, today))

    def read_segment(self, segment_id: bytes) -> dict[str, Any]:
        """One segment with its live size."""
        with self._reading() as connection:
            return segment.show(connection, segment_id, self._local_now().date())

    def list_segments(self) -> dict[str, Any]:
        """All segments."""
        with self._reading() as connection:
            return segment.list_all(connection, self._local_now().date())

    def report(self, period: Period) -> dict[str, Any]:
        """The effectiveness of recommendations."""
        with self._reading() as connection:
            return report.effectiveness_report(connection, period)

    def train(
        self,
        *,
        until: int | None = None,
        seed: int = 0,
        settings: LearningSettings | None = None,
        progress: Progress = silent,
    ) -> dict[str, Any]:
        """Learn a model from what is stored (before a moment, where one is given) and let it go live."""
        with self._reading() as connection:
            now = self._clock()
            lessons = train.gather(connection, until or now, until)
        model = train.learn(lessons, until or now, settings or LearningSettings(), seed, progress)
        version = self._database.write(lambda transaction: train.publish(transaction, model, now))
        return {"model_version": version, **model.card}

    def evaluate(
        self, plan: Plan, *, settings: LearningSettings | None = None, progress: Progress = silent
    ) -> dict[str, Any]:
        """How well what students did is foretold from what they did before; stores nothing."""
        with self._reading() as connection:
            material = evaluate.read_material(connection, plan.item_type, self._clock())
        return evaluate.evaluate(material, plan, self._zone, settings or LearningSettings(), progress)

    def once(self, once: Once, act: Callable[[Service], Answer]) -> Answer:
        """What `act` answers, in one transaction with all it does on the service it is given; the same next time."""
        now = self._clock()
        with self._reading() as connection:
            before = idempotency.known(connection, once, now)
        if before is not None:
            return before

        uncounted = Later()

        def work(transaction: Transaction) -> Answer:
            return idempotency.do_once(
                transaction, once, now, lambda: act(self._within(transaction, uncounted))
            )

        answer = self._database.write(work)
        uncounted.pass_on(self._meter.metrics)
        return answer

    def tidy(self) -> None:
        """Let go of what has been kept for long enough, though nobody asks for it."""
        self._tidy_quarantine()
        until = self._clock() - KEPT
        with self._reading() as connection:
            overdue = idempotency.is_overdue(connection, until)
        while overdue:
            overdue = self._database.write(lambda transaction: idempotency.purge(transaction, until))

    @property
    def writer_lives(self) -> bool:
        """Whether writes are worked on."""
        return self._database.writer_lives

    def schema_is_current(self) -> bool:
        """Whether the database is of this version; raises StorageUnavailable."""
        return self._database.is_current()

    def gauges(self, organisation: str) -> Samples:
        """What is stored, in figures."""
        with self._reading() as connection:
            return measure.measure(connection, organisation)

    def erase(self, customer_id: bytes) -> dict[str, Any]:
        """Remove a student from every table; answers the receipt."""
        now = self._clock()
        with self._reading() as connection:
            searched = erase.search(connection, customer_id)
        return self._database.write(lambda transaction: erase.erase(transaction, searched, now))

    def erasures(self) -> dict[str, Any]:
        """The receipts of past erasures."""
        with self._reading() as connection:
            return erase.receipts(connection)

    def export_student(self, customer_id: bytes) -> dict[str, Any]:
        """Everything that is held on one student."""
        now = self._clock()
        with self._reading() as connection:
            return export_student.export(connection, customer_id, now)

    def close(self) -> None:
        """Finish waiting writes."""
        self._database.close()

    def _submission(self, record_type: RecordType, bodies: Sequence[Any], request_id: str) -> Submission:
        return Submission(record_type, bodies, request_id, random_id(), self._clock(), self._rules.keeping)

    def _within(self, transaction: Transaction, uncounted: Later) -> Service:
        """This service, for work that is all to be part of one transaction, and counted after it."""
        joined = copy.copy(self)
        joined._database = self._database.joined(transaction)  # noqa: SLF001 (one of our own kind)
        joined._meter = Meter(uncounted, self._meter.organisation)  # noqa: SLF001
        return joined

    def _tidy_quarantine(self) -> None:
        """Let go of refused records that have grown too old, so that nobody is shown them."""
        keeping, now = self._rules.keeping, self._clock()
        with self._reading() as connection:
            overdue = keep.is_overdue(connection, keeping, now)
        if overdue:
            self._database.write(lambda transaction: keep.tidy(transaction.connection, keeping, now))

    def _reading(self) -> AbstractContextManager[Connection]:
        return self._database.read()

    def _local_now(self) -> datetime:
        return as_datetime(self._clock()).astimezone(self._zone)

    def _stocked(self, connection: Connection) -> Shelf:
        """The shelf as of this moment; read anew when the catalogue or the live model has changed."""
        shelf, revision = self._shelf, current_revision(connection)
        if shelf is not None and shelf.revision == revision:
            return shelf
        with self._stocking:
            if self._shelf is None or self._shelf.revision != revision:
                self._shelf = stock(connection, self._shelf)
            return self._shelf
