"""What people do with experiments and settings: read one and stop it, change exploration and see who did it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NARROW, WIDE, findings, world_of
from tests.browser.trial import make_trial

campus, server, session = world_of(make_trial, "module")


@pytest.mark.parametrize(("theme", "width"), [("light", NARROW), ("dark", WIDE)])
def test_axe_finds_nothing_on_the_pages_of_experiments_and_settings(page: Page, width: int) -> None:
    page.goto("/experiments")
    own = page.get_by_role("link", name="warmer").get_attribute("href") or ""
    changing = ("/experiments/new", "/experiments/holdout", "/settings/change?diversity=0.5")
    paths = (f"{own}?metric=retention&as=difference", f"{own}/stop", *changing)
    for path in paths:
        page.goto(path)
        assert findings(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_reading_an_experiment_and_stopping_it(overview: Page) -> None:
    page = overview
    page.get_by_role("link", name="Experiments").click()
    page.get_by_role("link", name="See its figures").first.click()
    decision = page.get_by_role("region", name="Promote warm")
    expect(decision).to_contain_text("better than as it is in code reveals")
    expect(decision.get_by_role("link", name="Give its settings to everybody")).to_be_visible()
    plot = page.get_by_role("group", name="Code reveals over time")
    plot.focus()
    page.keyboard.press("End")
    expect(page.locator(".readout:visible")).to_contain_text("29 Jun")
    expect(page.locator(".notes")).to_contain_text("warm first decided: better")
    page.get_by_role("link", name="Absolute").click()
    expect(page.get_by_text("beside the control, per student")).to_be_visible()
    page.get_by_role("link", name="Stop it").click()
    expect(page.get_by_text("It stays stopped")).to_be_visible()
    page.get_by_role("button", name="Stop it").click()
    expect(page.locator(".page-head")).to_contain_text("stopped")
    page.get_by_role("link", name="Experiments").first.click()
    expect(page.get_by_role("region", name="No experiment is running")).to_be_visible()


@pytest.mark.parametrize("scripts", [False])
def test_changing_exploration_and_seeing_who_did_it(overview: Page) -> None:
    page = overview
    page.get_by_role("link", name="Settings").click()
    page.get_by_label("Exploration temperature").fill("0.3")
    page.get_by_role("button", name="Change exploration").click()
    expect(page.get_by_text("What this does to what is measured")).to_be_visible()
    page.get_by_role("button", name="Change it").click()
    row = page.get_by_role("row", name="Exploration temperature")
    expect(row).to_contain_text("0, the default")
    expect(row).to_contain_text("0.3")
    expect(row).to_contain_text("growth (key")
