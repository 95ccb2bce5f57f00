"""The overview says what `GET /v1/overview` says, and what to do next where nothing is there yet."""

from __future__ import annotations

import re
from html import unescape

from cobi.dashboard.overview.page import context
from cobi.dashboard.viewer import Viewer
from cobi.domain.moments import DAY
from cobi.service.registry import Registry
from cobi.service.service import Service
from tests.conftest import SettableClock
from tests.dashboard.conftest import Person
from tests.factories import minimal, upload
from tests.marketplace import marketplace


def test_an_empty_organisation_is_told_the_first_step_and_its_command(person: Person) -> None:
    html = person.get("/").text
    assert "Set up the loop" in html
    assert "cobi import shops shops.csv --org campus" in html
    assert "cobi train" not in html
    # Nothing is well yet, and rows of zeros say nothing.
    assert "Not begun" in html
    assert "Healthy" not in html
    assert "Figures of the last seven days" not in html


def test_the_next_step_is_the_first_that_is_not_taken(service: Service, person: Person) -> None:
    marketplace(service)
    html = person.get("/").text
    assert html.count("badge good") == 3
    assert "cobi train --org campus" in html


def test_the_page_shows_the_figures_of_the_api(person: Person, key: str, service: Service) -> None:
    marketplace(service)
    service.learning.train(promote=True)
    told = person.client.get("/v1/overview", headers={"Authorization": f"Bearer {key}"}).json()
    page = context(told, "campus", Viewer())
    html = person.get("/").text
    assert [card.value for card in page.cards if card.value not in html] == []
    assert "Version 1" in html
    assert "Model 1 promoted" in html


def test_times_are_shown_in_the_viewers_zone_with_utc_beside_them(
    person: Person, service: Service, clock: SettableClock
) -> None:
    marketplace(service)
    service.learning.train(promote=True)
    person.client.cookies.set("cobi_zone", "Asia/Bahrain")
    html = person.get("/").text
    assert 'title="2026-06-15 12:00:00 UTC">15 Jun 2026, 15:00</time>' in html


def test_without_a_holdout_it_says_how_to_begin_one(person: Person, service: Service) -> None:
    upload(service, "tags", minimal("tags"))
    assert "cobi experiment create --org campus --holdout --start" in person.get("/").text


def test_hours_are_those_of_the_viewers_zone(person: Person, service: Service) -> None:
    upload(service, "tags", minimal("tags"))
    person.client.cookies.set("cobi_zone", "Asia/Kolkata")
    html = person.get("/").text
    assert re.search(r"15 Jun, 17:30</th><td>1</td><td>0</td><td>0</td>", html)


def test_what_a_script_renews_is_a_part_of_the_page(person: Person, service: Service) -> None:
    upload(service, "tags", minimal("tags"), minimal("tags", 1, name=None))
    person.get("/")
    part = person.get("/overview/now").text
    assert "<html" not in part
    assert part.strip().startswith('<div class="now" data-renew="/overview/now"')
    assert part.strip() in person.get("/").text


def test_refusals_are_told_as_a_share_of_all_and_new_reasons_lead_to_them(
    person: Person, service: Service, clock: SettableClock, key: str
) -> None:
    upload(service, "tags", minimal("tags", 0, name=None))
    clock.advance(7 * DAY)
    person.sign_in(key)
    upload(service, "tags", *(minimal("tags", at) for at in range(3)), minimal("tags", 9, name=None))
    upload(service, "shops", minimal("shops", region="Atlantis"))
    html = person.get("/").text
    assert "40.00 %" in html
    assert "2 of 5 records" in html
    assert '<a href="/quality?type=shops&amp;code=unknown_region">shops: unknown region</a>' in html
    assert "type=tags&amp;code=null" not in html


def test_the_doctor_is_asked_when_somebody_wants_to_and_not_at_each_view(
    person: Person, clock: SettableClock
) -> None:
    assert "looked for 15 faults just now" in person.get("/").text
    clock.advance(DAY // 2)
    html = person.get("/").text
    assert "looked for 15 faults 12 h ago" in html
    token = re.findall(r'name="form-token" content="([0-9a-f]{64})"', html)[0]
    assert person.send("/overview/examine", form_token=token).status_code == 303
    assert "looked for 15 faults just now" in person.get("/").text
    assert person.send("/overview/examine", form_token="no").status_code == 403


def test_every_figure_of_the_week_leads_to_what_is_behind_it(person: Person, service: Service) -> None:
    marketplace(service)
    html = person.get("/").text
    behind = re.findall(r'<h2><a href="([^"]+)">', html)
    assert len(behind) == 6
    for one in behind:
        assert person.get(unescape(one)).status_code == 200, one


def test_a_key_that_may_not_see_refusals_is_not_led_to_them(
    stranger: Person, service: Service, registry: Registry
) -> None:
    upload(service, "tags", minimal("tags", name=None))
    stranger.sign_in(registry.create_key("campus", frozenset(["report"])))
    assert "/quality" not in stranger.get("/").text
    assert "/quality" not in stranger.get("/overview/now").text
