"""Every metric with its labels and meaning; the reference page and the exposition are made from this."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_JOBS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0)


@dataclass(frozen=True, eq=False)
class Family:
    """A metric; the first label is always the organisation, `buckets` are a histogram's upper bounds.

    There is one object of each, and two are never compared by what they say.
    """

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    meaning: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()

    @property
    def all_labels(self) -> tuple[str, ...]:
        """The names of its labels, the organisation first."""
        return ("organisation", *self.labels)


REQUESTS = Family("cobi_requests_total", "counter", "Requests answered.", ("method", "path", "status"))
REQUEST_SECONDS = Family(
    "cobi_request_duration_seconds",
    "histogram",
    "From a request's arrival to the end of its answer.",
    ("method", "path"),
    _SECONDS,
)
RECORDS = Family("cobi_records_total", "counter", "Records received.", ("type", "outcome"))
ATTRIBUTIONS = Family(
    "cobi_attributions_total",
    "counter",
    "New interactions with source COBI, by what became of their claim.",
    ("outcome",),
)
ANSWERS = Family("cobi_answers_total", "counter", "Recommendations answered and logged.", ("type",))
WRITES_WAITING = Family("cobi_writes_waiting", "gauge", "Writes that wait for the writers of all processes.")
COMMIT_SECONDS = Family(
    "cobi_commit_duration_seconds",
    "histogram",
    "From taking writes to the end of their common commit, the wait for the database's lock included.",
    (),
    _SECONDS,
)
COMMIT_JOBS = Family("cobi_commit_jobs", "histogram", "Writes that shared a commit.", (), _JOBS)
STORAGE_FAILURES = Family(
    "cobi_storage_failures_total", "counter", "Commits that failed because the storage could not be used."
)
QUARANTINE = Family("cobi_quarantine_records", "gauge", "Refused records that lie in quarantine.", ("type",))
LIVE_MODEL = Family("cobi_live_model_version", "gauge", "The live model's version; absent before the first.")
LIVE_MODEL_TRAINED = Family(
    "cobi_live_model_trained_timestamp_seconds", "gauge", "When the live model was trained, in Unix time."
)
TRAININGS = Family("cobi_trainings_total", "counter", "Trainings by the server that ended.", ("state",))
EVALUATIONS = Family("cobi_evaluations_total", "counter", "Evaluations by the server that ended.", ("state",))
MODEL_ROLLBACKS = Family(
    "cobi_model_rollbacks_total", "counter", "Models that the guardrail took back by itself."
)

FAMILIES = (
    REQUESTS,
    REQUEST_SECONDS,
    RECORDS,
    ATTRIBUTIONS,
    ANSWERS,
    WRITES_WAITING,
    COMMIT_SECONDS,
    COMMIT_JOBS,
    STORAGE_FAILURES,
    QUARANTINE,
    LIVE_MODEL,
    LIVE_MODEL_TRAINED,
    TRAININGS,
    EVALUATIONS,
    MODEL_ROLLBACKS,
)
"""All of them, in the order in which they are shown."""

BY_NAME = {family.name: family for family in FAMILIES}
