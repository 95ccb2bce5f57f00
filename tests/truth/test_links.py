"""Links in the documentation lead somewhere, and pages name commands and files that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from cobi.cli.app import app

PAGES = [*Path().glob("*.md"), *Path("docs").rglob("*.md")]
_LINK = re.compile(r"\]\((?!https?:)([^)#]+)?(?:#([^)]*))?\)")
_COMMAND = re.compile(r"\bcobi ((?:[a-z]+ ?)+)")


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as repositories show them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_a_pages_links_lead_somewhere(page: Path) -> None:
    for target, anchor in _LINK.findall(page.read_text(encoding="utf-8")):
        found = page.parent / target if target else page
        assert found.exists(), target
        assert not anchor or anchor in anchors(found), anchor


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_a_pages_commands_exist(page: Path) -> None:
    known = get_command(app).commands  # pyright: ignore[reportAttributeAccessIssue]
    shown = re.findall(r"`([^`]+)`|^ {4}(.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    for quoted in filter(None, (part for pair in shown for part in pair)):
        for words in _COMMAND.findall(quoted):
            assert words.split()[0] in known, quoted


def test_the_program_explains_itself() -> None:
    assert "Recommendations" in CliRunner().invoke(app, ["--help"]).output
