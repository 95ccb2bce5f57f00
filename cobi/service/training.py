"""Trainings in a process of their own: asked for here, worked on there, told of in the database."""

from __future__ import annotations

import _thread
import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from cobi.actions import training_jobs
from cobi.actions.training_jobs import Moment
from cobi.domain.errors import CobiError, Conflict, Overloaded, StorageUnavailable
from cobi.domain.identifiers import content_id, format_id
from cobi.domain.model_state import JobState
from cobi.metrics.families import TRAININGS
from cobi.recommenders.progress import Progress, within
from cobi.service.core import Clock, Core, system_clock
from cobi.service.models import FITTING, WITHOUT_COMPARISON, Models
from cobi.store import training_jobs as jobs
from cobi.store.writer import Transaction

Starter = Callable[[bytes, Callable[[str | None], None]], None]
"""Starts the process of a job, and says when it has ended: None, or how it was killed."""

PULSE_SECONDS = 1.0


@dataclass(frozen=True)
class Order:
    """What a training is to do; kept with its job."""

    until: int | None = None
    seed: int = 0
    promote: bool = False
    incremental: bool = False

    def as_json(self) -> dict[str, Any]:
        """As it is kept."""
        return asdict(self)


class Cancelled(Exception):
    """Somebody cancelled the training, or gave it up for lost."""


class Training:
    """One training at a time for the whole organisation, whichever process it was asked in."""

    def __init__(
        self, core: Core, models: Models, starter: Starter | None = None, wall: Clock = system_clock
    ) -> None:
        self._core, self._models, self._starter, self._wall = core, models, starter, wall

    def request(
        self, *, by: str, seed: int = 0, until: int | None = None, promote: bool = False
    ) -> dict[str, Any]:
        """Have a process trained in; raises Conflict while another training waits or goes on."""
        if self._starter is None:
            raise Conflict(
                "this process starts no trainings", code="training_unavailable", hint="use cobi train"
            )
        job_id = content_id(self._core.clock(), os.urandom(16))
        order = Order(until, seed, promote).as_json()
        asked = self._core.write(lambda t: training_jobs.request(t, job_id, order, by, self._moment()))
        self._starter(job_id, lambda how: self._ended(job_id, how))
        return asked

    def read(self, job_id: bytes) -> dict[str, Any]:
        """How far a training is; raises NotFound."""
        self.tidy()
        with self._core.reading() as connection:
            return training_jobs.read(connection, job_id)

    def recent(self) -> dict[str, Any]:
        """The newest trainings."""
        self.tidy()
        with self._core.reading() as connection:
            return training_jobs.recent(connection)

    def cancel(self, job_id: bytes) -> dict[str, Any]:
        """Cancel a training; its process notices within two seconds, and can store nothing more from now on."""
        return self._core.write(lambda t: training_jobs.cancel(t, job_id, self._moment()))

    def tidy(self) -> None:
        """Give up a training whose process is gone."""
        with self._core.reading() as connection:
            job = jobs.current(connection)
        if job is not None and training_jobs.why_lost(job, self._wall()) is not None:
            self._core.write(lambda t: training_jobs.give_up_lost(t, self._moment()))

    def request_if_due(self) -> dict[str, Any] | None:
        """Ask for a training where the organisation's settings want one; None where not, or one goes on."""
        with self._core.reading() as connection:
            why = training_jobs.why_due(connection, self._core.clock())
        if why is None:
            return None
        with suppress(Conflict):
            return self.request(by=f"schedule: {why}")
        return None

    def train_here(self, order: Order, *, by: str, progress: Progress) -> dict[str, Any]:
        """Train in this process, as the one training of the organisation; answers the model's card.

        Raises Conflict while another one waits or goes on, and where somebody cancels this one; then the main thread
        is interrupted.
        """
        job_id = content_id(self._core.clock(), os.urandom(16))
        self._core.write(lambda t: training_jobs.request(t, job_id, order.as_json(), by, self._moment()))
        self._begin(job_id)
        pulse = _Pulse(self, job_id, _thread.interrupt_main)
        pulse.start()

        def tell(share: float, message: str) -> None:
            pulse.tell(share, message)
            progress(share, message)

        try:
            return self._train(job_id, order, by, tell)
        except (Cancelled, KeyboardInterrupt):
            if self._fails(job_id, "it was interrupted"):
                raise
            raise Conflict("the training was cancelled", code="training_cancelled") from None
        except BaseException as error:
            self.fail(job_id, error.message if isinstance(error, CobiError) else type(error).__name__)
            raise
        finally:
            pulse.stop()

    def work(self, job_id: bytes, leave: Callable[[], None]) -> None:
        """Do a queued training in this process; `leave` must end the process, once the job is no longer ours."""
        if not self._begin(job_id):
            return
        pulse = _Pulse(self, job_id, leave)
        pulse.start()
        try:
            self._train(job_id, self._order(job_id), f"training {format_id(job_id)}", pulse.tell)
        except Cancelled:
            return
        except CobiError as error:
            self.fail(job_id, error.message)
        except MemoryError:
            self.fail(job_id, "it needed more memory than training_memory_mb allows")
        except Exception as error:
            self.fail(
                job_id, f"something unexpected happened: {type(error).__name__}; the server's log has it"
            )
            raise
        finally:
            pulse.stop()

    def fail(self, job_id: bytes, reason: str) -> None:
        """Mark a training as failed, unless it has ended."""
        self._fails(job_id, reason)

    def _fails(self, job_id: bytes, reason: str) -> bool:
        """Whether the job was still ours to fail."""
        return self._change(job_id, state=JobState.FAILED, ended=self._core.clock(), reason=reason)

    def _begin(self, job_id: bytes) -> bool:
        begun = {"state": JobState.RUNNING, "started": self._core.clock(), "message": "starting"}
        own = {"host": socket.gethostname(), "pid": os.getpid(), "heartbeat": self._wall()}
        return self._change(job_id, **begun, **own)

    def beat(self, job_id: bytes, share: float, message: str) -> bool:
        """Give a sign of life; False where the job is no longer ours."""
        return self._change(job_id, share=share, message=message, heartbeat=self._wall())

    def _train(self, job_id: bytes, order: Order, by: str, tell: Progress) -> dict[str, Any]:
        """Learn, store, compare or promote, each only while the job is ours; answers the model's card."""
        models = self._models
        learned = models.learn(
            order.until,
            order.seed,
            None,
            by,
            within(tell, 0.0, 1.0 if order.promote else FITTING),
            incremental=order.incremental,
        )

        def insist(transaction: Transaction) -> None:
            self._insist(transaction, job_id)

        def store(transaction: Transaction) -> int:
            insist(transaction)
            version = models.store(transaction, learned)
            jobs.change(transaction.connection, job_id, version=version)
            return version

        version, decision = self._core.write(store), None
        if order.promote:
            models.promote_if(insist, version, by=by, reason=WITHOUT_COMPARISON)
        else:
            decision = models.judge(version, learned.lessons, within(tell, FITTING, 1.0), insist)
        self._change(job_id, state=JobState.DONE, ended=self._core.clock(), share=1.0, message="done")
        return models.card(version, learned, decision)

    def _insist(self, transaction: Transaction, job_id: bytes) -> None:
        """Raise Cancelled where the job is no longer ours: nothing of it may be stored."""
        if not jobs.holds(transaction.connection, job_id):
            raise Cancelled

    def _order(self, job_id: bytes) -> Order:
        with self._core.reading() as connection:
            return Order(**training_jobs.found(connection, job_id).order)

    def _ended(self, job_id: bytes, how: str | None) -> None:
        """Called when the process is gone, however it went."""
        with suppress(StorageUnavailable, Overloaded):
            self.fail(job_id, how or "its process ended without a word")
            with self._core.reading() as connection:
                self._core.meter.count(TRAININGS, training_jobs.found(connection, job_id).state.value)

    def _change(self, job_id: bytes, **values: Any) -> bool:
        return self._core.write(lambda transaction: jobs.change(transaction.connection, job_id, **values))

    def _moment(self) -> Moment:
        return Moment(self._core.clock(), self._wall())


class _Pulse:
    """Says every second that this process lives and how far it is, and leaves when the job is no longer ours."""

    def __init__(self, training: Training, job_id: bytes, leave: Callable[[], None]) -> None:
        self._training, self._job_id, self._leave = training, job_id, leave
        self._told = (0.0, "starting")
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="cobi-training-pulse", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait until it has."""
        self._over.set()
        self._thread.join()

    def tell(self, share: float, message: str) -> None:
        """What to say with the next beat."""
        self._told = (share, message)

    def _beat(self) -> None:
        while not self._over.wait(PULSE_SECONDS):
            with suppress(StorageUnavailable, Overloaded):
                if not self._training.beat(self._job_id, *self._told):
                    # The job may have been done meanwhile, by this very process.
                    if not self._over.is_set():
                        self._leave()
                    return
