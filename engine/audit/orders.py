"""Audit the orders, from the execution reports and the public trades alone."""

from collections import deque
from collections.abc import Iterable, Sequence

from msgspec import UNSET

from engine.audit.expiries import ExpiryAudit
from engine.audit.findings import Findings, Rule
from engine.audit.queues import Queues, ReportedOrder
from engine.core import OpenOrder
from engine.exchange.orders import Order
from protocol.enums import Liquidity, ListState, Side, Status
from protocol.events import Event, ExecutionReport, Fill, Trade
from protocol.instrument import Instrument

_ENDS = frozenset({Status.FILLED, Status.CANCELED, Status.EXPIRED, Status.REJECTED})


class OrderAudit:
    """Follows every order from its first report to its last.

    Keeps the open orders, and the ids of the last `closed_limit` that ended.
    """

    def __init__(
        self, instruments: Sequence[Instrument], closed_limit: int, findings: Findings
    ) -> None:
        self.open: dict[str, ReportedOrder] = {}
        self.queues = {instrument.symbol: Queues() for instrument in instruments}
        self.accepted = self.rejected = self.ended = self.refused = 0
        self._instruments = {instrument.symbol: instrument for instrument in instruments}
        self._findings = findings
        self._closed: set[str] = set()
        self._closed_in_turn: deque[str] = deque()
        self._closed_limit = closed_limit
        self._active: ReportedOrder | None = None
        self._trades: deque[Trade] = deque()
        self._maker_due: Trade | None = None
        self._command = 0
        self._expiries = ExpiryAudit(self.open, findings)

    def begin(self, open_orders: Iterable[Order], by_priority: Iterable[OpenOrder]) -> None:
        """Start from a snapshot: its open orders, and by priority those in the book."""
        for known in open_orders:
            order_id = str(known.order_id)
            self.open[order_id] = ReportedOrder(
                order_id, known.account, known.instrument, known.side,
                known.price, known.stop_price, known.quantity, known.filled,
                known.remaining, known.notional, known.triggered is False,
                known.special.display_quantity, known.prevented,
            )  # fmt: skip
            order = self.open[order_id]
            if known.order_list is not None:
                order.join(known.order_list.list_type, known.order_list.order_ids)
                order.is_pending = known.is_pending
                order.is_waiting = order.is_waiting or known.is_pending
            self._expiries.add(order_id, known.expires_at)
        for place in by_priority:
            order = self.open[str(place.order_id)]
            self.queues[order.instrument.symbol].enter(order, place.hidden)

    def read(self, reports: Iterable[Event], trades: Iterable[Trade]) -> None:
        """Audit what one commit reported."""
        self._trades.extend(trades)
        for report in reports:
            if isinstance(report, ExecutionReport):
                if report.sequence != self._command:
                    self._settle()
                    self._command = report.sequence
                self._expiries.read(report)
                self._read_report(report)
            else:
                self.refused += 1
        self._settle()
        self._findings.expect(not self._trades, Rule.BOTH_SIDES, "a public trade has no reports")
        self._trades.clear()

    def _read_report(self, report: ExecutionReport) -> None:
        order = self.open.get(report.order_id)
        if order is None:
            self._begin_order(report)
        elif report.last_trade is not None:
            self._trade(order, report, report.last_trade)
        elif report.status in _ENDS:
            self._findings.expect(
                report.status is not Status.REJECTED, Rule.ORDER_STATE, _name(report)
            )
            self._end(order, report)
        else:
            self._change(order, report)

    def _begin_order(self, report: ExecutionReport) -> None:
        if report.status is Status.REJECTED:
            self.rejected += 1
            self._advance_closed(report.order_id)
            return
        is_first = report.status is Status.OPEN and report.order_id not in self._closed
        self._findings.expect(is_first, Rule.ORDER_STATE, f"{_name(report)} was not open")
        instrument = self._instruments[report.symbol or ""]
        lots = instrument.lot.to_steps
        order = ReportedOrder(
            report.order_id, report.account, instrument, report.side or Side.BUY,
            _ticks(instrument, report.price), _ticks(instrument, report.stop_price),
            lots(report.quantity or "0")[0], 0, lots(report.remaining_quantity)[0], 0,
            report.triggered is False,
            lots(report.display_quantity or "0")[0], lots(report.prevented_quantity or "0")[0],
        )  # fmt: skip
        self.accepted += 1
        self.open[order.order_id] = order
        if report.list:
            order.join(report.list.list_type, [int(each) for each in report.list.order_ids])
            order.is_pending = _is_pending(report)
        if order.is_pending:
            order.is_waiting = True  # the order on which it hangs may still act
        else:
            self._activate(order)
        self._check_quantities(order, report)

    def _activate(self, order: ReportedOrder) -> None:
        """Make `order` the one that acts; the one before takes its place in the book."""
        self._settle()
        self.queues[order.instrument.symbol].leave(order)
        self._active = None if order.is_waiting else order

    def _settle(self) -> None:
        order, self._active = self._active, None
        if order is None or order.order_id not in self.open:
            return
        self._findings.expect(
            order.price > 0, Rule.ORDER_STATE, f"{order.order_id} rests without a price"
        )
        self.queues[order.instrument.symbol].enter(order)

    def _trade(self, order: ReportedOrder, report: ExecutionReport, fill: Fill) -> None:
        instrument = order.instrument
        price, quantity = _ticks(instrument, fill.price), instrument.lot.to_steps(fill.quantity)[0]
        if fill.liquidity is Liquidity.TAKER:
            self._take(order, fill, price)
        else:
            self._check_maker(order, fill)
        order.filled += quantity
        order.notional += price * quantity
        self.queues[instrument.symbol].take(order, order.remaining - quantity)
        if report.status in _ENDS:
            self._end(order, report)
        else:
            self._check_quantities(order, report)

    def _take(self, taker: ReportedOrder, fill: Fill, price: int) -> None:
        """Open a trade with the taker's report: its maker must be the one whose turn it is."""
        self._findings.expect(
            taker is self._active, Rule.FIFO, f"{taker.order_id} takes out of turn"
        )
        trade = self._maker_due = self._trades.popleft() if self._trades else None
        if trade is None or not _is_same(trade, fill) or trade.taker_order_id != taker.order_id:
            self._findings.add(
                Rule.BOTH_SIDES, f"no public trade {fill.trade_id} of {taker.order_id}"
            )
            return
        self._findings.expect(
            trade.aggressor_side is taker.side, Rule.BOTH_SIDES, f"trade {trade.trade_id}: side"
        )
        maker_side = Side.SELL if taker.side is Side.BUY else Side.BUY
        first = self.queues[taker.instrument.symbol].find_first(maker_side)
        name = f"{taker.instrument.symbol} trade {trade.trade_id} at {trade.price}"
        if first is None or first.price != price:
            best = "nothing" if first is None else taker.instrument.ticks_to_price(first.price)
            self._findings.add(Rule.TRADE_THROUGH, f"{name}, the best is {best}")
        elif first.order_id != trade.maker_order_id:
            self._findings.add(
                Rule.FIFO, f"{name} with {trade.maker_order_id}, {first.order_id} came first"
            )

    def _check_maker(self, maker: ReportedOrder, fill: Fill) -> None:
        trade, self._maker_due = self._maker_due, None
        is_right = (
            trade is not None
            and _is_same(trade, fill)
            and trade.maker_order_id == maker.order_id
            and trade.aggressor_side is not maker.side
        )
        self._findings.expect(
            is_right, Rule.BOTH_SIDES, f"trade {fill.trade_id} of the maker {maker.order_id}"
        )

    def _change(self, order: ReportedOrder, report: ExecutionReport) -> None:
        """Audit the report of an order that was amended, reduced or triggered, or comes in."""
        instrument, queues = order.instrument, self.queues[order.instrument.symbol]
        price, stop_price = (
            _ticks(instrument, report.price),
            _ticks(instrument, report.stop_price),
        )
        quantity = instrument.lot.to_steps(report.quantity or "0")[0]
        remaining = instrument.lot.to_steps(report.remaining_quantity)[0]
        is_triggered = order.is_waiting and report.triggered is True
        is_released = order.is_pending and not _is_pending(report)
        has_moved = (price, stop_price) != (order.price, order.stop_price)
        if order.is_waiting and not (is_triggered or is_released):
            # it takes no turn: trades may go on
            order.price, order.stop_price, order.remaining = price, stop_price, remaining
        elif is_triggered or is_released or has_moved or remaining > order.remaining:
            queues.leave(order)
            order.price, order.stop_price, order.remaining = price, stop_price, remaining
            order.is_pending = _is_pending(report)
            order.is_waiting = report.triggered is False or order.is_pending
            self._activate(order)
        elif report.prevented_match:
            queues.take(order, remaining)
        else:
            queues.shrink(order, remaining)
        order.prevented = instrument.lot.to_steps(report.prevented_quantity or "0")[0]
        order.quantity = quantity
        self._check_quantities(order, report)

    def _end(self, order: ReportedOrder, report: ExecutionReport) -> None:
        self.queues[order.instrument.symbol].leave(order)
        del self.open[order.order_id]
        order.remaining = 0
        order.prevented = order.instrument.lot.to_steps(report.prevented_quantity or "0")[0]
        self.ended += 1
        self._check_quantities(order, report)
        self._closed.add(order.order_id)
        self._advance_closed(order.order_id)

    def _check_quantities(self, order: ReportedOrder, report: ExecutionReport) -> None:
        lots = order.instrument.lot.to_steps
        filled, remaining = lots(report.filled_quantity)[0], lots(report.remaining_quantity)[0]
        quantity = lots(report.quantity or "0")[0]
        there = filled + order.prevented
        is_right = (filled, remaining) == (order.filled, order.remaining) and (
            quantity == there + remaining
            or (report.status in _ENDS and quantity > there and report.status != Status.FILLED)
        )
        self._findings.expect(is_right, Rule.QUANTITY, _name(report))
        notional = order.instrument.format_notional(order.notional)
        self._findings.expect(
            report.filled_notional == notional, Rule.QUANTITY, f"{_name(report)}: value"
        )

    def _advance_closed(self, order_id: str) -> None:
        """Note that an order has ended; the oldest id beyond the limit may come again."""
        self._closed_in_turn.append(order_id)
        if len(self._closed_in_turn) > self._closed_limit:
            self._closed.discard(self._closed_in_turn.popleft())


def _is_pending(report: ExecutionReport) -> bool:
    """Whether the order waits for another one of its list."""
    return report.list is not UNSET and report.list.state is ListState.PENDING


def _ticks(instrument: Instrument, price: str | None) -> int:
    return instrument.tick.to_steps(price)[0] if price else 0


def _is_same(trade: Trade, fill: Fill) -> bool:
    return (trade.trade_id, trade.price, trade.quantity) == (
        fill.trade_id, fill.price, fill.quantity,
    )  # fmt: skip


def _name(report: ExecutionReport) -> str:
    return (
        f"order {report.order_id}: {report.status} {report.filled_quantity} +"
        f" {report.remaining_quantity} of {report.quantity}"
    )
