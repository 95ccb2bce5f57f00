"""Settings: shown with who chose them, changed after a question that says what it does."""

from __future__ import annotations

import re

import pytest

from cobi.dashboard.settings.page import GROUPS
from cobi.domain.organisation_settings import SETTINGS
from cobi.service.registry import Registry
from cobi.service.service import Service
from tests.conftest import CAMPUS
from tests.dashboard.conftest import Person


def token(person: Person) -> str:
    [found] = re.findall(r'name="form-token" content="([0-9a-f]{64})"', person.get("/settings").text)
    return found


def test_every_setting_has_its_field_its_meaning_and_its_default(person: Person) -> None:
    html = person.get("/settings").text
    for name in SETTINGS:
        assert f'name="{name}"' in html
        assert f'id="{name}-means"' in html
    assert {name for _, _, names in GROUPS for name in names} <= SETTINGS.keys()


def test_what_the_server_allows_is_said_beside_the_organisations_own_limits(person: Person) -> None:
    told = "The server allows any number of recommendations and any number of other requests a minute"
    assert told in person.get("/settings").text


def test_a_change_is_asked_about_made_and_written_down(person: Person, service: Service, key: str) -> None:
    asked = person.get("/settings/change?exploration_temperature=0.5&exploration_share=&seen_days=").text
    assert "What this does to what is measured" in asked
    assert asked.count('type="hidden"') == 3  # the token, where the theme's switch leads, and the one value
    sent = person.send("/settings/change", form_token=token(person), exploration_temperature="0.5")
    assert (sent.status_code, sent.headers["Location"]) == (303, "/settings#changes")
    [change] = service.settings.changes(10)["changes"]
    assert (change["after"], change["by"]) == (0.5, f"key {key.split('_')[1]}")
    html = person.get("/settings").text
    assert re.search(r"0, the default</td><td[^>]*>0.5", html)
    assert f"by key {key.split('_')[1]}" in html


def test_whoever_has_a_label_is_called_by_it(person: Person, registry: Registry) -> None:
    person.sign_in(registry.create_key(CAMPUS, frozenset({"admin"}), label="ada"))
    person.send("/settings/change", form_token=token(person), auto_promote="false")
    assert "ada (key" in person.get("/settings").text
    put_back = person.get("/settings/change?auto_promote=").text
    assert "<td>no</td><td><strong>yes, the default" in put_back
    assert "Nothing that is measured changes by this" in put_back


def test_a_limit_that_was_chosen_too_low_keeps_no_admin_from_taking_it_back(
    person: Person,
) -> None:
    person.send("/settings/change", form_token=token(person), data_requests_per_minute="1")
    assert [person.get("/").status_code for _ in range(2)] == [200, 429]
    assert 'href="/settings"' in person.get("/models").text
    taken_back = person.send("/settings/change", form_token=token(person), data_requests_per_minute="")
    assert taken_back.status_code == 303
    assert person.get("/").status_code == 200


def test_what_holds_already_is_no_change(person: Person, service: Service) -> None:
    assert "Nothing would change" in person.get("/settings/change?diversity=0&attribution_touch=LAST").text
    person.send("/settings/change", form_token=token(person), diversity="")
    assert service.settings.changes(10)["changes"] == []


def test_a_change_in_the_midst_of_an_experiment_is_warned_of(person: Person, service: Service) -> None:
    arms = [{"name": "cold"}, {"name": "warm", "settings": {"diversity": 0.5}}]
    service.experiments.create({"name": "trial", "arms": arms, "start": True})
    asked = person.get("/settings/change?diversity=0.2").text
    assert "its arm <strong>cold</strong>" in asked
    assert "is running" not in person.get("/settings/change?attribution_touch=FIRST").text


@pytest.mark.parametrize("query", ["diversity=9", "diversity=<b>", "most_per_shop=1.5", "seen_offers=hide"])
def test_what_no_setting_takes_is_said_beside_what_was_written(person: Person, query: str) -> None:
    refused = person.get(f"/settings/change?{query}")
    assert (refused.status_code, 'role="alert"' in refused.text, "<b>" in refused.text) == (400, True, False)
    name, _, value = query.partition("=")
    sent = person.send("/settings/change", None, form_token=token(person), **{name: value})
    assert sent.status_code == 400


def test_changes_are_paged(person: Person, service: Service) -> None:
    for turn in range(21):
        service.settings.change({"most_per_shop": turn + 1}, "ada")
    html = person.get("/settings").text
    [older] = re.findall(r'href="(\?cursor=[^#]+)#changes"', html)
    assert person.get(f"/settings{older}").text.count(">ada<") == 1


def test_settings_are_an_admins(person: Person, registry: Registry) -> None:
    person.sign_in(registry.create_key(CAMPUS, frozenset({"report", "ingest"})))
    assert person.get("/settings").status_code == 403
    assert 'href="/settings"' not in person.get("/").text
