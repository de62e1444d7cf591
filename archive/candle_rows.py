"""Writes base candles to the database, and makes candles of its rows."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Table, and_, insert, select, update

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
)


def write_candles(
    connection: Connection, symbol: str, resolution: int, candles: list[Candle]
) -> None:
    """Add `candles`. Only the first can have a row already, because they are in order of time."""
    identity = {"symbol": symbol, "resolution": resolution}
    is_first = and_(
        _columns.symbol == symbol,
        _columns.resolution == resolution,
        _columns.start == candles[0].start,
    )
    values = connection.execute(select(*VALUE_COLUMNS).where(is_first)).one_or_none()
    if values is not None:
        first = make_candle(candles[0].start, values)
        first.append(candles.pop(0))
        connection.execute(update(_table).where(is_first).values(_to_values(first)))
    if candles:
        rows = [{**identity, "start": candle.start, **_to_values(candle)} for candle in candles]
        connection.execute(insert(_table), rows)


def make_candle(start: int, values: Sequence[Any]) -> Candle:
    """Make a candle of a row's VALUE_COLUMNS."""
    opened, high, low, close, volume, quote_volume, trades = values
    return Candle(
        start,
        Decimal(opened),
        Decimal(high),
        Decimal(low),
        Decimal(close),
        Decimal(volume),
        Decimal(quote_volume),
        trades,
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
    }
