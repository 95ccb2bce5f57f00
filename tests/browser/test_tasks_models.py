"""What people do with models: look at them, promote one and go back, train and watch."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NARROW, WIDE, findings


@pytest.mark.parametrize("scripts", [True, False])
def test_rolling_a_model_back_and_promoting_it_again(overview: Page, scripts: bool) -> None:
    page = overview
    page.get_by_role("link", name="Models").click()
    expect(page.locator(".statuses")).to_contain_text("Version 2")
    page.get_by_role("link", name="Roll back").click()
    page.get_by_label("Why").fill("complaints")
    page.get_by_role("button", name="Roll back version 2").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Version 1")
    page.get_by_role("link", name="Models").click()
    page.get_by_role("link", name="Promote version 2").click()
    page.get_by_role("button", name="Let version 2 go live").click()
    expect(page.locator(".page-head")).to_contain_text("live")
    expect(page.locator(".happenings li").first).to_contain_text("promoted by hand")


def test_training_a_model_and_watching_it_until_it_is_done(page: Page) -> None:
    page.goto("/models")
    page.get_by_role("button", name="Train now").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    done = page.locator(".jobs li").first
    expect(done).to_contain_text("Version 3", timeout=30_000)
    done.get_by_role("link", name="Version 3").click()
    expect(page.get_by_role("heading", name="What the gate decided")).to_be_visible()


@pytest.mark.parametrize(("width", "theme"), [(NARROW, "dark")])
def test_evaluating_watching_and_reading_what_was_found_by_another_metric(page: Page, width: int) -> None:
    page.goto("/models")
    page.get_by_role("button", name="Evaluate").click()
    expect(page.get_by_role("progressbar", name="Evaluation, share done")).to_be_visible()
    page.get_by_role("link", name="Offers, lists of 10").click(timeout=30_000)
    verdict = page.locator("[aria-labelledby=verdict]")
    expect(verdict).to_contain_text("recall@10 of", timeout=30_000)
    page.get_by_label("Metric", exact=True).select_option("NDCG@10")
    verdict.get_by_role("button", name="Show").click()
    expect(verdict).to_contain_text("Cobi has a NDCG@10 of")
    assert findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(("width", "theme"), [(WIDE, "light"), (NARROW, "dark")])
def test_axe_finds_nothing_on_the_pages_of_models(page: Page, width: int) -> None:
    for path in ("/models", "/models/2", "/models/compare?a=1&b=2", "/models/1/promote"):
        page.goto(path)
        assert findings(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_two_versions_are_compared_from_the_list(page: Page) -> None:
    page.goto("/models")
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(r"Versions \d and \d"))
