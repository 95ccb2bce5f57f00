"""What came through a door: the records of one request as they were sent, and when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import msgspec

from cobi.domain.batch import BatchResult, Rejection
from cobi.domain.quarantine import FOR_EVER, Keeping
from cobi.domain.record_type import Problem, RecordType, Values

_MOST_WARNINGS = 100
NO_FURTHER: Mapping[int, Iterable[Problem]] = {}


@dataclass(frozen=True)
class Submission:
    """Records as JSON bytes; `now` is a moment."""

    record_type: RecordType
    bodies: Sequence[bytes | memoryview | msgspec.Raw]
    request_id: str
    batch_id: str
    now: int
    keeping: Keeping = FOR_EVER


@dataclass(slots=True)
class Parsed:
    """A record that can be read: its place in the request and its values."""

    index: int
    values: Values


@dataclass
class Reading:
    """A submission read record by record; no bad one spoils another."""

    submission: Submission
    parsed: list[Parsed] = field(default_factory=list[Parsed])
    rejections: dict[int, list[Problem]] = field(default_factory=dict[int, list[Problem]])
    warnings: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def reject(self, index: int, problems: Iterable[Problem]) -> None:
        """Refuse a record, for these reasons too."""
        self.rejections.setdefault(index, []).extend(problems)

    def warn(self, code: str, message: str, **details: Any) -> None:
        """Tell the caller of something that was accepted but may not be meant."""
        if len(self.warnings) < _MOST_WARNINGS:
            self.warnings.append({"code": code, "message": message, **details})

    def result(
        self, stored: int, unchanged: int, further: Mapping[int, Iterable[Problem]] = NO_FURTHER
    ) -> BatchResult:
        """The outcome to answer and keep; `further` are refusals that came after the reading."""
        submission = self.submission
        rejections = [
            Rejection(index, bytes(submission.bodies[index]), tuple(problems))
            for index, problems in sorted({**self.rejections, **further}.items())
        ]
        return BatchResult(
            submission.record_type.name,
            len(submission.bodies),
            submission.request_id,
            submission.batch_id,
            stored,
            unchanged,
            rejections,
            self.warnings,
        )


_decode = msgspec.json.Decoder().decode


def read(submission: Submission, places: Iterable[int] | None = None) -> Reading:
    """Decode and check every record, or those at some places, as far as that goes without the store."""
    reading = Reading(submission)
    parse = submission.record_type.parse
    unknown: dict[str, int] = {}
    for index in range(len(submission.bodies)) if places is None else places:
        body = submission.bodies[index]
        try:
            document = _decode(body)
        except (msgspec.DecodeError, RecursionError, ValueError) as error:
            reading.reject(index, [Problem(None, "malformed_record", f"cannot be read as JSON: {error}")])
            continue
        values, problems, names = parse(document)
        for name in names:
            unknown[name] = unknown.get(name, 0) + 1
        if problems:
            reading.reject(index, problems)
        else:
            reading.parsed.append(Parsed(index, values))
    # To look for what was meant takes a while, and a body may have a million names.
    for name, times in islice(unknown.items(), _MOST_WARNINGS):
        _warn_of_unknown(reading, name, times)
    return reading


def _warn_of_unknown(reading: Reading, name: str, times: int) -> None:
    meant = reading.submission.record_type.nearest(name)
    shown = name[:64]
    message = f"{shown}: did you mean {meant}?" if meant else f"{shown} is not a known field and was ignored"
    reading.warn("unknown_field", message, field=shown, records=times)
