"""A long history, made up row by row."""

import random
import time
from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple, Never

from sqlalchemy import Engine, Table, insert
from sqlalchemy.schema import CreateIndex, DropIndex
from tqdm import tqdm

from archive import schema
from archive.candle_rows import write_candles
from archive.candles import TradeValues, fold_trades
from archive.sqlite_statistics import set_statistics
from archive.versions import prepare_schema
from archive.writer import Writer
from protocol.instrument import Instrument

ACCOUNTS = 1000
BEGIN = 1_800_000_000_000_000
MICROSECONDS_AN_ORDER = 8640
"""Ten million orders are a day."""
_PAGE = 20_000
_TENTHS = 10


class Pace(NamedTuple):
    """How fast a part was written: orders a second, and CPU microseconds an order."""

    orders_a_second: float
    cpu: float


def make_order_id(number: int) -> int:
    """Make the id of an order: spread over the whole range, as keyed hashes are."""
    return (number * 0x9E3779B97F4A7C15) % (2**53 - 1) + 1


def make_account(number: int) -> str:
    """Choose the account of an order; a few accounts have most orders."""
    chosen = random.Random(number).random()
    return f"account-{int(chosen**3 * ACCOUNTS)}"


def fill_history(
    database: Engine, exchange: str, instrument: Instrument, orders: int, *, is_quick: bool = False
) -> list[Pace]:
    """Write orders, two thirds of which traded with their neighbour, with fills and trades.

    Yields the pace of each tenth. `is_quick`: the indexes are made afterwards, all at once.
    """
    prepare_schema(database)
    writer = Writer(database)
    writer.begin(exchange)
    writer.write_instruments([instrument.specification])
    if not is_quick:
        return _fill_all(database, instrument, orders)
    _drop_indexes(database)
    paces = _fill_all(database, instrument, orders)
    _make_indexes(database)
    return paces


def _fill_all(database: Engine, instrument: Instrument, orders: int) -> list[Pace]:
    paces = []
    bar: tqdm[Never]
    with tqdm(total=orders, unit=" orders", unit_scale=True) as bar:
        for numbers in _split(orders, _TENTHS):
            began, cpu = time.perf_counter(), time.process_time()
            remaining = iter(numbers)
            while part := list(islice(remaining, _PAGE)):
                _fill(database, instrument, part)
                bar.update(len(part))
            seconds = time.perf_counter() - began
            spent = (time.process_time() - cpu) / len(numbers) * 1e6
            paces.append(Pace(len(numbers) / seconds, spent))
    return paces


def _split(count: int, parts: int) -> Iterator[range]:
    """Split 1 to `count` into so many parts at most."""
    size = -(-count // parts)
    for start in range(1, count + 1, size):
        yield range(start, min(start + size, count + 1))


def _drop_indexes(database: Engine) -> None:
    with database.begin() as connection:
        for table in schema.metadata.sorted_tables:
            for index in table.indexes:
                connection.execute(DropIndex(index))


def _make_indexes(database: Engine) -> None:
    with database.begin() as connection:
        connection.exec_driver_sql("DELETE FROM sqlite_stat1")
        for table in schema.metadata.sorted_tables:
            for index in sorted(table.indexes, key=lambda index: str(index.name)):
                connection.execute(CreateIndex(index))
        set_statistics(connection)


def rewind(database: Engine, orders: int) -> None:
    """Make it the history of an exchange that begins now."""
    state = {"sequence": 0, "timestamp": 0, "last_order": orders, "last_fill": orders}
    with database.begin() as connection:
        connection.execute(schema.archive_state.update().values(**state))


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
    """Make an order: of three in turn the first is canceled or stays open, the others trade."""
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
        **_describe(values), "aggressor_side": "buy",
        "maker_order_id": make_order_id(3 * trade - 1), "taker_order_id": make_order_id(3 * trade),
    }  # fmt: skip


def _make_fills(instrument: Instrument, trade: int) -> Iterator[dict[str, Any]]:
    values = _to_values(instrument, trade)
    for number, liquidity, place in ((3 * trade, "taker", -1), (3 * trade - 1, "maker", 0)):
        yield {
            **_describe(values), "number": 2 * trade + place, "order_number": number,
            "order_id": make_order_id(number), "client_order_id": f"client-order-{number}",
            "account": make_account(number), "side": "buy" if number % 2 else "sell",
            "liquidity": liquidity, "sequence": number,
        }  # fmt: skip


def _to_values(instrument: Instrument, trade: int) -> TradeValues:
    price, quantity = _price(instrument, trade), instrument.lots_to_quantity(100)
    return TradeValues(
        instrument.symbol, price, quantity, _stamp(3 * trade), trade, is_taker_buy=True
    )


def _describe(values: TradeValues) -> dict[str, Any]:
    """Return what a trade and its fills have in common."""
    row = values._asdict()
    del row["is_taker_buy"]
    return row
