"""What came of refused records that were tried again, as whoever tries them is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from cobi.actions import cursors
from cobi.domain.batch import MAX_ERRORS_SHOWN, BatchResult, describe
from cobi.domain.identifiers import format_id
from cobi.store.quarantine import Refused

MOST_SAMPLES = 5
"""Of those that would pass, and of those that would stay."""

_MOST_WARNINGS = 100
_LARGEST_SAMPLE = 16 * 1024

Position = tuple[cursors.Key, cursors.Key]
"""A type's place in upload order, and the key of the last record of it that was tried."""


@dataclass
class Tried:
    """What has come of the records so far; `position` is None when none is left."""

    position: Position | None
    chunks: int = 0
    types: dict[str, Counter[str]] = field(default_factory=dict[str, Counter[str]])
    reasons: Counter[str] = field(default_factory=Counter[str])
    errors: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    warnings: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    samples: dict[bool, list[dict[str, Any]]] = field(default_factory=lambda: {True: [], False: []})
    """Some that passed, and some that did not: as they were sent, and as they were tried."""

    @property
    def examined(self) -> int:
        """How many records were tried."""
        return sum(counts["examined"] for counts in self.types.values())

    def count(self, records: Sequence[Refused], bodies: Sequence[bytes], result: BatchResult) -> None:
        """Add the outcome of some records of one type."""
        outcome = {"stored": result.stored, "unchanged": result.unchanged, "refused": result.rejected}
        counts = self.types.setdefault(result.type, Counter())
        counts.update(examined=len(records), **outcome)
        self.warnings += result.warnings[: _MOST_WARNINGS - len(self.warnings)]
        for rejection in result.rejections:
            self.reasons.update({problem.code for problem in rejection.problems})
            if len(self.errors) < MAX_ERRORS_SHOWN:
                of = {"quarantine_id": format_id(records[rejection.index].quarantine_id), "type": result.type}
                self.errors += ({**of, **describe(problem)} for problem in rejection.problems)
        self._sample(records, bodies, result)

    def _sample(self, records: Sequence[Refused], bodies: Sequence[bytes], result: BatchResult) -> None:
        failed = {rejection.index: rejection.problems for rejection in result.rejections}
        for at, (record, body) in enumerate(zip(records, bodies, strict=True)):
            some = self.samples[at not in failed]
            if len(some) < MOST_SAMPLES and len(record.body) + len(body) <= _LARGEST_SAMPLE:
                some.append(
                    {
                        "quarantine_id": format_id(record.quarantine_id),
                        "type": result.type,
                        "passes": at not in failed,
                        "before": record.body.decode("utf-8", "replace"),
                        "after": body.decode("utf-8", "replace"),
                        "errors": [describe(problem) for problem in failed.get(at, ())],
                    }
                )

    def add(self, other: Tried) -> None:
        """Add what came of the records behind these."""
        self.position = other.position
        self.chunks += 1 if other.types else 0
        for name, counts in other.types.items():
            self.types.setdefault(name, Counter()).update(counts)
        self.reasons.update(other.reasons)
        self.errors += other.errors[: MAX_ERRORS_SHOWN - len(self.errors)]
        self.warnings += other.warnings[: _MOST_WARNINGS - len(self.warnings)]
        for passes, some in self.samples.items():
            some.extend(other.samples[passes][: MOST_SAMPLES - len(some)])

    def answer(self, dry_run: bool) -> dict[str, Any]:
        """The outcome as a client reads it; `examined = stored + unchanged + refused`."""
        columns = ("examined", "stored", "unchanged", "refused")
        rows: list[dict[str, Any]] = [
            {"type": name, **{column: counts[column] for column in columns}}
            for name, counts in self.types.items()
        ]
        return {
            "dry_run": dry_run,
            # Each chunk of a dry run is undone before the next, which then cannot refer to its records.
            "exact": not dry_run or self.chunks <= 1,
            **{column: sum(row[column] for row in rows) for column in columns},
            "types": rows,
            "reasons": dict(self.reasons.most_common()),
            "errors": self.errors[:MAX_ERRORS_SHOWN],
            "warnings": self.warnings,
            "samples": [*self.samples[True], *self.samples[False]] if dry_run else [],
            "next_cursor": None if self.position is None else cursors.encode(self.position),
        }
