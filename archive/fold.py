"""Journal entries → the rows that one transaction writes. No I/O."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from archive.candles import Candle, TradeValues, fold_trades
from protocol import channels, codec
from protocol.enums import OPEN_STATUSES
from protocol.events import ExecutionReport, Trade
from protocol.journal import JournalEntry

Row: TypeAlias = dict[str, Any]


class Commit(NamedTuple):
    """The part of a journal entry that the archive keeps; `timestamp` in microseconds."""

    timestamp: int
    reports: list[ExecutionReport]
    trades: list[Trade]


@dataclass
class Rows:
    """Rows by table. `changed_orders` are orders that the database has already."""

    new_orders: list[Row] = field(default_factory=list)
    changed_orders: list[Row] = field(default_factory=list)
    fills: list[Row] = field(default_factory=list)
    trades: list[Row] = field(default_factory=list)
    candles: dict[tuple[str, int], list[Candle]] = field(default_factory=dict)


class LastNumbers(NamedTuple):
    """The numbers given last, to an order and to a fill."""

    order: int
    fill: int


def read_commit(entry: JournalEntry) -> Commit:
    """Read the reports and trades of `entry`; a refused command has left none."""
    reports = _read_events(entry, channels.EXECUTION_REPORTS)
    trades = _read_events(entry, channels.TRADE_EVENTS)
    return Commit(
        entry.timestamp,
        [report for report in reports if isinstance(report, ExecutionReport)],
        [trade for trade in trades if isinstance(trade, Trade)],
    )


def collect_order_ids(commits: Iterable[Commit]) -> set[int]:
    """Return the ids of all orders that `commits` report on."""
    return {int(report.order_id) for commit in commits for report in commit.reports}


def fold_commits(
    commits: Sequence[Commit], open_orders: Mapping[int, int], last: LastNumbers
) -> tuple[Rows, LastNumbers]:
    """Make the rows that `commits` lead to; return them with the numbers given last.

    `open_orders` maps the id of each order that is open in the database to its number. A report
    on any other id begins a new order, because a closed order has no further reports.
    """
    fold = _OrderFold(open_orders, last)
    for commit in commits:
        for report in commit.reports:
            fold.add(report, commit.timestamp)
    rows = fold.to_rows()
    rows.trades = list(_make_trade_rows(commits))
    rows.candles = fold_trades(_list_trade_values(commits))
    return rows, fold.last_numbers


class _OrderFold:
    """Numbers orders and fills, and keeps the last report of each order."""

    def __init__(self, open_orders: Mapping[int, int], last: LastNumbers) -> None:
        self._open = dict(open_orders)
        self._order, self._fill = last
        self._first_new = last.order + 1
        self._latest: dict[int, tuple[ExecutionReport, int]] = {}
        self._opened_at: dict[int, int] = {}
        self._fills: list[Row] = []

    @property
    def last_numbers(self) -> LastNumbers:
        return LastNumbers(self._order, self._fill)

    def add(self, report: ExecutionReport, timestamp: int) -> None:
        order_id = int(report.order_id)
        number = self._open.get(order_id)
        if number is None:
            number = self._order = self._order + 1
            self._opened_at[number] = timestamp
        self._latest[number] = report, timestamp
        if report.last_trade is not None:
            self._fill += 1
            self._fills.append(_make_fill_row(self._fill, number, report, timestamp))
        if report.status in OPEN_STATUSES:
            self._open[order_id] = number
        else:
            self._open.pop(order_id, None)

    def to_rows(self) -> Rows:
        rows = Rows(fills=self._fills)
        for number, (report, timestamp) in self._latest.items():
            row = _make_order_row(report, timestamp)
            if number < self._first_new:
                rows.changed_orders.append({**row, "row_number": number})
            else:
                opened_at = self._opened_at[number]
                identity = _make_identity(number, report)
                rows.new_orders.append({**identity, **row, "opened_at": opened_at})
        return rows


def _read_events(entry: JournalEntry, channel: str) -> Sequence[object]:
    message = entry.messages.get(channel)
    return codec.decode_message(message).events if message else ()


def _make_identity(number: int, report: ExecutionReport) -> Row:
    """Return the columns of an order that never change."""
    return {
        "number": number,
        "order_id": int(report.order_id),
        "client_order_id": report.client_order_id,
        "account": report.account,
        "symbol": report.symbol,
        "side": report.side,
        "order_type": report.order_type,
    }


def _make_order_row(report: ExecutionReport, timestamp: int) -> Row:
    """Return the columns of an order that may change."""
    return {
        "price": report.price,
        "stop_price": report.stop_price,
        "triggered": report.triggered,
        "quantity": report.quantity,
        "filled_quantity": report.filled_quantity,
        "remaining_quantity": report.remaining_quantity,
        "filled_notional": report.filled_notional,
        "average_price": report.average_price,
        "status": report.status,
        "reason": report.reason,
        "sequence": report.sequence,
        "updated_at": timestamp,
        "is_uncertain": False,
    }


def _make_fill_row(number: int, order_number: int, report: ExecutionReport, timestamp: int) -> Row:
    fill = report.last_trade
    assert fill is not None
    return {
        "number": number,
        "order_number": order_number,
        "order_id": int(report.order_id),
        "client_order_id": report.client_order_id,
        "account": report.account,
        "symbol": report.symbol,
        "side": report.side,
        "trade_id": fill.trade_id,
        "price": fill.price,
        "quantity": fill.quantity,
        "liquidity": fill.liquidity,
        "sequence": report.sequence,
        "timestamp": timestamp,
    }


def _make_trade_rows(
    commits: Iterable[Commit],
) -> Iterator[Row]:
    for commit in commits:
        for trade in commit.trades:
            yield {
                "symbol": trade.symbol,
                "trade_id": trade.trade_id,
                "price": trade.price,
                "quantity": trade.quantity,
                "aggressor_side": trade.aggressor_side,
                "maker_order_id": int(trade.maker_order_id),
                "taker_order_id": int(trade.taker_order_id),
                "timestamp": commit.timestamp,
            }


def _list_trade_values(commits: Iterable[Commit]) -> Iterator[TradeValues]:
    for commit in commits:
        for trade in commit.trades:
            yield TradeValues(trade.symbol, trade.price, trade.quantity, commit.timestamp)
