"""Mending refused records and trying them again; watching what arrives."""

from __future__ import annotations

import httpx
import pytest
from playwright.sync_api import Page, expect

from cobi.server.background import Background
from tests.browser.campus import Campus
from tests.browser.conftest import findings
from tests.factories import an_id, minimal


def test_mending_and_retrying_refused_records(page: Page) -> None:
    page.goto("/quality?type=offers")
    page.get_by_role("link", name="Mend and try again").click()
    page.get_by_label("What rule 1 does").select_option("replace")
    page.get_by_label("Field of rule 1").fill("shop_id")
    page.get_by_label("Value of rule 1", exact=True).fill("00000000-0000-0000-0000-000000000001")
    page.get_by_label("New value of rule 1").fill(an_id("shops"))
    page.get_by_role("button", name="See what would happen").click()
    expect(page.get_by_role("status")).to_contain_text("1 would be stored and 0 would stay")
    expect(page.locator(".samples .changed")).to_contain_text(an_id("shops"))
    assert findings(page) == []
    page.get_by_role("button", name="Store 1 for real").click()
    expect(page.get_by_role("status")).to_have_text("1 stored, 0 still refused")
    expect(page.locator("main")).to_contain_text("Nothing refused waits")


@pytest.mark.parametrize("alone", [True])
def test_what_arrives_is_seen_while_one_looks_and_nobody_asks_while_the_page_is_hidden(
    page: Page, server: Background, campus: Campus
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/now" in request.url else None)
    page.clock.install()
    page.goto("/")
    plot = page.get_by_role("group", name="Records received")
    height = plot.bounding_box()
    caller = {"Authorization": f"Bearer {campus.key}"}
    sent = {"records": [minimal("tags", at, name="new") for at in range(500, 507)]}
    assert httpx.post(f"{server.url}/v1/data/tags", json=sent, headers=caller).status_code == 200
    page.clock.run_for(16_000)
    part = page.locator("[data-renew]")
    last = part.locator("tbody tr").nth(47).locator("td").first
    expect(last).to_have_text("7", use_inner_text=False)
    assert plot.bounding_box() == height
    plot.focus()
    page.keyboard.press("End")
    expect(plot.locator(".readout")).to_contain_text("Stored 7")
    page.evaluate("Object.defineProperty(document, 'hidden', {value: true})")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    before = len(asked)
    page.clock.run_for(60_000)
    assert len(asked) == before
