"""Every refused record lies in quarantine with its body and its reasons, and can be mended (D6)."""

from __future__ import annotations

import msgspec

from cobi.domain.quarantine import EVERYTHING, Selection
from cobi.service.service import Service
from tests.factories import an_id, bodies, interaction, minimal, upload, upload_all


def refused(service: Service, kind: str | None = None, code: str | None = None) -> list[dict]:
    records, cursor = [], None
    while True:
        page = service.refused(Selection(kind, code), 100, cursor)
        records += page["records"]
        if (cursor := page["next_cursor"]) is None:
            return records


def test_d6_the_good_are_stored_and_each_bad_one_is_kept_as_it_was_sent(service: Service) -> None:
    odd = [b'{"tag_id": 7 , "name":"x" }', b"[]", b'"text"', b"null", b"1e400", b'{"name":"\xff"}']
    sent = [minimal("tags"), *odd, minimal("tags", 1)]
    result = upload(service, "tags", *sent, request_id="here")
    assert (result.status, result.stored, result.rejected) == ("partial", 2, len(odd))
    kept = refused(service)
    assert [record["index"] for record in kept] == [1, 2, 3, 4, 5, 6]
    assert [record["body"] for record in kept] == [body.decode(errors="replace") for body in odd]
    assert {record["request_id"] for record in kept} == {"here"}


def test_d6_the_answer_lists_a_hundred_errors_and_quarantine_has_all(service: Service) -> None:
    sent = [minimal("tags", number, name="") for number in range(250)]
    result = upload(service, "tags", *sent)
    assert len(result.errors()) == 100
    assert [msgspec.json.decode(record["body"]) for record in refused(service, "tags")] == sent


def test_a_record_wrong_in_many_ways_has_every_reason(service: Service) -> None:
    result = upload(service, "shops", {"shop_id": "no", "name": "\x00", "region": "XX", "is_public": 1})
    codes = ["malformed_id", "control_character", "unknown_region", "wrong_type"]
    assert [problem.code for problem in result.rejections[0].problems] == codes
    assert [error["code"] for error in refused(service)[0]["errors"]] == codes


def test_quarantine_is_filtered_by_type_and_by_any_of_the_reasons(service: Service) -> None:
    upload(service, "tags", minimal("tags", tag_id="no", name=""), minimal("tags", 1, name=7))
    upload(service, "shops", minimal("shops", name=7))
    assert len(refused(service, code="empty_text")) == 1
    assert len(refused(service, code="wrong_type")) == 2
    assert len(refused(service, "shops", "wrong_type")) == 1
    assert refused(service, code="unheard_of") == []


def test_quarantine_counts_by_type_and_reasons(service: Service) -> None:
    upload(service, "tags", *(minimal("tags", number, name=7) for number in range(3)))
    counts = service.refused(EVERYTHING, 1, None)["counts"]
    assert counts == [{"type": "tags", "codes": ["wrong_type"], "records": 3}]


def test_interactions_go_to_quarantine_too(service: Service) -> None:
    upload_all(service)
    result = upload(service, "user-interactions", interaction(), interaction(item_type="SHOP"), b"{}")
    assert (result.stored, result.rejected) == (1, 2)
    codes = [error["code"] for record in refused(service, "user-interactions") for error in record["errors"]]
    assert codes == ["item_type_mismatch", *["missing_field"] * 4]


def test_a_mended_record_is_stored(service: Service) -> None:
    upload(service, "tags", minimal("tags", name=" "))
    [kept] = refused(service)
    mended = {**msgspec.json.decode(kept["body"]), "name": "pizza"}
    assert upload(service, "tags", *bodies([mended])).stored == 1


def test_nul_characters_in_values_and_names_are_kept_and_told(service: Service) -> None:
    result = upload(service, "tags", {**minimal("tags"), "name": "a\x00b", "na\x00me": 1})
    assert result.rejections[0].problems[0].code == "control_character"
    assert refused(service)[0]["errors"][0]["value"] == "a\x00b"


def test_d6_a_record_refused_again_is_counted_and_not_kept_twice(service: Service) -> None:
    bad = {"shop_id": an_id("shops"), "name": "", "region": "BH"}
    upload(service, "shops", bad, bad)
    upload(service, "shops", bad)
    page = service.refused(EVERYTHING, 10, None)
    assert [(row["times"], row["errors"][0]["code"]) for row in page["records"]] == [(3, "empty_text")]
    assert page["counts"] == [{"type": "shops", "codes": ["empty_text"], "records": 1}]
