"""Writes base candles to the database, and makes candles of its rows."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Table, and_, bindparam, insert, select, update

from archive import schema
from archive.candles import Candle

_table: Table = schema.candles
_columns = _table.c
VALUE_COLUMNS = (
    _columns.open,
    _columns.high,
    _columns.low,
    _columns.close,
    _columns.volume,
    _columns.quote_volume,
    _columns.trades,
    _columns.taker_buy_volume,
    _columns.taker_buy_quote_volume,
    _columns.first_trade_id,
    _columns.last_trade_id,
)


_IDENTITY = ("symbol", "resolution", "start")
_is_that = and_(*(_columns[name] == bindparam(f"that_{name}") for name in _IDENTITY))
# made once: to make them costs more than to execute them
_select = select(*VALUE_COLUMNS).where(_is_that)
_update = update(_table).where(_is_that).values({c.name: bindparam(c.name) for c in VALUE_COLUMNS})
_insert = insert(_table)


def write_candles(
    connection: Connection, symbol: str, resolution: int, candles: list[Candle]
) -> None:
    """Add `candles`. Only the first can have a row already, because they are in order of time."""
    identity = {"symbol": symbol, "resolution": resolution}
    start = candles[0].start
    that = {"that_symbol": symbol, "that_resolution": resolution, "that_start": start}
    values = connection.execute(_select, that).one_or_none()
    if values is not None:
        first = make_candle(start, values)
        first.append(candles.pop(0))
        connection.execute(_update, that | _to_values(first))
    if candles:
        rows = [{**identity, "start": candle.start, **_to_values(candle)} for candle in candles]
        connection.execute(_insert, rows)


def make_candle(start: int, values: Sequence[Any]) -> Candle:
    """Make a candle of a row's VALUE_COLUMNS; in old rows the last four are not known."""
    *prices, volume, quote_volume, trades, bought, bought_quote, first, last = values
    opened, high, low, close = map(Decimal, prices)
    volume, quote_volume = Decimal(volume), Decimal(quote_volume)
    return Candle(
        start,
        opened,
        high,
        low,
        close,
        volume,
        quote_volume,
        trades,
        volume * 0 if bought is None else Decimal(bought),
        quote_volume * 0 if bought_quote is None else Decimal(bought_quote),
        first or 0,
        last or 0,
    )


def _to_values(candle: Candle) -> dict[str, str | int]:
    return {
        "open": f"{candle.open:f}",
        "high": f"{candle.high:f}",
        "low": f"{candle.low:f}",
        "close": f"{candle.close:f}",
        "volume": f"{candle.volume:f}",
        "quote_volume": f"{candle.quote_volume:f}",
        "trades": candle.trades,
        "taker_buy_volume": f"{candle.taker_buy_volume:f}",
        "taker_buy_quote_volume": f"{candle.taker_buy_quote_volume:f}",
        "first_trade_id": candle.first_trade_id,
        "last_trade_id": candle.last_trade_id,
    }
