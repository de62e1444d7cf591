"""What resting orders take: memory, and time to save and load them."""

import ctypes
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from benchmark.core.workload import pack_new
from benchmark.shared.figures import Figures
from engine.core import Matcher, OrderType, Side

LARGE_BATCH = 4096
SAVED_ORDERS = 1_000_000
_SYMBOLS = 1_000
_MIDDLE = 32_768
_NEAR = 20_000
_LEVELS = 1 << 17
"""So many that they fill the pool; just after it has doubled, half of it would be empty."""
_ACCOUNTS = 1 << 20
"""So many that they fill the rows, for the same reason."""
_FAR, _APART = 10_000_000, 1_000


def resident_bytes() -> int:
    """Return the memory of this process, 0 if the system does not tell."""
    status = Path("/proc/self/statm")
    return int(status.read_text().split()[1]) * 4096 if status.exists() else 0


def rest(matcher: Matcher, orders: int, symbols: int) -> None:
    """Fill the books with orders that do not trade."""
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
    """Fill a new matcher and print what memory it takes."""
    before = resident_bytes()
    matcher = Matcher(symbols)
    rest(matcher, orders, symbols)
    used = resident_bytes() - before
    each = used / matcher.open_orders()
    print(f"{matcher.open_orders():,} orders in {symbols} books: {used / 1e6:,.0f} MB, ", end="")
    print(f"{each:.0f} bytes each, books included")
    return matcher


def report_small_memory(figures: Figures) -> None:
    """Print the memory of a symbol without orders, of its first order, and of a far price level."""
    empty, matcher = _measure(lambda: Matcher(_SYMBOLS))
    first, _ = _measure(lambda: _rest_at(matcher, [_MIDDLE] * _SYMBOLS, range(_SYMBOLS)))
    near = _measure_levels([_MIDDLE - number % _NEAR for number in range(_LEVELS)])
    far = _measure_levels([_FAR + number * _APART for number in range(_LEVELS)])
    told = {
        "a symbol without orders": empty / _SYMBOLS,
        "its first order, with its window": first / _SYMBOLS,
        "an open order near the touch": near / _LEVELS,
        "an open order at a far price of its own": far / _LEVELS,
        "of it the far level": (far - near) / _LEVELS,
    }
    print("memory:")
    for name, size in told.items():
        print(f"  {name:<40}{size:>12,.0f} bytes")
        figures[f"{name}: bytes"] = size


def report_accounts(figures: Figures) -> None:
    """Print the memory of an account, by number of assets, and the time to open a million."""
    print(f"a ledger of {_ACCOUNTS:,} accounts:")
    for assets in (2, 10):
        started = time.perf_counter()
        used, _ = _measure(partial(_open_accounts, assets))
        seconds = time.perf_counter() - started
        figures[f"an account with {assets} assets: bytes"] = used / _ACCOUNTS
        figures[f"a million accounts with {assets} assets: opened s"] = seconds
        print(
            f"  {assets:>2} assets: {used / _ACCOUNTS:,.0f} bytes an account,"
            f" {used / 1e6:,.0f} MB, opened in {seconds:.2f} s"
        )


def _open_accounts(assets: int) -> Matcher:
    matcher = Matcher(1)
    matcher.open_ledger(assets, is_checked=True)
    while matcher.open_account() < _ACCOUNTS - 1:
        pass
    return matcher


def _measure_levels(prices: list[int]) -> int:
    """Return what orders at these prices take in a book that has its window, pool and index."""
    matcher = Matcher(1)
    _rest_at(matcher, [_MIDDLE], [0])
    used, _ = _measure(lambda: _rest_at(matcher, prices, [0] * len(prices), first_id=2))
    return used


def _rest_at(
    matcher: Matcher, prices: Sequence[int], symbols: Sequence[int], *, first_id: int = 1
) -> Matcher:
    for number, (price, symbol) in enumerate(zip(prices, symbols, strict=True), first_id):
        matcher.apply(pack_new(number, symbol, Side.SELL, OrderType.LIMIT, 5, price))
    return matcher


def _measure(make: Callable[[], Matcher]) -> tuple[int, Matcher]:
    """Return the bytes by which this process has grown, and what was made."""
    _give_back()
    before = resident_bytes()
    matcher = make()
    _give_back()
    return resident_bytes() - before, matcher


def _give_back() -> None:
    """Have the allocator give freed memory back, so that it does not count."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def report_saving(figures: Figures) -> None:
    """Print the time to save and to load a full book."""
    matcher = report_memory(SAVED_ORDERS, 1)
    started = time.perf_counter()
    saved = matcher.save()
    half = time.perf_counter()
    loaded = Matcher.load(saved)
    ended = time.perf_counter()
    assert loaded.state_hash() == matcher.state_hash()
    figures["a million orders: saved s"] = half - started
    figures["a million orders: loaded s"] = ended - half
    print(f"  saved in {half - started:.2f} s ({len(saved) / 1e6:.0f} MB), ", end="")
    print(f"loaded in {ended - half:.2f} s")
