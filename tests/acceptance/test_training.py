"""Trainings in processes of their own: asked for over HTTP, watched, cancelled, killed."""

from __future__ import annotations

import os
import signal
from typing import Any

import httpx
import pytest

from cobi.client.client import Client
from cobi.server.background import Background
from cobi.service.registry import Registry
from cobi.store.jobs import TRAININGS
from tests.acceptance.failing import Start
from tests.acceptance.installation import Installation
from tests.acceptance.waiting import until
from tests.marketplace import marketplace


def ended(caller: httpx.Client, job_id: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        job = caller.get(f"/v1/models/train/{job_id}").json()
        return job if job["ended"] else None

    return until(look)


@pytest.fixture
def market(installation: Installation) -> Installation:
    registry = Registry(installation.settings)
    marketplace(registry.named("campus"))
    registry.close()
    return installation


def test_the_client_speaks_of_models_and_trainings(market: Installation, server: Background) -> None:
    with Client(server.url, market.key) as client:
        jobs: list[str] = []
        for _ in range(2):
            jobs.append(client.train(promote=True)["job_id"])
            until(lambda: client.training(jobs[-1])["ended"])
        live, before = (model["version"] for model in client.models(limit=2)["models"])
        assert client.model(live)["state"] == "live"
        assert client.compare_models(before, live)["b"]["version"] == live
        assert client.roll_back_model("a try")["live"] == before
        assert client.promote_model(live)["state"] == "live"
        assert client.cancel_training(jobs[0])["state"] == "done"
        asked = client.evaluate(k=[3], split="last", seed=2)
        found = until(lambda: ended_evaluation(client, asked["job_id"]))
        assert (found["state"], found["plan"]["k"]) == ("done", [3])
        assert "recall@3" in found["figures"]["methods"]["cobi"]
        assert client.cancel_evaluation(asked["job_id"])["state"] == "done"


def ended_evaluation(client: Client, job_id: str) -> dict[str, Any] | None:
    job = client.evaluation(job_id)
    return job if job["ended"] else None


def test_a_training_is_asked_for_watched_and_ends_with_a_model(
    market: Installation, caller: httpx.Client
) -> None:
    before = [model["version"] for model in caller.get("/v1/models").json()["models"]]
    asked = caller.post("/v1/models/train", json={"seed": 3, "promote": True})
    assert (asked.status_code, asked.json()["state"]) == (202, "queued")
    job = ended(caller, asked.json()["job_id"])
    assert (job["state"], job["progress"], job["reason"]) == ("done", 1.0, None)
    assert job["model_version"] not in before
    model = caller.get(f"/v1/models/{job['model_version']}").json()
    assert (model["state"], model["seed"]) == ("live", 3)
    assert caller.get("/v1/models/train").json()["jobs"][0] == job
    unchanged = caller.delete(f"/v1/models/train/{job['job_id']}").json()
    assert unchanged == job


def test_a_killed_trainer_leaves_a_failed_job_and_the_live_model_as_it_was(
    market: Installation, caller: httpx.Client
) -> None:
    first = ended(caller, caller.post("/v1/models/train").json()["job_id"])
    assert first["state"] == "done", first
    live = [model for model in caller.get("/v1/models").json()["models"] if model["state"] == "live"]
    registry = Registry(market.settings)
    job_id = caller.post("/v1/models/train").json()["job_id"]
    # The trainer is stopped as soon as it is known, so that it cannot be done before it is killed.
    pid = until(lambda: trainer(registry, job_id))
    os.kill(pid, signal.SIGKILL)
    job = ended(caller, job_id)
    assert (job["state"], job["reason"]) == ("failed", "its process was killed by SIGKILL")
    now = [model for model in caller.get("/v1/models").json()["models"] if model["state"] == "live"]
    assert now == live
    again = ended(caller, caller.post("/v1/models/train").json()["job_id"])
    assert again["state"] == "done"
    registry.close()


def trainer(registry: Registry, job_id: str) -> int | None:
    """The stopped trainer's process id, once the job names it."""
    with registry.named("campus")._core.reading() as connection:
        job = TRAININGS.find(connection, bytes.fromhex(job_id.replace("-", "")))
    if job is None or job.pid is None or job.started is None:
        return None
    os.kill(job.pid, signal.SIGSTOP)
    return job.pid


def test_a_server_that_was_killed_leaves_a_job_that_the_next_one_gives_up(
    market: Installation, start: Start
) -> None:
    server, caller = start(market)
    registry = Registry(market.settings)
    job_id = caller.post("/v1/models/train").json()["job_id"]
    pid = until(lambda: trainer(registry, job_id))
    server.kill()
    # Its trainer, which would otherwise leave by itself, was stopped; now it is gone without a word.
    os.kill(pid, signal.SIGKILL)
    registry.close()
    _, second = start(market)
    job = ended(second, job_id)
    assert (job["state"], job["reason"]) == ("failed", "its process is gone")
    assert second.post("/v1/models/train").status_code == 202
