"""Records that pass late re-open the figures they change, and only these (contract §5)."""

from __future__ import annotations

from typing import Any

import pytest

from cobi.domain.identifiers import format_id, parse_id
from cobi.domain.moments import SECOND
from cobi.domain.quarantine import parse_retry
from cobi.domain.recommendation import Recommendation, Wanted
from cobi.domain.reports import Question
from cobi.service.service import Service
from tests.conftest import SettableClock
from tests.factories import HOUR, an_id, interaction, minimal, upload, upload_all

STUDENT = parse_id(an_id("customers")) or b""


@pytest.fixture
def market(service: Service) -> Service:
    upload_all(service)
    return service


def claim(answer: Recommendation, clock: SettableClock, **changes: Any) -> dict[str, Any]:
    told = {"source": "COBI", "recommendation_id": format_id(answer.recommendation_id)}
    return {**interaction(event_timestamp=(clock.now + HOUR) // SECOND, **told), **changes}


def figures(service: Service) -> tuple[int, dict[str, int]]:
    """Clicked impressions, and the outcomes that occur."""
    report = service.reports.effectiveness(Question())
    outcomes = {name: counted for name, counted in report["outcomes"].items() if counted}
    return report["total"]["clicked_impressions"], outcomes


def test_a_claim_that_passes_late_counts_on_the_day_of_its_answer(
    market: Service, clock: SettableClock
) -> None:
    [answer] = market.recommend(STUDENT, Wanted())
    upload(market, "user-interactions", claim(answer, clock, platform="FRIDGE"))
    assert figures(market) == (0, {})
    clock.advance(30 * 24 * HOUR)
    rule = {"set": "platform", "value": None}
    market.retry(parse_retry({"type": "user-interactions", "rules": [rule]}))
    assert figures(market) == (1, {"MATCHED": 1})
    assert market.reports.effectiveness(Question())["days"][0]["clicked_impressions"] == 1


@pytest.mark.parametrize(
    ("kind", "item"), [("shop-tags", "tags"), ("shop-keywords", "keywords"), ("offers", "shops")]
)
def test_a_link_that_passes_late_lets_claims_through_it_count(
    market: Service, clock: SettableClock, kind: str, item: str
) -> None:
    upload(market, item, minimal(item, 1))
    field = f"{item[:-1]}_id"
    late = minimal(kind, 0 if kind == "offers" else 1, **{field: an_id(item, 1)})
    upload(market, kind, {**late, "is_deleted": "no"})
    [answer] = market.recommend(STUDENT, Wanted())
    upload(
        market,
        "user-interactions",
        claim(answer, clock, item_type=item[:-1].upper(), item_id=an_id(item, 1)),
    )
    assert figures(market) == (0, {"ITEM_NOT_SHOWN": 1})
    market.retry(parse_retry({"type": kind, "rules": [{"drop": "is_deleted"}]}))
    assert figures(market) == (1, {"MATCHED": 1})


def test_claims_from_before_the_record_was_first_sent_stay_as_they_were(
    market: Service, clock: SettableClock
) -> None:
    upload(market, "tags", minimal("tags", 1))
    [answer] = market.recommend(STUDENT, Wanted())
    early = claim(answer, clock, item_type="TAG", item_id=an_id("tags", 1))
    upload(market, "user-interactions", early)
    clock.advance(2 * HOUR)
    upload(market, "shop-tags", minimal("shop-tags", 1, tag_id=an_id("tags", 1), is_deleted="no"))
    market.retry(parse_retry({"type": "shop-tags", "rules": [{"drop": "is_deleted"}]}))
    assert figures(market) == (0, {"ITEM_NOT_SHOWN": 1})


def test_a_student_who_passes_late_takes_up_their_anonymous_history(
    market: Service, clock: SettableClock
) -> None:
    upload(market, "customers", minimal("customers", 1, region="?"))
    [answer] = market.recommend(STUDENT, Wanted())
    anonymous = {"student_id": None, "user_id": an_id("pseudonyms", 1)}
    upload(market, "user-interactions", claim(answer, clock, **anonymous))
    assert figures(market) == (1, {"MATCHED": 1})
    market.retry(parse_retry({"type": "customers", "rules": [{"set": "region", "value": "BH"}]}))
    assert figures(market) == (0, {"OTHER_STUDENT": 1})


def test_a_members_claim_on_a_segments_list_counts_once_their_course_is_known(
    market: Service, clock: SettableClock
) -> None:
    segment = market.segments.create({"name": "astronomers", "rule": {"courses": [an_id("courses")]}})
    upload(market, "customers", {**minimal("customers"), "course_id": an_id("courses"), "gender": 7})
    answer = market.recommend_segment(parse_id(segment["segment_id"]) or b"", Wanted(regions=("BH",)))
    upload(market, "user-interactions", claim(answer, clock))
    assert figures(market) == (0, {"OTHER_STUDENT": 1})
    market.retry(parse_retry({"type": "customers", "rules": [{"drop": "gender"}]}))
    assert figures(market) == (1, {"MATCHED": 1})


def test_a_purchase_without_a_time_falls_on_the_day_it_was_first_sent(
    market: Service, clock: SettableClock
) -> None:
    upload(market, "transactions", minimal("transactions", 1, amount="6"))
    sent = clock.now
    clock.advance(30 * 24 * HOUR)
    market.retry(parse_retry({"type": "transactions", "rules": [{"set": "amount", "value": 6}]}))
    assert market.learning.train(until=sent + HOUR)["events"] == market.learning.train()["events"]
