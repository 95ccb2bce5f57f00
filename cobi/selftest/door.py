"""The ways into a scratch organisation, as a marketplace uses them, and the clock that they go by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from cobi.domain.identifiers import format_id, parse_id
from cobi.domain.interaction_record import INTERACTIONS
from cobi.domain.recommendation import Wanted
from cobi.domain.records import RECORD_TYPES
from cobi.domain.reports import Question
from cobi.service.service import Service

BATCH = 5000
_AT_ONCE = 500
Record = dict[str, Any]

_TYPES = {**RECORD_TYPES, INTERACTIONS.name: INTERACTIONS}


@dataclass
class Clock:
    """Stands still until it is moved; microseconds since 1970."""

    now: int

    def __call__(self) -> int:
        return self.now


@dataclass(frozen=True)
class Door:
    """A marketplace's side of a service."""

    service: Service
    clock: Clock

    def upload(self, kind: str, records: Sequence[Record]) -> int:
        """Send records in batches, and answer how many were new; the simulation sends none that may be refused."""
        stored = 0
        for begin in range(0, len(records), BATCH):
            bodies = [msgspec.json.encode(record) for record in records[begin : begin + BATCH]]
            result = self.service.upload(_TYPES[kind], bodies, "selftest")
            if result.rejected:
                raise RuntimeError(f"{kind} were refused: {result.errors()[:3]}")
            stored += result.stored
        return stored

    def interact(self, records: Sequence[Record]) -> int:
        """Send interactions, and answer how many were new."""
        return self.upload(INTERACTIONS.name, records)

    def ask(self, student_id: str, limit: int = 10) -> tuple[str, list[str]]:
        """The id of an answer and its offers, best first."""
        [answer] = self.service.recommend(parse_id(student_id) or b"", Wanted(limit))
        return format_id(answer.recommendation_id), [format_id(item) for item in answer.items]

    def ask_together(self, students: Sequence[str], limit: int = 10) -> list[tuple[str, list[str]]]:
        """The same of many who ask at once: they are answered and logged together."""
        found: list[tuple[str, list[str]]] = []
        for begin in range(0, len(students), _AT_ONCE):
            those = students[begin : begin + _AT_ONCE]
            waiting = [self.service.answers.ask(parse_id(one) or b"", Wanted(limit)) for one in those]
            for [answer] in (one.result() for one in waiting):
                offers = [format_id(item) for item in answer.items]
                found.append((format_id(answer.recommendation_id), offers))
        return found

    def report(self) -> dict[str, Any]:
        """The report of all time."""
        return self.service.reports.effectiveness(Question())
