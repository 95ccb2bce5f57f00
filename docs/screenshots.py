"""Pictures of every page on the demonstration's data: `python -m docs.screenshots [--only NAME …] [--data DIR]`.

Light and dark, wide and narrow, as WebP into docs/pictures/dashboard/; the page docs/screenshots.md shows them. The
data are those of `cobi demo` by a clock that always ends at the same moment. It takes two minutes and a Chromium.
"""

from __future__ import annotations

import argparse
import base64
import sys
import tempfile
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, Page, expect, sync_playwright

from cobi.config.settings import load
from cobi.dashboard.door import COOKIE
from cobi.demonstration.happenings import PERSONAL
from cobi.demonstration.lived import CAMPUS, live
from cobi.domain.moments import DAY, HOUR, format_moment
from cobi.selftest.run import MORNING_OF_TIME
from cobi.server.background import Background, background
from cobi.service.registry import SCOPES, Registry
from tests.browser.conftest import ARGUMENTS, NARROW, WIDE, chromium

FOLDER = Path(__file__).parent
PICTURES = FOLDER / "pictures" / "dashboard"
SEED, ORGANISATION, BEGINNER = 7, "campus", "beginner"
UNTIL = MORNING_OF_TIME + 2 * DAY + 15 * HOUR
"""Thursday 18 June 2026, 15:00 UTC."""

THEMES = ("light", "dark")
WIDTHS = {"wide": WIDE, "narrow": NARROW}
_TALLEST, _QUALITY, _HEIGHT, _LATEST_MS = 3000, 72, 900, 20_000


@dataclass(frozen=True)
class Shot:
    """A page to show: under which name, where it is, and what is to be said of it."""

    name: str
    path: str
    words: str
    key: str | None = ORGANISATION
    """Whose key opens it; None where nobody is signed in."""


@dataclass(frozen=True)
class Known:
    """Ids of what there is to see."""

    student: str
    experiment: str
    offer: str
    unshown: str
    shop: str
    segment: str
    evaluation: str


def shots(known: Known) -> list[Shot]:
    """All pages, in the order of the navigation."""
    student, experiment, evaluation = known.student, known.experiment, known.evaluation
    return [
        Shot("overview", "/", "Overview: this week beside the last, and what recommendations caused"),
        Shot("effectiveness", "/effectiveness?from=2026-06-12&to=2026-06-19&against=before",
             "Effectiveness, beside the period before"),
        Shot("effectiveness-arms",
             f"/effectiveness?arm={PERSONAL}:personal&against=arm:{PERSONAL}:popular&region=BH&by=platform",
             "Effectiveness: personal lists beside the popular one in Bahrain"),
        Shot("experiments", "/experiments", "Experiments"),
        Shot("experiment", f"/experiments/{experiment}", "An experiment that is decided: what to do, in words"),
        Shot("models", "/models", "Models: versions, figures, the gate's verdicts"),
        Shot("model", "/models/2", "A model: what the gate decided, and on what"),
        Shot("evaluation", f"/models/evaluations/{evaluation}", "An evaluation: how well each method foretells"),
        Shot("compared", "/models/compare?a=1&b=2", "Two versions side by side"),
        Shot("students", "/students", "Students"),
        Shot("student", f"/students/{student}", "A student: what they would be shown now and why, and their timeline"),
        Shot("why-not", f"/students/{student}?why_not={known.unshown}",
             "Why not: the rank of an offer, what removed it, what would change it"),
        Shot("catalogue", "/catalogue", "Catalogue: how items do"),
        Shot("unshown", "/catalogue?unshown=0", "Offers that nobody is shown, and why"),
        Shot("item", f"/catalogue/offers/{known.offer}", "An item of the catalogue"),
        Shot("shop", f"/catalogue/shops/{known.shop}", "A shop: what resembles it, and its offers"),
        Shot("segments", "/segments", "Segments"),
        Shot("segment", f"/segments/{known.segment}", "A segment: who belongs, and what it gets"),
        Shot("segment-new",
             "/segments/new?kind0=region&of0=BH&kind1=did&what1=DISCOUNT_CODE&times1=3&days1=30",
             "Building a segment: who belongs, and what they would get"),
        Shot("segments-found", "/segments/suggested", "Segments found in the data"),
        Shot("quality", "/quality", "Data quality: what was refused, and why"),
        Shot("mend", "/quality/mend?type=offers", "Mending refused records"),
        Shot("keys", "/keys", "Keys"),
        Shot("settings", "/settings", "Settings"),
        Shot("sign-in", "/sign-in", "Signing in", key=None),
        Shot("begin", "/", "The first run: what to do next", key=BEGINNER),
    ]  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    """Take the pictures, and write the page that shows them."""
    parser = argparse.ArgumentParser(prog="python -m docs.screenshots", description=__doc__)
    parser.add_argument("--only", nargs="*", help="names of pages to take anew")
    parser.add_argument("--data", type=Path, help="a directory that keeps the data for the next time")
    chosen = parser.parse_args(arguments)
    executable = chromium()
    if executable is None:
        raise SystemExit("there is no Chromium here: install it, or name one with COBI_CHROMIUM")
    with _served(chosen.data) as (server, keys), sync_playwright() as playwright:
        known = _known(server, keys[ORGANISATION])
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        cookies = {
            whose: httpx.post(f"{server.url}/sign-in", data={"key": key}).cookies[COOKIE]
            for whose, key in keys.items()
        }
        found = [shot for shot in shots(known) if _is_there(server, _cookies(cookies, shot), shot)]
        for shot in found:
            if not chosen.only or shot.name in chosen.only:
                _take(browser, server.url, _cookies(cookies, shot), shot)
        browser.close()
    (FOLDER / "screenshots.md").write_text(_page(found))
    taken = [one.stat().st_size for one in PICTURES.iterdir()]
    sys.stdout.write(f"{len(taken)} pictures, {sum(taken) / 1e6:.1f} MB\n")


@contextmanager
def _served(kept: Path | None) -> Generator[tuple[Background, dict[str, str]]]:
    with tempfile.TemporaryDirectory(prefix="cobi-screenshots-") as made:
        data = kept or Path(made)
        note = data / "key"
        if not note.exists():
            settings = load(data, recommendations_per_minute=0, database_url="", now="")
            lived = live(settings, ORGANISATION, CAMPUS, SEED, UNTIL, _quietly)
            registry = Registry(settings, lambda: UNTIL)
            beginner = registry.create_key(BEGINNER, frozenset(SCOPES))
            registry.close()
            note.write_text(f"{lived.key} {beginner}")
        keys: dict[str, str] = dict(zip((ORGANISATION, BEGINNER), note.read_text().split(), strict=True))
        with background(data, settings={"now": format_moment(UNTIL)}) as server:
            yield server, keys


def _quietly(_percent: float, _message: str) -> None:
    """Nobody waits for it."""


def _cookies(cookies: Mapping[str, str], shot: Shot) -> dict[str, str]:
    return {} if shot.key is None else {COOKIE: cookies[shot.key]}


def _known(server: Background, key: str) -> Known:
    """A student with a past, the experiment that is decided, what they are shown and what not."""
    with httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {key}"}) as cobi:
        records = cobi.get(
            "/v1/reports/effectiveness/interactions", params={"interaction_type": "DISCOUNT_CODE"}
        ).json()["records"]
        student = next(one["student_id"] for one in records if one["student_id"])
        [decided] = [
            one for one in cobi.get("/v1/experiments").json()["experiments"] if one["name"] == PERSONAL
        ]
        shown = cobi.get(f"/v1/students/{student}/recommendations", params={"limit": 40}).json()["items"]
        offers = [one["item_id"] for one in shown]
        return Known(
            student,
            decided["experiment_id"],
            offers[0],
            offers[-1],
            cobi.get(f"/v1/data/offers/{offers[0]}").json()["shop_id"],
            cobi.get("/v1/segments").json()["segments"][0]["segment_id"],
            _evaluation(cobi),
        )


def _evaluation(cobi: httpx.Client) -> str:
    """One that is done, asked for where there is none."""
    if not cobi.get("/v1/models/evaluations").json()["jobs"]:
        cobi.post("/v1/models/evaluate", json={}).raise_for_status()
    while True:
        job = cobi.get("/v1/models/evaluations").json()["jobs"][0]
        if job["state"] not in ("queued", "running"):
            return job["job_id"]
        time.sleep(1)


def _is_there(server: Background, cookies: dict[str, str], shot: Shot) -> bool:
    return httpx.get(f"{server.url}{shot.path}", cookies=cookies).status_code == HTTPStatus.OK


def _take(browser: Browser, url: str, cookies: Mapping[str, str], shot: Shot) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    for theme in THEMES:
        for width, pixels in WIDTHS.items():
            context = browser.new_context(
                base_url=url,
                viewport={"width": pixels, "height": _HEIGHT},
                color_scheme="dark" if theme == "dark" else "light",
                timezone_id="Asia/Bahrain",
                reduced_motion="reduce",
            )
            context.add_cookies(
                [{"name": name, "value": value, "url": url} for name, value in cookies.items()]
            )
            page = context.new_page()
            page.goto(shot.path)
            # The first page of a browser is in UTC; from the next one on times are those of its zone.
            page.reload()
            expect(page.locator("[data-late]")).to_have_count(0, timeout=_LATEST_MS)
            (PICTURES / f"{shot.name}-{theme}-{width}.webp").write_bytes(_picture(page, pixels))
            context.close()


def _picture(page: Page, width: int) -> bytes:
    height = min(int(page.evaluate("document.documentElement.scrollHeight")), _TALLEST)
    # What sticks to the window would lie in the middle of a picture taller than it.
    page.set_viewport_size({"width": width, "height": height})
    session: Any = page.context.new_cdp_session(page)
    taken = session.send("Page.captureScreenshot", {"format": "webp", "quality": _QUALITY})
    return base64.b64decode(taken["data"])


def _page(found: Sequence[Shot]) -> str:
    lines = [
        "# What the dashboard looks like",
        "",
        "<!-- made by `python -m docs.screenshots` -->",
        "",
        "Every page on the data of `cobi demo`, light and dark, 1440 and 390 pixels wide. What each is for:",
        "[the dashboard](how-to/dashboard.md).",
    ]
    for shot in found:
        lines += ["", f"## {shot.words}", ""]
        for width in WIDTHS:
            at = f"pictures/dashboard/{shot.name}"
            pixels = 720 if width == "wide" else 195
            lines += [
                " ".join(
                    f'<img src="{at}-{theme}-{width}.webp" width="{pixels // (2 if width == "wide" else 1)}" '
                    f'alt="{shot.words}, {theme}, {width}">'
                    for theme in THEMES
                ),
                "",
            ]
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    main()
