"""Building a segment and seeing what it gets, with scripts and without."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.campus import EVERYBODY
from tests.browser.conftest import MOVED
from tests.marketplace import OFFERS


def build(page: Page) -> None:
    page.goto("/segments")
    page.get_by_role("link", name="Build a segment").first.click()
    page.get_by_label("Add that they").select_option(label="live in a region")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_label("Regions, two letters each").fill("BH")


def test_building_a_segment_and_seeing_what_it_gets(page: Page) -> None:
    build(page)
    expect(page.locator("[data-count-told]")).to_have_text(f"{EVERYBODY} of {EVERYBODY} students, 100.0 %")
    expect(page.get_by_text("The conditions have changed.")).to_be_visible()
    expect(page.get_by_role("button", name="Save the segment")).to_be_hidden()
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".figure .big")).to_have_text(str(EVERYBODY))
    # It comes into the page when it is there.
    expect(page.locator(".ranked li").nth(OFFERS - 1)).to_be_visible()
    expect(page.get_by_role("link", name="See what they would get")).to_have_count(0)
    page.get_by_label("Name", exact=True).fill("Bahrain")
    page.get_by_role("button", name="Save the segment").click()
    expect(page.get_by_role("status")).to_have_text("Bahrain is saved")
    # In the list, too, what they get comes when it is there, and nothing moves by that.
    page.goto("/segments")
    row = page.get_by_role("row").filter(has_text="Bahrain")
    expect(row.locator(".gets li")).to_have_count(3)
    expect(page.locator("[data-late]")).to_have_count(0)
    expect(row).to_contain_text(f"{EVERYBODY}")
    assert page.evaluate(MOVED) == 0
    row.get_by_role("link", name="Bahrain").click()
    page.get_by_role("link", name="Delete …").click()
    page.get_by_role("button", name="Delete the segment").click()
    expect(page.get_by_role("status")).to_have_text("The segment is deleted")


@pytest.mark.parametrize("scripts", [False])
def test_a_segment_is_built_without_scripts(page: Page) -> None:
    build(page)
    page.keyboard.press("Enter")
    expect(page.locator(".figure .big")).to_have_text(str(EVERYBODY))
    page.get_by_role("link", name="See what they would get").click()
    expect(page.locator(".ranked li").nth(OFFERS - 1)).to_be_visible()
    page.get_by_role("link", name="Who belongs").click()
    page.get_by_role("button", name="Remove condition 1").click()
    expect(page.get_by_text("No condition yet")).to_be_visible()
