"""Trainings: by a process of their own, or in this one."""

from __future__ import annotations

import _thread
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from cobi.actions.learning import jobs
from cobi.actions.learning.training_due import why_due
from cobi.domain.errors import CobiError, Conflict
from cobi.domain.identifiers import format_id
from cobi.domain.model_state import JobState
from cobi.metrics.families import TRAININGS
from cobi.recommenders.progress import Progress, within
from cobi.service.jobs import Cancelled, Jobs, Pulse
from cobi.store.jobs import TRAININGS as STORED
from cobi.store.writer import Transaction


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


class Training(Jobs):
    """One training at a time for the whole organisation, whichever process it was asked in."""

    WORK = jobs.TRAINING
    COUNTED = TRAININGS
    OTHERWISE = "use cobi train"

    def request(
        self,
        *,
        by: str,
        seed: int = 0,
        until: int | None = None,
        promote: bool = False,
        incremental: bool = False,
    ) -> dict[str, Any]:
        """Have a process train; raises Conflict while another training waits or goes on."""
        return self._ask(Order(until, seed, promote, incremental).as_json(), by)

    def request_if_due(self) -> dict[str, Any] | None:
        """Ask for a training where the organisation's settings want one; None where not, or one goes on."""
        with self._core.reading() as connection:
            why = why_due(connection, self._core.clock())
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
        job_id, _ = self._queued(order.as_json(), by)
        self._begin(job_id)
        pulse = Pulse(self, job_id, _thread.interrupt_main)
        pulse.start()

        def tell(share: float, message: str) -> None:
            pulse.tell(share, message)
            progress(share, message)

        try:
            return self._train(job_id, order, by, tell)
        except (Cancelled, KeyboardInterrupt):
            if self.fail(job_id, "it was interrupted"):
                raise
            raise Conflict("the training was cancelled", code="training_cancelled") from None
        except BaseException as error:
            self.fail(job_id, error.message if isinstance(error, CobiError) else type(error).__name__)
            raise
        finally:
            pulse.stop()

    def _do(self, job_id: bytes, order: dict[str, Any], tell: Progress) -> None:
        self._train(job_id, Order(**order), f"training {format_id(job_id)}", tell)

    def _train(self, job_id: bytes, order: Order, by: str, tell: Progress) -> dict[str, Any]:
        """Learn, store, compare or promote, each only while the job is ours; answers the model's card."""
        learning = self._learning()
        learned = learning.learn(
            order.until,
            order.seed,
            None,
            by,
            within(tell, 0.0, 1.0 if order.promote else learning.FITTING),
            incremental=order.incremental,
        )

        def insist(transaction: Transaction) -> None:
            self._insist(transaction, job_id)

        def store(transaction: Transaction) -> int:
            insist(transaction)
            version = learning.store(transaction, learned)
            STORED.change(transaction.connection, job_id, version=version)
            return version

        version, decision = self._core.write(store), None
        if order.promote:
            learning.go_live(insist, version, by)
        else:
            decision = learning.judge(version, learned.lessons, within(tell, learning.FITTING, 1.0), insist)
        self._change(job_id, state=JobState.DONE, ended=self._core.clock(), share=1.0, message="done")
        return learning.card(version, learned, decision)
