"""What the trading page costs: `python -m benchmark.page.cost [--before FILE]`.

Main-thread CPU a draw, by the thread's own clock, at 70 commands and 20 trades a second, beside an
older page before the same flow at the same time; and a frame while 20,000 open orders scroll.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

from playwright.sync_api import Browser, CDPSession, Page

from benchmark.page.flow import RecordedFlow
from benchmark.replay.system import find_empty_book
from benchmark.shared.figures import Figures, add_json_option, write_figures
from benchmark.shared.machine import describe_machine
from launcher.supervision.run_file import RunRecord
from participants.formats.commands import FileCommand
from tests.support.browser import run_browser
from tests.support.launched_system import REAL, launch

SYMBOL = "SOL-USDT"
RATE = 70
TRADES_IN_SEVEN = 2
MIDDLE, REACH, QUANTITY = 150_000, 40, 1_000
ORDERS, FRAMES = 20_000, 240
_COUNT_DRAWS = """
window.draws = 0;
window.requestAnimationFrame = (ask => draw => ask(now => { window.draws++; draw(now); }))(
  window.requestAnimationFrame.bind(window));
"""
_ADD_ORDERS = """count => {
  for (let number = 1; number <= count; number++) takeOrder({
    order_id: String(number), symbol, side: number % 2 ? 'buy' : 'sell', order_type: 'limit',
    status: 'open', quantity: '1.000', filled_quantity: '0.000', remaining_quantity: '1.000',
    price: `${100 + number / 1000}`, sequence: number, timestamp: new Date().toISOString() });
}"""
_SCROLL = """frames => new Promise(done => {
  const panel = document.getElementById('panel-open'), began = performance.now();
  let left = frames;
  const step = () => {
    panel.scrollTop = (panel.scrollTop + 800) % (panel.scrollHeight - panel.clientHeight);
    if (left--) requestAnimationFrame(step); else done(1000 * frames / (performance.now() - began));
  };
  requestAnimationFrame(step);
})"""


def main() -> int:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmark.page.cost", description=__doc__)
    parser.add_argument("--before", type=Path, metavar="FILE", help="an older page, as a file")
    parser.add_argument("--seconds", type=int, default=60, help="of flow (60)")
    add_json_option(parser)
    options = parser.parse_args()
    print(describe_machine())
    with (
        tempfile.TemporaryDirectory() as folder,
        launch(REAL, Path(folder) / "data", ALLOWED_ORIGINS="null") as system,
        run_browser() as browser,
    ):
        record = system.wait_until_ready()
        figures = measure_draws(browser, record, options.before, options.seconds)
        figures |= measure_scrolling(browser, record)
    for name, value in figures.items():
        print(f"{name}: {value:,.2f}")
    write_figures(options.json, figures)
    return 0


def measure_draws(
    browser: Browser, system: RunRecord, before: Path | None, seconds: int
) -> Figures:
    """Have each page follow the same flow; return CPU a draw, and of a second."""
    flow = RecordedFlow(
        system.redis.url, find_empty_book(system.gateway_url, system.market_data_url, SYMBOL)
    )
    pages = {"the page": Watched(browser, system, None)}
    if before is not None:
        pages["the page of before"] = Watched(browser, system, before)
    with ThreadPoolExecutor(1) as thread:
        sending = thread.submit(flow.send, list(make_flow(RATE * (seconds + 5))), RATE)
        some = next(iter(pages.values())).page
        some.wait_for_timeout(5_000)  # a book to draw
        for each in pages.values():
            each.begin()
        some.wait_for_timeout(1_000 * seconds)
        figures = {
            f"{name}: {what}": value
            for name, each in pages.items()
            for what, value in each.read(seconds).items()
        }
        sending.result()
    for each in pages.values():
        each.page.context.close()
    return figures


def measure_scrolling(browser: Browser, system: RunRecord) -> Figures:
    """Scroll through open orders that the page is told of, a screen a frame."""
    watched = Watched(browser, system, None)
    watched.page.evaluate(_ADD_ORDERS, ORDERS)
    watched.page.wait_for_function("count => openTable.list.length >= count", arg=ORDERS)
    watched.begin()
    rate = watched.page.evaluate(_SCROLL, FRAMES)
    busy = watched.read_busy()
    watched.page.context.close()
    return {
        f"{ORDERS:,} open orders: CPU a frame, ms": 1000 * busy / FRAMES,
        f"{ORDERS:,} open orders: frames a second": rate,
    }


class Watched:
    """A page in a window of its own, and the CPU of its main thread."""

    def __init__(self, browser: Browser, system: RunRecord, file: Path | None) -> None:
        self.page: Page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
        self.page.add_init_script(_COUNT_DRAWS + f"localStorage['goquant.symbol'] = '{SYMBOL}'")
        self.page.goto(f"{system.market_data_url}/" if file is None else file.resolve().as_uri())
        if file is not None:  # a file watches, if it is told what
            self.page.locator("#status").click()
            self.page.locator("#feed-url").fill(system.feed_url)
            self.page.get_by_role("button", name="Use these").click()
        self.page.wait_for_selector("body[data-state=live]", timeout=60_000)
        self._session: CDPSession = self.page.context.new_cdp_session(self.page)
        self._session.send("Performance.enable", {"timeDomain": "threadTicks"})
        self._busy = 0.0
        self._draws = 0

    def begin(self) -> None:
        """Count from now on."""
        self._busy = self._read_total()
        self._draws = self.page.evaluate("window.draws")

    def read_busy(self) -> float:
        """Return the seconds of CPU since `begin`."""
        return self._read_total() - self._busy

    def read(self, seconds: int) -> Figures:
        """Return what it took since `begin`."""
        busy, draws = self.read_busy(), self.page.evaluate("window.draws") - self._draws
        return {
            "CPU a draw, ms": 1000 * busy / max(1, draws),
            "draws a second": draws / seconds,
            "share of a core, %": 100 * busy / seconds,
        }

    def _read_total(self) -> float:
        metrics = self._session.send("Performance.getMetrics")["metrics"]
        return float(next(each["value"] for each in metrics if each["name"] == "TaskDuration"))


def make_flow(count: int) -> Iterator[FileCommand]:
    """Yield orders that rest around a middle that wanders, and of each seven two that trade."""
    random, middle = Random(1), MIDDLE
    for number in range(count):
        middle += random.choice((-1, 0, 1))
        is_buy, takes = random.random() < 0.5, number % 7 < TRADES_IN_SEVEN
        away = random.randint(1, REACH) * (1 if takes == is_buy else -1)
        yield FileCommand(
            "I" if takes else "N", f"cost-{number}", is_buy=is_buy,
            price=middle + away, quantity=random.randint(1, QUANTITY),
        )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
