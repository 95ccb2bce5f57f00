"""What an organisation can have done: each method is one action in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from cobi.actions import browse, measure
from cobi.actions.export import Snapshot
from cobi.actions.ingesting import (
    idempotency,
    ingest,
    interact,
    interact_ahead,
    interaction_columns,
    keep,
    post,
    submission,
)
from cobi.actions.ingesting.interact import Arrival, Recorded
from cobi.actions.ingesting.post import Post, Posted
from cobi.actions.ingesting.submission import Submission
from cobi.actions.quarantine import refused, retry
from cobi.actions.segments.crowds import Crowds
from cobi.actions.students import erase
from cobi.actions.students import export as export_student
from cobi.domain.batch import BatchResult
from cobi.domain.idempotency import KEPT, Answer, Once
from cobi.domain.interaction_record import INTERACTIONS
from cobi.domain.quarantine import Retry, Selection
from cobi.domain.random_ids import random_id
from cobi.domain.recommendation import Recommendation, Wanted
from cobi.domain.record_type import RecordType
from cobi.metrics.later import Later
from cobi.metrics.metrics import Samples
from cobi.service.answers import Answers
from cobi.service.catalogue import Catalogue
from cobi.service.core import Core
from cobi.service.counting import count_batch, count_outcomes, count_post
from cobi.service.evaluations import Evaluations
from cobi.service.experiments import Experiments
from cobi.service.jobs import StartWork
from cobi.service.models import Models
from cobi.service.organisation_settings import OrganisationSettings
from cobi.service.reports import Reports
from cobi.service.segments import Segments
from cobi.service.shelves import Shelves
from cobi.service.students import Students
from cobi.service.training import Training
from cobi.store.interactions import Filter
from cobi.store.line import Entry, Ticket
from cobi.store.writer import Transaction

if TYPE_CHECKING:
    from cobi.service.learning import Learning


class Service:
    """The actions of one organisation; safe to call from several threads."""

    def __init__(
        self,
        core: Core,
        shelves: Shelves | None = None,
        start_work: StartWork | None = None,
        crowds: Crowds | None = None,
    ) -> None:
        self._core = core
        self._shelves = shelves or Shelves()
        self._crowds = crowds or Crowds()
        self.segments = Segments(core, self._shelves, self._crowds)
        self.reports = Reports(core)
        self.experiments = Experiments(core)
        self.models = Models(core)
        self.settings = OrganisationSettings(core)
        self.answers = Answers(core, self._shelves, self._crowds)
        self.catalogue = Catalogue(core, self._shelves, self.answers)
        self.students = Students(core, self.answers)
        training, evaluation = (
            None if start_work is None else partial(start_work, kind.WORK.name)
            for kind in (Training, Evaluations)
        )
        self.training = Training(core, lambda: self.learning, training)
        self.evaluations = Evaluations(core, lambda: self.learning, evaluation)
        # One and the same for all requests: that is what lets the writer do them together.
        self._record = partial(interact.record, rules=core.rules.claims)
        rules = core.rules
        self._post = partial(
            post.record, terms=post.Terms(rules.claims, rules.keeping, rules.future_tolerance)
        )

    @cached_property
    def learning(self) -> Learning:
        """What learns; loaded when it is first asked for, which a process that only answers never does."""
        from cobi.service.learning import Learning  # noqa: PLC0415

        return Learning(self._core, self.models)

    @property
    def now(self) -> int:
        """The moment it is for the organisation, in microseconds since 1970."""
        return self._core.clock()

    @property
    def patience(self) -> float:
        """How many seconds a write may wait for its turn."""
        return self._core.database.patience

    def upload(self, record_type: RecordType, bodies: Sequence[Any], request_id: str) -> BatchResult:
        """Store a batch of records, given as JSON bytes, of any type."""
        if record_type is INTERACTIONS:
            return self.interact(bodies, request_id).result
        return self.uploaded(
            self._core.database.settled(self.begin_uploading(record_type, bodies, request_id))
        )

    def begin_uploading(
        self, record_type: RecordType, bodies: Sequence[Any], request_id: str
    ) -> Future[BatchResult]:
        """Read a batch of records now; the future is done once it is stored."""
        reading = submission.read(self._submission(record_type, bodies, request_id))
        rules = self._core.rules.claims
        return self._core.database.begin(
            lambda transaction: ingest.ingest(transaction, reading, rules), len(bodies)
        )

    def uploaded(self, result: BatchResult) -> BatchResult:
        """Count what became of a batch."""
        count_batch(self._core.meter, result)
        return result

    def interact(self, bodies: Sequence[Any], request_id: str) -> Recorded:
        """Store a batch of interactions, given as JSON bytes."""
        return self.recorded(self._core.database.settled(self.begin_interacting(bodies, request_id)))

    def begin_interacting(self, bodies: Sequence[Any], request_id: str) -> Future[Recorded]:
        """Read a batch of interactions now; the future is done once it is stored."""
        return self.begin_recording(self.read_sent(bodies, request_id))

    def read_sent(self, bodies: Sequence[Any], request_id: str) -> Arrival:
        """Read a batch of interactions, given as JSON bytes, as far as that goes without the store."""
        sent = self._submission(INTERACTIONS, bodies, request_id)
        reading = interaction_columns.read(sent, self._core.rules.future_tolerance)
        return Arrival(reading, interact_ahead.prepare(reading, self._core.database.look_ahead))

    def begin_recording(self, arrival: Arrival) -> Future[Recorded]:
        """Store what was read; the future is done once it is stored."""
        return self._core.database.write_to(self._record, arrival, arrival.weight)

    def begin_recording_all(self, arrivals: Sequence[tuple[Arrival, Ticket]]) -> None:
        """Store what several have sent; each hears of theirs by their ticket."""
        self._core.database.write_all(
            [Entry(self._record, arrival, arrival.weight, ticket) for arrival, ticket in arrivals]
        )

    def read_post(self, body: bytes, request_id: str) -> Post | None:
        """A body that looks like one usual interaction; None for any other."""
        return post.read(body, request_id, self._core.clock())

    def begin_posting_all(self, posts: Sequence[tuple[Post, Ticket]]) -> None:
        """As `begin_recording_all`, of one interaction each."""
        self._core.database.write_all([Entry(self._post, one, 1, ticket) for one, ticket in posts])

    def posted(self, posted: Posted) -> Posted:
        """Count what became of a post."""
        count_post(self._core.meter, posted)
        return posted

    def recorded(self, recorded: Recorded) -> Recorded:
        """Count what became of a batch."""
        count_batch(self._core.meter, recorded.result)
        count_outcomes(self._core.meter, recorded.outcomes)
        return recorded

    def read(self, record_type: RecordType, identifier: bytes) -> dict[str, Any]:
        """One stored record."""
        with self._core.reading() as connection:
            return browse.one(connection, record_type, identifier)

    def read_page(self, record_type: RecordType, limit: int, cursor: str | None) -> dict[str, Any]:
        """A page of uploaded records."""
        with self._core.reading() as connection:
            return browse.page(connection, record_type, limit, cursor)

    def read_interactions(self, wanted: Filter, limit: int, cursor: str | None) -> dict[str, Any]:
        """A page of interactions, newest first."""
        with self._core.reading() as connection:
            return browse.interactions_page(connection, wanted, limit, cursor)

    def overview(self) -> dict[str, Any]:
        """How much of each type is stored."""
        with self._core.reading() as connection:
            return browse.overview(connection)

    def refused(self, selection: Selection, limit: int, cursor: str | None) -> dict[str, Any]:
        """A page of quarantine."""
        self._tidy_quarantine()
        with self._core.reading() as connection:
            return refused.page(connection, selection, limit, cursor)

    def read_refused(self, quarantine_id: bytes) -> dict[str, Any]:
        """One record in quarantine."""
        with self._core.reading() as connection:
            return refused.one(connection, quarantine_id)

    def retry(self, order: Retry) -> dict[str, Any]:
        """Try refused records again, at most 5000 in a transaction."""
        self._tidy_quarantine()
        terms = retry.Terms(self._core.clock(), self._core.rules.claims, self._core.rules.future_tolerance)
        return retry.retry(self._core.database.write, order, terms)

    def drop_refused(self, selection: Selection, *, dry_run: bool = False) -> dict[str, Any]:
        """Delete refused records, or only count them."""
        if dry_run:
            with self._core.reading() as connection:
                return {"dry_run": True, "dropped": refused.count(connection, selection)}
        dropped = 0
        while more := self._core.write(lambda transaction: refused.drop(transaction, selection)):
            dropped += more
        return {"dry_run": False, "dropped": dropped}

    @contextmanager
    def snapshot(self) -> Generator[Snapshot]:
        """All that is stored, as of one moment for as long as it takes to read."""
        with self._core.reading() as connection:
            yield Snapshot(connection)

    def recommend(self, customer_id: bytes, wanted: Wanted) -> list[Recommendation]:
        """What a student should see; logged when this returns."""
        return self.answers.for_customer(customer_id, wanted)

    def recommend_segment(self, segment_id: bytes, wanted: Wanted) -> Recommendation:
        """What a segment's members should see; logged when this returns."""
        return self.answers.for_segment(segment_id, wanted)

    def once(self, once: Once, act: Callable[[Service], Answer]) -> Answer:
        """What `act` answers, in one transaction with all it does on the service it is given; the same next time."""
        now = self._core.clock()
        with self._core.reading() as connection:
            before = idempotency.known(connection, once, now)
        if before is not None:
            return before

        uncounted = Later()

        def work(transaction: Transaction) -> Answer:
            joined = Service(self._core.within(transaction, uncounted), self._shelves, crowds=self._crowds)
            return idempotency.do_once(transaction, once, now, lambda: act(joined))

        answer = self._core.write(work)
        uncounted.pass_on(self._core.meter.metrics)
        return answer

    def tidy(self) -> None:
        """Let go of what has been kept for long enough, though nobody asks for it."""
        self._tidy_quarantine()
        self.experiments.gather()
        self.catalogue.count()
        self.reports.tidy()
        until = self._core.clock() - KEPT
        with self._core.reading() as connection:
            overdue = idempotency.is_overdue(connection, until)
        while overdue:
            overdue = self._core.write(lambda transaction: idempotency.purge(transaction, until))
        self.training.tidy()
        self.evaluations.tidy()
        self.models.watch()
        self.models.prune()

    @property
    def writer_lives(self) -> bool:
        """Whether writes are worked on."""
        return self._core.database.writer_lives

    def schema_is_current(self) -> bool:
        """Whether the database is of this version; raises StorageUnavailable."""
        return self._core.database.is_current()

    def gauges(self, organisation: str) -> Samples:
        """What is stored, in figures."""
        with self._core.reading() as connection:
            return measure.measure(connection, organisation)

    def erase(self, customer_id: bytes) -> dict[str, Any]:
        """Remove a student from every table; answers the receipt."""
        now = self._core.clock()
        with self._core.reading() as connection:
            searched = erase.search(connection, customer_id)
        return self._core.write(lambda transaction: erase.erase(transaction, searched, now))

    def erasures(self) -> dict[str, Any]:
        """The receipts of past erasures."""
        with self._core.reading() as connection:
            return erase.receipts(connection)

    def export_student(self, customer_id: bytes) -> dict[str, Any]:
        """Everything that is held on one student."""
        now = self._core.clock()
        with self._core.reading() as connection:
            return export_student.export(connection, customer_id, now)

    def close(self) -> None:
        """Finish what waits."""
        self.answers.close()
        self._core.database.close()

    def _submission(self, record_type: RecordType, bodies: Sequence[Any], request_id: str) -> Submission:
        return Submission(
            record_type, bodies, request_id, random_id(), self._core.clock(), self._core.rules.keeping
        )

    def _tidy_quarantine(self) -> None:
        """Let go of refused records that have grown too old, so that nobody is shown them."""
        keeping, now = self._core.rules.keeping, self._core.clock()
        with self._core.reading() as connection:
            overdue = keep.is_overdue(connection, keeping, now)
        if overdue:
            self._core.write(lambda transaction: keep.tidy(transaction.connection, keeping, now))
