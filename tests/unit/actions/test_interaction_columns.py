"""Interactions read as columns are the interactions read one by one, whatever was sent."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from cobi.actions.ingesting.interaction_columns import Columns, Interactions, read, read_carefully
from cobi.actions.ingesting.submission import Submission
from cobi.domain.interaction_record import INTERACTIONS
from cobi.domain.moments import DAY
from tests.factories import an_id, interaction

NOW = 1_781_000_000_000_000
GOOD = msgspec.json.encode(interaction(event_timestamp=NOW // 1000))
ODD: dict[str, list[Any]] = {
    "interaction_type": ["SHARE", "share", None, 3],
    "item_id": [an_id("shops"), an_id("shops").upper(), an_id("shops").replace("-", ""), "x", None, 7],
    "event_timestamp": [
        NOW // 10**6,
        NOW,
        NOW * 1000,
        "2026-06-15T12:00:00+03:00",
        0,
        -1,
        1.5,
        True,
        "1",
        NOW + 2 * DAY,
    ],
    "student_id": [None, an_id("customers"), "?", []],
    "user_id": [None, an_id("pseudonyms"), "a phone", "", "x" * 129],
    "platform": ["IOS", "ios", None],
    "city": [" Manama ", "", "\x00", "x" * 513, None],
    "source": ["COBI", "cobi", None],
    "recommendation_id": [None, an_id("recommendations"), "no"],
    "interaction_id": [an_id("anything"), None],
    "unheard_of": [1],
}
CHANGES = st.sampled_from(sorted(ODD)).flatmap(
    lambda name: st.tuples(st.just(name), st.sampled_from(ODD[name]))
)


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """A record with a few of its values changed, or what is none."""
    changed = interaction(event_timestamp=NOW // 1000) | dict(draw(st.lists(CHANGES, max_size=3)))
    removed = draw(st.none() | st.sampled_from(sorted(changed)))
    body = msgspec.json.encode({name: value for name, value in changed.items() if name != removed})
    return draw(st.just(body) | st.sampled_from([b"", b"[]", b"null", body[:-1], b"\xff", GOOD]))


def outcome(reading: Interactions) -> dict[int, Any]:
    columns = reading.columns
    values = zip(columns.ids, *columns.values, strict=True)
    returned = {place: place in columns.returned for place in columns.places}
    read_well = {place: (one, returned[place]) for place, one in zip(columns.places, values, strict=True)}
    return {**read_well, **reading.rejections}


@given(st.lists(bodies(), min_size=1, max_size=6))
def test_many_are_read_as_each_is(some: list[bytes]) -> None:
    many = [*some, *[GOOD] * 20]
    together = outcome(read(Submission(INTERACTIONS, many, "", "", NOW), DAY))
    assert together == carefully(many)


@given(bodies())
def test_one_is_read_quickly_as_it_is_carefully(body: bytes) -> None:
    assert outcome(read(Submission(INTERACTIONS, [body], "", "", NOW), DAY)) == carefully([body])


def carefully(some: list[bytes]) -> dict[int, Any]:
    return outcome(
        read_carefully(Submission(INTERACTIONS, some, "", "", NOW), Columns(), range(len(some)), DAY)
    )
