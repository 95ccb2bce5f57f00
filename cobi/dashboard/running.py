"""What is running, of all experiments that there are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from cobi.dashboard.wording import share

Told = Mapping[str, Any]
"""What `GET /v1/experiments` answers, or one of them."""


def running_of(told: Told, kind: Literal["EXPERIMENT", "HOLDOUT"]) -> Told | None:
    """The one of its kind that runs: there is one at most."""
    found = (one for one in told["experiments"] if (one["kind"], one["state"]) == (kind, "RUNNING"))
    return next(found, None)


def held_out(told: Told) -> str | None:
    """The share of students who are held out now."""
    holdout = running_of(told, "HOLDOUT")
    return None if holdout is None else share(holdout["arms"][0]["share"])
