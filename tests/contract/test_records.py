"""Uploading and reading back: what is sent is stored, and sent again changes only what it should (D8)."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cobi.domain.identifiers import parse_id
from cobi.domain.records import RECORD_TYPES
from cobi.service.service import Service
from tests.conftest import SHARED, SettableClock
from tests.factories import HOUR, TYPES, an_id, full, minimal, upload, upload_all
from tests.strategies import documents

REQUIRED = [(kind, name) for kind in TYPES for name in sorted(RECORD_TYPES[kind].required)]
NULLABLE = [
    (kind, field.name) for kind in TYPES for field in RECORD_TYPES[kind].fields[1:] if not field.required
]


def stored(service: Service, kind: str, number: int = 0) -> dict[str, Any]:
    identifier = parse_id(an_id(kind, number))
    assert identifier is not None
    return service.read(RECORD_TYPES[kind], identifier)


def test_a_full_record_of_every_type_reads_back_as_it_was_sent(service: Service) -> None:
    upload_all(service)
    for kind in TYPES:
        assert upload(service, kind, full(kind)).stored == 1
        assert stored(service, kind) == full(kind)


def test_d8_the_same_record_again_is_unchanged(service: Service) -> None:
    upload_all(service)
    for kind in TYPES:
        upload(service, kind, full(kind))
        again = upload(service, kind, full(kind), full(kind))
        assert (again.stored, again.unchanged, again.rejected) == (0, 2, 0)


def test_d8_absent_fields_keep_their_stored_value(service: Service) -> None:
    upload_all(service)
    upload(service, "offers", full("offers"))
    assert upload(service, "offers", {"offer_id": an_id("offers"), "value": 35}).stored == 1
    assert stored(service, "offers") == full("offers", value=35.0)


def test_d8_an_explicit_null_clears_every_nullable_field(service: Service) -> None:
    upload_all(service)
    for kind, name in NULLABLE:
        identity = {RECORD_TYPES[kind].id_field.name: an_id(kind)}
        upload(service, kind, full(kind))
        assert upload(service, kind, {**identity, name: None}).stored == 1
        assert stored(service, kind) == {**full(kind), name: None}


def test_a_required_field_refuses_null_and_absence(service: Service) -> None:
    upload_all(service)
    for kind, name in REQUIRED:
        new = minimal(kind, 1)
        absent = {key: value for key, value in new.items() if key != name}
        result = upload(service, kind, {**new, name: None}, absent)
        codes = [rejection.problems[0].code for rejection in result.rejections]
        assert codes == ["null_not_allowed", "missing_field"], (kind, name)


def test_d8_the_later_updated_wins_and_an_older_one_changes_nothing(service: Service) -> None:
    new = minimal("tags", name="new", updated="2026-06-02T00:00:00Z")
    old = minimal("tags", name="old", updated="2026-06-01T00:00:00Z")
    upload(service, "tags", new)
    result = upload(service, "tags", old)
    assert (result.stored, result.unchanged) == (0, 1)
    assert result.warnings[0]["code"] == "outdated"
    assert stored(service, "tags")["name"] == "new"


def test_d8_without_updated_the_later_upload_wins(service: Service) -> None:
    upload(service, "tags", minimal("tags", name="first", updated="2026-06-02T00:00:00Z"))
    assert upload(service, "tags", minimal("tags", name="second")).stored == 1
    assert stored(service, "tags")["name"] == "second"


def test_d8_an_equal_updated_lets_the_later_upload_win(service: Service) -> None:
    moment = "2026-06-02T00:00:00Z"
    upload(service, "tags", minimal("tags", name="first", updated=moment))
    assert upload(service, "tags", minimal("tags", name="second", updated=moment)).stored == 1


def test_two_records_with_one_id_in_a_batch_are_laid_over_each_other_in_order(service: Service) -> None:
    identity = {"shop_id": an_id("shops")}
    result = upload(
        service, "shops", minimal("shops"), {**identity, "name": "Later"}, {**identity, "name": 7}
    )
    assert (result.stored, result.rejected) == (2, 1)
    assert stored(service, "shops")["name"] == "Later"


def test_a_partial_update_that_breaks_the_whole_record_is_refused(service: Service) -> None:
    upload_all(service)
    upload(service, "offers", full("offers"))
    result = upload(service, "offers", {"offer_id": an_id("offers"), "allowed_to": "2025-01-01"})
    assert result.rejections[0].problems[0].code == "window_reversed"
    assert stored(service, "offers") == full("offers")


def test_records_page_in_upload_order_and_end(service: Service) -> None:
    upload(service, "tags", *(minimal("tags", number) for number in range(5)))
    seen: list[str] = []
    cursor = None
    while True:
        page = service.read_page(RECORD_TYPES["tags"], 2, cursor)
        seen += [record["tag_id"] for record in page["records"]]
        if (cursor := page["next_cursor"]) is None:
            break
    assert seen == [an_id("tags", number) for number in range(5)]


def test_the_overview_counts_records_and_says_when_the_last_one_came(
    service: Service, clock: SettableClock
) -> None:
    upload_all(service, count=2)
    clock.advance(HOUR)
    upload(service, "tags", minimal("tags", 2))
    overview = {row["type"]: row for row in service.overview()["types"]}
    assert overview["tags"] == {"type": "tags", "records": 3, "last_upload": "2026-06-15T13:00:00Z"}
    assert overview["user-interactions"]["last_upload"] is None


@SHARED
@given(data=st.data())
def test_whatever_a_type_accepts_reads_back_in_normal_form(campus: Service, data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(TYPES))
    sent, expected = data.draw(documents(kind))
    result = upload(campus, kind, sent)
    assert result.rejected == 0, result.errors()
    assert stored(campus, kind) == {**full(kind), **expected}
