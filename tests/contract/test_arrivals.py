"""What came in by the hour is what callers were told of it, on both databases and at either door."""

from __future__ import annotations

from collections import Counter
from importlib import import_module
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as property_settings
from hypothesis import strategies as st
from litestar.testing import TestClient
from sqlalchemy import delete

from cobi.actions.ingesting.post import Posted
from cobi.domain.batch import BatchResult
from cobi.domain.identifiers import parse_id
from cobi.domain.moments import DAY, HOUR, SECOND, format_moment
from cobi.domain.quarantine import parse_retry
from cobi.domain.recommendation import Wanted
from cobi.service.service import Service
from cobi.store.arrivals import kept
from cobi.store.arrivals.tables import record_counts
from cobi.store.database import Database
from tests.conftest import SettableClock
from tests.contract.test_posts import together
from tests.factories import NOON, an_id, interaction, minimal, upload

OUTCOMES = ("received", "stored", "unchanged", "rejected")


def told(service: Service, by: str = "hour") -> dict[str, Any]:
    return service.reports.arrivals(by, None, None)


def of_type(flow: dict[str, Any], kind: str) -> dict[str, Any]:
    return next(one for one in flow["types"] if one["type"] == kind)


BATCHES = st.sampled_from(["shops", "tags", "user-interactions", "single", "retry", "answer", "later"])


@property_settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    max_examples=8,
    deadline=None,
    derandomize=True,
    database=None,
)
@given(acts=st.lists(st.tuples(BATCHES, st.integers(0, 3), st.booleans()), min_size=4, max_size=12))
def test_the_sums_are_what_the_answers_said(
    campus: Service, database: Database, clock: SettableClock, acts: list[tuple[str, int, bool]]
) -> None:
    before, expected = told(campus)["total"], Counter[str]()
    began = clock.now
    for kind, number, bad in acts:
        expected += act(campus, database, clock, kind, number, bad)
    after = campus.reports.arrivals("hour", began - 48 * HOUR, None)["total"]
    names = (*OUTCOMES, "mended", "answers")
    assert {name: after[name] - before[name] for name in names} == {name: expected[name] for name in names}
    assert after["received"] == after["stored"] + after["unchanged"] + after["rejected"]


def act(
    service: Service, database: Database, clock: SettableClock, kind: str, number: int, bad: bool
) -> Counter[str]:
    """Do something; answers what the caller was told of it."""
    if kind == "later":
        clock.advance(number * HOUR // 2)
    elif kind == "answer":
        service.recommend(parse_id(an_id("customers")) or b"", Wanted())
        return Counter(answers=1)
    elif kind == "retry":
        outcome = service.retry(parse_retry({"dry_run": bad}))
        return Counter(mended=0 if bad else outcome["stored"] + outcome["unchanged"])
    elif kind == "single":
        return post(service, database, number, bad)
    elif kind == "user-interactions":
        sent = interaction(event_timestamp=NOON // SECOND + 100 + number)
        return outcomes(upload(service, kind, sent, {**sent, "student_id": "?"} if bad else sent))
    else:
        changes = {"name": None} if bad else {}
        return outcomes(upload(service, kind, minimal(kind, number), minimal(kind, 9, **changes)))
    return Counter()


def post(service: Service, database: Database, number: int, bad: bool) -> Counter[str]:
    sent = interaction(event_timestamp=NOON // SECOND + number, item_id=an_id("offers", 7 if bad else 0))
    [posted] = together(service, database, sent)
    if not isinstance(posted, Posted):
        return outcomes(posted.result)
    return Counter({"received": 1, "stored" if posted.stored else "unchanged": 1})


def outcomes(result: BatchResult) -> Counter[str]:
    return Counter({name: getattr(result, name) for name in OUTCOMES})


def test_refusals_are_told_by_type_and_reasons(campus: Service) -> None:
    upload(campus, "shops", *(minimal("shops", number, region="Atlantis") for number in range(3)))
    upload(campus, "shops", minimal("shops", 9, region="Atlantis", name=None))
    shops = of_type(told(campus)["total"], "shops")
    assert shops["reasons"][0] == {"codes": ["unknown_region"], "records": 3}
    assert set(shops["reasons"][1]["codes"]) == {"unknown_region", "null_not_allowed"}


def test_a_batch_of_which_nothing_was_stored_because_it_failed_is_not_counted(
    campus: Service, database: Database
) -> None:
    before = told(campus)["total"]

    def fails(transaction: Any) -> None:
        transaction.tallies.arrivals.came(NOON, "shops", "stored", 5)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        database.write(fails)
    assert told(campus)["total"] == before


def test_each_hour_has_its_own_also_those_without_anything(campus: Service, clock: SettableClock) -> None:
    clock.advance(3 * HOUR)
    upload(campus, "shops", minimal("shops", 5))
    hours = told(campus)["periods"]
    assert len(hours) == 48
    assert hours[-1]["start"] == "2026-06-15T15:00:00Z"
    assert [of_type(hours[at], "shops")["stored"] for at in (-4, -1)] == [1, 1]
    assert hours[-2] == {
        "start": "2026-06-15T14:00:00Z", "answers": 0, "received": 0, "stored": 0, "unchanged": 0,
        "rejected": 0, "mended": 0, "types": [],
    }  # fmt: skip


def test_days_long_past_are_no_longer_told_apart_by_hour_but_lose_nothing(
    campus: Service, database: Database, clock: SettableClock
) -> None:
    clock.advance(2 * HOUR)
    upload(campus, "tags", minimal("tags", 3), minimal("tags", 4, name=None))
    days = campus.reports.arrivals("day", NOON - DAY, NOON)
    hours = campus.reports.arrivals("hour", NOON - DAY, NOON + 12 * HOUR)
    assert days["total"] == hours["total"]
    clock.advance(36 * DAY)
    for _ in range(2):
        campus.tidy()
        assert campus.reports.arrivals("day", NOON - DAY, NOON) == days
    assert campus.reports.arrivals("hour", NOON, NOON + 3 * HOUR)["periods"] == []
    with database.read() as connection:
        assert not kept.is_finer(connection, NOON // HOUR + 24)


def test_how_many_records_there_are_is_known_without_counting_them(
    campus: Service, clock: SettableClock
) -> None:
    clock.advance(HOUR)
    upload(campus, "shops", minimal("shops", 1), minimal("shops", 0, name="Renamed"))
    upload(campus, "user-interactions", interaction(), interaction(student_id=None))
    clock.advance(HOUR)
    upload(campus, "shops", minimal("shops", 1))
    counted = {one["type"]: (one["records"], one["last_upload"]) for one in campus.overview()["types"]}
    moment = format_moment(NOON + HOUR)
    assert (counted["shops"], counted["user-interactions"]) == ((2, moment), (2, moment))
    campus.erase(parse_id(an_id("customers")) or b"")
    counted = {one["type"]: one["records"] for one in campus.overview()["types"]}
    assert [counted[name] for name in ("customers", "student-favourites", "user-interactions")] == [0, 0, 1]
    assert campus.reports.differences() == 0


def test_the_migration_counts_what_is_there(campus: Service, database: Database) -> None:
    upload(campus, "user-interactions", interaction(), interaction(student_id=None))
    script = import_module("cobi.store.migrations.organisation.0012_what_arrived")
    with database.engine.execution_options(writing=True).begin() as connection:
        before = kept.held(connection)
        connection.execute(delete(record_counts))
        for statement in script.COUNTS:
            connection.exec_driver_sql(statement)
        assert kept.held(connection) == before
        assert before["user-interactions"].records == 2


def test_over_http_the_door_wants_the_scope_and_a_range_that_does_not_run_backwards(
    client: TestClient[Any],
) -> None:
    client.post("/v1/data/tags", json={"records": [minimal("tags")]})
    answer = client.get("/v1/arrivals", params={"by": "day", "from": "2026-06-14", "to": NOON // SECOND})
    assert [day["received"] for day in answer.json()["periods"]] == [0, 1]
    assert client.get("/v1/arrivals?by=week").status_code == 400
    assert client.get("/v1/arrivals?from=2026-06-15&to=2026-06-14").status_code == 400


def test_a_request_that_is_answered_again_is_counted_once(client: TestClient[Any]) -> None:
    for _ in range(2):
        sent = {"records": [minimal("tags")]}
        client.post("/v1/data/tags", json=sent, headers={"Idempotency-Key": "once"})
    assert client.get("/v1/arrivals").json()["total"]["received"] == 1


def test_what_the_doctor_found_last_is_told_with_its_time(campus: Service, clock: SettableClock) -> None:
    assert campus.reports.overview()["health"]["examined"] == "2026-06-15T12:00:00Z"
    clock.advance(DAY)
    assert campus.reports.overview()["health"]["examined"] == "2026-06-15T12:00:00Z"
    campus.tidy()
    assert campus.reports.overview()["health"] == campus.reports.health()
