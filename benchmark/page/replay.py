"""Recorded order flow through the running system, with the trading page open before it."""

import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple, TypeAlias

import httpx
from playwright.sync_api import CDPSession, Page

from benchmark.page.flow import RecordedFlow
from benchmark.replay.system import find_empty_book
from launcher.supervision.run_file import RunRecord
from launcher.supervision.waiting import wait_until
from participants.formats.commands import FileCommand

_MILLISECONDS_BETWEEN_SAMPLES = 2_000
_SECONDS_TO_DRAW = 20.0
_MAX_LEVELS = 10_000
_READ_BOOK = """() => ['asks', 'bids'].map(side => market().book[side].levels
  .map(level => [level.price, level.quantity]))"""
_READ_LADDER = """() => ['asks', 'bids'].map(side => levelRows[side]
  .filter(row => !row.hidden && row.dataset.price)
  .map(row => [row.dataset.price, row.querySelector('.quantity').textContent]))"""

Sides: TypeAlias = list[list[list[str]]]
"""Asks and bids, best first, each level its price and its quantity."""


class Sample(NamedTuple):
    """The page's memory after a garbage collection: megabytes of heap, nodes of the document."""

    seconds: float
    heap: float
    nodes: int

    def describe(self) -> str:
        """Return a line."""
        return f"  {self.seconds:6.0f} s {self.heap:7.1f} MB of heap {self.nodes:7,} nodes"


class PageOutcome(NamedTuple):
    """Memory over time, and what the page and the service had at the end."""

    samples: list[Sample]
    seconds: float
    trades: int
    ladder: Sides
    book: Sides
    expected: Sides

    @property
    def is_right(self) -> bool:
        """Whether the page has the whole book, and its ladder shows the best of it."""
        best = [side[: len(shown)] for side, shown in zip(self.expected, self.ladder, strict=True)]
        return self.book == self.expected and self.ladder == best


def replay_before_page(
    page: Page, system: RunRecord, symbol: str, commands: list[FileCommand], rate: float
) -> PageOutcome:
    """Open the served page, have `rate` commands a second matched, and compare at the end.

    Raises LookupError if the symbol's book is not empty.
    """
    instrument = find_empty_book(system.gateway_url, system.market_data_url, symbol)
    flow = RecordedFlow(system.redis.url, instrument)
    page.add_init_script(f"localStorage['goquant.symbol'] = '{symbol}'")
    page.goto(f"{system.market_data_url}/")
    page.wait_for_selector("body[data-state=live]")
    page.get_by_role("tab", name="Messages").click()
    started = time.perf_counter()
    with ThreadPoolExecutor(1) as thread:
        sending = thread.submit(flow.send, commands, rate)
        samples = _watch_memory(page, sending)
    seconds = time.perf_counter() - started
    expected, trades = _read_expected(system.market_data_url, symbol, sending.result())
    _wait_until_drawn(page, expected)
    ladder, book = page.evaluate(_READ_LADDER), page.evaluate(_READ_BOOK)
    return PageOutcome(samples, seconds, trades, ladder, book, expected)


def _watch_memory(page: Page, sending: "Future[int]") -> list[Sample]:
    session = page.context.new_cdp_session(page)
    started = time.perf_counter()
    samples = [take_sample(session, started)]
    while not sending.done():
        page.wait_for_timeout(_MILLISECONDS_BETWEEN_SAMPLES)
        samples.append(take_sample(session, started))
    return samples


def take_sample(session: CDPSession, started: float) -> Sample:
    """Read the memory after a garbage collection."""
    session.send("HeapProfiler.collectGarbage")
    heap = session.send("Runtime.getHeapUsage")["usedSize"] / 1e6
    nodes = session.send("Memory.getDOMCounters")["nodes"]
    return Sample(time.perf_counter() - started, heap, nodes)


def _read_expected(market_data: str, symbol: str, sequence: int) -> tuple[Sides, int]:
    """Return the book by REST, once the feed is at `sequence`, and the trades of the last day."""
    with httpx.Client(base_url=market_data, timeout=20) as client:
        wait_until(
            lambda: client.get("/health").json()["sequence"] >= sequence,
            f"the feed is at {sequence}",
            _SECONDS_TO_DRAW,
        )
        path = f"/v1/orderbook/{symbol}?depth={_MAX_LEVELS}"
        book = client.get(path).raise_for_status().json()
        trades = client.get(f"/v1/ticker/{symbol}").raise_for_status().json()["trades"]
    return [book["asks"], book["bids"]], trades


def _wait_until_drawn(page: Page, expected: Sides) -> None:
    """Wait for the last message; what differs at the deadline is reported later."""
    deadline = time.monotonic() + _SECONDS_TO_DRAW
    while page.evaluate(_READ_BOOK) != expected and time.monotonic() < deadline:
        page.wait_for_timeout(50)
    page.evaluate("() => new Promise(requestAnimationFrame)")
    page.evaluate("() => new Promise(requestAnimationFrame)")
