"""Experiments over HTTP: declared, replaced, read day by day, by whoever may."""

from __future__ import annotations

from litestar.testing import TestClient

from cobi.service.registry import Registry
from tests.conftest import CAMPUS

TWO = {"name": "warmer", "arms": [{"name": "cold"}, {"name": "warm"}], "start": True}


def test_an_experiment_is_read_day_by_day_by_one_of_its_metrics(client: TestClient) -> None:
    path = f"/v1/experiments/{client.post('/v1/experiments', json=TWO).json()['experiment_id']}/days"
    assert client.get(path).json()["metric"] == "code_reveals"
    found = client.get(f"{path}?metric=savings").json()
    assert (found["metric"], found["comparisons"], found["happened"]) == ("savings", [], [])
    refused = client.get(f"{path}?metric=luck")
    assert (refused.status_code, refused.json()["code"]) == (400, "malformed_parameter")


def test_what_happens_meanwhile_is_told_beside_it(client: TestClient) -> None:
    first = client.post("/v1/experiments", json=TWO).json()["experiment_id"]
    client.post("/v1/experiments", json={"kind": "HOLDOUT", "start": True})
    [told] = client.get(f"/v1/experiments/{first}/days").json()["happened"]
    assert (told["what"], told["name"]) == ("experiment_started", "holdout")


def test_only_an_admin_replaces_what_runs(client: TestClient, registry: Registry) -> None:
    client.post("/v1/experiments", json=TWO)
    newer = {"name": "newer", "arms": TWO["arms"], "replace": True}
    reader = {"Authorization": f"Bearer {registry.create_key(CAMPUS, frozenset({'report'}))}"}
    assert client.post("/v1/experiments", json=newer, headers=reader).status_code == 403
    assert client.post("/v1/experiments", json=newer).json()["state"] == "RUNNING"
    states = {
        one["name"]: one["state"]
        for one in client.get("/v1/experiments", headers=reader).json()["experiments"]
    }
    assert states == {"newer": "RUNNING", "warmer": "STOPPED"}
