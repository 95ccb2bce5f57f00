"""Evaluation from stored records: what could be shown when, which models may take part, and what there is to test."""

from __future__ import annotations

import pytest

from cobi.domain.errors import Conflict
from cobi.domain.evaluation import Plan, Seen, Split, Way
from cobi.domain.interaction import ItemType
from cobi.domain.moments import SECOND, format_moment
from cobi.service.service import Service
from cobi.store.catalogue import ALWAYS
from cobi.store.database import Database
from cobi.store.lifetimes import lifetimes
from tests.conftest import SettableClock
from tests.factories import HOUR, NOON, an_id, interaction, minimal, upload
from tests.marketplace import OFFERS, STUDENTS, VISITS, marketplace


@pytest.fixture
def visited(service: Service, clock: SettableClock) -> Service:
    marketplace(service)
    clock.advance(VISITS * HOUR)
    return service


def test_all_methods_are_compared_on_what_is_held_back(visited: Service) -> None:
    figures = visited.learning.evaluate(Plan(split=Split(Way.TIME, 0.2)))
    assert list(figures["methods"]) == ["popularity", "one-hop", "cobi"]
    assert figures["cut"] == format_moment(NOON + 4 * HOUR)
    assert figures["tested"] == {"students": STUDENTS, "of_students": STUDENTS, "pairs": STUDENTS}
    assert figures["training"] == {"events": STUDENTS * 4, "students": STUDENTS}
    assert figures == visited.learning.evaluate(Plan(split=Split(Way.TIME, 0.2)))


def test_the_live_model_takes_part_if_it_learned_before_the_test(visited: Service) -> None:
    visited.learning.train(until=NOON + 4 * HOUR)
    fair = visited.learning.evaluate(Plan(split=Split(Way.TIME, 0.2)))
    assert fair["methods"]["live"] == fair["methods"]["cobi"]
    visited.learning.train(promote=True)
    unfair = visited.learning.evaluate(Plan(split=Split(Way.TIME, 0.2)))
    assert "live" not in unfair["methods"]
    assert unfair["live_model"] == {
        "version": 2,
        "compared": False,
        "why": f"it learned from what happened until {format_moment(NOON + 4 * HOUR)}, and the test begins at "
        f"{format_moment(NOON + 4 * HOUR)}: it has seen the answers",
    }


def test_offers_that_may_not_be_shown_are_not_asked_for(visited: Service) -> None:
    elsewhere = minimal("offers", 4, region="AE")
    opens_late = minimal("offers", 5, allowed_from=format_moment(NOON + 4 * HOUR + SECOND))
    upload(visited, "offers", elsewhere, opens_late)
    figures = visited.learning.evaluate(Plan(split=Split(Way.TIME, 0.2), seen=Seen.SHOW))
    assert figures["held_back"]["not_available"] == 2 * STUDENTS // OFFERS
    assert figures["candidates"] == {"items": OFFERS - 2, "per_student": OFFERS - 2}


def test_other_items_are_ranked_where_asked(visited: Service) -> None:
    with pytest.raises(Conflict) as nothing:
        visited.learning.evaluate(Plan(item_type=ItemType.SHOP))
    assert (nothing.value.code, "60 on OFFER" in (nothing.value.hint or "")) == ("nothing_to_evaluate", True)
    for hour in range(3):
        upload(
            visited,
            "user-interactions",
            interaction(
                item_type="SHOP", item_id=an_id("shops"), event_timestamp=(NOON + hour) // SECOND + hour
            ),
        )
    figures = visited.learning.evaluate(
        Plan(item_type=ItemType.SHOP, split=Split(Way.LAST, None), seen=Seen.SHOW)
    )
    assert figures["tested"]["students"] == 1


def test_an_organisation_without_data_is_told_what_is_missing(service: Service) -> None:
    with pytest.raises(Conflict) as nothing:
        service.learning.evaluate(Plan())
    assert nothing.value.hint == "upload interactions first"


def test_a_record_tells_when_its_item_was_there(campus: Service, database: Database) -> None:
    made, closed = format_moment(NOON - HOUR), format_moment(NOON + HOUR)
    upload(
        campus,
        "offers",
        minimal("offers", 1, created=made, allowed_from=closed),
        minimal("offers", 2, allowed_from=closed),
        minimal("offers", 3, is_enabled=False, updated=closed),
        minimal("offers", 4, is_deleted=True),
    )
    with database.read() as connection:
        lived = lifetimes(connection, ItemType.OFFER)
    assert lived.born.tolist() == [ALWAYS.min, NOON - HOUR, NOON + HOUR, ALWAYS.min, ALWAYS.min]
    assert lived.ended.tolist() == [ALWAYS.max, ALWAYS.max, ALWAYS.max, NOON + HOUR, NOON]


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        (ItemType.SHOP, {"is_public": False}),
        (ItemType.SHOP, {"is_deleted": True}),
        (ItemType.OFFER, {"is_public": False}),
    ],
)
def test_a_shop_that_closes_ends_with_its_offers(
    campus: Service, database: Database, kind: ItemType, changes: dict[str, bool]
) -> None:
    upload(campus, "shops", minimal("shops", **changes))
    with database.read() as connection:
        assert lifetimes(connection, kind).ended.tolist() == [NOON]
