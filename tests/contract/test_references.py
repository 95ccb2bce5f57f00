"""What a record refers to must be stored (D17), and a favourite needs no id of its own (D15)."""

from __future__ import annotations

from cobi.domain.identifiers import parse_id
from cobi.domain.records import RECORD_TYPES
from cobi.service.service import Service
from tests.factories import TYPES, an_id, full, minimal, upload, upload_all

REFERENCES = [(kind, field.name, to) for kind in TYPES for field, to in RECORD_TYPES[kind].references]


def test_d17_an_unknown_reference_is_refused_by_its_name(service: Service) -> None:
    upload_all(service)
    for kind, name, to in REFERENCES:
        unknown = an_id(to, 99)
        problem = upload(service, kind, minimal(kind, 1, **{name: unknown})).rejections[0].problems[0]
        assert (problem.field, problem.code, problem.value) == (name, "unknown_reference", unknown)
        singular = RECORD_TYPES[to].singular
        assert problem.message == f"{name} {unknown} is not a known {singular}; upload it first"


def test_d17_an_optional_reference_may_be_null(service: Service) -> None:
    upload_all(service)
    for kind, name, _ in REFERENCES:
        if name not in RECORD_TYPES[kind].required:
            assert upload(service, kind, full(kind, 1, **{name: None})).stored == 1


def test_a_reference_of_the_wrong_type_is_unknown(service: Service) -> None:
    upload_all(service)
    wrong = upload(service, "offers", minimal("offers", 1, shop_id=an_id("tags")))
    assert wrong.rejections[0].problems[0].code == "unknown_reference"


def test_a_reference_may_move_to_another_record(service: Service) -> None:
    upload_all(service, count=2)
    upload(service, "offers", {"offer_id": an_id("offers"), "shop_id": an_id("shops", 1)})
    identifier = parse_id(an_id("offers"))
    assert identifier is not None
    assert service.read(RECORD_TYPES["offers"], identifier)["shop_id"] == an_id("shops", 1)


def test_a_soft_deleted_record_may_still_be_referred_to(service: Service) -> None:
    upload(service, "shops", minimal("shops", is_deleted=True))
    assert upload(service, "offers", minimal("offers")).stored == 1


def test_what_was_refused_for_its_reference_is_stored_once_that_is_there(service: Service) -> None:
    assert upload(service, "offers", minimal("offers")).rejected == 1
    upload(service, "shops", minimal("shops"))
    assert upload(service, "offers", minimal("offers")).stored == 1


def test_a_reference_to_a_record_of_a_failed_batch_stays_unknown(service: Service) -> None:
    assert upload(service, "shops", minimal("shops", name="")).rejected == 1
    assert upload(service, "offers", minimal("offers")).rejected == 1


def test_d15_a_favourite_without_id_is_the_same_favourite_every_time(service: Service) -> None:
    upload_all(service, TYPES[: TYPES.index("student-favourites")], count=2)
    bare = minimal("student-favourites", favourite_id=None)
    other = {**bare, "shop_id": an_id("shops", 1)}
    first = upload(service, "student-favourites", bare, other)
    del bare["favourite_id"]
    again = upload(service, "student-favourites", bare, {**bare, "is_deleted": True})
    assert (first.stored, again.unchanged, again.stored) == (2, 1, 1)
    assert len(service.read_page(RECORD_TYPES["student-favourites"], 10, None)["records"]) == 2


def test_d15_a_favourite_without_id_and_student_names_what_is_missing(service: Service) -> None:
    upload_all(service)
    result = upload(service, "student-favourites", {"shop_id": an_id("shops")}, {"favourite_id": None})
    fields = [[problem.field for problem in rejection.problems] for rejection in result.rejections]
    assert fields == [["student_id"], ["student_id", "shop_id"]]
