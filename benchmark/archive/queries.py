"""How fast a long history answers."""

import random
import time
from collections.abc import Callable, Iterator
from typing import Any

from archive.queries import Archive, FillFilter, OrderFilter
from benchmark.archive.history import BEGIN, MICROSECONDS_AN_ORDER, make_account, make_order_id
from benchmark.shared.latency import Latency

SAMPLES = 500
_DAY = 86_400_000_000


def measure_queries(archive: Archive, symbol: str, orders: int) -> Iterator[tuple[str, Latency]]:
    """Time each query at chosen points of the history."""
    end = BEGIN + orders * MICROSECONDS_AN_ORDER
    chosen = random.Random(1)

    def any_number() -> int:
        return chosen.randint(1, orders)

    def any_time() -> int:
        return BEGIN + any_number() * MICROSECONDS_AN_ORDER

    queries: dict[str, Callable[[], Any]] = {
        "order by id": lambda: archive.find_order(make_order_id(any_number())),
        "order by client id": lambda: _find_by_client_id(archive, any_number()),
        "100 orders of an account": lambda: archive.list_orders(
            OrderFilter(make_account(any_number()))
        ),
        "100 open orders of an account": lambda: archive.list_orders(
            OrderFilter(make_account(any_number()), is_open=True)
        ),
        "100 canceled orders of an account": lambda: archive.list_orders(
            OrderFilter(make_account(any_number()), symbol, status="canceled")
        ),
        "100 orders from some time on": lambda: archive.list_orders(
            OrderFilter(make_account(any_number()), start=any_time())
        ),
        "100 orders behind a cursor": lambda: archive.list_orders(
            OrderFilter(make_account(any_number()), symbol), after=str(any_number())
        ),
        "100 fills of an account": lambda: archive.list_fills(
            FillFilter(make_account(any_number()))
        ),
        "fills of an order": lambda: _find_fills(archive, any_number()),
        "100 trades before an id": lambda: archive.list_trades(symbol, before=any_number() // 3),
        "60 candles of a minute": lambda: _list_hour(archive, symbol, any_time()),
        "288 candles of five minutes": lambda: archive.list_candles(symbol, 300, end - _DAY, end),
        "24 candles of an hour": lambda: archive.list_candles(symbol, 3600, end - _DAY, end),
    }
    for name, query in queries.items():
        yield name, _measure(query)


def _measure(query: Callable[[], object]) -> Latency:
    seconds = []
    for _ in range(SAMPLES):
        start = time.perf_counter()
        query()
        seconds.append(time.perf_counter() - start)
    return Latency.of(seconds)


def _find_by_client_id(archive: Archive, number: int) -> object:
    return archive.find_order_by_client_id(make_account(number), f"client-order-{number}")


def _list_hour(archive: Archive, symbol: str, start: int) -> object:
    return archive.list_candles(symbol, 60, start, start + _DAY // 24)


def _find_fills(archive: Archive, number: int) -> object:
    return archive.list_fills(FillFilter(make_account(number), order_id=make_order_id(number)))
