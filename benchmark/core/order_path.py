"""The whole order path but Redis: JSON queue entries in, journal fields and messages out.

With a ledger, as every exchange keeps one.
"""

import time
from collections.abc import Callable
from pathlib import Path

from benchmark.core.rounds import Rounds
from benchmark.shared.figures import Figures
from benchmark.shared.order_entries import make_entries
from engine.exchange.exchange import Exchange
from engine.exchange.own_entries import make_configuration
from engine.order_path.handler import Handler
from protocol.assets import LedgerSettings, parse_assets
from protocol.enums import BalanceMode
from protocol.instrument import parse_instruments
from protocol.limits import TradingLimits

ENTRIES = 100_000
BATCH = 512
ID_KEY = b"k" * 32
CLOSED_ORDERS = 100_000
ASKED_NANOSECONDS = 25.0
"""The C++ limit on A1k on the machine for which the target is 200,000 orders a second."""


def report_order_path(
    rounds: int, time_limit: Callable[[], float] | None, figures: Figures
) -> None:
    """Print the time of an order; `time_limit` measures the C++ limit on A1k, in turn with it."""
    entries = make_entries(ENTRIES, ID_KEY)
    times, limits = [], []
    for _ in range(rounds):
        if time_limit:
            limits.append(time_limit())
        times.append(time_entries(entries))
    path, limit = Rounds(times), Rounds(limits)
    figures["JSON in, events out: us an order"] = path.median / 1000
    print(
        f"JSON in, events out, batches of {BATCH}: {path:.0f} ns an order,"
        f" {1e9 / path.median:,.0f} orders a second"
    )
    if limit:
        there = path.median * ASKED_NANOSECONDS / limit.median
        figures["JSON in, events out: x C++ limit"] = path.median / limit.median
        print(
            f"  C++ limit on A1k {limit:.1f} ns: {path.describe_ratio(limit)};"
            f" {1e9 / there:,.0f} orders a second where it takes {ASKED_NANOSECONDS:.0f} ns"
        )


def time_entries(entries: list[bytes]) -> float:
    """Return nanoseconds of CPU an order, with a new exchange."""
    text = (Path(__file__).resolve().parents[2] / "instruments.toml").read_text()
    instruments = list(parse_instruments(text).values())
    # one account sends it all, which with funds to be checked would soon have none
    ledger = LedgerSettings.of(BalanceMode.UNLIMITED, parse_assets(text, instruments), instruments)
    handler = Handler(Exchange(instruments, ID_KEY, CLOSED_ORDERS))
    handler.handle([make_configuration(TradingLimits(), ledger)], 0, 0)
    batches = [entries[first : first + BATCH] for first in range(0, len(entries), BATCH)]
    started = time.thread_time_ns()
    for now, batch in enumerate(batches):
        handler.handle(batch, now, 0).to_journal_entry().to_fields()
    return (time.thread_time_ns() - started) / len(entries)
