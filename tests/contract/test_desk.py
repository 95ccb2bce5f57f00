"""Questions that come together are answered together, each as if it had come alone."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

import pytest
from sqlalchemy import text

from cobi.actions.recommending import recommend
from cobi.domain.errors import NotFound, Overloaded
from cobi.domain.identifiers import parse_id
from cobi.domain.recommendation import Wanted
from cobi.service import desk
from cobi.service.service import Service
from cobi.store import askers
from tests.factories import an_id, interaction, minimal, upload

NUMBER = 80


def student(number: int) -> bytes:
    return parse_id(an_id("customers", number)) or b""


@pytest.fixture
def busy(campus: Service) -> Service:
    """Eighty students who each looked at another of eighty offers."""
    upload(campus, "customers", *(minimal("customers", number) for number in range(NUMBER)))
    upload(campus, "offers", *(minimal("offers", number) for number in range(NUMBER)))
    looked = (
        interaction(student_id=an_id("customers", number), item_id=an_id("offers", number))
        for number in range(NUMBER)
    )
    upload(campus, "user-interactions", *looked)
    campus.learning.train()
    return campus


def test_each_gets_the_answer_it_would_have_got_alone(busy: Service) -> None:
    asked = [busy.answers.ask(student(number), Wanted(limit=1)) for number in range(NUMBER)]
    together = [one.result(20)[0] for one in asked]
    alone = [busy.recommend(student(number), Wanted(limit=1))[0] for number in range(NUMBER)]
    assert [one.items for one in together] == [one.items for one in alone]
    assert [one.student_id for one in together] == [student(number) for number in range(NUMBER)]
    assert len({one.recommendation_id for one in together}) == NUMBER
    for number in (0, NUMBER - 1):
        assert len(busy.export_student(student(number))["recommendations"]) == 2


def test_who_is_not_known_keeps_nobody_from_an_answer(busy: Service) -> None:
    asked = [busy.answers.ask(who, Wanted()) for who in (student(1), b"?" * 16, student(2))]
    assert asked[0].result(20)
    assert asked[2].result(20)
    with pytest.raises(NotFound):
        asked[1].result(20)


def test_who_is_erased_before_the_answer_is_logged_gets_none_and_the_others_do(
    busy: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    ranked = recommend.answers_to

    def erasing(maker: recommend.Maker, asked: Sequence[tuple[bytes, Wanted]], *read: Any) -> Any:
        outcomes = ranked(maker, asked, *read)
        if student(1) in {customer_id for customer_id, _ in asked}:
            busy.erase(student(1))
        return outcomes

    monkeypatch.setattr(recommend, "answers_to", erasing)
    asked = {number: busy.answers.ask(student(number), Wanted()) for number in range(8)}
    with pytest.raises(NotFound):
        asked.pop(1).result(20)
    assert all(one.result(20) for one in asked.values())


def test_what_waits_when_the_server_stops_is_answered_and_nothing_after_it(busy: Service) -> None:
    asked = [busy.answers.ask(student(number), Wanted()) for number in range(NUMBER)]
    busy.answers.close()
    with pytest.raises(Overloaded):
        busy.answers.ask(student(0), Wanted())
    assert all(one.result(20) for one in asked)


def test_of_many_that_come_at_once_those_for_whom_there_is_no_room_hear_so(
    busy: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "MOST_WAITING", 2)
    tickets: list[Future[Any]] = [Future() for _ in range(3)]
    busy.answers.ask_all([((student(at), Wanted()), ticket) for at, ticket in enumerate(tickets)])
    assert [ticket.result(20)[0].student_id for ticket in tickets[:2]] == [student(0), student(1)]
    with pytest.raises(Overloaded, match="too many requests"):
        tickets[2].result(20)


def test_who_comes_after_the_end_hears_so_by_their_ticket(busy: Service) -> None:
    busy.answers.close()
    ticket: Future[Any] = Future()
    busy.answers.ask_all([((student(0), Wanted()), ticket)])
    with pytest.raises(Overloaded, match="stopping"):
        ticket.result(20)


def test_what_changes_between_two_questions_is_in_the_second_answer(busy: Service) -> None:
    def shown(**wanted: Any) -> set[bytes]:
        return set(busy.answers.ask(student(0), Wanted(limit=100, **wanted)).result(20)[0].items)

    offers = [parse_id(an_id("offers", number)) or b"" for number in range(NUMBER + 1)]
    assert shown() == set(offers[:NUMBER])
    upload(busy, "offers", minimal("offers", 3, is_enabled=False), minimal("offers", NUMBER))
    assert shown() == set(offers) - {offers[3]}
    upload(busy, "customers", minimal("customers", 0, is_deleted=True))
    with pytest.raises(NotFound):
        shown()
    upload(busy, "customers", minimal("customers", 0, is_deleted=False))
    assert shown()


def test_who_did_too_much_for_one_look_is_answered_from_everything(
    busy: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(askers, "MOST_ROWS", 1)
    asked = [busy.answers.ask(student(number), Wanted(limit=1)) for number in range(8)]
    alone = [busy.recommend(student(number), Wanted(limit=1))[0].items for number in range(8)]
    assert [one.result(20)[0].items for one in asked] == alone


def test_a_student_who_was_seen_by_the_desk_is_not_looked_for_again_when_the_answer_is_logged(
    busy: Service,
) -> None:
    busy.answers.ask(student(0), Wanted()).result(20)
    busy._core.write(lambda transaction: transaction.keys.clear())
    busy.answers.ask(student(0), Wanted()).result(20)
    busy.answers.ask(student(1), Wanted()).result(20)
    known = busy._core.database.glance().space("students")
    assert student(1) in known


def test_connections_that_were_cut_between_two_questions_turn_nobody_away(
    busy: Service, backend: str
) -> None:
    if backend == "sqlite":
        pytest.skip("there are none")
    busy.answers.ask(student(0), Wanted()).result(20)
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> "
    with busy._core.database.read() as connection:
        connection.execute(text(f"{cut} pg_backend_pid()"))
    assert busy.answers.ask(student(1), Wanted()).result(20)


def test_the_settings_an_answer_was_ranked_by_are_not_logged_under_a_key_that_was_only_remembered(
    busy: Service,
) -> None:
    busy.answers.ask(student(0), Wanted()).result(20)
    shelf = busy._shelves._shelf
    assert shelf is not None
    [[ranking, key]] = shelf.ranking_keys.items()
    shelf.ranking_keys[ranking] = key + 1
    [answer] = busy.answers.ask(student(0), Wanted()).result(20)
    assert busy.answers.retell(answer.recommendation_id)["exact"]
    assert shelf.ranking_keys == {ranking: key}


def test_who_gave_up_waiting_is_shown_nothing(busy: Service) -> None:
    given_up: Future[Any] = Future()
    given_up.cancel()
    busy.answers.ask_all([((student(0), Wanted()), given_up)])
    assert busy.answers.ask(student(1), Wanted()).result(20)
    assert busy.export_student(student(0))["recommendations"] == []


def test_a_change_of_terms_only_keeps_the_model_as_it_stands(busy: Service) -> None:
    busy.recommend(student(0), Wanted())
    before = busy._shelves._shelf
    upload(busy, "offers", minimal("offers", 3, is_enabled=False))
    assert parse_id(an_id("offers", 3)) not in busy.recommend(student(0), Wanted(limit=100))[0].items
    upload(busy, "offers", minimal("offers", NUMBER))
    assert len(busy.recommend(student(0), Wanted(limit=100))[0].items) == NUMBER
    after = busy._shelves._shelf
    assert before is not None
    assert after is not None
    assert after.learned is before.learned
