"""Reading many values at once comes to what reading each comes to."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cobi.domain.bulk import REFUSED, content_ids, parse_many
from cobi.domain.fields import Choice, EventTime, FieldProblem, Identifier, Kind, Pseudonym, Text
from cobi.domain.identifiers import content_id
from cobi.domain.interaction import ItemType

DASHED = st.uuids().map(str)
IDS = DASHED | DASHED.map(str.upper) | st.uuids().map(lambda one: one.hex)
ALMOST_IDS = st.text("0123456789abcdefgABC- \u0661", min_size=34, max_size=37) | DASHED.map(
    lambda text: text.replace("a", " ").replace("-", "0", 1)
)
TIMES = (
    st.integers(-5, 10**18) | st.integers(10**40, 10**41) | st.sampled_from([0, 1, 10**11, 10**14, 10**17])
)
ISO = st.sampled_from(["2026-06-15T12:00:00Z", "1718035200", "1969-01-01", "yesterday"])
SENT: list[tuple[Kind, st.SearchStrategy[Any]]] = [
    (Identifier(), IDS | ALMOST_IDS),
    (EventTime(), TIMES | ISO),
    (Choice(ItemType), st.sampled_from(["OFFER", "SHOP", "offer", ""])),
    (Text(), st.text(max_size=4) | st.just("x" * 513)),
    (Pseudonym(), st.text(max_size=4) | st.just("x" * 129)),
]


def one_by_one(kind: Kind, value: Any) -> Any:
    try:
        return None if value is None else kind.parse(value)
    except FieldProblem:
        return REFUSED


@given(st.data(), st.sampled_from(SENT))
def test_many_values_are_read_as_each_is(
    data: st.DataObject, sent: tuple[Kind, st.SearchStrategy[Any]]
) -> None:
    kind, values = sent
    some = data.draw(st.lists(st.none() | values, max_size=8))
    assert parse_many(kind, some) == [one_by_one(kind, value) for value in some]


@given(st.lists(DASHED, min_size=1))
def test_ids_in_the_usual_form_are_all_read(texts: list[str]) -> None:
    assert REFUSED not in parse_many(Identifier(), texts)


@given(st.lists(st.tuples(st.integers(-(10**15), 10**18), st.binary(max_size=50))))
def test_many_content_ids_are_what_each_is(contents: list[tuple[int, bytes]]) -> None:
    ids = content_ids([time for time, _ in contents], [content for _, content in contents])
    assert ids == [content_id(time, content) for time, content in contents]
