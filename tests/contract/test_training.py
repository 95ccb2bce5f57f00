"""One training at a time, over all processes: who holds the lease, who loses it, what a loser may still store."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable

import pytest

from cobi.actions.learning.jobs import LEASE
from cobi.domain.errors import Conflict, InvalidRequest, NotFound
from cobi.domain.identifiers import parse_id
from cobi.domain.moments import SECOND
from cobi.recommenders.progress import silent
from cobi.service.service import Service
from cobi.service.training import Order, Training
from cobi.store import organisation_settings as stored_settings
from cobi.store.database import Database
from cobi.store.jobs import TRAININGS
from tests.conftest import SettableClock
from tests.factories import HOUR, interaction, upload
from tests.marketplace import marketplace


class Starter:
    """Starts no process, and remembers what it was to start."""

    def __init__(self) -> None:
        self.started: list[tuple[bytes, Callable[[str | None], None]]] = []

    def __call__(self, job_id: bytes, ended: Callable[[str | None], None]) -> None:
        self.started.append((job_id, ended))


@pytest.fixture
def starter() -> Starter:
    return Starter()


@pytest.fixture
def training(service: Service, starter: Starter, clock: SettableClock) -> Training:
    marketplace(service)
    return Training(service._core, lambda: service.learning, starter, clock)


def ident(job: dict) -> bytes:
    return parse_id(job["job_id"]) or b""


def nobody() -> None:
    raise AssertionError("nobody was to leave")


def test_a_second_training_is_refused_while_one_waits_or_goes_on(training: Training) -> None:
    first = training.request(by="ada")
    with pytest.raises(Conflict, match=f"training {first['job_id']} is queued") as refused:
        training.request(by="bob")
    assert refused.value.code == "training_runs"
    training.cancel(ident(first))
    assert training.request(by="bob")["requested_by"] == "bob"


def test_of_many_who_ask_at_once_one_is_let_in(training: Training, starter: Starter) -> None:
    refused: list[str] = []

    def ask() -> None:
        try:
            training.request(by="x")
        except Conflict as conflict:
            refused.append(conflict.code)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(starter.started), refused) == (1, ["training_runs"] * 7)


def test_a_job_is_worked_on_to_a_model(training: Training, service: Service) -> None:
    job = training.request(by="ada", seed=4)
    training.work(ident(job), nobody)
    done = training.read(ident(job))
    assert (done["state"], done["progress"], done["model_version"]) == ("done", 1.0, 1)
    assert service.models.read(1)["seed"] == 4
    training.work(ident(job), nobody)
    assert len(service.models.list()["models"]) == 1


def test_a_job_cancelled_before_its_process_came_is_not_begun(training: Training, service: Service) -> None:
    job = training.request(by="ada")
    assert training.cancel(ident(job))["state"] == "cancelled"
    training.work(ident(job), nobody)
    assert service.models.list()["models"] == []


@pytest.mark.parametrize("lost", [1, 2])
def test_who_lost_the_job_while_learning_stores_nothing_more(
    training: Training, service: Service, lost: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.learning.train()
    job = training.request(by="ada")
    step = {1: "learn", 2: "judge"}[lost]
    kept = getattr(service.learning, step)

    def losing(*arguments, **named):
        if step == "judge":
            training.cancel(ident(job))
            return kept(*arguments, **named)
        learned = kept(*arguments, **named)
        training.cancel(ident(job))
        return learned

    monkeypatch.setattr(service.learning, step, losing)
    training.work(ident(job), lambda: None)
    assert training.read(ident(job))["state"] == "cancelled"
    models = service.models.list()["models"]
    assert [model["verdict"] for model in models] == [None] * lost
    assert models[-1]["state"] == "live"


def test_what_goes_wrong_is_the_jobs_reason(service: Service, starter: Starter) -> None:
    training = Training(service._core, lambda: service.learning, starter)
    job = training.request(by="ada")
    training.work(ident(job), nobody)
    assert training.read(ident(job))["reason"] == "there are no offers to recommend yet; upload offers first"
    job = training.request(by="ada")
    starter.started[-1][1]("its process was killed by SIGKILL")
    failed = training.read(ident(job))
    assert (failed["state"], failed["reason"]) == ("failed", "its process was killed by SIGKILL")


def test_a_job_whose_process_is_gone_or_silent_is_given_up(
    training: Training, database: Database, clock: SettableClock
) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    job = training.request(by="ada")
    database.write(lambda t: TRAININGS.change(t.connection, ident(job), pid=gone.pid))
    assert training.read(ident(job))["reason"] == "its process is gone"
    job = training.request(by="ada")
    database.write(lambda t: TRAININGS.change(t.connection, ident(job), host="elsewhere"))
    clock.advance(LEASE)
    assert training.read(ident(job))["state"] == "queued"
    assert training.beat(ident(job), 0.5, "half")
    clock.advance(LEASE + 1)
    assert "no sign of life" in training.recent()["jobs"][0]["reason"]
    assert not training.beat(ident(job), 0.6, "more")
    assert training.request(by="bob")["state"] == "queued"


def test_the_lease_of_a_living_process_is_not_taken(training: Training, database: Database) -> None:
    job = training.request(by="ada")
    database.write(lambda t: TRAININGS.change(t.connection, ident(job), pid=os.getpid()))
    with pytest.raises(Conflict):
        training.request(by="bob")


def test_a_training_is_due_by_the_clock_or_by_what_happened(
    training: Training, service: Service, clock: SettableClock
) -> None:
    clock.advance(5 * HOUR)
    assert training.request_if_due() is None
    service.settings.change({"training_every_hours": 24})
    first = training.request_if_due()
    assert first is not None
    assert training.request_if_due() is None
    training.work(ident(first), nobody)
    service.settings.change({"training_every_hours": None, "training_after_interactions": 3})
    assert training.request_if_due() is None
    clock.advance(HOUR)
    second = clock.now // SECOND
    for number in range(3):
        assert training.request_if_due() is None
        upload(service, "user-interactions", interaction(event_timestamp=second + number))
    again = training.request_if_due()
    assert again is not None
    assert again["requested_by"] == "schedule: 3 interactions happened since the last training"
    training.cancel(ident(again))
    service.settings.change({"training_every_hours": 24})
    clock.advance(24 * HOUR)
    assert training.request_if_due() is not None


def test_a_pause_between_trainings_has_a_least_or_is_none_at_all(
    training: Training, service: Service, clock: SettableClock, database: Database
) -> None:
    for value in (1e-12, 1e-9, 0.0999, -1, 10_001):
        with pytest.raises(InvalidRequest, match=r"must be ≥ 0.1 and ≤ 10000, or 0") as refused:
            service.settings.change({"training_every_hours": value})
        assert refused.value.code == "malformed_setting"
    # What was stored before there was a least trains no oftener than that.
    database.write(
        lambda t: stored_settings.change(t.connection, {"training_every_hours": 1e-9}, clock.now, "before")
    )
    service.learning.train()
    clock.advance(HOUR // 10 - SECOND)
    assert training.request_if_due() is None
    clock.advance(SECOND)
    asked = training.request_if_due()
    assert asked is not None
    assert asked["requested_by"] == "schedule: the last training was 0.1 hours ago"
    training.cancel(ident(asked))
    service.settings.change({"training_every_hours": 0})
    clock.advance(1000 * HOUR)
    assert training.request_if_due() is None


def test_a_training_nobody_asked_for_is_not_found(training: Training) -> None:
    for ask in (training.read, training.cancel):
        with pytest.raises(NotFound, match="no training"):
            ask(bytes(16))


def test_one_in_this_process_is_the_only_one_too(training: Training, service: Service) -> None:
    waiting = training.request(by="ada")
    with pytest.raises(Conflict) as refused:
        training.train_here(Order(), by="cobi train", progress=silent)
    assert refused.value.code == "training_runs"
    training.cancel(ident(waiting))
    meanwhile: list[str] = []

    def ask(_: float, __: str) -> None:
        with pytest.raises(Conflict) as refused:
            training.request(by="bob")
        meanwhile.append(refused.value.code)

    card = training.train_here(Order(seed=5), by="cobi train", progress=ask)
    assert (card["model_version"], card["seed"], set(meanwhile)) == (1, 5, {"training_runs"})
    assert training.recent()["jobs"][0]["state"] == "done"
    assert service.models.read(1)["trained_by"] == "cobi train"


def test_one_in_this_process_that_is_cancelled_stores_nothing(training: Training, service: Service) -> None:
    def cancel(_: float, __: str) -> None:
        training.cancel(ident(training.recent()["jobs"][0]))

    with pytest.raises(Conflict) as refused:
        training.train_here(Order(), by="cobi train", progress=cancel)
    assert refused.value.code == "training_cancelled"
    assert service.models.list()["models"] == []


def test_who_lost_the_job_after_storing_lets_nothing_go_live(
    training: Training, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.learning.train()
    job, promote = training.request(by="ada", promote=True), service.models.promote_if

    def losing(*arguments, **named):
        training.cancel(ident(job))
        return promote(*arguments, **named)

    monkeypatch.setattr(service.models, "promote_if", losing)
    training.work(ident(job), lambda: None)
    assert [model["state"] for model in service.models.list()["models"]] == ["candidate", "live"]
