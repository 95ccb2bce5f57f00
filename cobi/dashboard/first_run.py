"""The way from nothing to a loop, a step at a time, each with the command that takes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """A step: whether it is taken, and the command for it; `next` marks the first that is not."""

    name: str
    why: str
    command: str
    taken: bool
    next: bool = False


_STEPS = (
    ("offers", "Upload shops and offers", "What can be recommended.",
     "cobi import shops shops.csv --org {org} && cobi import offers offers.csv --org {org}"),
    ("customers", "Upload students", "Who it can be recommended to.",
     "cobi import customers students.csv --org {org}"),
    ("interactions", "Send what students do", "What there is to learn from.",
     "cobi import user-interactions clicks.csv --org {org}"),
    ("model", "Train a model", "It goes live by itself where it is the first.", "cobi train --org {org}"),
    ("answers", "Ask for recommendations", "From then on this page shows what came of them.",
     "cobi recommend STUDENT_ID --org {org}"),
)  # fmt: skip


def steps_of(begun: Mapping[str, bool], organisation: str) -> Sequence[Step]:
    """The steps with what is done of them; nothing once all are."""
    if all(begun.values()):
        return ()
    ahead = next(name for name, *_ in _STEPS if not begun[name])
    return [
        Step(title, why, command.format(org=organisation), begun[name], name == ahead)
        for name, title, why, command in _STEPS
    ]
