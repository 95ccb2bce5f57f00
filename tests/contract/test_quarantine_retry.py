"""Refused records are mended and tried again: stored exactly once, or kept with new reasons."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cobi.domain.errors import InvalidRequest
from cobi.domain.moments import DAY, SECOND, format_moment
from cobi.domain.quarantine import EVERYTHING, Selection, parse_retry
from cobi.domain.records import RECORD_TYPES
from cobi.service.service import Service
from tests.conftest import SHARED, SettableClock
from tests.factories import HOUR, NOON, TYPES, an_id, interaction, minimal, upload

ORDER = ("examined", "stored", "unchanged", "refused")


def retry(service: Service, *rules: Any, **order: Any) -> tuple[int, ...]:
    """Retry, and answer how many were examined, stored, unchanged and refused."""
    answer = service.retry(parse_retry({"rules": list(rules), **order}))
    assert answer["next_cursor"] is None
    return tuple(answer[name] for name in ORDER)


def waiting(service: Service) -> list[dict[str, Any]]:
    return service.refused(EVERYTHING, 1000, None)["records"]


def stored(service: Service, kind: str) -> list[dict[str, Any]]:
    return service.read_page(RECORD_TYPES[kind], 1000, None)["records"]


def test_a_mended_record_is_stored_once_and_leaves(service: Service) -> None:
    upload(service, "tags", minimal("tags", name=" "))
    assert retry(service, {"default": "name", "value": "pizza"}, type="tags") == (1, 1, 0, 0)
    assert (waiting(service), stored(service, "tags")[0]["name"]) == ([], "pizza")
    assert retry(service) == (0, 0, 0, 0)
    assert service.refused(EVERYTHING, 1, None)["left"]["retried"] == 1


def test_what_fails_again_stays_as_it_was_sent_with_its_new_reasons(service: Service) -> None:
    sent = minimal("shops", name="", region="Bahrain")
    upload(service, "shops", sent)
    assert retry(service, {"set": "region", "value": "BH"}, type="shops") == (1, 0, 0, 1)
    [kept] = waiting(service)
    assert [error["code"] for error in kept["errors"]] == ["empty_text"]
    assert (msgspec.json.decode(kept["body"]), kept["retried"]) == (sent, format_moment(NOON))
    assert service.refused(EVERYTHING, 1, None)["counts"] == [
        {"type": "shops", "codes": ["empty_text"], "records": 1}
    ]


def test_everything_sent_in_the_wrong_order_passes_in_one_retry(service: Service) -> None:
    upload(service, "user-interactions", interaction())
    for kind in reversed(TYPES):
        upload(service, kind, minimal(kind))
    refused = len(waiting(service))
    assert retry(service) == (refused, refused, 0, 0)
    assert all(stored(service, kind) for kind in TYPES)


def test_a_dry_run_says_what_would_happen_and_changes_nothing(service: Service) -> None:
    upload(service, "offers", minimal("offers"))
    upload(service, "shops", minimal("shops", name=""))
    before = waiting(service)
    assert retry(service, {"set": "name", "value": "x"}, type="shops", dry_run=True) == (1, 1, 0, 0)
    assert retry(service, dry_run=True) == (2, 0, 0, 2)
    assert (waiting(service), stored(service, "shops")) == (before, [])
    assert retry(service, {"set": "name", "value": "x"}, type="shops") == (1, 1, 0, 0)
    assert retry(service, dry_run=True) == retry(service) == (1, 1, 0, 0)


def test_a_retry_takes_only_what_is_meant(service: Service, clock: SettableClock) -> None:
    upload(service, "tags", minimal("tags", 1, name=""), minimal("tags", 2, name=7))
    clock.advance(HOUR)
    upload(service, "tags", minimal("tags", 3, name=""))
    upload(service, "keywords", minimal("keywords", 1, name=""))
    ids = [record["quarantine_id"] for record in waiting(service)]
    assert retry(service, type="tags", code="wrong_type") == (1, 0, 0, 1)
    assert retry(service, **{"from": format_moment(NOON + HOUR)}) == (2, 0, 0, 2)
    assert retry(service, type="tags", to=format_moment(NOON + HOUR)) == (2, 0, 0, 2)
    assert retry(service, ids=ids[1:]) == (3, 0, 0, 3)


@pytest.mark.parametrize(("tags", "keywords"), [(5, 4), (4, 5), (2, 2)])
def test_a_limited_retry_goes_on_behind_its_cursor(service: Service, tags: int, keywords: int) -> None:
    upload(service, "tags", *(minimal("tags", number, name="") for number in range(tags)))
    upload(service, "keywords", *(minimal("keywords", number, name="") for number in range(keywords)))
    order, seen = {"limit": 2}, 0
    while order:
        answer = service.retry(parse_retry(order))
        seen += answer["examined"]
        order = {"limit": 2, "cursor": answer["next_cursor"]} if answer["next_cursor"] else {}
    assert seen == tags + keywords


def test_an_old_record_does_not_overwrite_what_was_uploaded_after_it(
    service: Service, clock: SettableClock
) -> None:
    upload(service, "shops", minimal("shops", name="old", region="?"))
    clock.advance(HOUR)
    upload(service, "shops", minimal("shops", name="new"))
    clock.advance(HOUR)
    assert retry(service, {"set": "region", "value": "BH"}, type="shops") == (1, 0, 1, 0)
    assert (stored(service, "shops")[0]["name"], waiting(service)) == ("new", [])


def test_two_refused_versions_mended_one_after_the_other_end_in_the_later(
    service: Service, clock: SettableClock
) -> None:
    upload(service, "shops", minimal("shops", name="first", region="?"))
    clock.advance(HOUR)
    upload(service, "shops", minimal("shops", name="second", region="!"))
    rule = {"set": "region", "value": "BH"}
    for record in waiting(service):
        clock.advance(HOUR)
        assert retry(service, rule, type="shops", ids=[record["quarantine_id"]]) == (1, 1, 0, 0)
    assert stored(service, "shops")[0]["name"] == "second"


def test_a_record_with_a_later_date_of_its_own_wins_even_late(service: Service, clock: SettableClock) -> None:
    upload(service, "shops", minimal("shops", name="late", region="?", updated="2026-06-10"))
    clock.advance(HOUR)
    upload(service, "shops", minimal("shops", name="early", updated="2026-06-01"))
    assert retry(service, {"set": "region", "value": "BH"}, type="shops") == (1, 1, 0, 0)
    assert stored(service, "shops")[0]["name"] == "late"


def test_a_future_interaction_passes_when_its_time_has_come(campus: Service, clock: SettableClock) -> None:
    upload(campus, "user-interactions", interaction(event_timestamp=(NOON + 2 * DAY) // SECOND))
    assert retry(campus) == (1, 0, 0, 1)
    clock.advance(DAY + HOUR)
    assert retry(campus) == (1, 1, 0, 0)


def test_an_interaction_sent_again_meanwhile_leaves_without_being_doubled(campus: Service) -> None:
    upload(campus, "user-interactions", interaction(platform="FRIDGE"))
    upload(campus, "user-interactions", interaction(platform="WEB"))
    rule = {"replace": "platform", "value": "FRIDGE", "by": "WEB"}
    assert retry(campus, rule, type="user-interactions") == (1, 0, 1, 0)
    assert waiting(campus) == []


def test_what_is_no_json_waits_however_often_it_is_tried(service: Service) -> None:
    upload(service, "tags", b'{"tag_id":', b"[1]", b'"\xff"')
    assert retry(service, {"set": "name", "value": "x"}, type="tags") == (3, 0, 0, 3)


def test_texts_where_numbers_belong_are_read_when_that_is_asked(campus: Service) -> None:
    wrong = minimal("transactions", 1, amount=" 12.50 ", savings="")
    wrong["rabatt"] = "2"
    upload(campus, "transactions", wrong)
    rules = [{"read": "amount"}, {"rename": "rabatt", "to": "savings"}, {"read": "region"}]
    assert retry(campus, *rules, type="transactions") == (1, 1, 0, 0)
    assert [stored(campus, "transactions")[1][name] for name in ("amount", "savings")] == [12.5, 2]


PIECES = {
    "tag_id": st.sampled_from([an_id("tags", number) for number in range(3)] + ["x", None]),
    "name": st.sampled_from(["a", "b", " ", 7, None]),
    "label": st.sampled_from(["c", ""]),
}
RULES = st.sampled_from(
    [
        {"set": "name", "value": "s"},
        {"default": "name", "value": "d"},
        {"rename": "label", "to": "name"},
        {"replace": "name", "value": 7, "by": "seven"},
        {"read": "name"},
        {"drop": "name"},
    ]
)


@SHARED
@given(st.lists(st.fixed_dictionaries({}, optional=PIECES), max_size=6), st.lists(RULES, max_size=3))
def test_every_record_is_stored_unchanged_refused_or_still_there(
    service: Service, records: list[dict[str, Any]], rules: list[dict[str, Any]]
) -> None:
    if records:
        upload(service, "tags", *records)
    held = len(waiting(service))
    dry = retry(service, *rules, type="tags", dry_run=True)
    examined, kept, same, refused = outcome = retry(service, *rules, type="tags")
    assert outcome == dry
    assert examined == kept + same + refused == held
    found = service.refused(EVERYTHING, 1000, None)
    assert len(found["records"]) == refused == sum(row["records"] for row in found["counts"])


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (7, "rules[0] must be a JSON object"),
        ({"sets": "name"}, "rules[0] must have exactly one of set, default"),
        ({"set": "name", "drop": "name"}, "exactly one of"),
        ({"set": "name"}, "rules[0] must have set and value, and nothing else"),
        ({"set": 7, "value": 7}, "set must be the name of a field"),
        ({"set": "nmae", "value": "x"}, "tags have no field 'nmae'; did you mean name?"),
        ({"set": "name", "value": 7}, "rules[0]: name expected a text, got"),
        ({"default": "name", "value": None}, "name must not be null"),
        ({"set": "tag_id", "value": an_id("tags")}, "tells records apart"),
        ({"rename": "x", "to": []}, "tags have no field '[]'"),
    ],
)
def test_a_rule_that_cannot_work_is_told_before_anything_is_tried(rule: Any, message: str) -> None:
    with pytest.raises(InvalidRequest) as error:
        parse_retry({"type": "tags", "rules": [rule]})
    assert message in error.value.message
    assert error.value.code == "malformed_rule"


def test_selection_by_type_and_code_needs_no_walk_through_all_records(service: Service) -> None:
    upload(service, "tags", minimal("tags", name=""), minimal("tags", 1, tag_id="x", name=""))
    counts = service.refused(Selection("tags", "malformed_id"), 10, None)["counts"]
    assert counts == [{"type": "tags", "codes": ["malformed_id", "empty_text"], "records": 1}]
