"""The catalogue tells how items did, what ends soon, what nobody is shown and why, on both databases."""

from __future__ import annotations

from typing import Any

import pytest
from alembic import command

from cobi.domain.catalogue import Looking, last_days
from cobi.domain.errors import InvalidRequest, NotFound
from cobi.domain.identifiers import format_id, parse_id
from cobi.domain.interaction import ItemType
from cobi.domain.moments import DAY, SECOND, format_moment
from cobi.domain.recommendation import Recommendation, Wanted
from cobi.service.catalogue import COUNTED_EVERY_SECONDS, SHARE
from cobi.service.service import Service
from cobi.store import catalogue_search
from cobi.store.database import Database
from cobi.store.item_days import counting
from cobi.store.item_days import reading as item_sums
from cobi.store.migrate import ORGANISATION, configuration
from cobi.store.rollups.tables import counted_days
from cobi.store.schema import recommendations
from tests.conftest import SettableClock
from tests.contract.test_attribution import STUDENTS
from tests.contract.test_ranking import ask, offer
from tests.factories import HOUR, NOON, an_id, interaction, minimal, upload

NEVER = {"impressions": 0, "clicked_impressions": 0, "revealed_impressions": 0}


@pytest.fixture
def many(campus: Service) -> Service:
    """Thirty offers of three shops, and no model; student 0 revealed the codes of offers 0 to 4."""
    upload(campus, "shops", *(minimal("shops", number) for number in (1, 2)))
    shops = [an_id("shops", number) for number in range(3)]
    upload(campus, "offers", *(minimal("offers", number, shop_id=shops[number % 3]) for number in range(30)))
    acts = (interaction(item_id=an_id("offers", one), interaction_type="DISCOUNT_CODE") for one in range(5))
    upload(campus, "user-interactions", *acts)
    return campus


def look(service: Service, kind: str = "offers", limit: int = 200, **asked: Any) -> list[dict[str, Any]]:
    return service.catalogue.look(Looking(kind, **asked), limit)["records"]


def figures(service: Service, kind: str, number: int) -> dict[str, Any]:
    [found] = [one for one in look(service, kind) if one["id"] == an_id(kind, number)]
    return found["performance"]


def claim(service: Service, answer: Recommendation, place: int, **more: Any) -> None:
    sent = interaction(
        item_id=format_id(answer.items[place]),
        source="COBI",
        recommendation_id=format_id(answer.recommendation_id),
        **more,
    )
    upload(service, "user-interactions", sent)


def test_an_offers_impressions_are_the_answers_it_stood_in(many: Service, clock: SettableClock) -> None:
    clock.advance(HOUR)
    answers = [ask(many, limit=4) for _ in range(3)]
    shown = {one for answer in answers for one in answer.items}
    many.catalogue.count()
    told = {one["id"]: one["performance"]["impressions"] for one in look(many)}
    counted = {
        format_id(one): sum(answer.items.count(one) for answer in answers) for one in map(offer, range(30))
    }
    assert told == counted
    assert sum(told.values()) == 12 == sum(counted[format_id(one)] for one in shown)


def test_an_impression_is_clicked_once_however_often_it_is_acted_on(
    many: Service, clock: SettableClock
) -> None:
    clock.advance(HOUR)
    answer = ask(many, limit=4)
    for after, kind in enumerate(("PAGE_VIEW", "SHARE", "DISCOUNT_CODE", "PAGE_VIEW"), 1):
        claim(many, answer, 1, event_timestamp=clock.now + after * SECOND, interaction_type=kind)
    many.catalogue.count()
    [did] = [
        one["performance"]
        for one in look(many, sort="click_through_rate")
        if one["id"] == format_id(answer.items[1])
    ]
    assert (did["impressions"], did["clicked_impressions"], did["revealed_impressions"]) == (1, 1, 1)
    assert did["click_through_rate"]["value"] == 1
    assert 0 < did["click_through_rate"]["low"] < 1 == did["click_through_rate"]["high"]
    assert look(many, sort="click_through_rate")[0]["id"] == format_id(answer.items[1])


def test_a_shop_counts_its_offers_and_a_tag_the_shops_that_carry_it(
    many: Service, clock: SettableClock
) -> None:
    clock.advance(HOUR)
    ask(many, limit=30)
    upload(
        many,
        "user-interactions",
        interaction(item_type="TAG", item_id=an_id("tags"), event_timestamp=clock.now),
    )
    many.catalogue.count()
    assert [figures(many, "shops", number)["impressions"] for number in range(3)] == [10, 10, 10]
    assert figures(many, "tags", 0)["impressions"] == 10
    # The marketplace's five code reveals at noon: of offers 0 to 4, two of them of shop 0.
    assert figures(many, "shops", 0)["code_reveals"] == 2
    assert [figures(many, kind, 0)["interactions"] for kind in ("tags", "keywords")] == [2 + 1, 2]


def test_figures_follow_what_came_late_and_what_was_erased(many: Service, clock: SettableClock) -> None:
    clock.advance(DAY)
    answer = ask(many, limit=2)
    many.catalogue.count()
    clock.advance(2 * DAY)
    claim(many, answer, 0, event_timestamp=clock.now - DAY, interaction_type="DISCOUNT_CODE")
    first = format_id(answer.items[0])

    def of_first() -> dict[str, Any]:
        return next(one["performance"] for one in look(many) if one["id"] == first)

    assert of_first()["revealed_impressions"] == 0
    assert many.catalogue.count()
    assert of_first()["revealed_impressions"] == 1
    many.erase(STUDENTS[0])
    many.catalogue.count()
    assert {name: of_first()[name] for name in NEVER} == NEVER


def test_what_an_erased_student_did_without_any_list_is_no_longer_counted(many: Service) -> None:
    many.catalogue.count()
    assert figures(many, "offers", 0)["code_reveals"] == 1
    many.erase(STUDENTS[0])
    assert many.catalogue.count()
    assert [figures(many, "offers", 0)[name] for name in ("interactions", "code_reveals")] == [0, 0]


def test_a_day_that_changes_while_it_is_counted_is_counted_again(
    many: Service, database: Database, monkeypatch: pytest.MonkeyPatch, clock: SettableClock
) -> None:
    clock.advance(HOUR)
    many.catalogue.count()
    ask(many, limit=1)
    counted = counting.count

    def and_somebody_asks(connection: Any, day: int) -> Any:
        found = counted(connection, day)
        monkeypatch.setattr(counting, "count", counted)
        ask(many, limit=1)
        return found

    monkeypatch.setattr(counting, "count", and_somebody_asks)
    assert many.catalogue.count()
    assert sum(one["performance"]["impressions"] for one in look(many)) == 1
    assert many.catalogue.count()
    assert sum(one["performance"]["impressions"] for one in look(many)) == 2
    assert not many.catalogue.count()


def test_what_another_process_has_counted_meanwhile_stays(many: Service, database: Database) -> None:
    with database.read() as connection:
        due = counting.due(connection, NOON // DAY)
    many.catalogue.count()
    for one in due:
        kept = database.write(lambda transaction, one=one: counting.keep(transaction.connection, one, {}, 0))
        assert not kept
    assert sum(one["performance"]["interactions"] for one in look(many)) == 5


def test_pages_of_a_sorted_list_repeat_and_leave_out_nothing(many: Service, clock: SettableClock) -> None:
    clock.advance(HOUR)
    for number in (1, 4, 9):
        ask(many, limit=number)
    many.catalogue.count()
    for sort in ("impressions", "interactions", "code_reveal_rate", "uploaded", "newest", "expires"):
        asked, found, cursor = Looking("offers", sort=sort), list[str](), None
        while True:
            page = many.catalogue.look(asked, 7, cursor)
            found += [one["id"] for one in page["records"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert found == [one["id"] for one in look(many, sort=sort)]
        assert len(set(found)) == len(found) == 30


def test_offers_that_end_soon_are_listed_by_when(many: Service) -> None:
    ends = {1: 3 * DAY, 2: DAY, 3: 9 * DAY, 4: -DAY}
    for number, after in ends.items():
        upload(many, "offers", minimal("offers", number, allowed_to=format_moment(NOON + after)))
    upload(many, "offers", minimal("offers", 5, allowed_to=format_moment(NOON + DAY), is_enabled=False))
    found = look(many, expiring_within=7, sort="expires")
    assert [one["id"] for one in found] == [an_id("offers", 2), an_id("offers", 1)]
    assert found[0]["allowed_to"] == format_moment(NOON + DAY)


def why(service: Service, number: int, **asked: Any) -> dict[str, str]:
    [found] = [one for one in look(service, unshown=0, **asked) if one["id"] == an_id("offers", number)]
    return {one["code"]: one["message"] for one in found["why"]}


def test_an_offer_nobody_is_shown_is_told_with_why(many: Service, clock: SettableClock) -> None:
    many.learning.train()
    clock.advance(40 * DAY)
    many.settings.change({"most_per_shop": 1})
    upload(many, "offers", minimal("offers", 40, allowed_days="Monday,Saturday"))
    upload(many, "offers", minimal("offers", 41, region="AE"))
    many.catalogue.count()
    assert list(why(many, 29)) == ["no_answers"]
    ask(many, limit=3)
    many.catalogue.count()
    # Shop 2 has one offer that was used, which stands above its nine others; the five used ones stand above all.
    assert why(many, 29) == {
        "shop_limit": "1 offers of its shop stand above it, and a list shows 1 of a shop"
    }
    assert why(many, 40)["weekdays"] == "it is given on Monday, Saturday only"
    assert why(many, 40)["new"] == "it has been there since 2026-07-25 only"
    assert why(many, 41)["region_not_asked"] == "no list for AE was asked for in this time"


def test_an_offer_that_may_not_be_shown_is_not_among_those_nobody_is_shown(many: Service) -> None:
    upload(many, "offers", minimal("offers", 1, is_enabled=False))
    many.catalogue.count()
    listed = {one["id"] for one in look(many, unshown=0)}
    assert an_id("offers", 1) not in listed
    assert an_id("offers", 2) in listed


def test_an_item_tells_what_keeps_it_out_and_what_it_belongs_to(many: Service) -> None:
    upload(many, "offers", minimal("offers", 1, is_enabled=False, allowed_to=format_moment(NOON - DAY)))
    upload(many, "shops", minimal("shops", is_public=False))
    told = many.catalogue.item("offers", offer(1))
    assert [one["code"] for one in told["removed_by"]] == ["disabled", "shop_hidden", "over"]
    assert [(one["kind"], one["id"]) for one in told["belongs_to"]] == [
        ("shops", an_id("shops")),
        ("tags", an_id("tags")),
        ("keywords", an_id("keywords")),
    ]
    assert many.catalogue.item("shops", bytes.fromhex(an_id("shops").replace("-", "")))["offers"] == 11
    with pytest.raises(NotFound):
        many.catalogue.item("offers", b"\0" * 16)


def test_the_days_of_an_item_add_up_to_its_figures(many: Service, clock: SettableClock) -> None:
    for _ in range(3):
        clock.advance(DAY)
        ask(many, limit=30)
    many.catalogue.count()
    for kind, number, daily in (("offers", 7, 1), ("shops", 1, 10), ("tags", 0, 10)):
        told = many.catalogue.item(kind, bytes.fromhex(an_id(kind, number).replace("-", "")))
        days = [one["impressions"] for one in told["by_day"]]
        assert (days[-3:], sum(days)) == ([daily] * 3, told["performance"]["impressions"])
        assert len(days) == 28
    first, end = last_days(clock.now, 2)
    assert many.catalogue.item("offers", offer(7), (first, end))["performance"]["impressions"] == 2


def test_the_offers_of_a_shop_a_tag_and_a_region_are_found(many: Service) -> None:
    upload(many, "offers", minimal("offers", 41, region="AE"))
    tag = (ItemType.TAG, bytes.fromhex(an_id("tags").replace("-", "")))
    shop = (ItemType.SHOP, bytes.fromhex(an_id("shops").replace("-", "")))
    assert {one["shop_id"] for one in look(many, belongs_to=tag)} == {an_id("shops")}
    assert len(look(many, belongs_to=shop)) == 11
    assert [one["id"] for one in look(many, region="AE")] == [an_id("offers", 41)]
    with pytest.raises(NotFound):
        look(many, belongs_to=(ItemType.SHOP, b"\0" * 16))
    with pytest.raises(InvalidRequest, match="offers only"):
        look(many, "shops", region="AE")


def test_what_resembles_an_offer_is_looked_at_without_being_logged(many: Service, database: Database) -> None:
    many.learning.train()
    before = _answers(database)
    told = many.catalogue.similar("offers", offer(1), 5)
    assert len(told["items"]) == 5
    assert an_id("offers", 1) not in [one["item_id"] for one in told["items"]]
    for one in told["items"]:
        parts = sum(reason["contribution"] for reason in one["reasons"])
        assert parts == pytest.approx(one["score"], abs=1e-6)
    assert _answers(database) == before


def test_what_resembles_a_shop_or_a_tag_is_told_of_its_own_kind(many: Service, database: Database) -> None:
    many.learning.train()
    before = _answers(database)
    for kind in ("shops", "tags"):
        upload(many, kind, minimal(kind, 7, name="Another"))
        told = many.catalogue.similar(kind, parse_id(an_id(kind)) or b"", 5)
        assert (told["kind"], told["id"]) == (kind, an_id(kind))
        ids = [one["item_id"] for one in told["items"]]
        assert an_id(kind, 7) in ids
        assert an_id(kind) not in ids
        assert {one["shop"] for one in told["items"]} == {None}
    with pytest.raises(NotFound):
        many.catalogue.similar("shops", b"\0" * 16, 5)
    assert _answers(database) == before


def _answers(database: Database) -> int:
    with database.read() as connection:
        return len(connection.execute(recommendations.select()).all())


def test_a_search_reads_so_many_names_and_goes_on_behind_them(many: Service, database: Database) -> None:
    upload(many, "offers", minimal("offers", 77, name="Moon cheese"), minimal("offers", 78, name="MOON pie"))
    with database.read() as connection:
        first = catalogue_search.page(connection, "offers", "moon", 5, 0, most=10)
        assert first.rows == []
        assert first.last is not None
        found, last, steps = list[str](), 0, 0
        while last is not None:
            page = catalogue_search.page(connection, "offers", "moon", 5, last, most=10)
            found += [row["name"] for row in page.rows]
            last, steps = page.last, steps + 1
        assert (found, steps) == (["Moon cheese", "MOON pie"], 4)
        assert catalogue_search.matching(connection, "offers", "moon", most=1)[1] is False
        assert len(catalogue_search.matching(connection, "offers", "moon", most=2)[0]) == 2
        [by_id] = catalogue_search.page(connection, "offers", an_id("offers", 77), 5, 0).rows
        assert by_id["name"] == "Moon cheese"


def test_a_database_from_before_is_counted_from_the_days_it_has(
    many: Service, database: Database, clock: SettableClock
) -> None:
    clock.advance(3 * DAY)
    many.recommend(STUDENTS[0], Wanted(limit=2))
    with database.engine.execution_options(writing=True).begin() as connection:
        connection.exec_driver_sql("DROP TABLE item_days")
        connection.exec_driver_sql("DROP TABLE counted_days")
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0010'")
        config = configuration(ORGANISATION)
        config.attributes["connection"] = connection
        command.upgrade(config, "0011")
        assert [one.day for one in counting.due(connection, 0)] == [NOON // DAY + 3, NOON // DAY]


def test_where_somebody_looks_the_usual_period_is_read_before_the_next_one_asks(
    many: Service, monkeypatch: pytest.MonkeyPatch, clock: SettableClock
) -> None:
    many.catalogue.keep_counted()
    look(many)
    ask(many, limit=3)
    many.catalogue._next_count = 0.0
    many.catalogue.keep_counted()
    monkeypatch.setattr(item_sums, "sums", lambda *_: pytest.fail("it was not read ahead"))
    assert sum(one["performance"]["impressions"] for one in look(many)) == 3


def test_an_erased_history_keeps_nobody_waiting_for_the_newest_day(
    many: Service, database: Database, monkeypatch: pytest.MonkeyPatch, clock: SettableClock
) -> None:
    days = [NOON // DAY - past for past in range(6)]
    clock.advance(2 * SECOND)
    for day in days:
        upload(many, "user-interactions", interaction(event_timestamp=day * DAY + HOUR))
    many.catalogue.count()
    many.erase(STUDENTS[0])
    # Each day takes so many seconds to count, by a clock that nothing else moves.
    elapsed, counted = [0.0], list[int]()
    monkeypatch.setattr("time.perf_counter", lambda: elapsed[0])
    count = counting.count

    def slowly(connection: Any, day: int) -> Any:
        elapsed[0] += 1.5
        counted.append(day)
        return count(connection, day)

    monkeypatch.setattr(counting, "count", slowly)
    monkeypatch.setattr("time.monotonic", lambda: 0.0)
    many.catalogue._next_count = 0.0
    many.catalogue.keep_counted()
    # The newest, and others for three seconds; then a pause by what the newest alone took.
    assert counted[0] == days[0]
    assert len(counted) == 4
    assert many.catalogue._next_count == max(COUNTED_EVERY_SECONDS, SHARE * 1.5)
    many.catalogue._next_count = 0.0
    many.catalogue.keep_counted()
    assert sorted(counted) == sorted(days)
    assert not many.catalogue.count()


def test_of_older_days_those_counted_longest_ago_come_first(many: Service, database: Database) -> None:
    with database.engine.execution_options(writing=True).begin() as connection:
        connection.execute(counted_days.delete())
        rows = [(10, 5), (11, 3), (12, 7), (13, None), (14, 9)]
        told = [{"day": day, "changes": 2, "seen": 1, "gathered": 2, "counted": at} for day, at in rows]
        connection.execute(counted_days.insert(), told)
        assert [one.day for one in counting.due(connection, 0)] == [14, 13, 11, 10, 12]
