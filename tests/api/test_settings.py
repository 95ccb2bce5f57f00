"""An organisation chooses its settings over HTTP, and reports what came into view."""

from __future__ import annotations

from typing import Any

import pytest
from litestar.testing import TestClient

from cobi.domain.organisation_settings import SETTINGS
from tests.conftest import SettableClock
from tests.factories import HOUR, an_id


def values(client: TestClient) -> dict[str, Any]:
    return {one["name"]: one["value"] for one in client.get("/v1/settings").json()["settings"]}


def test_every_setting_is_shown_with_its_default(client: TestClient) -> None:
    assert values(client) == {name: setting.default for name, setting in SETTINGS.items()}


def test_a_value_holds_until_null_puts_the_default_back(client: TestClient) -> None:
    chosen = client.put("/v1/settings", json={"most_per_shop": 2, "seen_offers": "HIDE"})
    assert chosen.status_code == 200
    assert (values(client)["most_per_shop"], values(client)["seen_offers"]) == (2, "HIDE")
    client.put("/v1/settings", json={"most_per_shop": None})
    assert (values(client)["most_per_shop"], values(client)["seen_offers"]) == (0, "HIDE")
    changed = {one["name"] for one in client.get("/v1/settings").json()["settings"] if one["changed"]}
    assert changed == {"seen_offers"}


def test_a_dry_run_tells_what_would_change_and_changes_nothing(client: TestClient) -> None:
    arms = [{"name": "cold"}, {"name": "warm", "settings": {"diversity": 0.5}}]
    made = client.post("/v1/experiments", json={"name": "trial", "arms": arms, "start": True}).json()
    before, wanted = values(client), {"diversity": 0.2, "auto_promote": False, "most_per_shop": 0}
    told = client.put("/v1/settings?dry_run=true", json=wanted).json()
    assert told["changes"] == [
        {"name": "diversity", "before": 0, "after": 0.2},
        {"name": "auto_promote", "before": True, "after": False},
    ]
    [effect] = told["effects"]
    assert "ranked" in effect or "lists" in effect
    reached = {"experiment_id": made["experiment_id"], "name": "trial", "arms": ["cold"]}
    assert told["experiment"] == reached
    assert values(client) == before
    unranked = client.put("/v1/settings?dry_run=true", json={"auto_promote": False}).json()
    assert (unranked["effects"], unranked["experiment"]) == ([], None)
    assert client.put("/v1/settings?dry_run=true", json={"colour": 1}).status_code == 400


def test_what_the_server_allows_stands_beside_the_settings(client: TestClient) -> None:
    allowed = {"recommendations_per_minute": 0, "data_requests_per_minute": 0}
    assert client.get("/v1/settings").json()["server_allows"] == allowed
    assert client.put("/v1/settings", json={}).json()["server_allows"] == allowed


def test_what_the_doctor_is_asked_to_keep_is_what_the_overview_tells(
    client: TestClient, clock: SettableClock
) -> None:
    first = client.get("/v1/overview").json()["health"]["examined"]
    clock.advance(HOUR)
    assert client.get("/v1/doctor").json()["examined"] != first
    assert client.get("/v1/overview").json()["health"]["examined"] == first
    kept = client.post("/v1/doctor").json()
    assert client.get("/v1/overview").json()["health"] == kept


def test_who_changed_what_is_kept_and_what_changed_nothing_is_not(client: TestClient, key: str) -> None:
    client.put("/v1/settings", json={"most_per_shop": 2})
    client.put("/v1/settings", json={"most_per_shop": 2, "diversity": None})
    client.put("/v1/settings", json={"most_per_shop": None})
    found = client.get("/v1/settings/changes?limit=1").json()
    assert [(one["before"], one["after"]) for one in found["changes"]] == [(2, None)]
    older = client.get(f"/v1/settings/changes?cursor={found['next_cursor']}").json()
    [first] = older["changes"]
    assert (first["name"], first["before"], first["after"]) == ("most_per_shop", None, 2)
    assert first["by"] == f"key {key.split('_')[1]}"
    assert older["next_cursor"] is None
    assert client.get("/v1/settings/changes?cursor=x").json()["code"] == "malformed_cursor"


def test_d3_an_organisation_lets_its_keys_ask_less_often(client: TestClient) -> None:
    client.put("/v1/settings", json={"recommendations_per_minute": 2})
    path = f"/v1/recommendations/customers/{an_id('customers')}"
    answers = [client.get(path) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [404, 404, 429]
    assert answers[-1].headers["RateLimit-Policy"].endswith(";q=2;w=60")
    assert "RateLimit-Policy" not in client.get("/v1/settings").headers
    client.put("/v1/settings", json={"recommendations_per_minute": None, "data_requests_per_minute": 9})
    assert "RateLimit-Policy" not in client.get(path).headers
    assert client.get("/v1/settings").headers["RateLimit-Policy"].endswith(";q=9;w=60")


def test_a_setting_says_who_chose_it_what_it_takes_and_what_a_change_does(
    client: TestClient, key: str
) -> None:
    client.put("/v1/settings", json={"exploration_temperature": 0.5})
    told = {one["name"]: one for one in client.get("/v1/settings").json()["settings"]}
    chosen = told["exploration_temperature"]
    assert (chosen["by"], chosen["ranks"]) == (f"key {key.split('_')[1]}", True)
    assert chosen["schema"] == {"type": "number", "minimum": 0, "maximum": 100}
    assert "running experiment" in chosen["effect"]
    assert (told["diversity"]["by"], told["auto_promote"]["effect"]) == (None, None)


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({"colour": 1}, "unknown_setting"),
        ({"most_per_shop": 1.5}, "malformed_setting"),
        ({"most_per_shop": -1}, "malformed_setting"),
        ({"exploration_share": 1.01}, "malformed_setting"),
        ({"exploration_temperature": "much"}, "malformed_setting"),
        ({"diversity": True}, "malformed_setting"),
        ({"seen_offers": "hide"}, "malformed_setting"),
        ([], "malformed_body"),
    ],
)
def test_what_no_setting_takes_changes_nothing(client: TestClient, document: Any, code: str) -> None:
    before = values(client)
    sent = {"diversity": 0.5, **document} if isinstance(document, dict) else document
    answer = client.put("/v1/settings", json=sent)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert values(client) == before


def test_places_that_came_into_view_add_up_and_a_repeated_report_changes_nothing(market: TestClient) -> None:
    [answer] = market.get(f"/v1/recommendations/customers/{an_id('customers')}").json()
    shown = f"/v1/recommendations/{answer['recommendation_id']}/shown"
    first = market.post(shown, json={"positions": [1]})
    assert (first.status_code, first.json()["positions"]) == (200, [1])
    assert market.post(shown, json={"positions": [1, 1.0]}).json() == first.json()


@pytest.mark.parametrize("document", [{}, {"positions": []}, {"positions": [0]}, {"positions": [True]}, [1]])
def test_a_malformed_report_is_refused(market: TestClient, document: Any) -> None:
    [answer] = market.get(f"/v1/recommendations/customers/{an_id('customers')}").json()
    shown = f"/v1/recommendations/{answer['recommendation_id']}/shown"
    assert market.post(shown, json=document).status_code == 400


def test_a_place_behind_the_last_is_a_conflict(market: TestClient) -> None:
    [answer] = market.get(f"/v1/recommendations/customers/{an_id('customers')}").json()
    answer = market.post(f"/v1/recommendations/{answer['recommendation_id']}/shown", json={"positions": [2]})
    assert (answer.status_code, answer.json()["code"]) == (409, "unknown_position")


def test_what_came_into_view_of_an_answer_nobody_gave_is_not_found(market: TestClient) -> None:
    answer = market.post(f"/v1/recommendations/{an_id('nothing')}/shown", json={"positions": [1]})
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_recommendation")
