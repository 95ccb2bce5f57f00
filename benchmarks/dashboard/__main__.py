"""What the dashboard's pages cost with twenty million interactions stored: HTML, scripts, first paint.

    python -m benchmarks.dashboard [--millions 20] [--rounds 200] [--database sqlite] [--only segments]

A real server, a real Chromium where there is one. Filling takes minutes: with COBI_BENCH_DATA naming a directory it
is done once, and the data stay there.
"""

from __future__ import annotations

import argparse
import gzip
import math
import statistics
import time
from collections.abc import Sequence

import httpx
from playwright.sync_api import Browser, sync_playwright

from benchmarks.dashboard.world import Filled, filled
from cobi.dashboard.door import COOKIE
from cobi.dashboard.frame import PLACES
from cobi.server.background import background
from tests.browser.conftest import ARGUMENTS, chromium
from tests.factories import an_id

HTML_MS, SCRIPTS, OWN_SCRIPTS, PAINT_MS = 150, 1_500_000, 30_000, 1000
"""What may not be passed."""

_PAINTS = 5
_PAINTED = """() => new Promise(resolve => new PerformanceObserver(list => {
    const first = list.getEntriesByName("first-contentful-paint")[0];
    if (first) resolve(first.startTime);
}).observe({type: "paint", buffered: true}))"""


def main(arguments: Sequence[str] = ()) -> None:
    """Print a row for each page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.dashboard", description=__doc__)
    parser.add_argument("--millions", type=float, default=20)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--only", default="", help="pages whose address holds this")
    chosen = parser.parse_args(arguments)
    with (
        filled(chosen.database, round(chosen.millions * 1_000_000)) as world,
        background(world.settings.data, settings=world.of_server) as server,
    ):
        cookie = httpx.post(f"{server.url}/sign-in", data={"key": world.key}).cookies[COOKIE]
        with httpx.Client(base_url=server.url, cookies={COOKIE: cookie}, timeout=120) as client:
            print(
                f"  HTML with {chosen.millions:g} million interactions on {chosen.database}, "
                f"{chosen.rounds} requests each; the limit is {HTML_MS} ms"
            )
            _tell_pages(
                client, [path for path in paths(world) if chosen.only in path], chosen.rounds, HTML_MS
            )
            late = [path for path in later(world) if chosen.only in path]
            print("\n  what is put into pages later")
            _tell_pages(client, late, max(1, chosen.rounds // 20), None)
            _tell_scripts(client)
        if not chosen.only:
            _tell_paints(server.url, cookie)


def paths(world: Filled) -> list[str]:
    """Every page of the navigation, and those that lie behind them."""
    student, shop = an_id("customers", 7), an_id("shops", 1)
    behind = [
        "/overview/now",
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
        *(f"/segments/{one}" for one in world.segments),
        f"/segments/new?kind0=did&of0={shop}&about0=shops&days0=30",
        "/segments/new?kind0=did&what0=DISCOUNT_CODE&days0=30&times0=3",
        "/segments/new?kind0=inactive&days0=14",
        "/segments/suggested",
        "/quality?by=day",
        "/settings/change?diversity=0.5",
    ]
    return [*(place.path for place in PLACES), *behind]


def later(world: Filled) -> list[str]:
    """What a script puts into a page when it is there, or a link leads to."""
    gets = [f"/segments/gets?of={one}" for one in world.segments]
    return ["/segments/listed", *gets, "/segments/suggested/found"]


def _tell_pages(client: httpx.Client, asked: Sequence[str], rounds: int, limit: int | None) -> None:
    for path in asked:
        first = 1000 * _timed(client, path)
        answer = client.get(path)
        seconds = sorted(_timed(client, path) for _ in range(rounds))
        median = 1000 * statistics.median(seconds)
        p95, p99 = (1000 * seconds[math.ceil(share * rounds) - 1] for share in (0.95, 0.99))
        told = (
            f"first {first:7.1f} ms   median {median:7.1f} ms   p95 {p95:7.1f} ms   p99 {p99:7.1f} ms   "
            f"{len(answer.content) / 1000:6.1f} kB"
        )
        late = "   over the limit" if limit is not None and p99 > limit else ""
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


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
