"""Answers kept for an Idempotency-Key repeat what was sent; an erased student is in none of them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from cobi.actions.students import erase
from cobi.domain.idempotency import Answer, Once
from cobi.domain.identifiers import format_id
from cobi.domain.interaction_record import INTERACTIONS
from cobi.domain.moments import SECOND
from cobi.domain.recommendation import Wanted
from cobi.service.service import Service
from cobi.store.database import Database
from cobi.store.schema import idempotency_keys
from tests.contract.test_erasure import OTHER, PSEUDONYM, STUDENT, ident, traces
from tests.factories import bodies, interaction, minimal, upload


def keep_answer(service: Service, name: str, kind: str, *records: Any) -> None:
    """Send records under an Idempotency-Key, as the door does."""

    def act(within: Service) -> Answer:
        if kind != INTERACTIONS.name:
            return Answer(200, msgspec.json.encode(upload(within, kind, *records).envelope()))
        sent = within.interact(bodies(records), "").ids[0]
        return Answer(201, msgspec.json.encode(within.read(INTERACTIONS, sent)))

    service.once(Once(name, b""), act)


def kept_answers(database: Database) -> set[str]:
    with database.read() as connection:
        return set(connection.scalars(select(idempotency_keys.c.name)))


def keep_answers(service: Service) -> None:
    """Answers about the student, whose names begin with "their", and others."""
    now = service._core.clock() // SECOND
    [shown] = service.recommend(ident(STUDENT), Wanted())
    claim = {"source": "COBI", "recommendation_id": format_id(shown.recommendation_id)}
    upload(service, "user-interactions", interaction(user_id="their phone", event_timestamp=now))
    for name, act in {
        "their act": interaction(event_timestamp=now + 1),
        "their phone's": interaction(student_id=None, user_id="their phone", event_timestamp=now + 2),
        "their nameless one": interaction(student_id=None, event_timestamp=now + 3, **claim),
        "another's act": interaction(student_id=OTHER, event_timestamp=now + 1),
        "nobody's act": interaction(student_id=None, event_timestamp=now + 1),
    }.items():
        keep_answer(service, name, INTERACTIONS.name, act)
    keep_answer(service, "their refusal", "customers", minimal("customers", birthdate="2004-02-31"))
    keep_answer(
        service, "their unknown shop's", "student-favourites", minimal("student-favourites", 7, shop_id="?")
    )
    keep_answer(service, "another's refusal", "customers", minimal("customers", 1, birthdate="2004-02-30"))
    keep_answer(service, "a batch's", "customers", minimal("customers"), minimal("customers", 1))


def test_kept_answers_about_the_student_go_and_all_others_stay(campus: Service, database: Database) -> None:
    upload(campus, "customers", minimal("customers", 1))
    keep_answers(campus)
    theirs = {name for name in kept_answers(database) if name.startswith("their")}
    receipt = campus.erase(ident(STUDENT))
    assert kept_answers(database) == {"another's act", "nobody's act", "another's refusal", "a batch's"}
    assert receipt["stores"]["idempotency_keys"]["removed"] == len(theirs) == 5
    assert traces(database, STUDENT, PSEUDONYM, "their phone", "2004-02-31") == []


def test_an_answer_kept_while_the_erasure_waits_goes_too(
    campus: Service, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = erase.search

    def interrupted(*arguments: Any) -> Any:
        found = look(*arguments)
        keep_answers(campus)
        return found

    upload(campus, "customers", minimal("customers", 1))
    monkeypatch.setattr(erase, "search", interrupted)
    campus.erase(ident(STUDENT))
    assert not any(name.startswith("their") for name in kept_answers(database))


def test_a_request_about_an_erased_student_is_not_answered_from_memory(campus: Service) -> None:
    keep_answer(campus, "their act", INTERACTIONS.name, interaction())
    campus.erase(ident(STUDENT))

    def again(within: Service) -> Answer:
        refused = within.interact(bodies([interaction()]), "").result.rejections
        return Answer(400, refused[0].problems[0].code.encode())

    assert campus.once(Once("their act", b""), again) == Answer(400, b"unknown_student")
