"""What a segment gets whose members' histories take longer to read than its page may."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from cobi.config.settings import Settings
from cobi.service.registry import SCOPES, Registry
from tests.browser.campus import NOW, Campus
from tests.browser.conftest import findings, world_of
from tests.factories import minimal, upload
from tests.marketplace import OFFERS, STUDENTS, marketplace

NEWCOMERS = 60


def make_crowd(data: Path) -> Campus:
    """Many students and a model."""
    registry = Registry(Settings(data=data), lambda: NOW)
    key = registry.create_key("campus", frozenset(SCOPES))
    service = registry.named("campus")
    marketplace(service)
    upload(service, "customers", *(minimal("customers", STUDENTS + one) for one in range(NEWCOMERS)))
    service.models.train(promote=True)
    registry.close()
    return Campus(data, key)


campus, server, session = world_of(make_crowd, "module")


def test_it_comes_into_the_page_when_it_is_there(page: Page) -> None:
    page.goto("/segments/new?kind0=region&of0=BH")
    expect(page.locator(".figure .big")).to_have_text(str(STUDENTS + NEWCOMERS))
    expect(page.locator(".ranked li")).to_have_count(OFFERS)
    expect(page.get_by_role("link", name="See what they would get")).to_have_count(0)
    assert findings(page) == []


@pytest.mark.parametrize("scripts", [False])
def test_without_a_script_it_has_a_page_of_its_own(page: Page) -> None:
    page.goto("/segments/new?kind0=region&of0=BH")
    page.get_by_role("link", name="See what they would get").click()
    expect(page.locator(".ranked li")).to_have_count(OFFERS)
    page.get_by_role("link", name="Who belongs").click()
    expect(page.get_by_label("Regions, two letters each")).to_have_value("BH")
