"""What people do with keys: make one, put another in its place, end it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import findings


@pytest.mark.parametrize("scripts", [True, False])
def test_a_key_is_made_rotated_and_revoked(overview: Page, scripts: bool) -> None:
    page = overview
    label = f"importer {scripts}"
    page.get_by_role("link", name="Keys").click()
    page.get_by_label("Label").fill(label)
    page.get_by_label("ingest").check()
    page.get_by_role("button", name="Create the key").click()
    expect(page.locator(".command code")).to_have_text(re.compile(r"^cobi_\w{12}_.{43}$"))
    page.get_by_role("link", name="I have copied it").click()
    page.get_by_role("link", name=f"Rotate {label}").click()
    page.get_by_label("The old key ends after").select_option("1 hour")
    page.get_by_role("button", name="Make the new key").click()
    expect(page.get_by_text("It replaces")).to_be_visible()
    page.get_by_role("link", name="I have copied it").click()
    page.get_by_role("link", name=f"Revoke {label}").last.click()
    page.get_by_role("button", name="Revoke the key").click()
    expect(page.get_by_role("region", name="Ended keys")).to_contain_text(label)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_where_a_key_is_asked_about(page: Page) -> None:
    for action in ("Rotate", "Revoke"):
        page.goto("/keys")
        page.get_by_role("link", name=action).first.click()
        assert findings(page) == []
