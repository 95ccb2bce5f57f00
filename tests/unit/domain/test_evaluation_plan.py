"""The plan of an evaluation as JSON: what may be asked for, and how refusals look."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cobi.domain.errors import InvalidRequest
from cobi.domain.evaluation import MAX_LENGTH, MOST_LENGTHS, Plan, Seen, Split, Way, parse_plan
from cobi.domain.interaction import ItemType


@given(
    st.builds(
        Plan,
        st.lists(st.integers(1, MAX_LENGTH), min_size=1, max_size=MOST_LENGTHS, unique=True).map(tuple),
        st.none()
        | st.builds(
            Split, st.sampled_from(Way), st.floats(0, 1, exclude_min=True, exclude_max=True, width=32)
        )
        | st.just(Split(Way.LAST, None)),
        st.none() | st.sampled_from(Seen),
        st.sampled_from(ItemType),
        st.none() | st.integers(1, 2**53 - 1),
        st.integers(0, 2**53 - 1),
    )
)
def test_a_plan_reads_back_what_it_writes(plan: Plan) -> None:
    assert parse_plan(plan.as_json()) == plan


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ([], "JSON object"),
        ({"K": [5]}, "no field 'K'"),
        ({"k": 5}, "k is no array"),
        ({"k": []}, "k is no array"),
        ({"k": [0]}, "k is no array"),
        ({"k": [1001]}, "k is no array"),
        ({"k": [True]}, "k is no array"),
        ({"k": list(range(1, 12))}, "k is no array"),
        ({"split": "time:2"}, "between 0 and 1"),
        ({"split": "yesterday"}, "no way to split"),
        ({"split": 0.2}, "split is no text"),
        ({"seen": "HIDE"}, "seen is none of hide, show"),
        ({"item_type": "offer"}, "item_type is none of"),
        ({"users": 0}, "users is no whole number"),
        ({"seed": -1}, "seed is no whole number"),
        ({"seed": 2**53}, "seed is no whole number"),
    ],
)
def test_a_malformed_plan_is_refused_with_what_is_wrong(document: Any, told: str) -> None:
    with pytest.raises(InvalidRequest, match=told) as refused:
        parse_plan(document)
    assert refused.value.hint
