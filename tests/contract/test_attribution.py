"""Each COBI interaction is classified once and for good reason (contract §5), and the report counts it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from cobi.domain.identifiers import format_id, parse_id, recommendation_id
from cobi.domain.interaction import ItemType, Outcome
from cobi.domain.interaction_record import INTERACTIONS
from cobi.domain.moments import DAY, SECOND
from cobi.domain.recommendation import Recommendation, Wanted
from cobi.domain.reports import Question
from cobi.domain.signature import Signature
from cobi.service.service import Service
from cobi.store.database import Database
from cobi.store.schema import attributions, interactions
from tests.conftest import SettableClock
from tests.factories import HOUR, NOON, an_id, interaction, minimal, upload

STUDENTS = {number: parse_id(an_id("customers", number)) or b"" for number in range(3)}


@pytest.fixture
def market(campus: Service) -> Service:
    """Two students of Bahrain; offer 0 of shop 0, with tag and keyword 0, is given there, offer 1 is not."""
    upload(campus, "customers", minimal("customers", 1))
    for kind in ("shops", "tags", "keywords"):
        upload(campus, kind, minimal(kind, 1))
    abroad = {"shop_id": an_id("shops", 1), "region": "AE"}
    upload(campus, "offers", minimal("offers", 1, **abroad))
    upload(campus, "shop-tags", minimal("shop-tags", 1, shop_id=an_id("shops", 1), tag_id=an_id("tags", 1)))
    return campus


@pytest.fixture
def court(market: Service, database: Database, clock: SettableClock) -> Court:
    return Court(market, database, clock)


class Court:
    """Sends COBI interactions, if not told otherwise of student 0 with offer 0 in an hour."""

    def __init__(self, service: Service, database: Database, clock: SettableClock) -> None:
        self.service, self.database, self.clock = service, database, clock

    def serve(self, student: int = 0, **wanted: Any) -> Recommendation:
        return self.service.recommend(STUDENTS[student], Wanted(**wanted))[0]

    def claim(self, answer: Recommendation | str | None, after: int = HOUR, **changes: Any) -> None:
        identifier = format_id(answer.recommendation_id) if isinstance(answer, Recommendation) else answer
        told = {"source": "COBI", "recommendation_id": identifier}
        sent = interaction(event_timestamp=self.clock.now + after, **told)
        result = upload(self.service, INTERACTIONS.name, {**sent, **changes})
        assert result.rejected == 0, result.errors()

    def verdicts(self) -> list[str]:
        """The outcomes, in the order of the interactions' times."""
        query = select(attributions.c.outcome).join(interactions).order_by(interactions.c.event_timestamp)
        with self.database.read() as connection:
            return [Outcome(outcome).name for outcome in connection.scalars(query)]

    def places(self) -> list[tuple[int | None, str | None]]:
        """Where each claimed item was shown, and how it belongs to what was shown there."""
        columns = select(attributions.c.position, attributions.c.via)
        query = columns.join(interactions).order_by(interactions.c.event_timestamp)
        with self.database.read() as connection:
            return [(at, via and ItemType(via).name) for at, via in connection.execute(query)]


def test_matched_an_offer_that_was_shown(court: Court) -> None:
    court.claim(court.serve())
    assert court.verdicts() == ["MATCHED"]
    assert court.places() == [(1, None)]


def test_matched_to_the_last_microsecond_of_the_window_and_expired_after_it(court: Court) -> None:
    answer = court.serve()
    court.clock.advance(8 * DAY)
    court.claim(answer, after=-DAY)
    court.claim(answer, after=-DAY + 1)
    assert court.verdicts() == ["MATCHED", "EXPIRED"]


def test_before_served_unless_the_app_merely_cut_its_clock_to_seconds(court: Court) -> None:
    answer = court.serve()
    court.claim(answer, after=-3 * SECOND)
    court.claim(answer, after=-SECOND)
    assert court.verdicts() == ["BEFORE_SERVED", "MATCHED"]


def test_an_item_that_was_not_shown(court: Court) -> None:
    court.claim(court.serve(), item_id=an_id("offers", 1))
    assert court.verdicts() == ["ITEM_NOT_SHOWN"]


def test_another_students_answer(court: Court) -> None:
    court.claim(court.serve(1))
    assert court.verdicts() == ["OTHER_STUDENT"]


def test_an_id_nobody_can_have_given_is_told_from_one_nobody_gave(court: Court) -> None:
    signature = court.service._core.rules.claims.signature
    court.claim(format_id(signature.new_id(court.clock.now)))
    court.claim(an_id("nobody's"), after=2 * HOUR)
    foreign = Signature(bytes(32), signature.made).new_id(court.clock.now + DAY)
    court.claim(format_id(foreign), after=3 * HOUR)
    assert court.verdicts() == ["UNKNOWN_ID", "FORGED", "FORGED"]


def test_an_id_of_a_time_before_ids_were_signed_is_merely_unknown(court: Court) -> None:
    made = court.service._core.rules.claims.signature.made
    court.claim(format_id(recommendation_id(made - DAY, bytes(10))))
    court.claim(format_id(recommendation_id(made + DAY, bytes(10))), after=2 * HOUR)
    assert court.verdicts() == ["UNKNOWN_ID", "FORGED"]


@given(st.binary(min_size=16, max_size=16), st.integers(0, 127))
def test_no_bit_of_an_id_can_be_changed_unnoticed(secret: bytes, bit: int) -> None:
    signature = Signature(secret, NOON)
    given_id = signature.new_id(NOON + DAY)
    changed = (int.from_bytes(given_id, "big") ^ (1 << bit)).to_bytes(16, "big")
    assert signature.signed(given_id)
    assert not signature.signed(changed)


def test_without_an_id_it_is_inferred_from_the_latest_answer(court: Court) -> None:
    court.serve()
    court.claim(None)
    assert court.verdicts() == ["INFERRED"]


def test_without_an_id_and_an_answer_that_fits_the_id_is_missing(court: Court) -> None:
    court.claim(None)
    court.serve()
    court.claim(None, item_id=an_id("offers", 1))
    court.claim(None, student_id=None)
    court.clock.advance(8 * DAY)
    court.claim(None)
    assert court.verdicts() == ["MISSING_ID"] * 4


def test_only_the_latest_answer_is_inferred_from(court: Court) -> None:
    court.serve(regions=("BH",))
    court.clock.advance(HOUR)
    court.serve(regions=("AE",))
    court.claim(None)
    court.claim(None, item_id=an_id("offers", 1))
    assert sorted(court.verdicts()) == ["INFERRED", "MISSING_ID"]


@pytest.mark.parametrize("item_type", ["SHOP", "TAG", "KEYWORD"])
def test_what_a_shown_offer_belongs_to_counts_by_way_of_it(court: Court, item_type: str) -> None:
    kind = f"{item_type.lower()}s"
    answer = court.serve()
    court.claim(answer, item_type=item_type, item_id=an_id(kind))
    court.claim(answer, after=2 * HOUR, item_type=item_type, item_id=an_id(kind, 1))
    court.claim(None, after=3 * HOUR, item_type=item_type, item_id=an_id(kind))
    assert court.verdicts() == ["MATCHED", "ITEM_NOT_SHOWN", "INFERRED"]
    assert court.places() == [(1, item_type), (None, None), (1, item_type)]


def test_a_list_for_a_segment_was_shown_to_its_members_only(court: Court) -> None:
    rule = {"name": "Bahrain", "rule": {"regions": ["BH"]}}
    segment_id = parse_id(court.service.segments.create(rule)["segment_id"]) or b""
    upload(court.service, "customers", minimal("customers", 2, region="KW"))
    answer = court.service.recommend_segment(segment_id, Wanted())
    court.claim(answer)
    court.claim(answer, after=2 * HOUR, student_id=an_id("customers", 2))
    assert court.verdicts() == ["MATCHED", "OTHER_STUDENT"]


def test_a_segments_list_beside_a_students_own_is_that_students(court: Court) -> None:
    court.service.segments.create({"name": "Bahrain", "rule": {"regions": ["BH"]}})
    [_, answer] = court.service.recommend(STUDENTS[0], Wanted(include_segments=True))
    court.claim(answer)
    court.claim(answer, after=2 * HOUR, student_id=an_id("customers", 1))
    assert court.verdicts() == ["MATCHED", "OTHER_STUDENT"]


def test_a_student_known_only_later_reopens_the_right_verdict(court: Court) -> None:
    student = minimal("customers", 2)
    answer = court.serve(1)
    court.claim(answer, student_id=None, user_id=student["user_id"])
    court.claim(court.serve(0), after=2 * HOUR)
    assert court.verdicts() == ["MATCHED", "MATCHED"]
    upload(court.service, "customers", student)
    assert court.verdicts() == ["OTHER_STUDENT", "MATCHED"]


def test_organic_interactions_are_not_classified(court: Court) -> None:
    court.serve()
    court.claim(None, source=None)
    assert court.verdicts() == []


def test_the_report_counts_answers_impressions_and_what_came_of_them(court: Court) -> None:
    first, second = court.serve(), court.serve(regions=("AE", "BH"))
    court.claim(first)
    court.claim(first, after=2 * HOUR, interaction_type="DISCOUNT_CODE")
    court.claim(second, after=3 * HOUR, item_type="SHOP", item_id=an_id("shops", 1))
    court.claim(an_id("nobody's"), after=4 * HOUR)
    report = court.service.reports.effectiveness(Question())
    total = report["total"]
    counted = ("answers", "impressions", "clicked_impressions", "revealed_impressions")
    assert [total[name] for name in counted] == [2, 3, 2, 1]
    assert total["attributed"] == {"FILTER_CLICK": 0, "SHARE": 0, "PAGE_VIEW": 2, "DISCOUNT_CODE": 1}
    assert total["click_through_rate"]["value"] == 2 / 3
    assert {name: n for name, n in report["outcomes"].items() if n} == {"MATCHED": 3, "FORGED": 1}


def test_the_report_tells_days_apart_and_ends_before_its_end(court: Court) -> None:
    court.serve()
    court.clock.advance(DAY)
    court.claim(court.serve())
    days = court.service.reports.effectiveness(Question())["days"]
    assert [(day["day"], day["clicked_impressions"]) for day in days] == [
        ("2026-06-15", 0),
        ("2026-06-16", 1),
    ]
    assert court.service.reports.effectiveness(Question(until=court.clock.now))["total"]["answers"] == 1
    assert court.service.reports.effectiveness(Question(since=court.clock.now))["total"]["answers"] == 1
    assert court.service.reports.effectiveness(Question(since=court.clock.now + 1))["total"]["answers"] == 0
