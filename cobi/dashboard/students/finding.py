"""Whom to look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Found:
    """A student in a list."""

    customer_id: str
    user_id: str | None
    region: str
    studies: str


@dataclass(frozen=True)
class Context:
    """What the page shows; `problem` is why nothing was found."""

    sent: str
    problem: str | None
    heading: str
    students: Sequence[Found]


def finding(sent: str, told: Mapping[str, Any] | None) -> Context:
    """The page of what `GET /v1/students` answers; None where what was sent is no id."""
    students = [] if told is None else [_found(one) for one in told["students"]]
    if told is None:
        problem = "That is no id. An id has 32 hexadecimal digits, with or without dashes."
    elif sent and not students:
        problem = "No student has this customer_id or user_id. Perhaps the record was refused, or was erased."
    else:
        problem = None
    heading = "Students of this user_id" if sent else "Who did something last"
    return Context(sent, problem, heading, students)


def studies_of(told: Mapping[str, Any]) -> str:
    """Where and what a student studies."""
    return ", ".join(filter(None, (told["course"], told["institute"])))


def _found(told: Mapping[str, Any]) -> Found:
    return Found(told["customer_id"], told["user_id"], told["region"], studies_of(told))
