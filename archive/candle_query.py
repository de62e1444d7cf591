"""Reads candles of any interval, made from the coarsest base rows that divide it."""

from collections.abc import Iterator

from sqlalchemy import Connection, select

from archive import schema
from archive.candle_rows import VALUE_COLUMNS, make_candle
from archive.candles import (
    MICROSECONDS,
    RESOLUTIONS,
    Candle,
    align,
    choose_resolution,
    fold_candles,
)
from archive.empty_candles import fill_holes
from archive.records import CandleRecord
from protocol.timestamps import format_timestamp

_columns = schema.candles.c


def read_candles(
    connection: Connection, symbol: str, seconds: int, start: int, end: int
) -> Iterator[CandleRecord]:
    """Read one candle for each interval of `seconds` that begins from `start` on and before `end`.

    The last one is that of the last commit that the archive has: what trades later is not known.
    """
    step = seconds * MICROSECONDS
    start = align(start + step - 1, seconds)
    end = min(align(end + step - 1, seconds), align(read_last_stamp(connection), seconds) + step)
    bases = _read_bases(connection, symbol, choose_resolution(seconds), start, end)
    before = _read_last_before(connection, symbol, start)
    filled = fill_holes(fold_candles(bases, seconds), seconds, start, end, before)
    return (_to_record(candle) for candle in filled)


def read_span(connection: Connection, symbol: str, seconds: int) -> tuple[int, int] | None:
    """Read where the first candle of `seconds` begins and the last ends; None: nothing traded."""
    first = connection.execute(
        select(_columns.start)
        .where(_columns.symbol == symbol, _columns.resolution == choose_resolution(seconds))
        .order_by(_columns.start)
        .limit(1)
    ).scalar_one_or_none()
    if first is None:
        return None
    last = align(read_last_stamp(connection), seconds)
    return align(first, seconds), last + seconds * MICROSECONDS


def read_last_stamp(connection: Connection) -> int:
    """Read the stamp of the last commit, in microseconds; 0 if there is none."""
    return connection.execute(select(schema.archive_state.c.timestamp)).scalar_one_or_none() or 0


def _read_bases(
    connection: Connection, symbol: str, resolution: int, start: int, end: int
) -> Iterator[Candle]:
    query = (
        select(_columns.start, *VALUE_COLUMNS)
        .where(_columns.symbol == symbol, _columns.resolution == resolution)
        .where(_columns.start >= start, _columns.start < end)
        .order_by(_columns.start)
    )
    for row in connection.execute(query):
        yield make_candle(row[0], row[1:])


def _read_last_before(connection: Connection, symbol: str, moment: int) -> Candle | None:
    """Read the last base candle that ended by `moment`; None if nothing had traded.

    The finest rows come first; coarser ones follow because retention may have deleted old seconds.
    """
    query = select(_columns.start, *VALUE_COLUMNS).where(_columns.symbol == symbol)
    query = query.order_by(_columns.start.desc()).limit(1)
    for resolution in RESOLUTIONS:
        has_ended = _columns.start <= moment - resolution * MICROSECONDS
        of_resolution = query.where(_columns.resolution == resolution, has_ended)
        row = connection.execute(of_resolution).one_or_none()
        if row is not None:
            return make_candle(row[0], row[1:])
    return None


def _to_record(candle: Candle) -> CandleRecord:
    return CandleRecord(
        format_timestamp(candle.start),
        f"{candle.open:f}",
        f"{candle.high:f}",
        f"{candle.low:f}",
        f"{candle.close:f}",
        f"{candle.volume:f}",
        f"{candle.quote_volume:f}",
        candle.trades,
        f"{candle.taker_buy_volume:f}",
        f"{candle.taker_buy_quote_volume:f}",
        candle.first_trade_id,
        candle.last_trade_id,
    )
