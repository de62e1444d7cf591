"""Apply the core's events to the orders, and write what is published about them.

Knows the core's events and nothing else of it; the codes are handed to it.
"""

from collections.abc import Mapping, Sequence

from engine.exchange.batch import Batch
from engine.exchange.core_event import CoreEvent
from engine.exchange.event_text import NO_TRADE, fill_text, prevented_text, put_report, put_trade
from engine.exchange.ledger import Ledger
from engine.exchange.numbers import Numbers
from engine.exchange.orders import Order, OrderTable
from protocol.assets import Asset
from protocol.enums import Liquidity, Reason, Side, Status
from protocol.instrument import Instrument

_BUY = Side.BUY
_CANCELED, _EXPIRED, _REJECTED = Status.CANCELED, Status.EXPIRED, Status.REJECTED
_TAKER, _MAKER = Liquidity.TAKER, Liquidity.MAKER


class Recorder:
    """One method for each kind of event."""

    def __init__(
        self,
        orders: OrderTable,
        instruments: Sequence[Instrument],
        sides: Mapping[int, Side],
        reasons: Mapping[int, Reason],
        ledger: Ledger,
        numbers: Numbers,
    ) -> None:
        self._orders = orders
        self._instruments = instruments
        self._sides = sides
        self._reasons = reasons
        self._ledger = ledger
        self._numbers = numbers
        self.new_name: str | None = None
        """The name that an amend in hand gives its order."""
        self._is_charged = False
        self._taker_commission = self._maker_commission = 0

    def accepted(self, event: CoreEvent, batch: Batch) -> None:
        """Number and report an order that came in."""
        order = self._orders.get(event.order_id)
        self._orders.number(order, self._numbers.number_order())
        if not order.quantity:
            order.find_quantity(event.quantity)
        if event.stop_price != order.stop_price:
            order.follow(event.stop_price)
        self._report(order, batch)

    def charged(self, event: CoreEvent, _batch: Batch) -> None:
        """Note the commissions of the match that follows."""
        self._taker_commission, self._maker_commission = event.quantity, event.remaining
        self._is_charged = True

    def traded(self, event: CoreEvent, batch: Batch) -> None:
        """Publish a match: the public trade, then a report for the taker and one for the maker."""
        taker, maker = self._orders.get(event.order_id), self._orders.get(event.other_id)
        price, quantity, trade_id = event.price, event.quantity, event.trade_id
        put_trade(batch.trades, maker, taker, trade_id, price, quantity, batch.timestamp_text)
        taker.fill(price, quantity, event.remaining)
        maker.fill(price, quantity, event.other_remaining)
        taker.before = maker.before = None
        for order, liquidity in ((taker, _TAKER), (maker, _MAKER)):
            is_taker = order is taker
            commission = self._taker_commission if is_taker else self._maker_commission
            asset = self._find_received(order) if self._is_charged else None
            fill = fill_text(
                order.instrument, trade_id, price, quantity, liquidity, commission, asset
            )
            batch.fills.append((order.order_id, fill))
            order.execution_number = self._numbers.number_report()
            self._put(order, fill, batch)
            if not order.remaining:
                self._orders.close(order)
        self._is_charged = False

    def canceled(self, event: CoreEvent, batch: Batch) -> None:
        """Report an order that was canceled."""
        self.end(event, _CANCELED, self._reasons[event.reason], batch)

    def expired(self, event: CoreEvent, batch: Batch) -> None:
        """Report an order that its own rule ended."""
        self.end(event, _EXPIRED, self._reasons[event.reason], batch)

    def rejected(self, event: CoreEvent, batch: Batch) -> None:
        """Report an order that the core did not take."""
        self.end(event, _REJECTED, self._reasons[event.reason], batch)

    def amended(self, event: CoreEvent, batch: Batch) -> None:
        """Report an order that has other terms now."""
        order = self._orders.get(event.order_id)
        before = (order.client_order_id, order.quantity)
        order.amend(event.price, event.quantity, event.remaining, event.stop_price)
        if self.new_name is not None:
            self._orders.rename(order, self.new_name)
            self.new_name = None  # the amend of a leg amends the other one too
        if self._numbers.is_begun:
            order.before = before
        self._put_report(order, batch)

    def reduced(self, event: CoreEvent, batch: Batch) -> None:
        """Report an order of which self-trade prevention took a part."""
        order = self._orders.get(event.order_id)
        order.reduce(event.quantity, event.remaining)
        order.reason = self._reasons[event.reason]
        self._report(order, batch)
        order.reason = None

    def prevented(self, event: CoreEvent, batch: Batch) -> None:
        """Count what self-trade prevention takes from two orders that meet."""
        taker, maker = self._orders.get(event.order_id), self._orders.get(event.other_id)
        quantities = (event.quantity, event.remaining)
        batch.prevented.append(
            (taker.order_id, event.number, maker.number, event.price, *quantities)
        )
        if event.quantity:
            self._prevent(taker, maker, event.quantity, event, _TAKER)
        if event.remaining:
            self._prevent(maker, taker, event.remaining, event, _MAKER)

    def _prevent(
        self, order: Order, other: Order, quantity: int, event: CoreEvent, liquidity: Liquidity
    ) -> None:
        match = prevented_text(order, other, event.number, event.price, quantity, liquidity)
        order.prevent(quantity, match)

    def triggered(self, event: CoreEvent, batch: Batch) -> None:
        """Report a waiting order whose stop price was reached."""
        order = self._orders.get(event.order_id)
        order.triggered = True
        if event.stop_price != order.stop_price:
            order.follow(event.stop_price)
        self._report(order, batch)

    def activated(self, event: CoreEvent, batch: Batch) -> None:
        """Report a trailing stop that follows the market from now on."""
        order = self._orders.get(event.order_id)
        order.follow(event.stop_price)
        self._report(order, batch)

    def released(self, event: CoreEvent, batch: Batch) -> None:
        """Report a pending order that comes in."""
        order = self._orders.get(event.order_id)
        order.is_pending = False
        if order.quantity != event.quantity:
            order.find_quantity(event.quantity)
        if event.stop_price != order.stop_price:
            order.follow(event.stop_price)
        self._report(order, batch)

    def level_changed(self, event: CoreEvent, batch: Batch) -> None:
        """Note a price level's new total."""
        batch.add_level(
            self._instruments[event.symbol],
            self._sides[event.side] is _BUY,
            event.price,
            event.quantity,
            event.update_id,
        )

    def end(self, event: CoreEvent, status: Status, reason: Reason, batch: Batch) -> None:
        """Report that an order ended, for a reason that need not be the core's."""
        order = self._orders.get(event.order_id)
        if event.stop_price:
            order.follow(event.stop_price)
        self._end_order(order, status, reason, batch)

    def refuse(self, order: Order, reason: Reason, batch: Batch) -> None:
        """Report an order that was refused before the core saw it; keep it in case of a repeat."""
        self._orders.add(order)
        self._end_order(order, _REJECTED, reason, batch)

    def _end_order(self, order: Order, status: Status, reason: Reason, batch: Batch) -> None:
        order.end(status, reason)
        if status is _REJECTED:
            batch.rejects.append(reason)
        self._report(order, batch)
        self._orders.close(order)

    def _find_received(self, order: Order) -> Asset:
        """Find the asset in which an order is paid, and charged."""
        base, quote = self._ledger.traded[order.instrument.index]
        return base if order.side is _BUY else quote

    def _report(self, order: Order, batch: Batch) -> None:
        order.before = None
        self._put_report(order, batch)

    def _put_report(self, order: Order, batch: Batch) -> None:
        order.execution_number = self._numbers.number_report()
        self._put(order, NO_TRADE, batch)

    def _put(self, order: Order, trade: str, batch: Batch) -> None:
        sequence, timestamp = batch.sequence, batch.timestamp_text
        put_report(batch.reports, order, trade, sequence, timestamp, batch.tells_prevention)
