"""The rows behind a report: all that it counts, once each, in pages; what came with shops and tags; comparisons."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from cobi.domain.errors import InvalidRequest, NotFound
from cobi.domain.identifiers import format_id, parse_id
from cobi.domain.interaction import InteractionType, Outcome, Platform
from cobi.domain.moments import DAY, HOUR, SECOND
from cobi.domain.recommendation import Wanted
from cobi.domain.reports import Against, Question
from cobi.service.service import Service
from cobi.store.rollups.evidence import Kind
from tests.conftest import SettableClock
from tests.factories import NOON, an_id, interaction, minimal, upload
from tests.marketplace import STUDENTS, marketplace

DAYS = 3


@pytest.fixture
def told(service: Service, clock: SettableClock) -> Service:
    """Three days of lists; on each every student looks at the first offer, every second one reveals its code."""
    marketplace(service)
    upload(service, "tags", minimal("tags"))
    upload(service, "shop-tags", minimal("shop-tags"))
    service.learning.train(promote=True)
    for day in range(DAYS):
        clock.now = NOON + day * DAY
        acts: list[dict[str, object]] = []
        for student in range(STUDENTS):
            clock.advance(SECOND)
            one = service.recommend(parse_id(an_id("customers", student)) or b"", Wanted(limit=3))[0]
            acts += [
                interaction(
                    interaction_type=kind,
                    student_id=an_id("customers", student),
                    item_id=format_id(one.items[0]),
                    source="COBI",
                    recommendation_id=format_id(one.recommendation_id),
                    event_timestamp=clock.now // SECOND + 1,
                    platform=("IOS", "WEB")[student % 2],
                )
                for kind in ("PAGE_VIEW", "DISCOUNT_CODE")[: 1 + student % 2]
            ]
        upload(service, "user-interactions", *acts)
    return service


QUESTIONS = [
    Question(),
    Question(since=NOON + DAY - 1),
    Question(until=NOON + DAY + 6 * SECOND),
    Question(since=NOON + 6 * SECOND, until=NOON + 9 * SECOND),
    Question(model_version=1),
    Question(model_version=2),
    Question(arm="nobody"),
    Question(region="BH"),
    Question(platform=Platform.IOS),
    Question(position=1),
    Question(position=3),
    Question(shop_id=parse_id(an_id("shops"))),
    Question(tag_id=parse_id(an_id("tags"))),
]


def _all(page: Any, *asked: Any) -> list[dict[str, Any]]:
    found, cursor = [], None
    while True:
        read = page(*asked, 7, cursor)
        found += read["records"]
        if (cursor := read["next_cursor"]) is None:
            return found


@pytest.mark.parametrize("question", QUESTIONS, ids=str)
def test_the_rows_are_those_the_report_counts(told: Service, question: Question) -> None:
    total = told.reports.effectiveness(question)["total"]
    answers = _all(told.reports.answers, question)
    assert total["answers"] in (None, len(answers))
    assert len({one["recommendation_id"] for one in answers}) == len(answers)
    for kind in InteractionType:
        rows = _all(told.reports.interactions, question, Kind(kind))
        assert len(rows) == total["attributed"][kind.name]
        assert len({one["interaction_id"] for one in rows}) == len(rows)
    everything = _all(told.reports.interactions, question, Kind())
    assert len(everything) == sum(total["attributed"].values())
    assert len(_all(told.reports.interactions, question, Kind(converted=True))) == 0


def test_the_claims_are_those_the_report_counts_whatever_became_of_them(told: Service) -> None:
    unclear = [
        interaction(
            source="COBI",
            item_id=an_id("offers", at % 6),
            event_timestamp=(NOON + at * HOUR) // SECOND,
            **(
                {"recommendation_id": an_id("nothing", at)}
                if at % 2
                else {"student_id": an_id("customers", at)}
            ),
        )
        for at in range(10)
    ]
    upload(told, "user-interactions", *unclear)
    counted = told.reports.effectiveness(Question())["outcomes"]
    assert sum(number > 0 for number in counted.values()) >= 3
    for question in (
        Question(),
        Question(since=NOON + DAY - 1),
        Question(since=NOON + 6 * SECOND, until=NOON + DAY + 9 * SECOND),
        Question(platform=Platform.IOS),
    ):
        counted = told.reports.effectiveness(question)["outcomes"]
        for outcome in Outcome:
            rows = _all(told.reports.claims, question, outcome)
            assert len(rows) == counted[outcome.name]
            assert {one["outcome"] for one in rows} <= {outcome.name}
            moments = [one["event_timestamp"] for one in rows]
            assert moments == sorted(moments, reverse=True)


def test_rows_come_newest_first(told: Service) -> None:
    served = [one["served"] for one in _all(told.reports.answers, Question())]
    assert served == sorted(served, reverse=True)


@pytest.mark.parametrize("cursor", ["x", "AAAA", "kg"])
def test_a_made_up_cursor_is_refused(told: Service, cursor: str) -> None:
    with pytest.raises(InvalidRequest):
        told.reports.answers(Question(), 7, cursor)
    with pytest.raises(InvalidRequest):
        told.reports.interactions(Question(), Kind(), 7, cursor)


def test_a_shop_and_its_tag_have_what_the_report_of_them_says(told: Service) -> None:
    for by, question in (
        ("shop", Question(shop_id=parse_id(an_id("shops")))),
        ("tag", Question(tag_id=parse_id(an_id("tags")))),
    ):
        [one] = told.reports.items(Question(), by, 10)["items"]
        assert one["item_id"] == an_id(f"{by}s")
        assert one["attributed"] == told.reports.effectiveness(question)["total"]["attributed"]


def test_two_periods_are_compared_with_an_interval(told: Service) -> None:
    today = NOON // DAY * DAY
    found = told.reports.comparison(Question(since=today + DAY, until=today + 2 * DAY), Against(before=True))
    assert found["against"]["asked"]["to"] == found["report"]["asked"]["from"]
    difference = found["differences"]["click_through_rate"]
    assert difference["low"] < difference["value"] == 0 < difference["high"]
    assert [one["what"] for one in told.reports.comparison(Question(), None)["launches"]] == [
        "model_promoted"
    ]
    assert found["choices"]["model_versions"] == [1]


@pytest.mark.parametrize(
    ("question", "against", "parted"),
    [
        (Question(), Against(model_version=1), False),
        (Question(model_version=2), Against(model_version=1), True),
        (Question(arm="a:b"), Against(model_version=1), False),
        (Question(arm="a:b"), Against(arm="a:c"), True),
        (Question(since=NOON, until=NOON + DAY), Against(since=NOON - DAY, until=NOON), True),
        (Question(since=NOON, until=NOON + DAY), Against(since=NOON - DAY, until=NOON + 1), False),
        (Question(since=NOON), Against(since=NOON - DAY, until=NOON), True),
    ],
)
def test_samples_that_share_answers_have_no_interval(
    question: Question, against: Against, parted: bool
) -> None:
    assert question.shares_answers_with(against.of(question)) is not parted
    assert against.of(question).shares_answers_with(question) is not parted


def test_a_report_beside_a_part_of_itself_has_no_interval(told: Service) -> None:
    found = told.reports.comparison(Question(), Against(model_version=1))
    assert found["against"]["total"]["impressions"]
    assert found["differences"] == {"click_through_rate": None, "code_reveal_rate": None}


def test_the_period_before_begins_no_earlier_than_time_does() -> None:
    assert Against(before=True).of(Question(since=1, until=10**17)) == Question(since=0, until=1)


def test_the_period_before_an_open_one_is_not_known(told: Service) -> None:
    with pytest.raises(InvalidRequest):
        told.reports.comparison(Question(since=NOON), Against(before=True))


def test_a_shop_that_is_not_there_has_no_rows(told: Service) -> None:
    with pytest.raises(NotFound):
        told.reports.answers(Question(shop_id=bytes(16)), 7, None)


def test_a_parquet_file_holds_what_csv_holds(told: Service, tmp_path: Any) -> None:
    file = tmp_path / "report.parquet"
    file.write_bytes(told.reports.effectiveness_parquet(Question()))
    with duckdb.connect() as connection:
        query = "SELECT sum(answers), sum(discount_code), min(day)::VARCHAR FROM read_parquet(?)"
        rows = connection.execute(query, [str(file)]).fetchall()
    assert rows == [(DAYS * STUDENTS, DAYS * STUDENTS // 2, "2026-06-15")]
