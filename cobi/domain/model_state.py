"""What a model version is to its organisation, and what the evidence gate says of it."""

from __future__ import annotations

from enum import StrEnum


class ModelState(StrEnum):
    """Where a version stands; exactly one is live once any is there."""

    CANDIDATE = "candidate"
    """Trained, never live."""
    LIVE = "live"
    """The one that answers."""
    RETIRED = "retired"
    """Was live until another took its place."""
    ROLLED_BACK = "rolled_back"
    """Was live and was taken back."""
    FAILED = "failed"
    """Cannot answer: what was learned is not finite."""


class Verdict(StrEnum):
    """What the evidence gate says of a candidate beside the live model."""

    PROMOTE = "promote"
    HOLD = "hold"
    NOT_ENOUGH_EVIDENCE = "not_enough_evidence"


class JobState(StrEnum):
    """How far a training that was asked for is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
