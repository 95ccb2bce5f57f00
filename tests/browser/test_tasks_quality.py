"""Mending refused records and trying them again."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.factories import an_id


def test_mending_and_retrying_refused_records(page: Page) -> None:
    page.goto("/quality?type=offers")
    page.get_by_role("link", name="Mend and try again").click()
    page.get_by_label("What rule 1 does").select_option("set")
    page.get_by_label("Field of rule 1").fill("shop_id")
    page.get_by_label("Value of rule 1").fill(an_id("shops"))
    page.get_by_role("button", name="See what would happen").click()
    expect(page.get_by_role("status")).to_contain_text("1 would be stored and 0 would stay")
    page.get_by_role("button", name="Store 1 for real").click()
    expect(page.get_by_role("status")).to_have_text("1 stored, 0 still refused")
    expect(page.locator("main")).to_contain_text("Nothing refused waits")
