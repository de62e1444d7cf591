"""The columns of an export with their types, and its rows."""

from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, Table, func, select

from archive import schema
from archive.candle_query import read_candles, read_span
from archive.records import CandleRecord
from protocol.instrument import Instrument, InstrumentSpecification
from protocol.timestamps import parse_timestamp

ROWS_AT_ONCE = 10_000


class Kind(Enum):
    """The type of a column."""

    TEXT = "text"
    WHOLE = "whole"
    FLAG = "flag"
    TIME = "time"
    PRICE = "price"
    QUANTITY = "quantity"
    NOTIONAL = "notional"
    AVERAGE = "average"
    AMOUNT = "amount"
    """Of an asset."""
    ANY_DECIMAL = "any decimal"
    """A value of an order: a rejected order keeps what was refused, with up to 18 decimals."""


class Selection(NamedTuple):
    """What to export; times in microseconds, `end` not included, None: no bound."""

    table: str
    symbol: str | None
    start: int | None
    end: int | None
    interval: int


COLUMNS: dict[str, dict[str, Kind]] = {
    "trades": {
        "symbol": Kind.TEXT,
        "trade_id": Kind.WHOLE,
        "price": Kind.PRICE,
        "quantity": Kind.QUANTITY,
        "aggressor_side": Kind.TEXT,
        "maker_order_id": Kind.WHOLE,
        "taker_order_id": Kind.WHOLE,
        "timestamp": Kind.TIME,
    },
    "orders": {
        "order_id": Kind.WHOLE,
        "client_order_id": Kind.TEXT,
        "account": Kind.TEXT,
        "symbol": Kind.TEXT,
        "side": Kind.TEXT,
        "order_type": Kind.TEXT,
        "price": Kind.ANY_DECIMAL,
        "stop_price": Kind.ANY_DECIMAL,
        "triggered": Kind.FLAG,
        "quantity": Kind.ANY_DECIMAL,
        "filled_quantity": Kind.QUANTITY,
        "remaining_quantity": Kind.QUANTITY,
        "filled_notional": Kind.NOTIONAL,
        "average_price": Kind.AVERAGE,
        "status": Kind.TEXT,
        "reason": Kind.TEXT,
        "sequence": Kind.WHOLE,
        "opened_at": Kind.TIME,
        "updated_at": Kind.TIME,
        "is_uncertain": Kind.FLAG,
        "exchange_number": Kind.WHOLE,
        "execution_number": Kind.WHOLE,
        "time_in_force": Kind.TEXT,
        "expires_at": Kind.TIME,
        "display_quantity": Kind.QUANTITY,
        "quote_quantity": Kind.NOTIONAL,
        "prevented_quantity": Kind.QUANTITY,
        "self_trade_prevention": Kind.TEXT,
        "working_since": Kind.TIME,
        "list_id": Kind.WHOLE,
        "list_type": Kind.TEXT,
        "client_list_id": Kind.TEXT,
        "list_orders": Kind.TEXT,
        "list_state": Kind.TEXT,
        "reject_if_triggered": Kind.FLAG,
        "trailing_offset": Kind.ANY_DECIMAL,
        "trailing_offset_type": Kind.TEXT,
        "activation_price": Kind.ANY_DECIMAL,
        "trailing_since": Kind.TIME,
        "cancel_id": Kind.TEXT,
        "strategy": Kind.TEXT,
    },
    "prevented_matches": {
        "symbol": Kind.TEXT,
        "prevented_match_id": Kind.WHOLE,
        "order_id": Kind.WHOLE,
        "other_order_id": Kind.WHOLE,
        "account": Kind.TEXT,
        "side": Kind.TEXT,
        "liquidity": Kind.TEXT,
        "price": Kind.PRICE,
        "quantity": Kind.QUANTITY,
        "sequence": Kind.WHOLE,
        "timestamp": Kind.TIME,
    },
    "fills": {
        "order_id": Kind.WHOLE,
        "client_order_id": Kind.TEXT,
        "account": Kind.TEXT,
        "symbol": Kind.TEXT,
        "side": Kind.TEXT,
        "trade_id": Kind.WHOLE,
        "price": Kind.PRICE,
        "quantity": Kind.QUANTITY,
        "liquidity": Kind.TEXT,
        "sequence": Kind.WHOLE,
        "timestamp": Kind.TIME,
        "commission": Kind.AMOUNT,
        "commission_asset": Kind.TEXT,
        "exchange_number": Kind.WHOLE,
        "execution_number": Kind.WHOLE,
    },
    "balances": {
        "account": Kind.TEXT,
        "asset": Kind.TEXT,
        "shard": Kind.WHOLE,
        "free": Kind.AMOUNT,
        "locked": Kind.AMOUNT,
        "sequence": Kind.WHOLE,
    },
    "balance_changes": {
        "account": Kind.TEXT,
        "asset": Kind.TEXT,
        "amount": Kind.AMOUNT,
        "cause": Kind.TEXT,
        "id": Kind.TEXT,
        "sequence": Kind.WHOLE,
        "timestamp": Kind.TIME,
        "shard": Kind.WHOLE,
        "other_shard": Kind.WHOLE,
        "transfer": Kind.WHOLE,
    },
    "positions": {
        "account": Kind.TEXT,
        "symbol": Kind.TEXT,
        "quantity": Kind.AMOUNT,
        "cost": Kind.AMOUNT,
        "realized": Kind.AMOUNT,
        "base_commission": Kind.AMOUNT,
        "quote_commission": Kind.AMOUNT,
        "sequence": Kind.WHOLE,
    },
    "candles": {
        "symbol": Kind.TEXT,
        "start": Kind.TIME,
        "open": Kind.PRICE,
        "high": Kind.PRICE,
        "low": Kind.PRICE,
        "close": Kind.PRICE,
        "volume": Kind.QUANTITY,
        "quote_volume": Kind.NOTIONAL,
        "trades": Kind.WHOLE,
    },
}


_COUNTS = {"trades": "trade_id", "prevented_matches": "prevented_match_id"}
"""What counts the rows of a table, if it is not their `number`."""


def has_symbol(table: str) -> bool:
    """Whether the rows are of one instrument each."""
    return "symbol" in COLUMNS[table]


def has_time(table: str) -> bool:
    """Whether the rows are of one time each; else they are as things stand now."""
    return any(kind is Kind.TIME for kind in COLUMNS[table].values())


def count_amount_places(connection: Connection) -> int:
    """Return the decimals of the asset that has the most."""
    most = connection.execute(select(func.max(schema.assets.c.decimals))).scalar_one()
    return most or 0


def find_instruments(connection: Connection, symbol: str | None) -> list[Instrument]:
    """Find the instruments to export; raise LookupError if the archive does not know `symbol`."""
    rows = connection.execute(select(schema.instruments).order_by(schema.instruments.c.symbol))
    known = [Instrument(InstrumentSpecification(*row), 0) for row in rows]
    if symbol is None:
        return known
    chosen = [instrument for instrument in known if instrument.symbol == symbol]
    if not chosen:
        names = ", ".join(instrument.symbol for instrument in known) or "none yet"
        raise LookupError(f"the archive knows no symbol {symbol}; it knows: {names}")
    return chosen


def count_rows(connection: Connection, selection: Selection, symbols: Sequence[str]) -> int | None:
    """Count the rows to export; None if that is only known afterwards."""
    if selection.table == "candles":
        return None
    queries = [_select(selection, symbol) for symbol in _split(selection, symbols)]
    return sum(
        connection.execute(
            query.with_only_columns(func.count(), maintain_column_froms=True).order_by(None)
        ).scalar_one()
        for query in queries
    )


def read_rows(
    connection: Connection, selection: Selection, symbols: Sequence[str]
) -> Iterator[list[tuple[Any, ...]]]:
    """Read the rows in order of time, for trades and candles symbol by symbol, in small parts.

    Balances and positions are in the order of accounts.
    """
    if selection.table == "candles":
        for symbol in symbols:
            yield from _read_candles(connection, symbol, selection)
        return
    for part in _split(selection, symbols):
        query = _select(selection, part)
        result = connection.execution_options(yield_per=ROWS_AT_ONCE).execute(query)
        for rows in result.partitions():
            yield [tuple(row) for row in rows]


def _split(selection: Selection, symbols: Sequence[str]) -> Iterable[str | None]:
    return symbols if selection.table == "trades" else [selection.symbol]


def _select(selection: Selection, symbol: str | None) -> Select[Any]:
    table: Table = schema.metadata.tables[selection.table]
    query = select(*(table.c[name] for name in COLUMNS[selection.table]))
    if symbol is not None:
        query = query.where(table.c.symbol == symbol)
    if not has_time(selection.table):
        return query.order_by(*table.primary_key.columns)
    time = table.c.opened_at if selection.table == "orders" else table.c.timestamp
    number = table.c[_COUNTS.get(selection.table, "number")]
    if selection.start is not None:
        query = query.where(time >= selection.start)
    if selection.end is not None:
        query = query.where(time < selection.end)
    return query.order_by(time, number)


def _read_candles(
    connection: Connection, symbol: str, selection: Selection
) -> Iterator[list[tuple[Any, ...]]]:
    """Read part by part, so that a long time or a short interval does not need much memory."""
    span = read_span(connection, symbol, selection.interval)
    if span is None:
        return
    step = ROWS_AT_ONCE * selection.interval * 1_000_000
    start = max(span[0], selection.start or 0)
    end = min(span[1], span[1] if selection.end is None else selection.end)
    for begin in range(start, end, step):
        part = min(begin + step, end)
        found = read_candles(connection, symbol, selection.interval, begin, part)
        yield [_to_values(symbol, record) for record in found]


def _to_values(symbol: str, record: CandleRecord) -> tuple[Any, ...]:
    return (
        symbol, parse_timestamp(record.start), record.open, record.high, record.low, record.close,
        record.volume, record.quote_volume, record.trades,
    )  # fmt: skip
