"""The one statement that reads what many students did tells what the declared sources of events tell."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cobi.domain.identifiers import parse_id
from cobi.service.service import Service
from cobi.store import askers, events, revisions
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
        seen = askers.read(connection, ids, PLENTY)
        keys, together = [one["key"] for one in seen.students.values()], seen.events
        declared = events.of_students(connection, keys, PLENTY)
        moved = revisions.read_all(connection)
    assert seen.students.keys() == set(ids)
    assert seen.revisions == moved
    np.testing.assert_array_equal(np.unique(together, axis=0), np.unique(declared, axis=0))
    assert len(together) == len(declared)


def test_of_students_who_did_too_much_for_one_look_everything_is_read_too(
    campus: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(campus, "customers", minimal("customers", 0))
    upload(campus, "offers", minimal("offers", 0))
    for number in range(3):
        upload(
            campus,
            "user-interactions",
            interaction(
                student_id=an_id("customers", 0),
                item_id=an_id("offers", 0),
                event_timestamp=1_700_000_000 + number,
            ),
        )
    ids = [parse_id(an_id("customers", 0)) or b""]
    with campus._core.database.read() as connection:
        whole = askers.seen(connection, ids)
        monkeypatch.setattr(askers, "MOST_ROWS", 2)
        assert not askers.seen(connection, ids).complete
        read = askers.read(connection, ids, PLENTY)
    assert whole.complete
    assert sorted(read.events.tolist()) == sorted(whole.events.tolist())


def test_who_is_not_known_or_is_deleted_is_not_seen(campus: Service) -> None:
    upload(campus, "customers", minimal("customers", 6), minimal("customers", 7, is_deleted=True))
    ids = [parse_id(an_id("customers", number)) or b"" for number in (6, 7, 8)]
    with campus._core.database.read() as connection:
        seen = askers.seen(connection, ids)
    assert [*seen.students] == ids[:1]
    assert seen.students[ids[0]]["region"] == minimal("customers", 6)["region"]
    assert {student["key"] for student in seen.students.values()} >= set(seen.events[:, 0].tolist())
