"""The trading page's memory before a market that lives: `python -m benchmark.page.memory`.

The demo market trades, the page is open before it, and its heap is read after a garbage collection
every half minute: at the end it should be what it was after five minutes, within a tenth.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Page

from benchmark.page.replay import Sample, take_sample
from benchmark.shared.figures import Figures, add_json_option, write_figures
from benchmark.shared.machine import describe_machine
from tests.support.browser import Screen, run_browser
from tests.support.launched_system import REAL, launch

MAX_GROWTH = 1.10
SECONDS_BETWEEN_SAMPLES = 30.0
SETTLED_SECONDS = 300.0
ROWS = 12
_AROUND = 3
"""Samples on either side of a time, whose median counts: a heap breathes."""


def main() -> int:
    """Watch, and print the figures; 1 if the heap has grown by more than a tenth."""
    parser = argparse.ArgumentParser(prog="python -m benchmark.page.memory", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60, help="of the market (60)")
    parser.add_argument("--market", default="demo", help="of participants/markets.toml (demo)")
    add_json_option(parser)
    options = parser.parse_args()
    print(describe_machine(), flush=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        launch(REAL, Path(folder) / "data", MARKET=options.market) as system,
        run_browser() as browser,
    ):
        screen = Screen(browser)
        screen.open_live(system.wait_until_ready().market_data_url)
        screen.expect_errors("status of 503")  # within an hour a busy engine may once be late
        samples = watch_memory(screen.page, options.minutes * 60)
        screen.close()
    figures = list_figures(samples)
    for name, value in figures.items():
        print(f"{name}: {value:,.2f}")
    write_figures(options.json, figures)
    return 0 if figures["growth from five minutes on"] <= MAX_GROWTH else 1


def watch_memory(page: Page, seconds: float) -> list[Sample]:
    """Take samples for so long; print one now and then."""
    session = page.context.new_cdp_session(page)
    started = time.perf_counter()
    samples = [take_sample(session, started)]
    every = max(1, int(seconds / SECONDS_BETWEEN_SAMPLES / ROWS))
    while samples[-1].seconds < seconds:
        page.wait_for_timeout(1_000 * min(SECONDS_BETWEEN_SAMPLES, seconds / ROWS))
        samples.append(take_sample(session, started))
        if len(samples) % every == 1 or every == 1:
            print(samples[-1].describe(), flush=True)
    return samples


def list_figures(samples: Sequence[Sample]) -> Figures:
    """List what it came to."""
    settled = _find_heap(samples, SETTLED_SECONDS)
    end = _find_heap(samples, samples[-1].seconds)
    return {
        "heap after five minutes, MB": settled,
        "heap at the end, MB": end,
        "growth from five minutes on": end / settled,
        "nodes at the end": samples[-1].nodes,
        "minutes": samples[-1].seconds / 60,
    }


def _find_heap(samples: Sequence[Sample], seconds: float) -> float:
    nearest = sorted(samples, key=lambda each: abs(each.seconds - seconds))[: 2 * _AROUND + 1]
    heaps = sorted(each.heap for each in nearest)
    return heaps[len(heaps) // 2]


if __name__ == "__main__":
    sys.exit(main())
