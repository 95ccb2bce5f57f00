"""What people do with the dashboard, from the first click to the last."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.campus import Campus


def test_signing_in_and_out(visitor: Page, campus: Campus) -> None:
    visitor.goto("/")
    visitor.get_by_label("Key").fill("cobi_nobody")
    visitor.keyboard.press("Enter")
    expect(visitor.get_by_role("alert")).to_contain_text("opens nothing")
    visitor.get_by_label("Key").fill(campus.key)
    visitor.keyboard.press("Enter")
    expect(visitor.get_by_role("heading", level=1)).to_have_text("Overview")
    visitor.get_by_role("button", name="Sign out").click()
    expect(visitor.get_by_role("heading", level=1)).to_have_text("Sign in")


@pytest.mark.parametrize("scripts", [True, False])
def test_choosing_the_dark_theme(overview: Page) -> None:
    page = overview
    for expected in ("light", "dark", "auto"):
        page.get_by_role("button", name="Theme").click()
        expect(page.locator("html")).to_have_attribute("data-theme", expected)


def test_seeing_whether_the_week_was_better_than_the_last(overview: Page) -> None:
    page = overview
    figure = page.locator("article", has=page.get_by_role("heading", name="Click-through"))
    expect(figure).to_contain_text(re.compile(r"\d+\.\d %"))
    expect(figure).to_contain_text(re.compile(r"[+-]\d+\.\d points"))


def test_reading_a_chart_with_the_keyboard(overview: Page) -> None:
    page = overview
    plot = page.get_by_role("group", name=re.compile("Rates by day"))
    plot.focus()
    page.keyboard.press("ArrowLeft")
    expect(plot.locator(".readout")).to_contain_text("Click-through")
    before = plot.locator(".readout").inner_text()
    page.keyboard.press("ArrowLeft")
    assert plot.locator(".readout").inner_text() != before
    page.keyboard.press("Escape")
    expect(plot.locator(".readout")).to_be_hidden()


def test_times_are_those_of_the_browsers_zone_from_the_first_page_on(overview: Page) -> None:
    page = overview
    first = page.locator("time").first
    shown = first.inner_text()
    assert first.get_attribute("title", timeout=1000)
    page.reload()
    assert page.locator("time").first.inner_text() == shown
