"""Journal entries → the rows that one transaction writes. No I/O."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from archive.candles import Candle, TradeValues, fold_trades
from archive.settings_commands import list_settings
from protocol import channels, codec
from protocol.commands import QueueEntry
from protocol.enums import OPEN_STATUSES
from protocol.events import (
    AccountPosition,
    BalanceChanged,
    BalanceEvent,
    CommandRejected,
    ExecutionReport,
    Trade,
)
from protocol.journal import JournalEntry

Row: TypeAlias = dict[str, Any]


class Commit(NamedTuple):
    """The part of a journal entry that the archive keeps; `timestamp` in microseconds.

    `events` are the reports and the changes of balances, `settings` the commands that set the
    ledger's assets and fees, all in order.
    """

    timestamp: int
    events: list[ExecutionReport | BalanceEvent]
    trades: list[Trade]
    settings: list[QueueEntry]

    @property
    def reports(self) -> Iterator[ExecutionReport]:
        """Those on orders."""
        return (event for event in self.events if isinstance(event, ExecutionReport))


@dataclass
class Rows:
    """Rows by table. `changed_orders` are orders that the database has already."""

    new_orders: list[Row] = field(default_factory=list)
    changed_orders: list[Row] = field(default_factory=list)
    fills: list[Row] = field(default_factory=list)
    trades: list[Row] = field(default_factory=list)
    candles: dict[tuple[str, int], list[Candle]] = field(default_factory=dict)
    balance_changes: list[Row] = field(default_factory=list)
    balances: list[Row] = field(default_factory=list)
    settings: list[QueueEntry] = field(default_factory=list)


class LastNumbers(NamedTuple):
    """The numbers given last: to an order, and to a fill or a change of a balance."""

    order: int
    fill: int


def read_commit(entry: JournalEntry) -> Commit:
    """Read what `entry` has for the archive; a refused command has left nothing."""
    events = _read_events(entry, channels.EXECUTION_REPORTS)
    trades = _read_events(entry, channels.TRADE_EVENTS)
    refused = {event.sequence for event in events if isinstance(event, CommandRejected)}
    return Commit(
        entry.timestamp,
        [event for event in events if isinstance(event, ExecutionReport | BalanceEvent)],
        [trade for trade in trades if isinstance(trade, Trade)],
        list_settings(entry, refused),
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
        for event in commit.events:
            fold.add(event, commit.timestamp)
    rows = fold.to_rows()
    rows.trades = list(_make_trade_rows(commits))
    rows.candles = fold_trades(_list_trade_values(commits))
    rows.settings = [command for commit in commits for command in commit.settings]
    return rows, fold.last_numbers


class _OrderFold:
    """Numbers orders, fills and changes of balances; keeps the last of each order and balance."""

    def __init__(self, open_orders: Mapping[int, int], last: LastNumbers) -> None:
        self._open = dict(open_orders)
        self._order, self._fill = last
        self._first_new = last.order + 1
        self._latest: dict[int, tuple[ExecutionReport, int]] = {}
        self._opened_at: dict[int, int] = {}
        self._fills: list[Row] = []
        self._changes: list[Row] = []
        self._balances: dict[tuple[str, str], Row] = {}

    @property
    def last_numbers(self) -> LastNumbers:
        return LastNumbers(self._order, self._fill)

    def add(self, event: ExecutionReport | BalanceEvent, timestamp: int) -> None:
        if isinstance(event, ExecutionReport):
            self._add_report(event, timestamp)
        elif isinstance(event, BalanceChanged):
            self._fill += 1
            self._changes.append(_make_change_row(self._fill, event, timestamp))
        else:
            for row in _make_balance_rows(event):
                self._balances[row["account"], row["asset"]] = row

    def _add_report(self, report: ExecutionReport, timestamp: int) -> None:
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
        rows = Rows(
            fills=self._fills,
            balance_changes=self._changes,
            balances=list(self._balances.values()),
        )
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
        "commission": fill.commission,
        "commission_asset": fill.commission_asset,
    }


def _make_change_row(number: int, change: BalanceChanged, timestamp: int) -> Row:
    return {
        "number": number,
        "account": change.account,
        "asset": change.asset,
        "amount": change.amount,
        "cause": change.cause,
        "id": change.id,
        "sequence": change.sequence,
        "timestamp": timestamp,
    }


def _make_balance_rows(position: AccountPosition) -> Iterator[Row]:
    for balance in position.balances:
        yield {
            "account": position.account,
            "asset": balance.asset,
            "free": balance.free,
            "locked": balance.locked,
            "sequence": position.sequence,
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
