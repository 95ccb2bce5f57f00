"""Finding an offer nobody is shown, and why; following a shop to its best offer and to what resembles it."""

from __future__ import annotations

from playwright.sync_api import Page, expect


def test_finding_an_offer_nobody_is_shown_and_why(overview: Page) -> None:
    page = overview
    page.get_by_role("link", name="Catalogue").click()
    page.get_by_role("link", name="Shown to nobody").click()
    row = page.get_by_role("row").filter(has_text="Moon cheese")
    expect(row).to_contain_text("No list for AE was asked for in this time")
    row.get_by_role("link", name="Moon cheese").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Moon cheese")
    expect(page.locator(".eligible")).to_contain_text("It may be shown now.")


def test_following_a_shop_to_its_best_offer_and_its_like(page: Page) -> None:
    page.goto("/catalogue?kind=shops")
    page.locator("th.name a").first.click()
    page.locator("th.name a").first.click()
    expect(page.get_by_role("heading", name="What resembles it")).to_be_visible()
    page.locator(".ranked summary").first.click()
    expect(page.locator(".ranked .bars").first).to_be_visible()
