"""What resting orders take: memory, and time to save and load them."""

import time
from pathlib import Path

from engine.core import Matcher, OrderType

from .workload import pack_new

LARGE_BATCH = 4096
SAVED_ORDERS = 1_000_000


def resident_bytes() -> int:
    """Memory of this process, 0 where the system does not tell."""
    status = Path("/proc/self/statm")
    return int(status.read_text().split()[1]) * 4096 if status.exists() else 0


def rest(matcher: Matcher, orders: int, symbols: int) -> None:
    """Fills the books with orders that do not trade."""
    for first in range(1, orders + 1, LARGE_BATCH):
        numbers = range(first, min(first + LARGE_BATCH, orders + 1))
        records = (
            pack_new(n, n % symbols, n // symbols % 2, OrderType.LIMIT, 5, _quiet_price(n, symbols))
            for n in numbers
        )
        matcher.apply(b"".join(records))


def _quiet_price(number: int, symbols: int) -> int:
    distance = 1 + number * 7919 % 20_000
    return 32_768 + (distance if number // symbols % 2 else -distance)


def report_memory(orders: int, symbols: int) -> Matcher:
    """Fills a new matcher and prints what it takes."""
    before = resident_bytes()
    matcher = Matcher(symbols)
    rest(matcher, orders, symbols)
    used = resident_bytes() - before
    each = used / matcher.open_orders()
    print(f"{matcher.open_orders():,} orders in {symbols} books: {used / 1e6:,.0f} MB, ", end="")
    print(f"{each:.0f} bytes each, books included")
    return matcher


def report_saving() -> None:
    """Prints the time to save and to load a full book."""
    matcher = report_memory(SAVED_ORDERS, 1)
    started = time.perf_counter()
    saved = matcher.save()
    half = time.perf_counter()
    loaded = Matcher.load(saved)
    ended = time.perf_counter()
    assert loaded.state_hash() == matcher.state_hash()
    print(f"  saved in {half - started:.2f} s ({len(saved) / 1e6:.0f} MB), ", end="")
    print(f"loaded in {ended - half:.2f} s")
