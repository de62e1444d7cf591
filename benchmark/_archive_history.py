"""A long history, made up row by row, and how fast it answers."""

import random
import time
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, Never

from sqlalchemy import Engine, Table, insert
from tqdm import tqdm

from archive import schema
from archive.candle_rows import write_candles
from archive.candles import TradeValues, fold_trades
from archive.queries import Archive, FillFilter, OrderFilter
from archive.versions import prepare_schema
from archive.writer import Writer
from benchmark.latency import Latency
from protocol.instrument import Instrument

ACCOUNTS = 1000
BEGIN = 1_800_000_000_000_000
MICROSECONDS_AN_ORDER = 8640
"""So that ten million orders are a day."""
SAMPLES = 500
_PAGE = 20_000
_DAY = 86_400_000_000


def make_order_id(number: int) -> int:
    """Spread over the whole range, as keyed hashes are; the same for the same number."""
    return (number * 0x9E3779B97F4A7C15) % (2**53 - 1) + 1


def make_account(number: int) -> str:
    """A few accounts have most of the orders."""
    chosen = random.Random(number).random()
    return f"account-{int(chosen**3 * ACCOUNTS)}"


def fill_history(database: Engine, instrument: Instrument, orders: int) -> None:
    """Orders of which two thirds traded with their neighbour, and all that comes of it."""
    prepare_schema(database)
    writer = Writer(database)
    writer.begin("benchmark")
    writer.write_instruments([instrument.specification])
    numbers = iter(range(1, orders + 1))
    bar: tqdm[Never]
    with tqdm(total=orders, unit=" orders", unit_scale=True) as bar:
        while part := list(islice(numbers, _PAGE)):
            _fill(database, instrument, part)
            bar.update(len(part))


def measure_queries(archive: Archive, symbol: str, orders: int) -> Iterator[tuple[str, Latency]]:
    """Each query on chosen places of the history."""
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


def _fill(database: Engine, instrument: Instrument, numbers: list[int]) -> None:
    trades = [number // 3 for number in numbers if number % 3 == 0]
    rows: list[tuple[Table, list[dict[str, Any]]]] = [
        (schema.orders, [_make_order(instrument, number) for number in numbers]),
        (schema.trades, [_make_trade(instrument, trade) for trade in trades]),
        (schema.fills, [row for trade in trades for row in _make_fills(instrument, trade)]),
    ]
    with database.begin() as connection:
        for table, part in rows:
            if part:
                connection.execute(insert(table), part)
        values = [_to_values(instrument, trade) for trade in trades]
        for (symbol, resolution), candles in fold_trades(values).items():
            write_candles(connection, symbol, resolution, candles)
        timestamp = _stamp(numbers[-1])
        connection.execute(
            schema.archive_state.update().values(sequence=numbers[-1], timestamp=timestamp)
        )


def _stamp(number: int) -> int:
    return BEGIN + number * MICROSECONDS_AN_ORDER


def _price(instrument: Instrument, number: int) -> str:
    return instrument.ticks_to_price(6_000_000 + number % 1000)


def _make_order(instrument: Instrument, number: int) -> dict[str, Any]:
    """Of three in turn the first is canceled (a few stay open), the others trade."""
    has_traded = number % 3 != 1
    is_open = number % 300 == 1
    quantity = instrument.lots_to_quantity(100)
    nothing = instrument.lots_to_quantity(0)
    price = _price(instrument, number)
    status = "filled" if has_traded else "open" if is_open else "canceled"
    return {
        "number": number, "order_id": make_order_id(number),
        "client_order_id": f"client-order-{number}", "account": make_account(number),
        "symbol": instrument.symbol, "side": "buy" if number % 2 else "sell",
        "order_type": "limit", "price": price, "stop_price": None, "triggered": None,
        "quantity": quantity, "filled_quantity": quantity if has_traded else nothing,
        "remaining_quantity": quantity if is_open else nothing,
        "filled_notional": instrument.format_notional(600_000_000 if has_traded else 0),
        "average_price": price if has_traded else None, "status": status,
        "reason": "cancel_requested" if status == "canceled" else None, "sequence": number,
        "opened_at": _stamp(number), "updated_at": _stamp(number), "is_uncertain": False,
    }  # fmt: skip


def _make_trade(instrument: Instrument, trade: int) -> dict[str, Any]:
    values = _to_values(instrument, trade)
    return {
        **values._asdict(), "trade_id": trade, "aggressor_side": "buy",
        "maker_order_id": make_order_id(3 * trade - 1), "taker_order_id": make_order_id(3 * trade),
    }  # fmt: skip


def _make_fills(instrument: Instrument, trade: int) -> Iterator[dict[str, Any]]:
    values = _to_values(instrument, trade)
    for number, liquidity, place in ((3 * trade, "taker", -1), (3 * trade - 1, "maker", 0)):
        yield {
            **values._asdict(), "number": 2 * trade + place, "order_number": number,
            "order_id": make_order_id(number), "client_order_id": f"client-order-{number}",
            "account": make_account(number), "side": "buy" if number % 2 else "sell",
            "trade_id": trade, "liquidity": liquidity, "sequence": number,
        }  # fmt: skip


def _to_values(instrument: Instrument, trade: int) -> TradeValues:
    price, quantity = _price(instrument, trade), instrument.lots_to_quantity(100)
    return TradeValues(instrument.symbol, price, quantity, _stamp(3 * trade))
