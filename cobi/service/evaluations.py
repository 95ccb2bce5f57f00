"""Evaluations by a process of their own; what they found is kept with their jobs."""

from __future__ import annotations

from typing import Any

from cobi.actions.learning import jobs
from cobi.domain.evaluation import parse_plan
from cobi.domain.model_state import JobState
from cobi.metrics.families import EVALUATIONS
from cobi.recommenders.progress import Progress
from cobi.service.jobs import Jobs
from cobi.store import jobs as stored


class Evaluations(Jobs):
    """One evaluation at a time for the whole organisation, beside a training if need be."""

    WORK = jobs.EVALUATION
    COUNTED = EVALUATIONS
    OTHERWISE = "use cobi evaluate"

    def request(self, document: Any, *, by: str) -> dict[str, Any]:
        """Have a process evaluate; raises InvalidRequest, or Conflict while another one waits or goes on."""
        return self._ask(parse_plan(document).as_json(), by)

    def read(self, job_id: bytes) -> dict[str, Any]:
        """How far an evaluation is, and once it is done what it found; raises NotFound."""
        told = super().read(job_id)
        with self._core.reading() as connection:
            return {**told, "figures": stored.figures(connection, job_id)}

    def _do(self, job_id: bytes, order: dict[str, Any], tell: Progress) -> None:
        tell(0.0, "reading what is stored")
        figures = self._learning().evaluate(parse_plan(order), progress=tell)
        live = figures["live_model"]
        self._change(
            job_id,
            state=JobState.DONE,
            ended=self._core.clock(),
            share=1.0,
            message="done",
            version=None if live is None else live["version"],
            figures=stored.written(figures),
        )
