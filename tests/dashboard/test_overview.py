"""The overview says what `GET /v1/overview` says, and what to do next where nothing is there yet."""

from __future__ import annotations

from cobi.dashboard.overview import context
from cobi.service.service import Service
from tests.conftest import SettableClock
from tests.dashboard.conftest import Person
from tests.marketplace import marketplace


def test_an_empty_organisation_is_told_the_first_step_and_its_command(person: Person) -> None:
    html = person.get("/").text
    assert "Set up the loop" in html
    assert "cobi import shops shops.csv --org campus" in html
    assert "cobi train" not in html


def test_the_next_step_is_the_first_that_is_not_taken(service: Service, person: Person) -> None:
    marketplace(service)
    html = person.get("/").text
    assert html.count("badge good") == 3
    assert "cobi train --org campus" in html


def test_the_page_shows_the_figures_of_the_api(person: Person, key: str, service: Service) -> None:
    marketplace(service)
    service.models.train(promote=True)
    told = person.client.get("/v1/overview", headers={"Authorization": f"Bearer {key}"}).json()
    page = context(told, "campus")
    html = person.get("/").text
    assert [card.value for card in page.cards if card.value not in html] == []
    assert "Version 1" in html
    assert "Model 1 promoted" in html


def test_times_are_shown_in_the_viewers_zone_with_utc_beside_them(
    person: Person, service: Service, clock: SettableClock
) -> None:
    marketplace(service)
    service.models.train(promote=True)
    person.client.cookies.set("cobi_zone", "Asia/Bahrain")
    html = person.get("/").text
    assert 'title="2026-06-15 12:00:00 UTC">15 Jun 2026, 15:00</time>' in html


def test_without_a_holdout_it_says_how_to_begin_one(person: Person) -> None:
    assert "cobi experiment create --org campus --holdout --start" in person.get("/").text
