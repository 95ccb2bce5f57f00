"""An erased student is in no table, in no answer and in no key; the report's figures stay."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings as property_settings
from hypothesis import strategies as st
from sqlalchemy import LargeBinary, select

from cobi.actions.recommending import recommend
from cobi.actions.students import erase
from cobi.config.settings import Settings
from cobi.domain.errors import NotFound
from cobi.domain.identifiers import format_id, parse_id
from cobi.domain.moments import SECOND
from cobi.domain.recommendation import Wanted
from cobi.domain.records import TRANSACTIONS
from cobi.domain.reports import Question
from cobi.service.registry import Registry
from cobi.service.service import Service
from cobi.store import model_registry
from cobi.store.columns import Uuid16
from cobi.store.database import Database
from cobi.store.erasure import QUARTER
from cobi.store.schema import ENTITIES, metadata
from tests.conftest import SHARED, SettableClock
from tests.factories import HOUR, an_id, interaction, minimal, upload

STUDENT, OTHER = an_id("customers"), an_id("customers", 1)
PSEUDONYM = an_id("pseudonyms")


def ident(text: str) -> bytes:
    found = parse_id(text)
    assert found is not None
    return found


def ask(service: Service, student: str = STUDENT) -> str:
    [answer] = service.recommend(ident(student), Wanted())
    return format_id(answer.recommendation_id)


@pytest.fixture
def lived(campus: Service, clock: SettableClock) -> Service:
    """Two students who did everything that leaves a trace; the first one is to be erased."""
    upload(campus, "customers", minimal("customers", 1))
    upload(campus, "transactions", minimal("transactions", student_id=STUDENT))
    upload(campus, "user-interactions", interaction(city="before"), interaction(student_id=OTHER))
    campus.learning.train()
    shown = {student: ask(campus, student) for student in (STUDENT, OTHER)}
    clock.advance(61 * SECOND)
    now = clock.now // SECOND
    by_cobi = {"source": "COBI", "event_timestamp": now}
    result = upload(
        campus,
        "user-interactions",
        interaction(**by_cobi, recommendation_id=shown[STUDENT], city="Manama"),
        interaction(**by_cobi, interaction_type="DISCOUNT_CODE"),
        interaction(**by_cobi, recommendation_id=shown[OTHER]),
        interaction(**by_cobi, recommendation_id=shown[STUDENT], student_id=None, user_id="a tablet"),
        interaction(**by_cobi, recommendation_id=shown[STUDENT], student_id=OTHER),
        interaction(**by_cobi, recommendation_id=shown[OTHER], student_id=OTHER),
        interaction(event_timestamp=now, student_id=None, user_id=PSEUDONYM.upper()),
        interaction(event_timestamp=now, user_id="their phone"),
        interaction(event_timestamp=now + 1, student_id=None, user_id="their phone"),
    )
    assert result.status == "success", result.errors()
    upload(campus, "customers", minimal("customers", region="nowhere"))
    upload(
        campus,
        "transactions",
        minimal("transactions", 1, student_id=STUDENT.upper().replace("-", ""), amount=0),
    )
    upload(campus, "tags", minimal("tags", 1, name=""), b'{"tag_id": "' + STUDENT.encode())
    upload(campus, "user-interactions", interaction(student_id=None, user_id="their phone", item_id="?"))
    return campus


def everything(database: Database) -> Iterator[tuple[str, Any]]:
    """Every value of every table as text that an id would be found in."""
    with database.read() as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(select(table)).mappings():
                for column in table.columns:
                    value = row[column.name]
                    if isinstance(column.type, Uuid16):
                        value = value and format_id(value)
                    elif isinstance(column.type, LargeBinary):
                        value = bytes(value or b"").hex() + bytes(value or b"").decode(errors="replace")
                    yield table.name, str(value)


def traces(database: Database, *names: str) -> list[tuple[str, str]]:
    forms = {form.lower() for name in names for form in (name, name.replace("-", ""))}
    return [
        (table, text) for table, text in everything(database) if any(form in text.lower() for form in forms)
    ]


def test_no_table_names_the_student_any_more(lived: Service, database: Database) -> None:
    shown = lived.export_student(ident(STUDENT))["recommendations"][0]["recommendation_id"]
    names = (STUDENT, PSEUDONYM, "their phone", "a tablet", "Manama")
    assert len({table for table, _ in traces(database, *names)}) >= 4
    lived.erase(ident(STUDENT))
    assert traces(database, *names) == [("visitors", "a tablet")]
    # Another student's claim of that answer is the other's own record.
    assert {table for table, _ in traces(database, shown)} <= {"interactions"}


def test_sqlite_overwrites_what_was_erased(lived: Service, settings: Settings) -> None:
    names = (ident(STUDENT), STUDENT.encode(), b"their phone", b"Manama")
    lived.erase(ident(STUDENT))
    lived.close()
    if not settings.database_url:
        [file] = (settings.data / "organisations").glob("*.db")
        assert not any(name in file.read_bytes() for name in names)


def test_the_other_student_keeps_everything(lived: Service) -> None:
    def held() -> dict[str, Any]:
        export = lived.export_student(ident(OTHER))
        for acted in export["user-interactions"]:
            if acted["attribution"] and acted["attribution"]["outcome"] == "OTHER_STUDENT":
                acted["attribution"]["recommendation_id"] = None
        return export

    before = held()
    lived.erase(ident(STUDENT))
    assert held() == before
    assert len(before["user-interactions"]) == 3


def figures(service: Service, question: Question) -> dict[str, Any]:
    """The report without what tells apart by places, which are forgotten."""
    told = service.reports.effectiveness(question)
    return {name: value for name, value in told.items() if name not in ("regions", "platforms")}


def test_the_reports_figures_stay_what_they_were(lived: Service, clock: SettableClock) -> None:
    periods = [
        Question(),
        Question(clock.now - clock.now % QUARTER, None),
        Question(None, clock.now - 24 * HOUR),
    ]
    before = [figures(lived, period) for period in periods]
    assert before[0]["total"]["clicked_impressions"] == 2
    assert before[0]["outcomes"]["OTHER_STUDENT"] == 2
    lived.erase(ident(STUDENT))
    assert [figures(lived, period) for period in periods] == before


def test_transactions_stay_without_the_student(lived: Service) -> None:
    lived.erase(ident(STUDENT))
    kept = lived.read(TRANSACTIONS, ident(an_id("transactions")))
    assert (kept["student_id"], kept["shop_id"], kept["amount"]) == (None, an_id("shops"), 6)


def test_the_receipt_counts_by_table_and_is_kept_without_a_name(lived: Service, database: Database) -> None:
    receipt = lived.erase(ident(STUDENT))
    counted = {name: (counts["removed"], counts["anonymised"]) for name, counts in receipt["stores"].items()}
    assert counted == {
        "quarantine": (4, 0),
        "idempotency_keys": (0, 0),
        "interactions": (4, 4),
        "attributions": (0, 4),
        "code_reveals": (1, 0),
        "exposure_days": (0, 0),
        "exposures": (0, 0),
        "recommendations": (0, 1),
        "visitors": (2, 0),
        "student_favourites": (1, 0),
        "transactions": (0, 1),
        "customers": (1, 0),
    }
    assert receipt["models_due"] == [1]
    assert lived.erasures() == {"receipts": [receipt]}
    assert STUDENT not in json.dumps(receipt)


def test_a_model_that_learned_from_the_student_is_due_and_the_next_one_is_not(
    lived: Service, database: Database, clock: SettableClock
) -> None:
    lived.erase(ident(STUDENT))
    lived.learning.train()
    with database.read() as connection:
        assert [(entry.version, entry.due) for entry in model_registry.page(connection, 9, None)] == [
            (2, None),
            (1, clock.now),
        ]


def test_a_model_from_before_the_student_is_not_due(campus: Service, clock: SettableClock) -> None:
    campus.learning.train()
    clock.advance(HOUR)
    upload(campus, "customers", minimal("customers", 1))
    assert campus.erase(ident(OTHER))["models_due"] == []


def test_a_student_uploaded_again_starts_from_nothing(lived: Service) -> None:
    lived.erase(ident(STUDENT))
    upload(lived, "customers", minimal("customers"))
    export = lived.export_student(ident(STUDENT))
    assert [len(export[name]) for name in ("customers", "user-interactions", "recommendations")] == [1, 0, 0]
    assert lived.recommend(ident(STUDENT), Wanted())
    sent = upload(lived, "user-interactions", interaction(city="before"))
    assert (sent.stored, sent.unchanged) == (1, 0)


def test_the_key_of_an_erased_student_is_not_given_to_the_next(campus: Service, database: Database) -> None:
    column = ENTITIES["customers"].c.key
    with database.read() as connection:
        erased = connection.scalars(select(column)).one()
    campus.erase(ident(STUDENT))
    upload(campus, "customers", minimal("customers", 1))
    with database.read() as connection:
        assert connection.scalars(select(column)).one() > erased


def test_a_process_that_knew_the_students_key_does_not_use_it(lived: Service, settings: Settings) -> None:
    elsewhere = Registry(settings, lived._core.clock)
    other = elsewhere.named("campus")
    upload(other, "user-interactions", interaction(city="known here"))
    lived.erase(ident(STUDENT))
    refused = upload(other, "user-interactions", interaction(city="and now"))
    assert [problem.code for problem in refused.rejections[0].problems] == ["unknown_student"]
    with pytest.raises(NotFound):
        ask(other)
    elsewhere.close()


def test_an_answer_worked_out_before_the_erasure_is_not_given_after_it(
    lived: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    work_out = recommend.for_customer

    def interrupted(*arguments: Any) -> Any:
        answers = work_out(*arguments)
        lived.erase(ident(STUDENT))
        upload(lived, "customers", minimal("customers"))
        return answers

    monkeypatch.setattr(recommend, "for_customer", interrupted)
    with pytest.raises(NotFound):
        ask(lived)
    assert lived.export_student(ident(STUDENT))["recommendations"] == []


def test_a_pseudonym_that_others_use_too_stays_theirs(campus: Service) -> None:
    upload(campus, "customers", minimal("customers", 1))
    shared = [
        interaction(student_id=STUDENT, user_id="the library's computer"),
        interaction(student_id=OTHER, user_id="the library's computer"),
        interaction(student_id=None, user_id="the library's computer"),
    ]
    upload(campus, "user-interactions", *shared)
    stores = campus.erase(ident(STUDENT))["stores"]
    assert stores["interactions"] == {"removed": 1, "anonymised": 1}
    assert stores["visitors"]["removed"] == 0
    # What was nameless there may have been the erased student's.
    assert len(campus.export_student(ident(OTHER))["user-interactions"]) == 1


def test_what_came_of_the_erased_students_list_goes_although_it_was_done_on_a_phone_of_anothers(
    campus: Service,
) -> None:
    upload(campus, "customers", minimal("customers", 1))
    upload(campus, "user-interactions", interaction(student_id=OTHER, user_id="a tablet"))
    lists = {"theirs": ask(campus, STUDENT), "the other's": ask(campus, OTHER), "nobody's": None}
    nameless = [
        interaction(student_id=None, user_id="a tablet", city=whose, source="COBI", recommendation_id=one)
        for whose, one in lists.items()
    ]
    upload(campus, "user-interactions", *nameless)
    told = [acted["city"] for acted in campus.export_student(ident(OTHER))["user-interactions"]]
    assert set(told) == {None, *lists}
    campus.erase(ident(STUDENT))
    left = [acted["city"] for acted in campus.export_student(ident(OTHER))["user-interactions"]]
    assert set(told) - set(left) == {"theirs"}


@pytest.mark.parametrize("junk", [{}, ["p"], 7, None, True])
def test_a_refused_record_with_junk_for_a_pseudonym_is_in_nobodys_way(service: Service, junk: object) -> None:
    upload(service, "customers", minimal("customers"))
    upload(service, "shops", minimal("shops"))
    upload(service, "offers", minimal("offers"))
    upload(service, "user-interactions", interaction(user_id="p"), interaction(user_id=junk, item_id="junk"))
    assert service.export_student(ident(STUDENT))["quarantine"] != []
    assert service.erase(ident(STUDENT))["stores"]["quarantine"]["removed"] == 1


def test_somebody_known_only_from_quarantine_is_exported_and_erased(service: Service) -> None:
    upload(service, "customers", minimal("customers", region="nowhere"))
    upload(service, "customers", b'{"customer_id": "\\u0030' + STUDENT[1:].encode() + b'"}')
    export = service.export_student(ident(STUDENT))
    assert export["customers"] == []
    assert msgspec.json.decode(export["quarantine"][0]["body"])["region"] == "nowhere"
    assert service.erase(ident(STUDENT))["stores"]["quarantine"]["removed"] >= 1
    with pytest.raises(NotFound, match="nothing is held"):
        service.erase(ident(STUDENT))


def test_an_export_has_every_table(lived: Service) -> None:
    export = lived.export_student(ident(STUDENT))
    held = {name: len(value) for name, value in export.items() if isinstance(value, list)}
    assert held == {
        "customers": 1,
        "student-favourites": 1,
        "transactions": 1,
        "user-interactions": 8,
        "pseudonyms": 2,
        "recommendations": 1,
        "experiments": 0,
        "quarantine": 4,
    }
    [shown] = export["recommendations"]
    assert shown["items"] == [an_id("offers")]
    outcomes = [
        acted["attribution"]["outcome"] for acted in export["user-interactions"] if acted["attribution"]
    ]
    assert sorted(outcomes) == ["INFERRED", "MATCHED", "MATCHED", "OTHER_STUDENT"]


def test_every_table_that_can_name_a_student_is_one_erasure_knows(lived: Service) -> None:
    pointing = {
        table.name
        for table in metadata.sorted_tables
        for key in table.foreign_keys
        if key.column.table.name in {"customers", "visitors", "interactions"}
    } | {
        table.name
        for table in metadata.sorted_tables
        if {"student_key", "visitor_key"} & {*table.columns.keys()}
    }
    assert pointing <= lived.erase(ident(STUDENT))["stores"].keys()


def test_what_is_refused_while_the_erasure_waits_is_erased_too(
    lived: Service, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = erase.search

    def interrupted(*arguments: Any) -> Any:
        found = look(*arguments)
        upload(lived, "transactions", minimal("transactions", 9, student_id=STUDENT, amount=-1))
        upload(lived, "user-interactions", interaction(user_id="a new phone"))
        upload(lived, "user-interactions", interaction(student_id=None, user_id="a new phone", item_id="?"))
        return found

    monkeypatch.setattr(erase, "search", interrupted)
    lived.erase(ident(STUDENT))
    assert traces(database, STUDENT, "a new phone") == []


acts = st.lists(
    st.fixed_dictionaries(
        {
            "by": st.sampled_from([STUDENT, OTHER, None]),
            "user_id": st.sampled_from([None, PSEUDONYM, an_id("pseudonyms", 1), "a phone", "a tablet"]),
            "claims": st.sampled_from([None, "nothing", STUDENT, OTHER]),
            "type": st.sampled_from(["PAGE_VIEW", "DISCOUNT_CODE"]),
            "later": st.integers(-9 * 24, 9 * 24),
        }
    ),
    max_size=12,
)


def named_in(export: dict[str, Any]) -> int:
    """How much was done by name: what is nameless may be both's, by the phone and by the list it came of, and goes."""
    return sum(acted["student_id"] is not None for acted in export["user-interactions"])


@property_settings(SHARED, max_examples=15)
@given(acts)
def test_whatever_was_done_the_figures_stay_and_the_student_is_gone(
    campus: Service, database: Database, clock: SettableClock, done: list[dict[str, Any]]
) -> None:
    upload(campus, "customers", minimal("customers"), minimal("customers", 1))
    clock.advance(HOUR)
    shown = {student: ask(campus, student) for student in (STUDENT, OTHER)}
    sent = [
        interaction(
            student_id=act["by"],
            user_id=act["user_id"],
            interaction_type=act["type"],
            event_timestamp=(clock.now + act["later"] * HOUR) // SECOND,
            source=None if act["claims"] is None else "COBI",
            recommendation_id=shown.get(str(act["claims"])),
        )
        for act in done
    ]
    upload(campus, "user-interactions", *sent)
    before = (
        figures(campus, Question()),
        named_in(campus.export_student(ident(OTHER))),
    )
    campus.erase(ident(STUDENT))
    after = (
        figures(campus, Question()),
        named_in(campus.export_student(ident(OTHER))),
    )
    assert after == before
    assert traces(database, STUDENT) == []
