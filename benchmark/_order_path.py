"""JSON queue entries in, a commit's journal fields and messages out: all of it but Redis."""

import time
from pathlib import Path
from statistics import median

from benchmark._figures import Figures
from benchmark.order_entries import make_entries
from engine.handler import Handler
from protocol.instrument import parse_instruments

ENTRIES = 100_000
BATCH = 512
ID_KEY = b"k" * 32
CLOSED_ORDERS = 100_000
ASKED_NANOSECONDS = 25.0
"""Of the C++ limit on A1k: the machine that the target of 200,000 orders a second is meant for."""


def report_order_path(rounds: int, limit: float | None, figures: Figures) -> None:
    """Print the time of an order; `limit`: the C++ limit's nanoseconds on A1k in this run."""
    entries = make_entries(ENTRIES, ID_KEY)
    times = [_time_entries(entries) for _ in range(rounds)]
    nanoseconds = median(times)
    figures["JSON in, events out: us an order"] = nanoseconds / 1000
    print(
        f"JSON in, events out, batches of {BATCH}: {nanoseconds / 1000:.2f} us an order"
        f" ({min(times) / 1000:.2f} to {max(times) / 1000:.2f}), ",
        end="",
    )
    print(f"{1e9 / nanoseconds:,.0f} orders a second")
    if limit:
        there = nanoseconds * ASKED_NANOSECONDS / limit
        print(f"  {1e9 / there:,.0f} where the C++ limit takes {ASKED_NANOSECONDS:.0f} ns on A1k")


def _time_entries(entries: list[bytes]) -> float:
    """Nanoseconds of CPU an order, with a new exchange."""
    instruments = Path(__file__).resolve().parents[1] / "instruments.toml"
    handler = Handler(
        list(parse_instruments(instruments.read_text()).values()), ID_KEY, CLOSED_ORDERS
    )
    batches = [entries[first : first + BATCH] for first in range(0, len(entries), BATCH)]
    started = time.thread_time_ns()
    for now, batch in enumerate(batches):
        handler.handle(batch, now).to_journal_entry().to_fields()
    return (time.thread_time_ns() - started) / len(entries)
