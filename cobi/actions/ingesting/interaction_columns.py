"""Reading interactions: most as columns, many at once; what is unusual one by one, as any other record.

Both ways come to the same values. The quick one judges nothing: what it cannot read, the careful one reads again
and says what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from cobi.actions.ingesting.interaction_quick import (
    ANSWER,
    FIELDS,
    SOURCE,
    TIME,
    UNREADABLE,
    as_sent,
    decode,
    read_quickly,
)
from cobi.actions.ingesting.submission import Parsed, Reading, Submission
from cobi.actions.ingesting.submission import read as read_one_by_one
from cobi.domain.bulk import REFUSED, content_ids, parse_many
from cobi.domain.identifiers import Id, content_id
from cobi.domain.interaction_record import CONTENT, INTERACTIONS, content_bytes, interaction_id, sent_back
from cobi.domain.moments import SECOND, format_moment
from cobi.domain.record_type import Problem

_MANY = 16
"""Below this many records columns cost more than they save."""


@dataclass
class Columns:
    """Interactions column by column: their places in the request, their ids, their values in the order of CONTENT.

    `returned` are the places of those that Cobi gave before.
    """

    places: list[int] = field(default_factory=list[int])
    ids: list[Id] = field(default_factory=list[Id])
    values: list[list[Any]] = field(default_factory=lambda: [[] for _ in CONTENT])
    returned: set[int] = field(default_factory=set[int])

    def column(self, name: str) -> list[Any]:
        """The values of one field."""
        return self.values[CONTENT.index(name)]

    def append(self, parsed: Parsed) -> None:
        """Add one interaction that was read by itself."""
        given = sent_back(parsed.values)
        if given is not None:
            self.returned.add(parsed.index)
        self.places.append(parsed.index)
        self.ids.append(given or interaction_id(parsed.values))
        for name, column in zip(CONTENT, self.values, strict=True):
            column.append(parsed.values.get(name))


@dataclass
class Interactions(Reading):
    """What could be read of a request, and why the rest could not."""

    columns: Columns = field(default_factory=Columns)


def read(submission: Submission, future_tolerance: int) -> Interactions:
    """Read interactions and check each by itself: form, contradictions, time (D22, D24); µs."""
    some = _read_many if len(submission.bodies) >= _MANY else _read_few
    columns, left = some(submission.bodies, submission.now + future_tolerance)
    return (
        read_carefully(submission, columns, left, future_tolerance)
        if left
        else Interactions(submission, columns=columns)
    )


def read_carefully(
    submission: Submission, columns: Columns, left: Sequence[int], future_tolerance: int
) -> Interactions:
    """Read the interactions at some places one by one, and add them to those that are read."""
    careful = read_one_by_one(submission, left)
    _examine(careful, submission.now + future_tolerance, future_tolerance)
    for parsed in careful.parsed:
        columns.append(parsed)
    return Interactions(submission, [], careful.rejections, careful.warnings, columns)


def _read_few(bodies: Sequence[Any], latest: int) -> tuple[Columns, Sequence[int]]:
    """As `_read_many`, without the price of columns."""
    columns, left = Columns(), list[int]()
    for place, body in enumerate(bodies):
        values = read_quickly(body, latest)
        if values is None:
            left.append(place)
        else:
            columns.places.append(place)
            columns.ids.append(content_id(values[TIME], content_bytes(values)))
            for column, value in zip(columns.values, values, strict=True):
                column.append(value)
    return columns, left


def _read_many(bodies: Sequence[Any], latest: int) -> tuple[Columns, Sequence[int]]:
    """What can be read quickly, and the places of what cannot."""
    sent: list[Any] = []
    places: list[int] = []
    left: list[int] = []
    for place, body in enumerate(bodies):
        try:
            sent.append(decode(body))
        except UNREADABLE:
            left.append(place)
        else:
            places.append(place)
    if not sent:
        return Columns(), left
    columns, unusual = columns_of(sent, latest)
    columns.places = [places[at] for at in columns.places]
    return columns, sorted([*left, *(places[at] for at in unusual)]) if unusual else left


def columns_of(sent: Sequence[Any], latest: int) -> tuple[Columns, Collection[int]]:
    """Interactions as they were sent, read as columns; and the places of those that only the careful reading may judge.

    `latest` is the last moment that is not too far ahead.
    """
    raw = zip(*map(as_sent, sent), strict=True)
    values = [parse_many(field.kind, column) for field, column in zip(FIELDS, raw, strict=True)]
    places: list[int] = list(range(len(sent)))
    unusual = _unusual(values, latest)
    if unusual:
        places = [at for at in places if at not in unusual]
        values = [[column[at] for at in places] for column in values]
    ids = content_ids(values[TIME], map(content_bytes, zip(*values, strict=True))) if places else []
    return Columns(places, ids, values), unusual


def _unusual(values: Sequence[list[Any]], latest: int) -> set[int]:
    """Where a value was refused, or is one that only the careful reading may judge."""
    found = {
        at for column in values if REFUSED in column for at, value in enumerate(column) if value is REFUSED
    }
    times, answers = values[TIME], values[ANSWER]
    if found or max(times) > latest:
        found.update(at for at, time in enumerate(times) if time is not REFUSED and time > latest)
    if any(answers):
        sources = values[SOURCE]
        found.update(at for at, answer in enumerate(answers) if answer is not None and sources[at] is None)
    return found


def _examine(reading: Reading, latest: int, tolerance: int) -> None:
    for record in reading.parsed:
        values = record.values
        problems = INTERACTIONS.missing(values) or INTERACTIONS.violations(values)
        if not problems and values["event_timestamp"] > latest:
            problems = [_too_far_ahead(values["event_timestamp"], tolerance)]
        if problems:
            reading.reject(record.index, problems)
    reading.parsed = [record for record in reading.parsed if record.index not in reading.rejections]


def _too_far_ahead(moment: int, tolerance: int) -> Problem:
    hours = tolerance / (3600 * SECOND)
    return Problem(
        "event_timestamp",
        "future_timestamp",
        f"event_timestamp is {format_moment(moment)}, more than {hours:g} h ahead of this server's clock; "
        "check the sender's clock and the unit",
        format_moment(moment),
    )


def merged(readings: Iterable[Interactions]) -> tuple[Columns, list[int]]:
    """The columns of several requests as one, and for each interaction the number of its request.

    The places stay those in the requests; `returned` is left to the requests.
    """
    together, origins = Columns(), list[int]()
    for number, reading in enumerate(readings):
        columns = reading.columns
        together.places += columns.places
        together.ids += columns.ids
        for mine, theirs in zip(together.values, columns.values, strict=True):
            mine.extend(theirs)
        origins += [number] * len(columns.ids)
    return together, origins
