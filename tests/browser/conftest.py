"""A real Chromium before a real server; where there is no browser, these tests say so and are skipped."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from cobi.dashboard.door import COOKIE
from cobi.server.background import Background, background
from tests.browser.campus import Campus, make_campus

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
WIDE, NARROW = 1440, 390
ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_MS = 10_000
MOVED = """() => new Promise(resolve => {
    let sum = 0;
    new PerformanceObserver(list => list.getEntries().forEach(one => { sum += one.value }))
        .observe({type: "layout-shift", buffered: true});
    requestAnimationFrame(() => requestAnimationFrame(() => resolve(sum)));
})"""
"""How much of a page was moved while it was loaded."""


def chromium() -> str | None:
    """The browser to drive."""
    return os.environ.get("COBI_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture(scope="session")
def executable() -> str:
    path = chromium()
    if path is None:
        pytest.skip("no Chromium here: install it (apt-get install chromium) or name one with COBI_CHROMIUM")
    return path


# Of a file, not longer: as long as it lasts, its event loop runs in this thread, and no other one can.
@pytest.fixture(scope="module")
def browser(executable: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def contexts(browser: Browser) -> dict[tuple[str, int, str, bool], BrowserContext]:
    """Windows by whom they look at, width, theme and scripts: styles and scripts are read once."""
    return {}


def world_of(make: Callable[[Path], Campus], scope: Literal["session", "module"]) -> tuple[Any, Any, Any]:
    """The fixtures `campus`, `server` and `session`: data, a server on them, and the cookie of who is signed in.

    A module whose tests change what others look at has a world of its own: `campus, server, session = world_of(…)`.
    """

    @pytest.fixture(scope=scope)
    def campus(tmp_path_factory: pytest.TempPathFactory) -> Campus:
        return make(tmp_path_factory.mktemp("campus"))

    @pytest.fixture(scope=scope)
    def server(executable: str, campus: Campus) -> Iterator[Background]:
        with background(campus.data, settings=campus.settings) as running:
            yield running

    @pytest.fixture(scope=scope)
    def session(server: Background, campus: Campus) -> str:
        return httpx.post(f"{server.url}/sign-in", data={"key": campus.key}).cookies[COOKIE]

    return campus, server, session


campus, server, session = world_of(make_campus, "session")


@pytest.fixture
def width() -> int:
    return WIDE


@pytest.fixture
def theme() -> str:
    return "light"


@pytest.fixture
def scripts() -> bool:
    return True


@pytest.fixture
def alone() -> bool:
    """Whether a test has a context of its own, as it changes more of it than cookies."""
    return False


@pytest.fixture
def context(
    browser: Browser,
    contexts: dict[tuple[str, int, str, bool], BrowserContext],
    server: Background,
    window: tuple[int, str, bool],
    alone: bool,
) -> BrowserContext:
    """A window in which nobody has left a cookie."""
    of = (server.url, *window)
    if alone or of not in contexts:
        opened = _open(browser, *of)
        if alone:
            return opened
        contexts[of] = opened
    contexts[of].clear_cookies()
    return contexts[of]


@pytest.fixture
def window(width: int, theme: str, scripts: bool) -> tuple[int, str, bool]:
    return width, theme, scripts


def _open(browser: Browser, url: str, width: int, theme: str, scripts: bool) -> BrowserContext:
    made = browser.new_context(
        base_url=url,
        viewport={"width": width, "height": 900},
        color_scheme="dark" if theme == "dark" else "light",
        timezone_id="Asia/Bahrain",
        java_script_enabled=scripts,
    )
    made.set_default_timeout(PATIENCE_MS)
    made.grant_permissions(["clipboard-read", "clipboard-write"])
    return made


@pytest.fixture
def visitor(context: BrowserContext) -> Iterator[Page]:
    """A browser nobody has signed in with; whatever it complains of fails the test."""
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: _hear(said, complaints))
    yield page
    page.close()
    assert complaints == []


@pytest.fixture
def page(visitor: Page, server: Background, session: str) -> Page:
    """A browser that somebody has signed in with."""
    visitor.context.add_cookies([{"name": COOKIE, "value": session, "url": server.url}])
    return visitor


@pytest.fixture
def overview(page: Page) -> Page:
    """The same, before the overview."""
    page.goto("/")
    return page


def _hear(said: ConsoleMessage, complaints: list[str]) -> None:
    # That a key was refused, or that there is nothing at an address, is no fault of the page.
    if said.type == "error" and not any(f"status of {status}" in said.text for status in (401, 404)):
        complaints.append(said.text)


def findings(page: Page) -> list[str]:
    """What axe finds against WCAG 2.2 AA."""
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    asked = {"runOnly": {"type": "tag", "values": tags}, "resultTypes": ["violations"]}
    told = Axe().run(page, options=asked)
    return [
        f"{violation['id']}: {node['target']} {node.get('failureSummary', '')}"
        for violation in told.response["violations"]
        for node in violation["nodes"]
    ]
