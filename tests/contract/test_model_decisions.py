"""What the gate decides is kept, can be come to again bit for bit, and only `promote` goes live by itself."""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from sqlalchemy import update

from cobi.actions.gate import decide
from cobi.actions.gate.bundle import Check, recomputed
from cobi.actions.gate.comparison import looks_at
from cobi.actions.gate.rule import Evidence, Judgement, judge
from cobi.analytics.paired import SCALE
from cobi.analytics.spending import Look
from cobi.domain.identifiers import format_id, parse_id
from cobi.domain.model_state import Verdict
from cobi.domain.moments import SECOND
from cobi.domain.recommendation import Wanted
from cobi.service.service import Service
from cobi.store import model_registry
from cobi.store.database import Database
from cobi.store.model_registry import Decision
from cobi.store.schema import model_arrays, model_decisions
from tests.conftest import SettableClock
from tests.factories import HOUR, NOON, an_id, interaction, minimal, upload

STUDENTS, OFFERS, DAYS = 120, 8, 16
NOW = NOON + DAYS * 24 * HOUR
PARTS = ("bundle", "rule", "figures", "log", "lead", "verdict", "reasons")
KEPT = Path(__file__).parent / "kept"
"""Bundles that Cobi made by its earlier rules; no such models were ever stored here."""


@pytest.fixture
def busy(service: Service, clock: SettableClock) -> Service:
    """Enough students to decide something, who each come every other day, and a live model of the first half."""
    upload(service, "shops", minimal("shops"))
    upload(service, "offers", *(minimal("offers", number) for number in range(OFFERS)))
    upload(service, "customers", *(minimal("customers", number) for number in range(STUDENTS)))
    visits = [
        interaction(
            student_id=an_id("customers", student),
            item_id=an_id("offers", (student + day) % OFFERS),
            event_timestamp=(NOON + (24 * day + student % 20) * HOUR) // SECOND,
        )
        for day in range(DAYS)
        for student in range(day % 2, STUDENTS, 2)
    ]
    clock.now = NOW
    upload(service, "user-interactions", *visits)
    service.learning.train(until=NOON + 12 * 24 * HOUR)
    return service


def holds(service: Service, version: int) -> dict[str, bool | None]:
    return {check.what: check.holds for check in service.models.verify(version)}


def test_a_decision_is_come_to_again_and_whatever_was_changed_shows(
    busy: Service, database: Database
) -> None:
    decision = busy.learning.train()["decision"]
    assert decision["students"] == STUDENTS
    assert decision["comparison"] == 1
    with database.read() as connection:
        live = model_registry.live(connection)
        assert live is not None
        assert looks_at(connection, live).next(NOW + SECOND) == Look(2, SECOND, 0)
        assert looks_at(connection, replace(live, went_live=NOW + 1)).taken == ()
    assert busy.models.read(2)["decisions"][0]["reasons"] == decision["reasons"]
    assert holds(busy, 2) == dict.fromkeys([*PARTS, "candidate", "live"], True)

    def change_arrays(transaction) -> None:
        changed = model_arrays.c.version == 2, model_arrays.c.name == "data"
        transaction.connection.execute(update(model_arrays).where(*changed).values(data=b"", shape="0"))

    database.write(change_arrays)
    assert holds(busy, 2)["candidate"] is False
    database.write(lambda t: t.connection.execute(update(model_decisions).values(verdict="promote")))
    told = {check.what: check for check in busy.models.verify(2)}
    assert told["register"].said == f"expected {decision['verdict']}, as kept in the bundle; found promote"
    database.write(lambda t: t.connection.execute(update(model_decisions).values(bundle=b"x")))
    assert holds(busy, 2) == {"bundle": False}


def verified(bundle: bytes, version: int = 2, verdict: str = "promote") -> dict[str, Check]:
    """What is said of a decision that was kept as these bytes."""
    decision = Decision(version, 1, 0, Verdict(verdict), {}, hashlib.sha256(bundle).hexdigest(), bundle)
    return {check.what: check for check in recomputed(decision)}


@pytest.mark.parametrize(("number", "verdict"), [(1, "promote"), (2, "promote"), (3, "promote"), (4, "hold")])
def test_a_decision_of_an_earlier_rule_is_come_to_again_by_the_rule_it_was_made_with(
    number: int, verdict: str
) -> None:
    checks = verified((KEPT / f"rule-{number}.bundle").read_bytes(), verdict=verdict)
    assert {name for name, check in checks.items() if check.holds is False} == set()
    assert checks["rule"].said.startswith(f"number {number}, that of its time")
    assert all(checks[name].holds for name in ("bundle", "rule", "figures", "verdict"))
    assert ("log" in checks) == (number > 2)
    assert verdict in checks["verdict"].said


def changed(**parts: Any) -> bytes:
    """A kept bundle with something changed, and a digest that says nothing of it."""
    content = msgspec.msgpack.decode(zlib.decompress((KEPT / "rule-4.bundle").read_bytes()))
    return zlib.compress(msgspec.msgpack.encode({**content, **parts}))


def test_a_difference_is_named_with_what_was_expected_and_what_was_found() -> None:
    checks = verified(changed(seed=12), verdict="hold")
    assert [name for name, check in checks.items() if check.holds is False] == ["figures", "log"]
    assert checks["figures"].said.startswith("expected found {'students': 260")
    assert "found {'found': {'students': 260" in checks["figures"].said
    assert "made with NumPy" in checks["figures"].said


def test_a_rule_that_never_was_is_named_and_nothing_is_recomputed_by_it() -> None:
    checks = verified(changed(rule={"few": 1, "level": 0.5}))
    assert checks["rule"].holds is False
    assert "'level': 0.5" in checks["rule"].said
    assert set(checks) == {"bundle", "rule"}


def test_arrays_that_were_let_go_of_can_no_longer_be_compared(busy: Service, clock: SettableClock) -> None:
    busy.learning.train()
    clock.advance(61 * 24 * HOUR)
    busy.models.prune()
    assert busy.models.read(2)["pruned"] is not None
    assert busy.models.read(1)["pruned"] is None
    assert holds(busy, 2)["candidate"] is None
    assert holds(busy, 2)["verdict"] is True
    busy.learning.train(promote=True)
    clock.advance(61 * 24 * HOUR)
    busy.models.prune()
    assert busy.models.read(1)["pruned"] is None, "it is the one to go back to"
    busy.settings.change({"model_retention_days": 0})


def test_arrays_that_a_running_experiment_answers_with_are_kept(busy: Service, clock: SettableClock) -> None:
    busy.learning.train()
    arms = [{"name": "live"}, {"name": "candidate", "model_version": 2}]
    experiment = busy.experiments.create({"name": "new model", "arms": arms, "start": True})
    clock.advance(61 * 24 * HOUR)
    busy.models.prune()
    assert busy.models.read(2)["pruned"] is None
    busy.experiments.stop(parse_id(experiment["experiment_id"]) or b"")
    busy.models.prune()
    assert busy.models.read(2)["pruned"] is not None


@pytest.mark.parametrize(("allowed", "state"), [(True, "live"), (False, "candidate")])
def test_promote_goes_live_by_itself_where_the_settings_allow_it(
    busy: Service, allowed: bool, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def favourable(evidence: Evidence, metric: str) -> Judgement:
        return replace(judge(evidence, metric), verdict=Verdict.PROMOTE)

    monkeypatch.setattr(decide, "judge", favourable)
    busy.settings.change({"auto_promote": allowed})
    card = busy.learning.train()
    assert (card["decision"]["verdict"], card["state"]) == ("promote", state)
    by = [event["by"] for event in busy.models.read(2)["history"]]
    assert by == (["library", "gate"] if allowed else ["library"])


@pytest.fixture
def explored(service: Service, clock: SettableClock) -> Service:
    """The live model has learned from the first days; then everybody is shown a drawn list, and some reveal."""
    upload(service, "shops", minimal("shops"))
    upload(service, "offers", *(minimal("offers", number) for number in range(2 * OFFERS)))
    upload(service, "customers", *(minimal("customers", number) for number in range(STUDENTS)))
    visit, days = (lambda student, day: view(student, student + day, day)), range(DAYS)
    clock.now = NOW
    upload(
        service, "user-interactions", *(visit(n, day) for day in days for n in range(day % 2, STUDENTS, 2))
    )
    service.learning.train(until=NOON + 6 * 24 * HOUR)
    service.settings.change({"exploration_temperature": 0.7})
    reveals: list[dict] = []
    for number in range(STUDENTS):
        [answer] = service.recommend(parse_id(an_id("customers", number)) or b"", Wanted(6))
        claim = {"recommendation_id": format_id(answer.recommendation_id), "source": "COBI"}
        at = number % 5
        if at < 3:
            item = {"item_id": format_id(answer.items[at]), "interaction_type": "DISCOUNT_CODE"}
            reveals.append({**view(number, 0, DAYS), **claim, **item})
    upload(service, "user-interactions", *reveals)
    clock.advance(2 * 24 * HOUR)
    upload(service, "user-interactions", *(visit(number, DAYS + 1.5) for number in range(STUDENTS)))
    return service


def view(student: int, offer: float, day: float) -> dict:
    hour = 24 * day + (student % 20) / 100
    return interaction(
        student_id=an_id("customers", student),
        item_id=an_id("offers", int(offer) % OFFERS),
        event_timestamp=int(NOON + hour * HOUR + 1) // SECOND,
    )


def test_the_log_of_drawn_lists_is_part_of_the_decision_and_of_its_bundle(
    explored: Service, database: Database
) -> None:
    decision = explored.learning.train()["decision"]
    assert decision["live_judged"].startswith("as it stands")
    assert decision["logged"]["students"] == STUDENTS
    assert decision["logged"]["live"] == pytest.approx(0.6, abs=0.15)
    assert "by the log of answers" in " ".join(decision["reasons"])
    assert holds(explored, 2) == dict.fromkeys([*PARTS, "candidate", "live"], True)
    with database.read() as connection:
        [kept] = model_registry.decisions(connection, 2)
    content = msgspec.msgpack.decode(zlib.decompress(kept.bundle))
    candidate, live = (np.frombuffer(content["logged"][at], "<i8") / SCALE for at in (2, 3))
    # The live model's lists are those it drew: asked again, each has the chance it was shown with.
    assert live == pytest.approx(np.ones(STUDENTS), abs=1e-4)
    assert candidate.std() > 0.01


def test_lists_that_are_not_drawn_say_nothing(busy: Service) -> None:
    decision = busy.learning.train()["decision"]
    assert decision["logged"] is None
    assert "no list of the period was drawn by chance" in decision["reasons"][-1]
