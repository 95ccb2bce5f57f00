"""Interactions of one request each that wait together come to what each would come to alone."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

import pytest

from cobi.actions.ingesting.interact import Recorded
from cobi.actions.ingesting.post import Post, Posted
from cobi.domain.interaction_record import INTERACTIONS
from cobi.domain.moments import SECOND
from cobi.domain.quarantine import Selection
from cobi.service.service import Service
from cobi.store import interactions
from cobi.store.database import Database
from cobi.store.inserting import insert_if_new
from cobi.store.interactions import Filter
from cobi.store.schema import visitors
from tests.contract.test_writer import PATIENCE, hold
from tests.factories import NOON, an_id, bodies, full, interaction, upload

STRANGER = an_id("pseudonyms", 1)
YEAR_2099 = "2099-01-01T00:00:00Z"


def posts_of(service: Service, *records: Any) -> list[Post]:
    posts = [service.read_post(body, f"request {at}") for at, body in enumerate(bodies(records))]
    assert None not in posts
    return [post for post in posts if post is not None]


def together(service: Service, database: Database, *records: Any) -> list[Posted | Recorded]:
    """What becomes of posts that all wait for one commit."""
    futures: list[Future[Any]] = [Future() for _ in records]
    release = hold(database._writer)
    service.begin_posting_all(list(zip(posts_of(service, *records), futures, strict=True)))
    release()
    return [future.result(PATIENCE) for future in futures]


def codes(outcome: Posted | Recorded) -> list[str]:
    if isinstance(outcome, Posted):
        return ["stored" if outcome.stored else "unchanged"]
    return [problem.code for one in outcome.result.rejections for problem in one.problems]


def stored(service: Service) -> list[Any]:
    return service.read_interactions(Filter(), 1000, None)["records"]


def test_each_of_a_mixed_crowd_hears_of_its_own(campus: Service, database: Database) -> None:
    outcomes = together(
        campus,
        database,
        interaction(),
        interaction(city="Riffa"),
        interaction(),
        interaction(student_id=an_id("customers", 99)),
        interaction(item_type="SHOP"),
        interaction(event_timestamp=YEAR_2099),
        interaction(platform="PHONE"),
        interaction(recommendation_id=an_id("answers"), source=None),
        interaction(student_id=None, user_id=STRANGER),
    )
    assert [codes(outcome) for outcome in outcomes] == [
        ["stored"],
        ["stored"],
        ["unchanged"],
        ["unknown_student"],
        ["item_type_mismatch"],
        ["future_timestamp"],
        ["unknown_choice"],
        ["contradictory_source"],
        ["stored"],
    ]
    assert len(stored(campus)) == 3
    kept = campus.refused(Selection(), 100, None)["records"]
    assert {one["request_id"] for one in kept} == {f"request {at}" for at in (3, 4, 5, 6, 7)}


def test_what_is_stored_is_read_back_as_it_was_answered(campus: Service, database: Database) -> None:
    crowd = [interaction(city=f"City {at}", user_id=an_id("pseudonyms", at)) for at in range(5)]
    for outcome in together(campus, database, *crowd):
        assert isinstance(outcome, Posted)
        assert outcome.as_read_back() == campus.read(INTERACTIONS, outcome.identifier)


def test_a_student_known_by_the_pseudonym_is_left_to_the_store_to_tell(
    campus: Service, database: Database
) -> None:
    pseudonym = full("customers")["user_id"]
    upload(campus, "customers", full("customers"))
    [outcome] = together(campus, database, interaction(student_id=None, user_id=pseudonym))
    assert isinstance(outcome, Posted)
    assert outcome.stored
    assert outcome.as_read_back() is None
    assert campus.read(INTERACTIONS, outcome.identifier)["student_id"] == an_id("customers")


def test_sent_again_in_another_crowd_it_is_stored_once(campus: Service, database: Database) -> None:
    crowd = [interaction(event_timestamp=NOON // SECOND - second) for second in range(10)]
    first = together(campus, database, *crowd)
    again = together(campus, database, *crowd, interaction(city="Sitra"))
    assert [codes(outcome) for outcome in first] == [["stored"]] * 10
    assert [codes(outcome) for outcome in again] == [["unchanged"]] * 10 + [["stored"]]
    assert len(stored(campus)) == 11


def test_a_post_that_breaks_the_crowd_is_alone_in_failing(
    campus: Service, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaking(connection: Any, rows: Any, ready: Any = None) -> Any:
        if any("Broken" in row for row in rows.values()):
            raise ZeroDivisionError
        return add_if_new(connection, rows, ready)

    add_if_new = interactions.add_if_new
    monkeypatch.setattr(interactions, "add_if_new", breaking)
    futures: list[Future[Any]] = [Future() for _ in range(3)]
    posts = posts_of(campus, interaction(), interaction(city="Broken"), interaction(city="Riffa"))
    release = hold(database._writer)
    campus.begin_posting_all(list(zip(posts, futures, strict=True)))
    release()
    failures = [type(future.exception(PATIENCE)) for future in futures]
    assert failures == [type(None), ZeroDivisionError, type(None)]
    assert len(stored(campus)) == 2


def test_whoever_has_given_up_before_the_turn_has_nothing_stored(campus: Service, database: Database) -> None:
    gone, waiting = Future[Any](), Future[Any]()
    posts = posts_of(campus, interaction(), interaction(city="Riffa"))
    release = hold(database._writer)
    campus.begin_posting_all(list(zip(posts, [gone, waiting], strict=True)))
    assert gone.cancel()
    release()
    assert waiting.result(PATIENCE).stored
    assert [one["city"] for one in stored(campus)] == ["Riffa"]


def test_whoever_finds_the_line_full_is_told_and_the_others_are_stored(
    campus: Service, database: Database
) -> None:
    posts = posts_of(campus, *(interaction(city=f"City {at}") for at in range(600)))
    futures: list[Future[Any]] = [Future() for _ in posts]
    release = hold(database._writer)
    campus.begin_posting_all(list(zip(posts, futures, strict=True)))
    refused = [future for future in futures if future.done()]
    assert len(refused) == 600 - 512
    assert {getattr(future.exception(), "code", None) for future in refused} == {"overloaded"}
    release()
    assert sum(future.result(PATIENCE).stored for future in futures[:512]) == 512
    assert len(stored(campus)) == 512


def test_rows_whose_like_is_stored_are_passed_over(database: Database) -> None:
    def add(*rows: tuple[str, bytes | None]) -> list[Any]:
        columns, told = ("user_id", "identity"), ("user_id", "identity")
        return database.write(lambda t: insert_if_new(t.connection, visitors, columns, rows, told))

    some = [("a", bytes(range(16))), ("b", None)]
    assert sorted(add(*some)) == some
    assert add(("a", None), ("c", None)) == [("c", None)]
    assert add(*some) == []
