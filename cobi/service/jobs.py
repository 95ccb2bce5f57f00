"""Work in a process of its own: asked for here, done there, told of in the database."""

from __future__ import annotations

import os
import socket
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar

from cobi.actions.learning import jobs
from cobi.actions.learning.jobs import Moment, Work
from cobi.domain.errors import CobiError, Conflict, Overloaded, StorageUnavailable
from cobi.domain.identifiers import content_id
from cobi.domain.model_state import JobState
from cobi.metrics.families import Family
from cobi.recommenders.progress import Progress
from cobi.service.core import Clock, Core, system_clock
from cobi.store.writer import Transaction

if TYPE_CHECKING:
    from cobi.service.learning import Learning

Starter = Callable[[bytes, Callable[[str | None], None]], None]
"""Starts the process of a job, and says when it has ended: None, or how it was killed."""

StartWork = Callable[[str, bytes, Callable[[str | None], None]], None]
"""The same of a job of any sort, which it is told first."""

PULSE_SECONDS = 1.0


class Cancelled(Exception):
    """Somebody cancelled the job, or gave it up for lost."""


class Jobs(ABC):
    """One job of a sort at a time for the whole organisation, whichever process it was asked in."""

    WORK: ClassVar[Work]
    COUNTED: ClassVar[Family]
    """Counts how jobs ended."""
    OTHERWISE: ClassVar[str]
    """What to do where no process can be started."""

    def __init__(
        self,
        core: Core,
        learning: Callable[[], Learning],
        starter: Starter | None = None,
        wall: Clock = system_clock,
    ) -> None:
        self._core, self._learning, self._starter, self._wall = core, learning, starter, wall

    @abstractmethod
    def _do(self, job_id: bytes, order: dict[str, Any], tell: Progress) -> Any:
        """Do what was asked for and store it, only while the job is ours; raises Cancelled where it no longer is."""

    def read(self, job_id: bytes) -> dict[str, Any]:
        """How far a job is; raises NotFound."""
        self.tidy()
        with self._core.reading() as connection:
            return jobs.read(connection, self.WORK, job_id)

    def recent(self) -> dict[str, Any]:
        """The newest jobs."""
        self.tidy()
        with self._core.reading() as connection:
            return jobs.recent(connection, self.WORK)

    def cancel(self, job_id: bytes) -> dict[str, Any]:
        """Cancel a job; its process notices within two seconds, and can store nothing more from now on."""
        return self._core.write(lambda t: jobs.cancel(t, self.WORK, job_id, self._moment()))

    def tidy(self) -> None:
        """Give up a job whose process is gone."""
        with self._core.reading() as connection:
            job = self.WORK.table.current(connection)
        if job is not None and jobs.why_lost(job, self._wall()) is not None:
            self._core.write(lambda t: jobs.give_up_lost(t, self.WORK, self._moment()))

    def work(self, job_id: bytes, leave: Callable[[], None]) -> None:
        """Do a queued job in this process; `leave` must end the process, once the job is no longer ours."""
        if not self._begin(job_id):
            return
        pulse = Pulse(self, job_id, leave)
        pulse.start()
        try:
            self._do(job_id, self._order(job_id), pulse.tell)
        except Cancelled:
            return
        except CobiError as error:
            self.fail(job_id, error.message if error.hint is None else f"{error.message}; {error.hint}")
        except MemoryError:
            self.fail(job_id, "it needed more memory than training_memory_mb allows")
        except Exception as error:
            self.fail(
                job_id, f"something unexpected happened: {type(error).__name__}; the server's log has it"
            )
            raise
        finally:
            pulse.stop()

    def fail(self, job_id: bytes, reason: str) -> bool:
        """Mark a job as failed; False where it had ended."""
        return self._change(job_id, state=JobState.FAILED, ended=self._core.clock(), reason=reason)

    def beat(self, job_id: bytes, share: float, message: str) -> bool:
        """Give a sign of life; False where the job is no longer ours."""
        return self._change(job_id, share=share, message=message, heartbeat=self._wall())

    def _ask(self, order: dict[str, Any], by: str) -> dict[str, Any]:
        """Have a process do it; raises Conflict while another job of this sort waits or goes on."""
        if self._starter is None:
            raise Conflict(
                f"this process starts no {self.WORK.name}s", code=self.WORK.unavailable, hint=self.OTHERWISE
            )
        job_id, asked = self._queued(order, by)
        self._starter(job_id, lambda how: self._ended(job_id, how))
        return asked

    def _queued(self, order: dict[str, Any], by: str) -> tuple[bytes, dict[str, Any]]:
        job_id = content_id(self._core.clock(), os.urandom(16))
        asked = self._core.write(lambda t: jobs.request(t, self.WORK, job_id, order, by, self._moment()))
        return job_id, asked

    def _begin(self, job_id: bytes) -> bool:
        begun = {"state": JobState.RUNNING, "started": self._core.clock(), "message": "starting"}
        own = {"host": socket.gethostname(), "pid": os.getpid(), "heartbeat": self._wall()}
        return self._change(job_id, **begun, **own)

    def _insist(self, transaction: Transaction, job_id: bytes) -> None:
        """Raise Cancelled where the job is no longer ours: nothing of it may be stored."""
        if not self.WORK.table.holds(transaction.connection, job_id):
            raise Cancelled

    def _order(self, job_id: bytes) -> dict[str, Any]:
        with self._core.reading() as connection:
            return jobs.found(connection, self.WORK, job_id).order

    def _ended(self, job_id: bytes, how: str | None) -> None:
        """Called when the process is gone, however it went."""
        with suppress(StorageUnavailable, Overloaded):
            self.fail(job_id, how or "its process ended without a word")
            with self._core.reading() as connection:
                state = jobs.found(connection, self.WORK, job_id).state
            self._core.meter.count(self.COUNTED, state.value)

    def _change(self, job_id: bytes, **values: Any) -> bool:
        return self._core.write(lambda t: self.WORK.table.change(t.connection, job_id, **values))

    def _moment(self) -> Moment:
        return Moment(self._core.clock(), self._wall())


class Pulse:
    """Says every second that this process lives and how far it is, and leaves when the job is no longer ours."""

    def __init__(self, jobs: Jobs, job_id: bytes, leave: Callable[[], None]) -> None:
        self._jobs, self._job_id, self._leave = jobs, job_id, leave
        self._told = (0.0, "starting")
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="cobi-pulse", daemon=True)

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
                if not self._jobs.beat(self._job_id, *self._told):
                    # The job may have been done meanwhile, by this very process.
                    if not self._over.is_set():
                        self._leave()
                    return
