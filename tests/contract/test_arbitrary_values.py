"""Whatever JSON says a field is, the batch gets an answer: nothing raises, nothing is lost, all of it can be sent."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from cobi.domain.interaction_record import INTERACTIONS
from cobi.domain.quarantine import Selection
from cobi.service.service import Service
from cobi.store.interactions import Filter
from tests.conftest import SHARED
from tests.factories import ALL_TYPES, a_record, an_id, upload

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(10**40), 10**40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
    | st.sampled_from(
        [an_id("offers"), "2026-06-15T12:00:00Z", "BH", "COBI", "Monday", "0001-01-01T00:00:00+23:59"]
    )
)
VALUES = SCALARS | st.lists(SCALARS, max_size=3) | st.dictionaries(st.text(max_size=3), SCALARS, max_size=3)


@st.composite
def records(draw: st.DrawFn, kind: str) -> Any:
    """A valid record with some fields replaced by anything."""
    names = [field.name for field in ALL_TYPES[kind].fields]
    changes = draw(st.dictionaries(st.sampled_from(names), VALUES, max_size=4))
    return {**a_record(kind), **changes}


@SHARED
@given(data=st.data())
def test_any_value_in_any_field_is_stored_or_refused_and_can_be_read_back(
    campus: Service, data: st.DataObject
) -> None:
    kind = data.draw(st.sampled_from(list(ALL_TYPES)))
    sent = data.draw(st.lists(records(kind), min_size=1, max_size=8))
    result = upload(campus, kind, *sent)
    assert result.received == result.stored + result.unchanged + result.rejected == len(sent)
    assert msgspec.json.decode(msgspec.json.encode(result.envelope()))["type"] == kind
    kept = {record["body"] for record in campus.refused(Selection(type=kind), 1000, None)["records"]}
    assert {bytes(rejection.body).decode() for rejection in result.rejections} <= kept
    assert msgspec.json.encode(readable(campus, kind))


def readable(service: Service, kind: str) -> Any:
    if kind == INTERACTIONS.name:
        return service.read_interactions(Filter(), 1000, None)
    return service.read_page(ALL_TYPES[kind], 1000, None)
