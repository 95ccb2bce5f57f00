"""The one statement that reads what many students did tells what the declared sources of events tell."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cobi.domain.identifiers import parse_id
from cobi.service.service import Service
from cobi.store import askers, events
from tests.factories import an_id, interaction, minimal, upload

PEOPLE = range(4)
PLENTY = 10_000
_numbers = iter(range(1, 10**9))


def a_deed(kind: str, who: int, item: int, *, gone: bool) -> tuple[str, dict[str, Any]]:
    """A record of this kind, and its type."""
    student = an_id("customers", who)
    number = next(_numbers)
    if kind in ("OFFER", "SHOP", "TAG"):
        seen = {
            "item_type": kind,
            "item_id": an_id(f"{kind.lower()}s", item),
            "interaction_type": "FILTER_CLICK",
        }
        return "user-interactions", interaction(student_id=student, **seen)
    links: dict[str, Any] = {"student_id": student, "shop_id": an_id("shops", item), "is_deleted": gone}
    if kind == "OFFER BOUGHT":
        links["offer_id"] = an_id("offers", item)
    table = "student-favourites" if kind == "FAVOURITE" else "transactions"
    return table, minimal(table, number, **links)


KINDS = ("OFFER", "SHOP", "TAG", "BOUGHT", "OFFER BOUGHT", "FAVOURITE")
deeds = st.builds(
    a_deed, st.sampled_from(KINDS), st.sampled_from(PEOPLE), st.integers(0, 1), gone=st.booleans()
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(deeds, max_size=30), st.sets(st.sampled_from(PEOPLE), min_size=1))
def test_many_students_deeds_are_those_of_the_declared_sources(
    campus: Service, done: list[tuple[str, dict[str, Any]]], asked: set[int]
) -> None:
    upload(campus, "customers", *(minimal("customers", number) for number in PEOPLE))
    for kind in ("shops", "offers", "tags"):
        upload(campus, kind, *(minimal(kind, number) for number in range(2)))
    for kind, record in done:
        assert upload(campus, kind, record).status == "success"
    with campus._core.database.read() as connection:
        ids = [parse_id(an_id("customers", number)) or b"" for number in asked]
        keys = [one["key"] for one in askers.students(connection, ids).values()]
        together = askers.histories(connection, keys, PLENTY)
        declared = events.of_students(connection, keys, PLENTY)
    assert len(keys) == len(asked)
    np.testing.assert_array_equal(np.unique(together, axis=0), np.unique(declared, axis=0))
    assert len(together) == len(declared)
