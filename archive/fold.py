"""Journal entries → the rows that one transaction writes. No I/O."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from msgspec import UNSET

from archive.candles import Candle, TradeValues, fold_trades
from archive.settings_commands import list_settings
from archive.strategies import OrderKey, list_strategies
from protocol import channels, codec
from protocol.commands import QueueEntry
from protocol.enums import OPEN_STATUSES, ListState, Side, Status
from protocol.events import (
    BalanceChanged,
    BalanceEvent,
    CommandRejected,
    ExecutionReport,
    PreventedMatch,
    Trade,
)
from protocol.journal import JournalEntry
from protocol.timestamps import parse_timestamp

Row: TypeAlias = tuple[Any, ...]
"""The values of a row in the order of its table's columns, as the database's driver takes them."""


class Commit(NamedTuple):
    """The part of a journal entry that the archive keeps; `timestamp` in microseconds.

    `events` are the reports and the changes of balances, `settings` the commands that set the
    ledger's assets and fees, all in order. `strategies` are those of new orders.
    """

    timestamp: int
    events: list[ExecutionReport | BalanceEvent]
    trades: list[Trade]
    settings: list[QueueEntry]
    strategies: Mapping[OrderKey, str]

    @property
    def reports(self) -> Iterator[ExecutionReport]:
        """Those on orders."""
        return (event for event in self.events if isinstance(event, ExecutionReport))


@dataclass
class Rows:
    """Rows by table. `changed_orders` are orders that the database has already.

    So are `renamed_orders`, which have another client order id, `triggered_orders`, which do not
    wait any more, `trailing_orders`, which have begun to follow the market, and `canceled_orders`,
    whose cancel has an id. Of all these the rows are the changed values, then the number. `settled`
    are the reports of fills that a ledger has settled, `moves` the parts of transfers between
    shards.
    """

    new_orders: list[Row] = field(default_factory=list)
    changed_orders: list[Row] = field(default_factory=list)
    renamed_orders: list[Row] = field(default_factory=list)
    triggered_orders: list[Row] = field(default_factory=list)
    trailing_orders: list[Row] = field(default_factory=list)
    canceled_orders: list[Row] = field(default_factory=list)
    amendments: list[Row] = field(default_factory=list)
    fills: list[Row] = field(default_factory=list)
    settled: list[ExecutionReport] = field(default_factory=list)
    prevented_matches: list[Row] = field(default_factory=list)
    trades: list[Row] = field(default_factory=list)
    candles: dict[tuple[str, int], list[Candle]] = field(default_factory=dict)
    balance_changes: list[Row] = field(default_factory=list)
    moves: list[BalanceChanged] = field(default_factory=list)
    balances: list[Row] = field(default_factory=list)
    settings: list[QueueEntry] = field(default_factory=list)


class OpenOrder(NamedTuple):
    """An order that is open in the database.

    It has its number, and whether it waits, and whether it follows the market.
    """

    number: int
    is_waiting: bool
    is_trailing: bool


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
        list_strategies(entry),
    )


def collect_order_ids(commits: Iterable[Commit]) -> set[int]:
    """Return the ids of all orders that `commits` report on."""
    return {int(report.order_id) for commit in commits for report in commit.reports}


def fold_commits(
    commits: Sequence[Commit],
    open_orders: Mapping[int, OpenOrder],
    last: LastNumbers,
    shard: int = 1,
) -> tuple[Rows, LastNumbers]:
    """Make the rows that `commits` of a shard lead to; return them with the numbers given last.

    `open_orders` has each order that is open in the database, by id. A report on any other id
    begins a new order, because a closed order has no further reports.
    """
    strategies = dict(each for commit in commits for each in commit.strategies.items())
    fold = _OrderFold(open_orders, last, shard, strategies)
    for commit in commits:
        for event in commit.events:
            fold.add(event, commit.timestamp)
    rows = fold.to_rows()
    rows.trades = list(_make_trade_rows(commits))
    rows.candles = fold_trades(_list_trade_values(commits))
    rows.settings = [command for commit in commits for command in commit.settings]
    rows.moves = [move for commit in commits for move in _list_moves(commit)]
    return rows, fold.last_numbers


class _OrderFold:
    """Numbers orders, fills and changes of balances; keeps the last of each order and balance."""

    def __init__(
        self,
        open_orders: Mapping[int, OpenOrder],
        last: LastNumbers,
        shard: int,
        strategies: Mapping[OrderKey, str],
    ) -> None:
        self._shard = shard
        self._open = {order_id: order.number for order_id, order in open_orders.items()}
        self._waiting = {order.number for order in open_orders.values() if order.is_waiting}
        self._trailing = {order.number for order in open_orders.values() if order.is_trailing}
        self._working_since: dict[int, int] = {}
        self._trailing_since: dict[int, int] = {}
        self._strategies = strategies
        self._strategy_of: dict[int, str] = {}
        self._order, self._fill = last
        self._first_new = last.order + 1
        self._latest: dict[int, tuple[ExecutionReport, int]] = {}
        self._opened_at: dict[int, int] = {}
        self._fills: list[Row] = []
        self._settled: list[ExecutionReport] = []
        self._amendments: list[Row] = []
        self._renamed: dict[int, str] = {}
        self._prevented: list[Row] = []
        self._changes: list[Row] = []
        self._balances: dict[tuple[str, str, int], Row] = {}

    @property
    def last_numbers(self) -> LastNumbers:
        return LastNumbers(self._order, self._fill)

    def add(self, event: ExecutionReport | BalanceEvent, timestamp: int) -> None:
        if isinstance(event, ExecutionReport):
            self._add_report(event, timestamp)
        elif isinstance(event, BalanceChanged):
            self._fill += 1
            self._changes.append(_make_change_row(self._fill, event, timestamp, self._shard))
        else:
            for balance in event.balances:
                place = event.account, balance.asset, self._shard
                self._balances[place] = (*place, balance.free, balance.locked, event.sequence)

    def _add_report(self, report: ExecutionReport, timestamp: int) -> None:
        order_id = int(report.order_id)
        number = self._open.get(order_id)
        if number is None:
            number = self._order = self._order + 1
            self._begin(number, report, timestamp)
        self._latest[number] = report, timestamp
        self._note_moments(number, report, timestamp)
        if report.previous_quantity:
            self._add_amendment(number, report, timestamp)
        if report.last_trade is not None:
            self._fill += 1
            self._fills.append(_make_fill_row(self._fill, number, report, timestamp))
            if report.last_trade.commission is not None:
                self._settled.append(report)
        if report.prevented_match:
            self._prevented.append(_make_prevented_row(report.prevented_match, report, timestamp))
        if report.status in OPEN_STATUSES:
            self._open[order_id] = number
        else:
            self._open.pop(order_id, None)

    def _begin(self, number: int, report: ExecutionReport, timestamp: int) -> None:
        self._opened_at[number] = timestamp
        self._waiting.add(number)
        if self._strategies:  # hardly ever
            key = OrderKey(report.sequence, report.account, report.client_order_id)
            if (strategy := self._strategies.get(key)) is not None:
                self._strategy_of[number] = strategy

    def _note_moments(self, number: int, report: ExecutionReport, timestamp: int) -> None:
        """Note since when the order works, and since when it follows the market."""
        if number in self._waiting and _is_working(report):
            self._waiting.remove(number)
            self._working_since[number] = timestamp
        if not report.trailing_offset or report.stop_price is None:
            self._trailing.discard(number)
        elif number not in self._trailing:
            self._trailing.add(number)
            self._trailing_since[number] = timestamp

    def _add_amendment(self, number: int, report: ExecutionReport, timestamp: int) -> None:
        self._amendments.append(_make_amendment_row(number, report, timestamp))
        if report.client_order_id and report.client_order_id != report.previous_client_order_id:
            self._renamed[number] = report.client_order_id

    def to_rows(self) -> Rows:
        rows = Rows(
            fills=self._fills,
            settled=self._settled,
            amendments=self._amendments,
            renamed_orders=self._list_known(self._renamed),
            triggered_orders=self._list_known(self._working_since),
            trailing_orders=self._list_known(self._trailing_since),
            prevented_matches=self._prevented,
            balance_changes=self._changes,
            balances=list(self._balances.values()),
        )
        for number, (report, timestamp) in self._latest.items():
            changing = _make_changing(report, timestamp)
            if number < self._first_new:
                rows.changed_orders.append((*changing, number))
                if report.cancel_id:
                    rows.canceled_orders.append((report.cancel_id, number))
            else:
                rows.new_orders.append(
                    (
                        *_make_lasting(number, report),
                        self._strategy_of.get(number),
                        self._opened_at[number],
                        self._working_since.get(number),
                        self._trailing_since.get(number),
                        *changing,
                    )
                )
        return rows

    def _list_known(self, values: Mapping[int, object]) -> list[Row]:
        """Return the values of orders that the database has already, each with the number."""
        return [(value, number) for number, value in values.items() if number < self._first_new]


def _read_events(entry: JournalEntry, channel: str) -> Sequence[object]:
    message = entry.messages.get(channel)
    return codec.decode_message(message).events if message else ()


def _is_working(report: ExecutionReport) -> bool:
    """Whether the order is on the book, or has traded; not while it waits."""
    is_pending = report.list is not UNSET and report.list.state is ListState.PENDING
    is_waiting = report.triggered is False or is_pending
    return not is_waiting and report.status is not Status.REJECTED


def _make_lasting(number: int, report: ExecutionReport) -> Row:
    """Return the values of `schema.LASTING_ORDER_COLUMNS` up to the cancel's id."""
    return (
        number,
        int(report.order_id),
        report.client_order_id,
        report.account,
        report.symbol,
        report.side,
        report.order_type,
        report.number or None,
        *_make_list(report),
        report.cancel_id or None,
    )


def _make_list(report: ExecutionReport) -> Row:
    """Return what an order knows of its list, but for its own state."""
    known = report.list
    if known is UNSET:
        return None, None, None, None
    return known.list_id, known.list_type, known.client_list_id, ",".join(known.order_ids)


def _make_changing(report: ExecutionReport, timestamp: int) -> Row:
    """Return the values of `schema.CHANGING_ORDER_COLUMNS`."""
    return (
        report.price,
        report.stop_price,
        report.triggered,
        report.quantity,
        report.filled_quantity,
        report.remaining_quantity,
        report.filled_notional,
        report.average_price,
        report.status,
        report.reason,
        report.sequence,
        timestamp,
        False,
        report.execution_number or None,
        report.time_in_force or None,
        parse_timestamp(report.expires_at) if report.expires_at else None,
        report.display_quantity or None,
        report.quote_quantity or None,
        report.prevented_quantity or None,
        report.self_trade_prevention or None,
        None if report.list is UNSET else report.list.state,
        report.reject_if_triggered or None,
        report.trailing_offset or None,
        report.trailing_offset_type or None,
        report.activation_price or None,
    )


def _make_amendment_row(order_number: int, report: ExecutionReport, timestamp: int) -> Row:
    return (
        report.execution_number,
        order_number,
        report.previous_client_order_id,
        report.client_order_id,
        report.previous_quantity,
        report.quantity,
        timestamp,
    )


def _make_fill_row(number: int, order_number: int, report: ExecutionReport, timestamp: int) -> Row:
    fill = report.last_trade
    assert fill is not None
    return (
        number,
        order_number,
        int(report.order_id),
        report.client_order_id,
        report.account,
        report.symbol,
        report.side,
        fill.trade_id,
        fill.price,
        fill.quantity,
        fill.liquidity,
        report.sequence,
        timestamp,
        fill.commission,
        fill.commission_asset,
        report.number or None,
        report.execution_number or None,
    )


def _make_prevented_row(match: PreventedMatch, report: ExecutionReport, timestamp: int) -> Row:
    return (
        report.symbol,
        match.prevented_match_id,
        int(report.order_id),
        int(match.other_order_id),
        report.account,
        report.side,
        match.liquidity,
        match.price,
        match.quantity,
        report.sequence,
        timestamp,
    )


def _make_change_row(number: int, change: BalanceChanged, timestamp: int, shard: int) -> Row:
    return (
        number,
        change.account,
        change.asset,
        change.amount,
        change.cause,
        change.id,
        change.sequence,
        timestamp,
        shard,
        change.shard,
        change.transfer,
    )


def _list_moves(commit: Commit) -> Iterator[BalanceChanged]:
    for event in commit.events:
        if isinstance(event, BalanceChanged) and event.transfer is not None:
            yield event


def _make_trade_rows(commits: Iterable[Commit]) -> Iterator[Row]:
    for commit in commits:
        for trade in commit.trades:
            yield (
                trade.symbol,
                trade.trade_id,
                trade.price,
                trade.quantity,
                trade.aggressor_side,
                int(trade.maker_order_id),
                int(trade.taker_order_id),
                commit.timestamp,
            )


def _list_trade_values(commits: Iterable[Commit]) -> Iterator[TradeValues]:
    for commit in commits:
        for trade in commit.trades:
            yield TradeValues(
                trade.symbol,
                trade.price,
                trade.quantity,
                commit.timestamp,
                trade.trade_id,
                trade.aggressor_side is Side.BUY,
            )
