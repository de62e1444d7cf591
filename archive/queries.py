"""Answers from the database, for the services that serve users.

Every method is synchronous and takes one connection of the pool, so it may be called from any
thread; from asyncio: `await asyncio.to_thread(archive.find_order, order_id)`. Every method raises
ArchiveUnavailable if the database cannot answer. An answer is as fresh as `last_sequence`.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Engine, Select, and_, select
from sqlalchemy.exc import SQLAlchemyError

from archive import schema
from archive.candle_query import read_candles, read_span
from archive.conditions import equal, of_shard, within
from archive.database import describe_trouble
from archive.ledger_query import read_entries
from archive.money_query import REACHED, has_ledger, read_balances, read_fees, read_positions
from archive.prevented_query import (
    PreventedOf,
    read_last_matches,
    read_latest_matches,
    read_prevented_matches,
)
from archive.records import (
    AmendmentRecord,
    Balances,
    CandleRecord,
    FeesRecord,
    FillRecord,
    Gap,
    LedgerRecord,
    OrderRecord,
    Page,
    Positions,
    PreventedMatchRecord,
    Reached,
    TradeRecord,
    TransferRecord,
)
from archive.rows import ORDER_COLUMNS, to_amendment, to_fill, to_gap, to_order, to_trade
from archive.transfer_rows import select_transfers, to_transfer
from archive.versions import NewerDatabase, check_version
from archive.window_query import (
    FillsOf,
    Window,
    read_fills,
    read_list_ids,
    read_lists_of,
    read_orders,
)

_orders, _fills, _trades = schema.orders, schema.fills, schema.trades
_changes = schema.balance_changes


class ArchiveUnavailable(Exception):
    """The database does not answer, or is not there yet; the text is for the log."""


class InvalidCursor(ValueError):
    """`after` is not a cursor from a page of a list."""


class OrderFilter(msgspec.Struct, frozen=True):
    """Which orders to list; None: all. Give `is_open` or `status`, not both.

    `start` and `end` bound when the order came in, in microseconds, `end` not included.
    """

    account: str
    symbol: str | None = None
    status: str | None = None
    is_open: bool = False
    start: int | None = None
    end: int | None = None
    shard: int | None = None


class FillFilter(msgspec.Struct, frozen=True):
    """Which fills to list; None: all. `start` and `end` in microseconds, `end` not included."""

    account: str
    symbol: str | None = None
    order_id: int | None = None
    start: int | None = None
    end: int | None = None
    shard: int | None = None


class LedgerFilter(msgspec.Struct, frozen=True):
    """Which changes of balances to list; `start` and `end` as for fills."""

    account: str
    start: int | None = None
    end: int | None = None


class Archive:
    """Orders, fills, trades, candles and money, to be read."""

    def __init__(self, database: Engine) -> None:
        """Take a `database` that `database.open_for_queries` has made."""
        self._database = database
        self._is_checked = False

    def close(self) -> None:
        """Close every connection."""
        self._database.dispose()

    def last_sequence(self) -> int:
        """Return the sequence up to which every commit is here, the sum of those of the shards."""
        with self._connect() as connection:
            return connection.execute(select(REACHED)).scalar_one_or_none() or 0

    def read_reached(self) -> Reached:
        """Return whose commits are here, and up to which sequence of each shard."""
        state, shards = schema.archive_state.c, schema.archive_shards.c
        with self._connect() as connection:
            row = connection.execute(select(state.exchange, state.sequence)).one_or_none()
            if row is None:
                return Reached("", 0)
            others = connection.execute(select(shards.shard, shards.sequence))
            return Reached(*row, {each.shard: each.sequence for each in others})

    def read_moment(self) -> int:
        """Return the stamp of the last commit that is here, in microseconds; 0: there is none."""
        with self._connect() as connection:
            query = select(schema.archive_state.c.timestamp)
            return connection.execute(query).scalar_one_or_none() or 0

    def list_gaps(self) -> list[Gap]:
        """List what is missing for good, because the journal had lost it."""
        table = schema.journal_gaps
        with self._connect() as connection:
            rows = connection.execute(select(table).order_by(table.c.shard, table.c.after_sequence))
            return [to_gap(row) for row in rows]

    def find_order(self, order_id: int, account: str | None = None) -> OrderRecord | None:
        """Find the order; the latest if its id was used again. None for another account's."""
        return self._find_latest(_orders.c.order_id == order_id, account)

    def find_order_by_client_id(self, account: str, client_order_id: str) -> OrderRecord | None:
        """Find the account's order of that name; the latest if the name was used again."""
        return self._find_latest(_orders.c.client_order_id == client_order_id, account)

    def find_accepted_order(
        self, account: str, client_order_id: str, shard: int | None = None
    ) -> OrderRecord | None:
        """Find the account's latest order of that name that has a number: none was rejected.

        If there is none, find the latest that a cancel of that name has ended. Of several shards it
        may be one of a `shard`.
        """
        is_it = and_(_orders.c.client_order_id == client_order_id, schema.HAS_NUMBER)
        found = self._find_latest(is_it, account, shard)
        if found is None:
            is_it = and_(_orders.c.cancel_id == client_order_id, schema.HAS_CANCEL_ID)
            found = self._find_latest(is_it, account, shard)
        return found

    def find_order_by_number(self, account: str, number: int) -> OrderRecord | None:
        """Find the account's order by its number in the exchange's count."""
        return self._find_latest(_orders.c.exchange_number == number, account)

    def list_list(self, account: str, list_id: int) -> list[OrderRecord]:
        """List the orders of the account's order list, as they were given; none if it has none."""
        columns = _orders.c
        query = select(*ORDER_COLUMNS).where(schema.IS_LISTED)
        query = query.where(columns.account == account, columns.list_id == list_id)
        with self._connect() as connection:
            return [to_order(row) for row in connection.execute(query.order_by(columns.number))]

    def list_lists(self, account: str, first: int | None, window: Window) -> list[int]:
        """List the ids of order lists, from `first` on or else within the window, oldest first."""
        with self._connect() as connection:
            return read_list_ids(connection, account, first, window)

    def find_lists_of(self, numbers: Iterable[int]) -> dict[int, int]:
        """Find the id of the list of each order, by its number in the exchange's count."""
        with self._connect() as connection:
            return read_lists_of(connection, numbers)

    def find_list(self, account: str, client_list_id: str) -> int | None:
        """Find the id of the account's latest order list of that name."""
        columns = _orders.c
        query = (
            select(columns.list_id)
            .where(schema.IS_LISTED)
            .where(columns.account == account, columns.client_list_id == client_list_id)
            .order_by(columns.number.desc())
            .limit(1)
        )
        with self._connect() as connection:
            return connection.execute(query).scalar_one_or_none()

    def list_orders_from(
        self, account: str, symbol: str, number: int, limit: int = 100, shard: int | None = None
    ) -> list[OrderRecord]:
        """List the account's accepted orders of a symbol, from the exchange's `number` on.

        The oldest come first, at most `limit`. Orders that ended before there were numbers are not
        among them. Of several shards `shard` is the symbol's.
        """
        columns = _orders.c
        first = select(columns.number).where(columns.exchange_number >= number)
        first = of_shard(first, columns.exchange_number, shard)
        query = (
            select(*ORDER_COLUMNS)
            .where(columns.account == account, columns.symbol == symbol)
            .where(
                columns.number >= first.order_by(columns.exchange_number).limit(1).scalar_subquery()
            )
            .where(schema.HAS_NUMBER)
            .order_by(columns.number)
            .limit(limit)
        )
        with self._connect() as connection:
            return [to_order(row) for row in connection.execute(query)]

    def list_orders(
        self, which: OrderFilter, limit: int = 100, after: str | None = None
    ) -> Page[OrderRecord]:
        """List orders, newest first. `after` is that of the page before. Raise InvalidCursor.

        Pages do not move: an order that comes in meanwhile makes none appear twice or not at all.
        """
        query = select(*ORDER_COLUMNS).where(_orders.c.account == which.account)
        query = equal(query, _orders.c.symbol, which.symbol)
        query = equal(query, _orders.c.status, which.status)
        if which.is_open:
            query = _only_open(query, which.symbol)
        query = of_shard(query, _orders.c.exchange_number, which.shard)
        query = within(query, _orders, _orders.c.opened_at, which.start, which.end)
        query = _turn_page(query, _orders.c.number, limit, after)
        return self._read_page(query, limit, to_order)

    def list_fills(
        self, which: FillFilter, limit: int = 100, after: str | None = None
    ) -> Page[FillRecord]:
        """List fills, newest first. `after` is that of the page before. Raise InvalidCursor."""
        query = select(_fills).where(_is_of(which))
        query = equal(query, _fills.c.symbol, which.symbol)
        query = of_shard(query, _fills.c.exchange_number, which.shard)
        query = within(query, _fills, _fills.c.timestamp, which.start, which.end)
        query = _turn_page(query, _fills.c.number, limit, after)
        return self._read_page(query, limit, to_fill)

    def list_amendments(
        self, account: str, number: int, first: int = 0, limit: int = 100
    ) -> list[AmendmentRecord]:
        """List the amends of the account's order with that number, the oldest first.

        They begin with the execution number `first`, and are at most `limit`.
        """
        table = schema.amendments
        is_it = and_(_orders.c.exchange_number == number, _orders.c.account == account)
        order = select(_orders.c.number).where(is_it).scalar_subquery()
        query = (
            select(table)
            .where(table.c.order_number == order, table.c.execution_number >= first)
            .order_by(table.c.execution_number)
            .limit(limit)
        )
        with self._connect() as connection:
            return [to_amendment(row) for row in connection.execute(query)]

    def list_prevented_matches(
        self, which: PreventedOf, limit: int = 100
    ) -> list[PreventedMatchRecord]:
        """List matches that self-trade prevention prevented, the oldest first."""
        with self._connect() as connection:
            return read_prevented_matches(connection, which, limit)

    def find_last_matches(self, orders: Sequence[OrderRecord]) -> dict[int, int]:
        """Find the last match that was prevented of each order, by the order's number."""
        with self._connect() as connection:
            return read_last_matches(connection, orders)

    def page_prevented_matches(
        self, which: PreventedOf, limit: int = 100, after: str | None = None
    ) -> Page[PreventedMatchRecord]:
        """List them newest first. `after` is that of the page before. Raise InvalidCursor."""
        before = None if after is None else _parse_cursor(after)
        with self._connect() as connection:
            matches = read_latest_matches(connection, which, limit + 1, before)
        items = matches[:limit]
        return Page(items, str(items[-1].prevented_match_id) if len(matches) > limit else None)

    def list_trades(
        self, symbol: str, limit: int = 100, before: int | None = None, after: int | None = None
    ) -> list[TradeRecord]:
        """List trades with ids above `after` and below `before`, at most `limit`.

        With `after` the oldest come first, else the newest.
        """
        number = _trades.c.trade_id
        query = select(_trades).where(_trades.c.symbol == symbol).limit(limit)
        if before is not None:
            query = query.where(number < before)
        if after is not None:
            query = query.where(number > after)
        query = query.order_by(number.desc() if after is None else number)
        with self._connect() as connection:
            return [to_trade(row) for row in connection.execute(query)]

    def find_trade_from(self, symbol: str, moment: int) -> int | None:
        """Return the id of the first trade from `moment` on (microseconds); None: there is none."""
        query = select(_trades.c.trade_id).where(_trades.c.symbol == symbol)
        query = query.where(_trades.c.timestamp >= moment).order_by(
            _trades.c.timestamp, _trades.c.trade_id
        )
        with self._connect() as connection:
            return connection.execute(query.limit(1)).scalar_one_or_none()

    def list_candles(self, symbol: str, interval: int, start: int, end: int) -> list[CandleRecord]:
        """List candles of `interval` seconds, whose starts are multiples of it since 1970, UTC.

        They begin from `start` on and before `end`, in microseconds, oldest first and without
        holes; there are none before the first trade. The caller must bound their number.
        """
        with self._connect() as connection:
            return list(read_candles(connection, symbol, interval, start, end))

    def find_first_candle(self, symbol: str, interval: int) -> int | None:
        """Return where the first candle of `interval` seconds begins; None: nothing has traded."""
        with self._connect() as connection:
            span = read_span(connection, symbol, interval)
            return span[0] if span else None

    def list_order_window(self, account: str, symbol: str, window: Window) -> list[OrderRecord]:
        """List the account's accepted orders of a symbol that came in within the window."""
        with self._connect() as connection:
            return read_orders(connection, account, symbol, window)

    def list_fill_window(self, which: FillsOf, window: Window) -> list[FillRecord]:
        """List fills within the window."""
        with self._connect() as connection:
            return read_fills(connection, which, window)

    def has_ledger(self) -> bool:
        """Return whether the exchange keeps balances, as far as its commits are here."""
        with self._connect() as connection:
            return has_ledger(connection)

    def read_balances(self, account: str) -> Balances:
        """Return what the account has of every asset, all as of one sequence."""
        with self._connect() as connection:
            return read_balances(connection, account)

    def read_positions(self, account: str) -> Positions:
        """Return what the account's fills come to, by symbol."""
        with self._connect() as connection:
            return read_positions(connection, account)

    def read_fees(self, account: str) -> list[FeesRecord]:
        """Return the rates that the account pays, by symbol, for all that cost something or may."""
        with self._connect() as connection:
            return read_fees(connection, account)

    def list_ledger(
        self, which: LedgerFilter, limit: int = 100, after: str | None = None
    ) -> Page[LedgerRecord]:
        """List what changed the account's balances, newest first. Raise InvalidCursor.

        What the account traded is here as long as its fills are.
        """
        below = None if after is None else _parse_cursor(after)
        fills = within(select(_fills), _fills, _fills.c.timestamp, which.start, which.end)
        time = _changes.c.timestamp
        changes = within(select(_changes), _changes, time, which.start, which.end)
        with self._connect() as connection:
            entries = read_entries(connection, which.account, fills, changes, limit + 1, below)
        items = entries[:limit]
        return Page(items, items[-1].cursor if len(entries) > limit else None)

    def list_transfers(
        self, account: str, limit: int = 100, after: str | None = None
    ) -> Page[TransferRecord]:
        """List what the account has sent between shards, newest first. Raise InvalidCursor."""
        query = select_transfers(account).limit(limit + 1)
        if after is not None:
            query = query.where(_changes.c.number < _parse_cursor(after))
        return self._read_page(query, limit, to_transfer)

    def _find_latest(
        self, is_it: ColumnElement[bool], account: str | None, shard: int | None = None
    ) -> OrderRecord | None:
        query = of_shard(_latest(is_it, account), _orders.c.exchange_number, shard)
        with self._connect() as connection:
            row = connection.execute(query).one_or_none()
        return to_order(row) if row else None

    def _read_page(self, query: Select[Any], limit: int, convert: Any) -> Page[Any]:
        with self._connect() as connection:
            rows = connection.execute(query).all()
        items = [convert(row) for row in rows[:limit]]
        return Page(items, items[-1].cursor if len(rows) > limit else None)

    @contextmanager
    def _connect(self) -> Iterator[Connection]:
        try:
            with self._database.connect() as connection:
                if not self._is_checked and not check_version(connection):
                    raise ArchiveUnavailable("the archive has not begun yet")
                self._is_checked = True
                yield connection
        except SQLAlchemyError as error:
            raise ArchiveUnavailable(describe_trouble(error)) from error
        except NewerDatabase as error:
            raise ArchiveUnavailable(str(error)) from error


def _only_open(query: Select[Any], symbol: str | None) -> Select[Any]:
    """Add the condition, and name the partial index that serves it.

    SQLite assumes that an index with more matching columns is never worse: once it has considered
    the one of symbol and status, it does not choose the partial one, which is smaller.
    """
    index = "orders_open_by_account" if symbol is None else "orders_open_by_symbol"
    return query.where(schema.IS_OPEN).with_hint(_orders, f"INDEXED BY {index}", "sqlite")


def _latest(is_it: ColumnElement[bool], account: str | None) -> Select[Any]:
    query = select(*ORDER_COLUMNS).where(is_it).order_by(_orders.c.number.desc()).limit(1)
    return equal(query, _orders.c.account, account)


def _is_of(which: FillFilter) -> ColumnElement[bool]:
    """Match the account's fills, or those of one order, which must be the account's too."""
    if which.order_id is None:
        return _fills.c.account == which.account
    order = _latest(_orders.c.order_id == which.order_id, which.account)
    return _fills.c.order_number == order.with_only_columns(_orders.c.number).scalar_subquery()


def _turn_page(
    query: Select[Any], number: ColumnElement[int], limit: int, after: str | None
) -> Select[Any]:
    """Add order, cursor and limit; one row more than asked for shows that there is a next page."""
    if after is not None:
        query = query.where(number < _parse_cursor(after))
    return query.order_by(number.desc()).limit(limit + 1)


def _parse_cursor(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) < 19:
        return int(text)
    raise InvalidCursor("after must be the `after` of a page")
