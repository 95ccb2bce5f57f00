"""Every page in a real browser: no finding of axe, no sideways scrolling, no jump, in both themes and widths."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from cobi.dashboard.frame import PLACES
from tests.browser.campus import SEGMENT
from tests.browser.conftest import MOVED, NARROW, WIDE, findings
from tests.factories import an_id

PATHS = [place.path for place in PLACES]
BEHIND = [
    f"/students/{an_id('customers', 4)}?why_not={an_id('offers', 50)}",
    f"/catalogue/offers/{an_id('offers')}",
    f"/catalogue/shops/{an_id('shops')}",
    "/catalogue?unshown=0",
    f"/segments/{SEGMENT}",
    "/segments/new?kind0=did&what0=DISCOUNT_CODE&times0=2&kind1=region&of1=BH",
    "/segments/suggested",
    "/effectiveness?against=before&from=2026-06-22&to=2026-06-29&by=shop",
    "/effectiveness/interactions",
    "/quality/mend?type=offers",
]
"""One of each kind of page behind them; those of models, experiments, settings and keys have tests of their own."""


# Colours hang on the theme alone and places on the width alone: two of the four pairs show all of each.
@pytest.mark.parametrize(("width", "theme"), [(WIDE, "light"), (NARROW, "dark")])
def test_a_page_does_not_move_stands_out_nowhere_and_has_no_finding_of_axe(page: Page, width: int) -> None:
    for path in (*PATHS, *BEHIND):
        page.goto(path)
        expect(page.locator("[data-late]")).to_have_count(0)
        assert page.evaluate(MOVED) == 0, path
        page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true })")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert findings(page) == [], path


@pytest.mark.parametrize(("width", "theme"), [(WIDE, "light"), (NARROW, "dark")])
def test_axe_finds_nothing_where_one_is_lost_or_signs_in(page: Page) -> None:
    page.goto("/segments/00000000-0000-0000-0000-000000000009")
    assert page.get_by_role("link", name="To Segments").is_visible()
    assert findings(page) == []
    page.context.clear_cookies()
    for path in ("/nowhere", "/sign-in?ended=true"):
        page.goto(path)
        assert findings(page) == [], path


@pytest.mark.parametrize("scripts", [False])
def test_every_page_can_be_read_without_scripts(page: Page) -> None:
    for path in PATHS:
        page.goto(path)
        assert page.get_by_role("heading", level=1).is_visible()
        for table in page.locator("details.as-table").all():
            table.locator("summary").click()
            assert table.locator("tbody tr").first.is_visible()


def test_every_page_is_reached_with_the_keyboard_and_the_focus_is_seen(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the page"
    names = []
    for _ in range(2 + len(PATHS)):
        page.keyboard.press("Tab")
        names.append(page.evaluate("document.activeElement.textContent.trim()"))
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert [place.name for place in PLACES if place.name not in names] == []
