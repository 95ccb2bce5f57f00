"""The pages of the catalogue show what the API answers: figures, what ends, what nobody is shown, and why."""

from __future__ import annotations

import re

import pytest

from cobi.config.settings import Settings
from cobi.domain.moments import DAY, HOUR, format_moment
from cobi.domain.recommendation import Wanted
from cobi.service.registry import Registry
from cobi.service.service import Service
from tests.conftest import CAMPUS, SettableClock
from tests.dashboard.conftest import Person
from tests.factories import NOON, an_id, minimal, upload
from tests.marketplace import marketplace

OFFER = an_id("offers", 2)
NOBODYS = an_id("offers", 50)


@pytest.fixture
def lively(service: Service, clock: SettableClock) -> Service:
    marketplace(service)
    upload(service, "tags", minimal("tags", name="Noodles"))
    upload(service, "shop-tags", minimal("shop-tags"))
    upload(service, "offers", minimal("offers", 50, name="Moon cheese", region="AE"))
    upload(
        service,
        "offers",
        minimal("offers", 2, name="Night noodles", allowed_to=format_moment(NOON + 4 * DAY)),
    )
    clock.advance(6 * HOUR)
    service.recommend(bytes.fromhex(an_id("customers", 3).replace("-", "")), Wanted(6))
    service.catalogue.count()
    return service


def listed(html: str) -> list[str]:
    return re.findall(r'class="name"><a href="/catalogue/\w+/([0-9a-f-]{36})', html)


def test_offers_are_listed_with_how_they_did_and_sorted_by_any_column(
    person: Person, lively: Service
) -> None:
    html = person.get("/catalogue").text
    assert len(listed(html)) == 7
    assert listed(html)[-1] == NOBODYS
    assert 'aria-sort="descending"><a href' in html
    assert "0.0–79.3 %" in html
    for sort in re.findall(r"sort=(\w+)", html):
        assert person.get("/catalogue", params={"sort": sort}).status_code == 200


def test_a_search_and_a_period_stay_in_every_address(person: Person, lively: Service) -> None:
    html = person.get(
        "/catalogue", params={"search": "noodles", "from": "2026-06-15", "to": "2026-06-16"}
    ).text
    assert listed(html) == [OFFER]
    columns = re.findall(r'class="number"[^>]*><a href="([^"]+)"', html)
    assert len(columns) == 5
    assert all("search=noodles" in one and "from=2026-06-15&amp;to=2026-06-16" in one for one in columns)
    assert "Nothing here is called so" in person.get("/catalogue", params={"search": "soup"}).text
    assert listed(person.get("/catalogue", params={"search": OFFER}).text) == [OFFER]


def test_offers_that_end_soon_say_when(person: Person, lively: Service) -> None:
    html = person.get("/catalogue", params={"kind": "offers", "expiring_within": "14"}).text
    assert listed(html) == [OFFER]
    assert "in 3 days" in html


def test_an_offer_nobody_is_shown_says_why(person: Person, lively: Service) -> None:
    html = person.get("/catalogue", params={"kind": "offers", "unshown": "0"}).text
    assert listed(html) == [NOBODYS]
    assert "No list for AE was asked for in this time" in html
    assert "asking with regions=AE" in html


def test_an_offer_is_shown_with_its_days_its_kin_and_what_keeps_it_out(
    person: Person, lively: Service
) -> None:
    upload(lively, "offers", minimal("offers", 2, name="Night noodles", is_enabled=False))
    html = person.get(f"/catalogue/offers/{OFFER}").text
    assert "No list holds it now." in html
    assert "It is not enabled" in html
    assert html.count("<details><summary><span") == 5
    assert 'href="/catalogue/shops/' in html
    assert "Impressions by day" in html


def test_a_shop_and_a_tag_list_their_offers(person: Person, lively: Service) -> None:
    for kind in ("shops", "tags"):
        html = person.get(f"/catalogue/{kind}/{an_id(kind)}").text
        assert len(listed(html)) == 7
        [of_it] = re.findall(rf'href="(/catalogue\?kind=offers&amp;{kind[:-1]}_id=[^"]+)"', html)
        assert len(listed(person.get(of_it.replace("&amp;", "&")).text)) == 7


def test_what_is_not_there_or_cannot_be_asked_is_a_page_that_says_so(person: Person, lively: Service) -> None:
    assert person.get(f"/catalogue/offers/{an_id('offers', 999)}").status_code == 404
    assert person.get(f"/catalogue/planets/{OFFER}").status_code == 404
    assert person.get("/catalogue/offers/7").status_code == 400
    assert person.get("/catalogue?kind=shops&unshown=0").status_code == 400
    assert person.get("/catalogue?from=tomorrow").status_code == 400


def test_what_is_older_than_the_first_page_is_on_the_next(person: Person, lively: Service) -> None:
    upload(lively, "offers", *(minimal("offers", number) for number in range(100, 140)))
    html = person.get("/catalogue").text
    [following] = re.findall(r'href="([^"]+)" rel="next"', html)
    second = person.get(following.replace("&amp;", "&")).text
    assert len({*listed(html), *listed(second)}) == 47 == len(listed(html)) + len(listed(second))
    assert "Back to the first" in second


def test_a_key_for_reports_alone_sees_figures_but_no_recommendations(
    stranger: Person, lively: Service, settings: Settings, clock: SettableClock
) -> None:
    registry = Registry(settings, clock)
    key = registry.create_key(CAMPUS, frozenset(["report"]))
    registry.close()
    stranger.sign_in(key)
    html = stranger.get(f"/catalogue/offers/{OFFER}").text
    assert "It may be shown now." in html
    assert "What resembles it" not in html
