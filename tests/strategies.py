"""Values a field accepts, each with the form it is read back in; made from the declarations."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

from cobi.domain.fields import (
    Boolean,
    Day,
    DayList,
    Field,
    Identifier,
    IdList,
    Kind,
    Moment,
    Number,
    Reference,
    Region,
    Text,
    weekday_name,
)
from cobi.domain.records import RECORD_TYPES
from cobi.domain.regions import REGIONS
from tests.factories import an_id, full

Pair = st.SearchStrategy[tuple[Any, Any]]
"""(what is sent, what is read back)"""

_BLANKS = st.text(" ", max_size=3)


def texts(max_length: int = 512) -> Pair:
    """Any printable text, with blanks around it that are trimmed."""
    inner = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=40) | st.just(
        "x" * max_length
    )
    kept = inner.map(str.strip).filter(lambda text: 0 < len(text) <= max_length)
    return st.tuples(_BLANKS, kept, _BLANKS).map(lambda parts: ("".join(parts), parts[1]))


def id_forms(identifier: uuid.UUID) -> st.SearchStrategy[str]:
    """The usual text forms of a UUID (D10)."""
    dashed = str(identifier)
    return st.sampled_from([dashed, dashed.upper(), identifier.hex, identifier.hex.upper()])


def ids() -> Pair:
    """A UUID of any version in any form."""
    return st.uuids().flatmap(lambda one: st.tuples(id_forms(one), st.just(str(one))))


def moments() -> Pair:
    """A moment of the years 2 to 9998 with any offset, or without one (UTC)."""
    naive = st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 30))  # noqa: DTZ001
    zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
    return st.tuples(naive, st.none() | zones).map(_moment)


def _moment(drawn: tuple[datetime, timezone | None]) -> tuple[str, str]:
    naive, zone = drawn
    aware = naive.replace(tzinfo=zone or UTC)
    sent = naive.isoformat() if zone is None else aware.isoformat()
    return sent, aware.astimezone(UTC).isoformat().replace("+00:00", "Z")


def numbers(kind: Number) -> Pair:
    """Integers and floats inside the bounds, read back as floats."""
    lowest = kind.minimum if kind.above is None else kind.above
    floats = st.floats(lowest, kind.maximum, exclude_min=kind.above is not None, allow_subnormal=False)
    integers = st.integers(int(lowest) + 1, int(kind.maximum))
    return (floats | integers).map(lambda number: (number, float(number)))


def _day_lists() -> Pair:
    days = st.lists(st.integers(0, 6), min_size=1, max_size=9)
    return days.map(
        lambda drawn: (
            " , ".join(weekday_name(day).upper() for day in drawn),
            ",".join(weekday_name(day) for day in sorted(set(drawn))),
        )
    )


def _id_lists() -> Pair:
    some = st.lists(ids(), min_size=1, max_size=5)
    return some.map(lambda pairs: (", ".join(a for a, _ in pairs), ",".join(b for _, b in pairs)))


_PLAIN: dict[type[Kind], Pair] = {
    Text: texts(),
    Identifier: ids(),
    Boolean: st.booleans().map(lambda flag: (flag, flag)),
    Region: st.sampled_from(sorted(REGIONS)).map(lambda code: (code.lower(), code)),
    Moment: moments(),
    Day: st.dates().map(lambda day: (day.isoformat(), day.isoformat())),
    DayList: _day_lists(),
    IdList: _id_lists(),
}


def values(field: Field) -> Pair:
    """What a field accepts."""
    kind = field.kind
    if isinstance(kind, Reference):
        known = uuid.UUID(an_id(kind.to))
        return id_forms(known).map(lambda form: (form, str(known)))
    return numbers(kind) if isinstance(kind, Number) else _PLAIN[type(kind)]


@st.composite
def documents(draw: st.DrawFn, kind: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A whole record of the type numbered 0, and how its drawn fields are read back."""
    sent, expected = full(kind), {}
    for field in RECORD_TYPES[kind].fields[1:]:
        # What decides between versions, and a window's order, are subjects of their own.
        if field.name not in ("updated", "allowed_from", "allowed_to") and draw(st.booleans()):
            sent[field.name], expected[field.name] = draw(values(field))
    return sent, expected
