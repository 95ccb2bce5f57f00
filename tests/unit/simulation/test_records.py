from __future__ import annotations

from typing import Any

import pytest

from cobi.domain.interaction_record import INTERACTIONS
from cobi.domain.record_type import RecordType
from cobi.domain.records import RECORD_TYPES
from cobi.simulation.behaviour_records import interactions, transactions
from cobi.simulation.browsing import browse
from cobi.simulation.campus import SMALL
from cobi.simulation.records import Record, arrivals, shop_names
from cobi.simulation.world import World


@pytest.fixture(scope="module")
def uploads(world: World) -> list[tuple[str, list[Record]]]:
    weeks = [range(SMALL.organic_weeks), *(range(week, week + 1) for week in range(5, SMALL.weeks))]
    organic = browse(world, 0, world.offers.arrival * 0)
    bought = transactions(world, organic, "browsing/0", world.organic_end)
    return [upload for stretch in weeks for upload in arrivals(world, stretch)] + [("transactions", bought)]


def complaints(record_type: RecordType, record: Record) -> list[Any]:
    values, problems, unknown = record_type.parse(record)
    return [*problems, *unknown, *record_type.missing(values), *record_type.violations(values)]


def test_every_uploaded_record_keeps_the_contract(uploads: list[tuple[str, list[Record]]]) -> None:
    for name, records in uploads:
        for record in records:
            assert complaints(RECORD_TYPES[name], record) == [], name


def test_whatever_a_record_refers_to_was_uploaded_before_it(
    uploads: list[tuple[str, list[Record]]],
) -> None:
    known: set[tuple[str, str]] = set()
    for name, records in uploads:
        kind = RECORD_TYPES[name]
        for record in records:
            for field, target in kind.references:
                assert record.get(field.name) is None or (target, record[field.name]) in known
            known.add((name, record.get(kind.id_field.name, "")))


def test_all_types_students_and_offers_are_uploaded_once(uploads: list[tuple[str, list[Record]]]) -> None:
    assert {name for name, _ in uploads} == set(RECORD_TYPES)
    for name, id_field, count in (
        ("customers", "customer_id", SMALL.students),
        ("offers", "offer_id", SMALL.offers),
    ):
        ids = [record[id_field] for type_, records in uploads if type_ == name for record in records]
        assert len(ids) == len(set(ids)) == count


def test_a_week_of_slates_brings_newcomers(world: World) -> None:
    new = dict(arrivals(world, range(5, 6)))
    assert new["customers"]
    assert new["offers"]
    assert "shops" not in new


def test_interactions_keep_the_contract(world: World) -> None:
    organic = browse(world, 1, world.offers.arrival * 0)
    records = interactions(world, organic, "browsing/1")
    assert [problem for record in records for problem in complaints(INTERACTIONS, record)] == []
    assert len(records) == len(organic)
    assert {record["source"] for record in records} == {None}


def test_some_interactions_name_no_student_and_some_only_a_pseudonym(world: World) -> None:
    records = interactions(world, browse(world, 1, world.offers.arrival * 0), "browsing/1")
    anonymous = sum(record["user_id"] is None for record in records) / len(records)
    unnamed = sum(record["student_id"] is None for record in records) / len(records)
    assert 0 < anonymous < 0.06 < unnamed < 0.12


def test_no_two_shops_share_a_name(world: World) -> None:
    names = shop_names(world)
    assert len(set(names)) == SMALL.shops
