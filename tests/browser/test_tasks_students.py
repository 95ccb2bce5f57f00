"""Finding a student, and finding out why an offer is not shown to them."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.factories import an_id


def test_finding_a_student_by_the_user_id(overview: Page) -> None:
    page = overview
    page.get_by_role("link", name="Students").click()
    page.get_by_label("customer_id or user_id").fill(an_id("pseudonyms", 3))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Student")
    expect(page.locator(".page-head")).to_contain_text(an_id("customers", 3))
    expect(page.get_by_role("heading", name="Timeline")).to_be_visible()
    page.locator(".ranked summary").nth(1).click()
    expect(page.locator(".ranked .bars").nth(1)).to_be_visible()


def test_finding_out_why_an_offer_is_not_shown(page: Page) -> None:
    page.goto(f"/students/{an_id('customers', 4)}")
    page.get_by_label("Offer, by id or a part of its name").fill("moon")
    page.get_by_role("button", name="Why not").click()
    expect(page.locator(".verdict")).to_contain_text("It is not shown.")
    expect(page.locator(".verdict")).to_contain_text("it is given in AE, asked was BH")
