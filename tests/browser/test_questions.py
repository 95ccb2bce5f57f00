"""Five questions of a growth person, each with its answer, and with as many clicks as the documentation says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.factories import an_id

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to" / "dashboard.md"


@dataclass
class Hand:
    """Whoever asks; choosing from a list, pressing and following count one click each, typing none."""

    page: Page
    clicks: int = 0

    def follow(self, name: str) -> None:
        self._click(self.page.get_by_role("link", name=name).first)

    def press(self, name: str) -> None:
        self._click(self.page.get_by_role("button", name=name, exact=True))

    def choose(self, label: str, value: str) -> None:
        self.clicks += 1
        self.page.get_by_label(label, exact=True).select_option(value)

    def type(self, label: str, text: str) -> None:
        self._click(self.page.get_by_label(label))
        self.page.keyboard.type(text)

    def _click(self, target: Locator) -> None:
        self.clicks += 1
        target.click()


@pytest.fixture
def hand(overview: Page) -> Hand:
    return Hand(overview)


def promised(question: str) -> int:
    """How many clicks the documentation says it takes."""
    found = re.search(rf"(?m)^\| {re.escape(question)} \|.*\| (\d+) \|$", HOW_TO.read_text())
    assert found is not None, question
    return int(found[1])


def test_did_the_new_model_really_help_in_bahrain(hand: Hand) -> None:
    hand.follow("Effectiveness")
    hand.choose("Model version", "2")
    hand.choose("Region", "BH")
    hand.choose("Compare with", "model_version:1")
    hand.press("Show")
    verdict = hand.page.locator("article", has_text="Click-through").locator(".verdict")
    expect(verdict).to_contain_text(re.compile("Higher|Lower|No more than chance"))
    expect(verdict).to_contain_text("95 % interval")
    assert hand.clicks == promised("Did the new model really help in Bahrain?")


def test_how_much_of_it_would_have_happened_anyway(hand: Hand) -> None:
    caused = hand.page.get_by_role("region", name="Attributed against caused")
    expect(caused.get_by_role("row", name="Attributed").first).to_contain_text(re.compile(r"\d+"))
    # With twelve students nobody can know, and the page says so instead of a figure.
    expect(caused.get_by_role("row", name="Caused").first).to_contain_text("–")
    expect(caused).to_contain_text("Too early: too few students")
    assert hand.clicks == promised("How much of it would have happened anyway?")


def test_which_shops_bring_the_most_codes(hand: Hand) -> None:
    hand.follow("Effectiveness")
    hand.follow("Shop")
    table = hand.page.get_by_role("region", name="By shop, in figures")
    expect(table.get_by_role("columnheader", name="Code reveals")).to_be_visible()
    expect(table.get_by_role("rowheader").first).to_contain_text("Pizza Corner")
    assert hand.clicks == promised("Which shops bring the most codes?")


def test_why_does_this_student_not_see_the_moon_cheese(hand: Hand) -> None:
    hand.follow("Students")
    hand.follow(an_id("customers", 4))
    hand.type("Offer, by id or a part of its name", "moon cheese")
    hand.press("Why not")
    expect(hand.page.locator(".verdict")).to_contain_text("it is given in AE, asked was BH")
    assert hand.clicks == promised("Why does this student not see that offer?")


def test_which_offers_is_nobody_shown(hand: Hand) -> None:
    hand.follow("Catalogue")
    hand.follow("Shown to nobody")
    row = hand.page.get_by_role("row").filter(has_text="Moon cheese")
    expect(row).to_contain_text("No list for AE was asked for in this time")
    assert hand.clicks == promised("Which offers is nobody shown, and why?")
