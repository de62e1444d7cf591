"""How soon the trading page is there: `python -m benchmark.page.loading`.

What goes over the wire, and how much of it is our own code; how long it is from navigation to the
first book; the longest task of the main thread, while it loads and for a while of the demo market.
"""

import argparse
import gzip
import json
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import httpx
from playwright.sync_api import Browser

from benchmark.shared.figures import Figures, add_json_option, write_figures
from benchmark.shared.machine import describe_machine
from tests.support.browser import PAGE, run_browser
from tests.support.launched_system import REAL, launch

Json: TypeAlias = dict[str, Any]

_CATEGORIES = ["disabled-by-default-devtools.timeline"]
_VENDORED = Path(__file__).parents[2] / "market_data" / "page" / "vendor"
_FIRST_BOOK = """() => new Promise(done => {
  const look = () => market().book.bids.levels.length && document.body.dataset.state === 'live'
    ? done(performance.now()) : requestAnimationFrame(look);
  look();
})"""


def main() -> int:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmark.page.loading", description=__doc__)
    parser.add_argument("--visits", type=int, default=5, help="(default 5)")
    parser.add_argument("--seconds", type=float, default=30, help="of the market (30)")
    add_json_option(parser)
    options = parser.parse_args()
    print(describe_machine())
    with (
        tempfile.TemporaryDirectory() as folder,
        launch(REAL, Path(folder) / "data", MARKET="demo") as system,
        run_browser() as browser,
    ):
        url = f"{system.wait_until_ready().market_data_url}/"
        figures = measure_wire(url) | visit(browser, url, options.visits, options.seconds)
    for name, value in figures.items():
        print(f"{name}: {value:,.1f}")
    write_figures(options.json, figures)
    return 0


def measure_wire(url: str) -> Figures:
    """Measure what a visit transfers; our own code is what is left without the vendored."""
    with httpx.stream("GET", url, headers={"Accept-Encoding": "br, gzip"}, timeout=60) as answer:
        wire = sum(map(len, answer.iter_raw()))
    whole = PAGE.read_text()
    vendored = [file.read_text() for file in _VENDORED.iterdir()]
    own = whole
    for text in vendored:
        own = own.replace(text.strip(), "")
    return {
        "page, kB": len(whole.encode()) / 1000,
        "over the wire, kB": wire / 1000,
        "over the wire, our own code, kB": wire * _compress(own) / _compress(whole) / 1000,
    }


def _compress(text: str) -> int:
    return len(gzip.compress(text.encode(), 9))


def visit(browser: Browser, url: str, visits: int, seconds: float) -> Figures:
    """Open the page several times, and stay the last time."""
    books: list[float] = []
    loading: list[Json] = []
    staying: list[Json] = []
    for number in range(visits):
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        page = context.new_page()
        browser.start_tracing(page=page, categories=_CATEGORIES)
        page.goto(url)
        books.append(page.evaluate(_FIRST_BOOK))
        page.wait_for_timeout(500)
        loading += json.loads(browser.stop_tracing())["traceEvents"]
        if number == visits - 1:
            browser.start_tracing(page=page, categories=_CATEGORIES)
            page.wait_for_timeout(1_000 * seconds)
            staying = json.loads(browser.stop_tracing())["traceEvents"]
        context.close()
    return {
        "from navigation to the first book, median ms": statistics.median(books),
        "longest task of loading, CPU ms": max(_list_tasks(loading)),
        "longest task afterwards, CPU ms": max(_list_tasks(staying)),
    }


def _list_tasks(events: Sequence[Json]) -> Iterator[float]:
    """List the CPU of each task of the pages' main threads, by the threads' own clocks."""
    threads = {
        (each["pid"], each["tid"])
        for each in events
        if each["name"] == "thread_name" and each["args"]["name"] == "CrRendererMain"
    }
    for each in events:
        is_task = each["name"] == "RunTask" and (each["pid"], each["tid"]) in threads
        if is_task and "tdur" in each:
            yield each["tdur"] / 1000


if __name__ == "__main__":
    sys.exit(main())
