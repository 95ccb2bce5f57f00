"""Evaluations as jobs: what `cobi evaluate` tells; one at a time, beside a training; cancelled, lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from cobi.actions.learning import jobs
from cobi.actions.learning.jobs import LEASE
from cobi.domain.errors import Conflict, NotFound
from cobi.domain.evaluation import Plan, Seen, Split, Way
from cobi.domain.identifiers import parse_id
from cobi.service.evaluations import Evaluations
from cobi.service.service import Service
from cobi.service.training import Training
from cobi.store.database import Database
from cobi.store.jobs import EVALUATIONS
from tests.conftest import SettableClock
from tests.factories import HOUR
from tests.marketplace import VISITS, marketplace

ASKED = {"k": [5, 3], "split": "time:0.2", "seen": "show", "seed": 3}


class Starter:
    """Starts no process, and remembers what it was to start."""

    def __init__(self) -> None:
        self.ended: list[Callable[[str | None], None]] = []

    def __call__(self, job_id: bytes, ended: Callable[[str | None], None]) -> None:
        self.ended.append(ended)


@pytest.fixture
def starter() -> Starter:
    return Starter()


@pytest.fixture
def evaluations(service: Service, starter: Starter, clock: SettableClock) -> Evaluations:
    marketplace(service)
    clock.advance(VISITS * HOUR)
    return Evaluations(service._core, lambda: service.learning, starter, clock)


def ident(job: dict[str, Any]) -> bytes:
    return parse_id(job["job_id"]) or b""


def nobody() -> None:
    raise AssertionError("nobody was to leave")


def test_a_job_finds_what_the_command_finds(evaluations: Evaluations, service: Service) -> None:
    service.learning.train()
    asked = evaluations.request(ASKED, by="ada")
    waiting = evaluations.read(ident(asked))
    assert (waiting["state"], waiting["figures"]) == ("queued", None)
    evaluations.work(ident(asked), nobody)
    done = evaluations.read(ident(asked))
    plan = Plan((5, 3), Split(Way.TIME, 0.2), Seen.SHOW, seed=3)
    assert done["figures"] == service.learning.evaluate(plan)
    assert (done["state"], done["progress"], done["requested_by"]) == ("done", 1.0, "ada")
    # The live model that it was to be compared with.
    assert done["model_version"] == 1
    [listed] = evaluations.recent()["jobs"]
    assert listed == {name: value for name, value in done.items() if name != "figures"}
    assert listed["plan"] == {**ASKED, "item_type": "OFFER", "users": None}


def test_there_is_one_at_a_time_beside_a_training(
    evaluations: Evaluations, service: Service, starter: Starter
) -> None:
    first = evaluations.request({}, by="ada")
    with pytest.raises(Conflict, match=f"evaluation {first['job_id']} is queued") as refused:
        evaluations.request({}, by="bob")
    assert refused.value.code == "evaluation_runs"
    assert "/v1/models/evaluations/" in (refused.value.hint or "")
    training = Training(service._core, lambda: service.learning, starter)
    assert training.request(by="bob")["state"] == "queued"
    assert evaluations.cancel(ident(first))["state"] == "cancelled"
    assert evaluations.request({}, by="bob")["state"] == "queued"


def test_one_that_is_cancelled_while_it_goes_on_keeps_no_figures(
    evaluations: Evaluations, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, evaluate = evaluations.request({}, by="ada"), service.learning.evaluate

    def losing(*arguments: Any, **named: Any) -> dict[str, Any]:
        evaluations.cancel(ident(asked))
        return evaluate(*arguments, **named)

    monkeypatch.setattr(service.learning, "evaluate", losing)
    evaluations.work(ident(asked), lambda: None)
    told = evaluations.read(ident(asked))
    assert (told["state"], told["figures"]) == ("cancelled", None)


def test_what_goes_wrong_is_the_jobs_reason(evaluations: Evaluations, starter: Starter) -> None:
    nothing = evaluations.request({"item_type": "SHOP"}, by="ada")
    evaluations.work(ident(nothing), nobody)
    told = evaluations.read(ident(nothing))
    assert told["state"] == "failed"
    assert "60 on OFFER" in told["reason"]
    killed = evaluations.request({}, by="ada")
    starter.ended[-1]("its process was killed by SIGKILL")
    assert evaluations.read(ident(killed))["reason"] == "its process was killed by SIGKILL"


def test_one_whose_process_is_silent_is_given_up(
    evaluations: Evaluations, clock: SettableClock, database: Database
) -> None:
    asked = evaluations.request({}, by="ada")
    database.write(lambda t: EVALUATIONS.change(t.connection, ident(asked), host="elsewhere"))
    clock.advance(LEASE + 1)
    assert "no sign of life" in evaluations.recent()["jobs"][0]["reason"]


def test_only_the_newest_are_kept(
    evaluations: Evaluations, monkeypatch: pytest.MonkeyPatch, database: Database
) -> None:
    monkeypatch.setattr(Evaluations, "WORK", replace(jobs.EVALUATION, most_kept=2))
    asked = []
    for _ in range(3):
        asked.append(evaluations.request({}, by="ada")["job_id"])
        evaluations.cancel(parse_id(asked[-1]) or b"")
    assert [job["job_id"] for job in evaluations.recent()["jobs"]] == asked[:0:-1]
    with pytest.raises(NotFound, match="no evaluation"):
        evaluations.read(parse_id(asked[0]) or b"")
