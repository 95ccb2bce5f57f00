"""What the dashboard's pages cost with twenty million interactions stored: HTML, scripts, first paint.

    python -m benchmarks.dashboard [--millions 20] [--rounds 200]

A real server, a real Chromium where there is one. Filling takes minutes: with COBI_BENCH_DATA naming a directory it
is done once, and the data stay there.
"""

from __future__ import annotations

import argparse
import gzip
import math
import os
import statistics
import tempfile
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import httpx
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import insert, text

from benchmarks.reports.filling import DATA, DAYS, FIRST, fill
from cobi.config.settings import Settings
from cobi.dashboard.door import COOKIE
from cobi.dashboard.frame import PLACES
from cobi.domain.moments import DAY, HOUR, format_moment
from cobi.server.background import background
from cobi.service.registry import SCOPES, Registry
from cobi.service.service import Service
from cobi.store.histories import FAN_IN, RUN_ROWS
from cobi.store.rollups.tables import counted_days
from tests.browser.conftest import ARGUMENTS, chromium
from tests.factories import an_id, interaction, minimal, upload

ORGANISATION = "bench"
NOW = FIRST + DAYS * DAY + HOUR
HTML_MS, SCRIPTS, OWN_SCRIPTS, PAINT_MS = 150, 1_500_000, 30_000, 1000
"""What may not be passed."""

_PAINTS = 5
_RUN = FAN_IN**2 * RUN_ROWS
_PAINTED = """() => new Promise(resolve => new PerformanceObserver(list => {
    const first = list.getEntriesByName("first-contentful-paint")[0];
    if (first) resolve(first.startTime);
}).observe({type: "paint", buffered: true}))"""


@dataclass(frozen=True)
class Filled:
    """Where the data lie, and the key that opens them."""

    data: Path
    key: str

    @property
    def settings(self) -> dict[str, object]:
        """What its server runs with: the clock stands where the data end."""
        return {"now": format_moment(NOW), "recommendations_per_minute": 0}


def main(arguments: Sequence[str] = ()) -> None:
    """Print a row for each page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.dashboard", description=__doc__)
    parser.add_argument("--millions", type=float, default=20)
    parser.add_argument("--rounds", type=int, default=200)
    chosen = parser.parse_args(arguments)
    with (
        _filled(round(chosen.millions * 1_000_000)) as filled,
        background(filled.data, settings=filled.settings) as server,
    ):
        cookie = httpx.post(f"{server.url}/sign-in", data={"key": filled.key}).cookies[COOKIE]
        with httpx.Client(base_url=server.url, cookies={COOKIE: cookie}, timeout=120) as client:
            _tell_pages(client, chosen.rounds, chosen.millions)
            _tell_scripts(client)
        _tell_paints(server.url, cookie)


def paths() -> list[str]:
    """Every page of the navigation, and those that lie behind them."""
    student, shop = an_id("customers", 7), an_id("shops", 1)
    behind = [
        "/effectiveness?by=shop",
        "/effectiveness?by=tag",
        "/effectiveness?against=before&by=platform&region=BH",
        f"/effectiveness?shop_id={shop}",
        "/effectiveness/answers",
        "/effectiveness/interactions?interaction_type=DISCOUNT_CODE",
        "/models/1",
        "/models/compare?a=1&b=2",
        f"/students/{student}",
        f"/students/{student}?why_not={an_id('offers', 3)}",
        "/catalogue?kind=shops",
        "/catalogue?unshown=0",
        "/catalogue?expiring_within=30",
        f"/catalogue/offers/{an_id('offers', 3)}",
        f"/catalogue/shops/{shop}",
        f"/segments/new?kind0=did&of0={shop}&about0=shops&days0=30",
        "/segments/new?kind0=did&what0=DISCOUNT_CODE&days0=30&times0=3",
        "/segments/new?kind0=inactive&days0=14",
        "/quality?by=day",
    ]
    return [*(place.path for place in PLACES), *behind]


def _tell_pages(client: httpx.Client, rounds: int, millions: float) -> None:
    print(f"  HTML with {millions:g} million interactions, {rounds} requests each; the limit is {HTML_MS} ms")
    for path in paths():
        answer = client.get(path)
        answer.raise_for_status()
        seconds = sorted(_timed(client, path) for _ in range(rounds))
        median, p99 = 1000 * statistics.median(seconds), 1000 * seconds[math.ceil(0.99 * rounds) - 1]
        told = f"median {median:7.1f} ms   p99 {p99:7.1f} ms   {len(answer.content) / 1000:6.1f} kB"
        late = "   over the limit" if p99 > HTML_MS else ""
        print(f"  {path.split('?')[0][:30]:30} {_asked(path):26} {told}{late}", flush=True)


def _asked(path: str) -> str:
    return ", ".join(part.partition("=")[0] for part in path.partition("?")[2].split("&"))


def _timed(client: httpx.Client, path: str) -> float:
    began = time.perf_counter()
    client.get(path).raise_for_status()
    return time.perf_counter() - began


def _tell_scripts(client: httpx.Client) -> None:
    html = client.get("/").text
    scripts = [part.split('"')[0] for part in html.split('<script src="')[1:]]
    sizes = {address: client.get(address).content for address in scripts}
    total = sum(map(len, sizes.values()))
    packed = sum(len(gzip.compress(content, 9)) for content in sizes.values())
    print(
        f"\n  scripts: {total / 1000:.1f} kB ({packed / 1000:.1f} kB as sent), all of them our own; "
        f"the limits are {OWN_SCRIPTS / 1000:.0f} kB of our own and {SCRIPTS / 1e6:.1f} MB in all"
    )


def _tell_paints(url: str, cookie: str) -> None:
    executable = chromium()
    if executable is None:
        print("\n  no Chromium here: no first paint measured")
        return
    print(f"\n  first contentful paint, nothing kept from before; the limit is {PAINT_MS} ms")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        for place in PLACES:
            paints = sorted(_paint(browser, url, cookie, place.path) for _ in range(_PAINTS))
            print(
                f"  {place.path:30} median {paints[_PAINTS // 2]:6.0f} ms   slowest {paints[-1]:6.0f} ms",
                flush=True,
            )
        browser.close()


def _paint(browser: Browser, url: str, cookie: str, path: str) -> float:
    context = browser.new_context(base_url=url, viewport={"width": 1440, "height": 900})
    context.add_cookies([{"name": COOKIE, "value": cookie, "url": url}])
    page = context.new_page()
    page.goto(path)
    painted = page.evaluate(_PAINTED)
    context.close()
    return float(painted)


@contextmanager
def _filled(interactions: int) -> Generator[Filled]:
    kept = os.environ.get(DATA)
    if kept is None:
        with tempfile.TemporaryDirectory(prefix="cobi-bench-") as made:
            yield _fill(Path(made), interactions)
        return
    data = Path(kept) / f"dashboard-{interactions}"
    note = data / "key"
    if not note.exists():
        filled = _fill(data, interactions)
        note.write_text(filled.key)
    yield Filled(data, note.read_text())


def _fill(data: Path, interactions: int) -> Filled:
    began = time.perf_counter()
    clock = [FIRST]
    registry = Registry(Settings(data=data), lambda: clock[0])
    key = registry.create_key(ORGANISATION, frozenset(SCOPES))
    service = registry.named(ORGANISATION)
    fill(service, interactions)
    _enter(service, interactions)
    _note(service)
    _people(service)
    clock[0] = NOW
    service.tidy()
    registry.close()
    print(f"  filled in {time.perf_counter() - began:.0f} s", flush=True)
    return Filled(data, key)


def _people(service: Service) -> None:
    """What is small whatever is stored: two models, a holdout, refused records."""
    clicks = [
        interaction(
            student_id=an_id("customers", n),
            item_id=an_id("offers", (n * 7 + m) % 50),
            event_timestamp=FIRST // 1_000_000 + n * 60 + m,
        )
        for n in range(300)
        for m in range(5)
    ]
    upload(service, "user-interactions", *clicks)
    service.models.train(until=FIRST + HOUR * 6, promote=True)
    service.models.train(until=FIRST + HOUR * 7, promote=True)
    upload(
        service, "offers", *(minimal("offers", 10**6 + n, shop_id=an_id("nothing", n)) for n in range(500))
    )


def _enter(service: Service, interactions: int) -> None:
    """Histories as they lie when Cobi has had time to merge them; rows made in the database have none."""
    database = service._core.database  # noqa: SLF001 (no door takes as many)
    if database.engine.dialect.name != "sqlite":
        return
    statement = text(
        "INSERT INTO histories (run, owner, interaction_id) SELECT :run, student_key, interaction_id FROM interactions "
        "WHERE interaction_id >= :first AND interaction_id < :end ORDER BY 2, 3"
    )
    for number, (first, end) in enumerate(_spans(interactions)):
        bounds = {"run": -1 - number, "first": first, "end": end}
        with database.engine.execution_options(writing=True).begin() as connection:
            rows = connection.execute(statement, bounds).rowcount
            connection.execute(
                text('INSERT INTO history_runs (run, level, "rows") VALUES (:run, 2, :rows)'),
                {"run": -1 - number, "rows": rows},
            )


def _note(service: Service) -> None:
    """All days as commits would have noted them, so that they are counted and packed."""
    days = [(day, 1, 0, 1) for day in range(FIRST // DAY, FIRST // DAY + DAYS)]
    columns = ("day", "changes", "seen", "gathered")
    with service._core.database.engine.execution_options(writing=True).begin() as connection:  # noqa: SLF001 (no door takes as many)
        connection.execute(insert(counted_days), [dict(zip(columns, day, strict=True)) for day in days])


def _spans(interactions: int) -> Iterator[tuple[bytes, bytes]]:
    """Ids from which to which a run reaches."""
    runs = max(1, -(-interactions // _RUN))
    milliseconds, span = FIRST // 1000, DAYS * DAY // 1000
    ends = [milliseconds + span * number // runs for number in range(runs + 1)]
    ends[-1] += 1
    for first, end in pairwise(ends):
        yield first.to_bytes(6, "big") + bytes(10), end.to_bytes(6, "big") + bytes(10)


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
