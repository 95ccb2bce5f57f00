"""What students did: stored once, however often it is sent (D19 to D21, D26), and read back (D11)."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cobi.domain.identifiers import parse_id
from cobi.domain.interaction import ItemType
from cobi.domain.interaction_record import INTERACTIONS
from cobi.service.service import Service
from cobi.store.interactions import Filter
from tests.conftest import SHARED
from tests.factories import NOON, an_id, bodies, interaction, minimal, upload, upload_all

SECONDS = NOON // 1_000_000
STUDENT = minimal("customers", 1)
PSEUDONYM = STUDENT["user_id"]


def send(service: Service, *records: Any) -> Any:
    return upload(service, INTERACTIONS.name, *records)


def everything(service: Service, wanted: Filter | None = None) -> list[dict[str, Any]]:
    return service.read_interactions(wanted or Filter(), 1000, None)["records"]


def problem_of(service: Service, **changes: Any) -> tuple[str | None, str]:
    problem = send(service, interaction(**changes)).rejections[0].problems[0]
    return problem.field, problem.code


def test_a_full_interaction_reads_back_as_it_was_sent(campus: Service) -> None:
    sent = {
        "interaction_type": "DISCOUNT_CODE",
        "item_type": "SHOP",
        "item_id": an_id("shops"),
        "event_timestamp": "2026-06-15T11:59:59.123456Z",
        "student_id": an_id("customers"),
        "user_id": an_id("pseudonyms"),
        "platform": "IOS",
        "city": "المنامة",
        "country": "Bahrain",
        "source": "COBI",
        "recommendation_id": an_id("recommendations"),
    }
    recorded = campus.interact(bodies([sent]), "r")
    stored = campus.read(INTERACTIONS, recorded.ids[0])
    assert {name: stored[name] for name in sent} == sent


def test_d26_every_way_of_writing_the_same_interaction_is_the_same(campus: Service) -> None:
    same = [
        interaction(event_timestamp=SECONDS),
        interaction(event_timestamp=SECONDS * 1000),
        interaction(event_timestamp=SECONDS * 1_000_000),
        interaction(event_timestamp="2026-06-15T12:00:00Z"),
        interaction(event_timestamp="2026-06-15T15:00:00+03:00", student_id=an_id("customers").upper()),
        interaction(city=None, platform=None, source=None, user_id=None, interaction_id=an_id("anything")),
    ]
    result = send(campus, *same)
    assert (result.stored, result.unchanged) == (1, 5)


def test_d26_whatever_differs_is_another_interaction(campus: Service) -> None:
    others = [
        {},
        {"interaction_type": "SHARE"},
        {"item_type": "SHOP", "item_id": an_id("shops")},
        {"event_timestamp": SECONDS + 1},
        {"student_id": None},
        {"user_id": "a"},
        {"student_id": None, "user_id": "a"},
        {"platform": "WEB"},
        {"city": "WEB"},
        {"country": "WEB"},
        {"source": "COBI"},
        {"source": "COBI", "recommendation_id": an_id("recommendations")},
    ]
    assert send(campus, *(interaction(**changes) for changes in others)).stored == len(others)


@SHARED
@given(batches=st.lists(st.lists(st.integers(0, 30), min_size=1, max_size=12), min_size=1, max_size=6))
def test_d26_any_order_and_repetition_of_batches_stores_each_interaction_once(
    campus: Service, batches: list[list[int]]
) -> None:
    known = {record["event_timestamp"] for record in everything(campus)}
    stored = 0
    for batch in batches:
        result = send(campus, *(interaction(event_timestamp=SECONDS - number) for number in batch))
        assert result.stored + result.unchanged == len(batch)
        stored += result.stored
    now = [record["event_timestamp"] for record in everything(campus)]
    assert len(now) == len(set(now)) == len(known) + stored


def test_d19_unknown_and_deleted_students_are_refused(campus: Service) -> None:
    assert problem_of(campus, student_id=STUDENT["customer_id"]) == ("student_id", "unknown_student")
    upload(campus, "customers", minimal("customers", is_deleted=True))
    assert problem_of(campus) == ("student_id", "unknown_student")
    upload(campus, "customers", minimal("customers", is_deleted=False))
    assert send(campus, interaction()).stored == 1


def test_d20_a_known_pseudonym_identifies_the_student(campus: Service) -> None:
    upload(campus, "customers", STUDENT)
    dashless = PSEUDONYM.replace("-", "").upper()
    send(campus, interaction(student_id=None, user_id=dashless))
    [stored] = everything(campus)
    assert (stored["student_id"], stored["user_id"]) == (STUDENT["customer_id"], dashless)


def test_d20_a_student_uploaded_later_is_given_the_history_of_the_pseudonym(campus: Service) -> None:
    forms = [PSEUDONYM, PSEUDONYM.upper(), PSEUDONYM.replace("-", "")]
    sent = (interaction(student_id=None, user_id=form) for form in (*forms, "somebody else", None))
    assert send(campus, *sent).stored == 5
    upload(campus, "customers", STUDENT)
    students = {record["user_id"]: record["student_id"] for record in everything(campus)}
    assert students == {**dict.fromkeys(forms, STUDENT["customer_id"]), "somebody else": None, None: None}


def test_d20_a_changed_pseudonym_takes_over_what_came_under_it(campus: Service) -> None:
    send(campus, interaction(student_id=None, user_id=PSEUDONYM))
    upload(campus, "customers", {"customer_id": an_id("customers"), "user_id": PSEUDONYM})
    assert everything(campus)[0]["student_id"] == an_id("customers")
    assert send(campus, interaction(user_id=PSEUDONYM)).rejected == 0


def test_d20_an_interaction_sent_again_after_its_student_came_is_still_the_same(campus: Service) -> None:
    anonymous = interaction(student_id=None, user_id=PSEUDONYM)
    send(campus, anonymous)
    upload(campus, "customers", STUDENT)
    assert send(campus, anonymous).unchanged == 1


def test_d20_two_names_of_two_students_are_a_conflict(campus: Service) -> None:
    upload(campus, "customers", STUDENT)
    assert problem_of(campus, user_id=PSEUDONYM) == ("user_id", "identity_conflict")
    assert send(campus, interaction(user_id=an_id("nobody"))).stored == 1


def test_d20_a_deleted_students_pseudonym_identifies_nobody(campus: Service) -> None:
    upload(campus, "customers", {**STUDENT, "is_deleted": True})
    send(campus, interaction(student_id=None, user_id=PSEUDONYM))
    assert everything(campus)[0]["student_id"] is None
    upload(campus, "customers", {**STUDENT, "is_deleted": False})
    assert everything(campus)[0]["student_id"] == STUDENT["customer_id"]


def test_d21_an_item_of_another_type_is_named_as_what_it_is(campus: Service) -> None:
    for claimed in ItemType:
        refused = send(campus, interaction(item_type=claimed.name, item_id=an_id("institutes")))
        assert refused.rejections[0].problems[0].code == "unknown_item"
    refused = send(campus, interaction(item_id=an_id("shops")))
    message = f"item_id {an_id('shops')} is a SHOP, not an OFFER"
    assert refused.rejections[0].problems[0].message == message


def test_d11_interactions_are_read_newest_first_and_filtered(campus: Service) -> None:
    upload_all(campus, count=2)
    send(
        campus,
        interaction(event_timestamp=SECONDS - 3),
        interaction(event_timestamp=SECONDS - 2, student_id=an_id("customers", 1)),
        interaction(event_timestamp=SECONDS - 1, item_type="TAG", item_id=an_id("tags")),
        interaction(event_timestamp=SECONDS, item_id=an_id("offers", 1), student_id=None),
    )
    ages = {record["event_timestamp"]: age for age, record in enumerate(everything(campus))}
    assert list(ages) == sorted(ages, reverse=True)

    def found(**wanted: Any) -> list[int]:
        return [ages[record["event_timestamp"]] for record in everything(campus, Filter(**wanted))]

    assert found(student_id=parse_id(an_id("customers"))) == [1, 3]
    assert found(item_type=ItemType.OFFER) == [0, 2, 3]
    assert found(item_id=parse_id(an_id("tags"))) == [1]
    assert found(since=NOON - 2_000_000, until=NOON) == [1, 2]
    assert found(student_id=parse_id(an_id("nobody"))) == []


def test_d11_pages_cover_every_interaction_even_at_one_moment(campus: Service) -> None:
    cities = {f"city {number}" for number in range(7)}
    send(campus, *(interaction(city=city) for city in cities))
    seen, cursor = [], None
    for _ in range(4):
        page = campus.read_interactions(Filter(), 2, cursor)
        seen += [record["city"] for record in page["records"]]
        cursor = page["next_cursor"]
    assert (set(seen), len(seen), cursor) == (cities, 7, None)
