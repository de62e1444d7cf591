"""The matching core in plain Python: the same rules, events, state hash and saved bytes.

It is the oracle that the compiled core is tested against, and it serves if there is no C
compiler. `engine/README.md` states the rules; `matcher.pyi` says what each method does.
"""

from dataclasses import replace
from operator import attrgetter, index

from engine.core.codes import (
    ALL_SYMBOLS,
    COMMAND_RECORD,
    EVENT_RECORD,
    NO_SYMBOL,
    Command,
    EventKind,
    EventRow,
    OrderType,
    Reason,
    Side,
)
from engine.core.codes import SelfTradePrevention as Prevention
from engine.core.reference.book import TRIGGERED_TYPES, Order
from engine.core.reference.refusals import (
    refuse_amend,
    refuse_form,
    refuse_funds,
    refuse_place,
    to_int64,
)
from engine.core.reference.state import MatcherState


class Matcher(MatcherState):
    """Matches orders of any number of symbols; `matcher.pyi` describes every method."""

    # Commands

    def new(
        self,
        symbol: int,
        order_id: int,
        account: int,
        side: int,
        order_type: int,
        quantity: int,
        price: int = 0,
        stop_price: int = 0,
        self_trade_prevention: int = 0,
    ) -> list[EventRow]:
        """Enter an order."""
        fields = (order_id, account, symbol, side, order_type, self_trade_prevention)
        order = Order(*map(to_int64, (*fields, price, stop_price, quantity)))
        reason = refuse_form(order, self.symbols, self._ledger) or self._refuse_now(order)
        if reason:
            symbol = NO_SYMBOL if reason == Reason.INVALID_SYMBOL else order.symbol
            side = order.side if order.side in (Side.BUY, Side.SELL) else 0
            self._refuse(EventKind.REJECTED, reason, order.order_id, symbol, side)
        else:
            self._hold(order, order.remaining)
            self._emit(EventKind.ACCEPTED, order, order.total, order.total, order.stop_price)
            self._start(order)
        return self._finish()

    def cancel(self, order_id: int, account: int) -> list[EventRow]:
        """Cancel an open order."""
        order = self._visible(to_int64(order_id), to_int64(account))
        if order:
            self._cancel(order, Reason.CANCEL_REQUESTED)
        return self._finish()

    def amend(
        self, order_id: int, account: int, quantity: int = 0, price: int = 0, stop_price: int = 0
    ) -> list[EventRow]:
        """Change an open order; 0 keeps a value."""
        values = to_int64(quantity), to_int64(price), to_int64(stop_price)
        order = self._visible(to_int64(order_id), to_int64(account))
        if order:
            self._amend(order, *values)
        return self._finish()

    def cancel_all(self, account: int, symbol: int = ALL_SYMBOLS) -> list[EventRow]:
        """Cancel an account's open orders, by arrival."""
        account, symbol = to_int64(account), index(symbol)
        if ALL_SYMBOLS <= symbol < self.symbols:
            for order in sorted(self._orders.values(), key=attrgetter("arrival")):
                if order.account == account and symbol in (ALL_SYMBOLS, order.symbol):
                    self._cancel(order, Reason.CANCEL_ALL)
        else:
            self._refuse(EventKind.COMMAND_REJECTED, Reason.INVALID_SYMBOL)
        return self._finish()

    def apply(self, commands: bytes | bytearray | memoryview) -> bytes:
        """Run packed commands and return the packed events."""
        view = memoryview(commands).cast("B")
        size = COMMAND_RECORD.size
        if len(view) % size:
            raise ValueError(
                f"a batch is a whole number of {size}-byte records, not {len(view)} bytes"
            )
        rows = (self._run(*record) for record in COMMAND_RECORD.iter_unpack(view))
        return b"".join(EVENT_RECORD.pack(*row) for events in rows for row in events)

    def _run(self, kind: int, side: int, order_type: int, *rest: int) -> list[EventRow]:
        prevention, symbol, order_id, account, quantity, price, stop_price = rest
        if kind == Command.NEW:
            form = (side, order_type, quantity, price, stop_price, prevention)
            return self.new(symbol, order_id, account, *form)
        if kind == Command.CANCEL:
            return self.cancel(order_id, account)
        if kind == Command.AMEND:
            return self.amend(order_id, account, quantity, price, stop_price)
        if kind == Command.CANCEL_ALL:
            return self.cancel_all(account, symbol)
        self._refuse(EventKind.COMMAND_REJECTED, Reason.INVALID_COMMAND, order_id)
        return self._finish()

    # Refusals

    def _visible(self, order_id: int, account: int) -> Order | None:
        """Find the open order of this account, or refuse the command."""
        order = self._orders.get(order_id)
        if order and order.account == account:
            return order
        self._refuse(EventKind.COMMAND_REJECTED, Reason.UNKNOWN_ORDER, order_id)
        return None

    def _refuse_now(self, order: Order) -> Reason:
        """Return the first reason against an order of good form."""
        book = self._books[order.symbol]
        return refuse_place(order, book, self._orders, self._max_orders) or refuse_funds(
            order, book, self._ledger
        )

    def _cancel(self, order: Order, reason: Reason) -> None:
        self._hold(order, -order.remaining)
        self._remove(order)
        self._emit(EventKind.CANCELED, order, order.remaining, reason=reason)

    # Matching

    def _start(self, order: Order) -> None:
        """Execute the order, unless its stop price is yet to be reached."""
        if order.order_type not in TRIGGERED_TYPES:
            self._execute(order)
        elif self._books[order.symbol].has_reached(order):
            self._trigger(order)
        else:
            order.waiting = True
            self._arrive(order)

    def _trigger(self, order: Order) -> None:
        order.waiting = False
        price = self._books[order.symbol].last_trade_price
        amounts = (order.total, order.remaining, order.stop_price)
        self._emit(EventKind.TRIGGERED, order, *amounts, price=price)
        if self._ledger and self._ledger.lacks_cost(order, self._books[order.symbol]):
            self._expire(order, Reason.INSUFFICIENT_BALANCE)
        else:
            self._execute(order)

    def _execute(self, order: Order) -> None:
        """Trade what the order can; the rest expires or rests, as its type says."""
        if order.order_type == OrderType.FOK and not self._is_fillable(order):
            self._expire(order, Reason.FOK_NOT_FILLABLE)
            return
        book = self._books[order.symbol]
        while order.remaining and book.would_trade(order):
            self._meet(order, book.sides[1 - order.side].first().first())
        if order.remaining == 0:
            return
        if order.order_type == OrderType.IOC:
            self._expire(order, Reason.IOC_REMAINDER)
        elif order.price == 0:
            self._expire(order, Reason.MARKET_REMAINDER)
        else:
            self._arrive(order)

    def _expire(self, order: Order, reason: Reason) -> None:
        self._hold(order, -order.remaining)
        self._emit(EventKind.EXPIRED, order, order.remaining, reason=reason)

    def _is_fillable(self, order: Order) -> bool:
        """Whether a FOK would be filled in full by trades."""
        missing = order.remaining
        for price, level in self._books[order.symbol].sides[1 - order.side]:
            if not order.takes(price):
                return False
            for maker in level.orders.values():
                if not order.is_own(maker):
                    missing -= maker.remaining
                elif order.prevention != Prevention.CANCEL_MAKER:
                    return False
                if missing <= 0:
                    return True
        return False

    def _meet(self, taker: Order, maker: Order) -> None:
        self._touch(maker)
        if not taker.is_own(maker):
            self._trade(taker, maker)
        elif taker.prevention == Prevention.DECREMENT:
            self._decrement(taker, maker)
        else:
            if taker.prevention != Prevention.CANCEL_TAKER:
                self._cancel(maker, Reason.SELF_TRADE_PREVENTION)
            if taker.prevention != Prevention.CANCEL_MAKER:
                self._cancel_taker(taker)

    def _trade(self, taker: Order, maker: Order) -> None:
        quantity = min(taker.remaining, maker.remaining)
        taker.remaining -= quantity
        taker.filled += quantity
        self._resize(maker, maker.remaining - quantity, maker.filled + quantity)
        book = self._books[taker.symbol]
        book.trade_id += 1
        book.last_trade_price = maker.price
        self._settle(taker, maker, quantity, book.trade_id)
        amounts = (quantity, taker.remaining, maker.remaining)
        self._emit(EventKind.TRADE, taker, *amounts, maker, price=maker.price, number=book.trade_id)
        for order in book.reached():
            self._remove(order)
            self._fired.append(order)

    def _settle(self, taker: Order, maker: Order, quantity: int, trade_id: int) -> None:
        if self._ledger is None or taker.symbol not in self._ledger.terms:
            return
        commissions = self._ledger.settle(taker, maker, maker.price, quantity)
        self._emit(EventKind.COMMISSION, taker, *commissions, other=maker, price=0, number=trade_id)

    def _cancel_taker(self, taker: Order) -> None:
        reason = Reason.SELF_TRADE_PREVENTION
        self._hold(taker, -taker.remaining)
        self._emit(EventKind.CANCELED, taker, taker.remaining, reason=reason)
        taker.remaining = 0

    def _decrement(self, taker: Order, maker: Order) -> None:
        """Take the smaller remaining quantity off both; who is left with nothing is canceled."""
        quantity = min(taker.remaining, maker.remaining)
        if maker.remaining > quantity:
            self._resize(maker, maker.remaining - quantity, maker.filled)
            self._hold(maker, -quantity)
            self._emit_reduced(maker, taker, quantity)
        else:
            self._cancel(maker, Reason.SELF_TRADE_PREVENTION)
        if taker.remaining > quantity:
            taker.remaining -= quantity
            self._hold(taker, -quantity)
            self._emit_reduced(taker, maker, quantity)
        else:
            self._cancel_taker(taker)

    def _amend(self, order: Order, quantity: int, price: int, stop_price: int) -> None:
        reason = refuse_amend(order, quantity, price, stop_price)
        remaining = quantity - order.filled if quantity else order.remaining
        amended = replace(
            order,
            remaining=remaining,
            price=price or order.price,
            stop_price=stop_price or order.stop_price,
        )
        has_moved = (amended.price, amended.stop_price) != (order.price, order.stop_price)
        if reason:
            self._refuse_order(order, reason)
        elif remaining <= 0:
            self._cancel(order, Reason.AMENDED_BELOW_FILLED)
        elif not has_moved and remaining <= order.remaining:
            self._hold(order, remaining - order.remaining)
            self._resize(order, remaining, order.filled)
            self._emit_amended(order, kept_priority=True)
        else:
            self._replace(order, amended)

    def _replace(self, order: Order, amended: Order) -> None:
        """Take the amended order from its place and let it come in again."""
        book = self._books[order.symbol]
        if order.order_type == OrderType.POST_ONLY and book.would_trade(amended):
            self._refuse_order(order, Reason.WOULD_TRADE)
            return
        if reason := refuse_funds(amended, book, self._ledger, order):
            self._refuse_order(order, reason)
            return
        self._hold(order, -order.remaining)
        self._hold(amended, amended.remaining)
        self._remove(order)
        self._emit_amended(amended, kept_priority=False)
        if amended.waiting:
            self._start(amended)
        else:
            self._execute(amended)

    # Events

    def _emit(
        self,
        kind: EventKind,
        order: Order,
        quantity: int,
        remaining: int = 0,
        other_remaining: int = 0,
        other: Order | None = None,
        *,
        reason: Reason = Reason.NONE,
        price: int | None = None,
        number: int = 0,
    ) -> None:
        ids = (order.order_id, other.order_id if other else 0)
        price = order.price if price is None else price
        head = (int(kind), int(reason), order.symbol, order.side)
        self._events.append((*head, *ids, price, quantity, remaining, other_remaining, number))

    def _emit_reduced(self, order: Order, other: Order, quantity: int) -> None:
        reason = Reason.SELF_TRADE_PREVENTION
        self._emit(EventKind.REDUCED, order, quantity, order.remaining, other=other, reason=reason)

    def _emit_amended(self, order: Order, *, kept_priority: bool) -> None:
        amounts = (order.total, order.remaining, order.stop_price)
        self._emit(EventKind.AMENDED, order, *amounts, number=kept_priority)

    def _refuse(
        self,
        kind: EventKind,
        reason: Reason,
        order_id: int = 0,
        symbol: int = NO_SYMBOL,
        side: int = 0,
    ) -> None:
        self._events.append((int(kind), int(reason), symbol, side, order_id, 0, 0, 0, 0, 0, 0))

    def _refuse_order(self, order: Order, reason: Reason) -> None:
        kind = EventKind.COMMAND_REJECTED
        self._refuse(kind, reason, order.order_id, order.symbol, order.side)

    def _finish(self) -> list[EventRow]:
        """Run the orders that this command's trades fired, report levels, return the events."""
        while self._fired:
            self._trigger(self._fired.popleft())
        for (symbol, side, price), before in self._touched.items():
            book = self._books[symbol]
            quantity = book.sides[side].quantity(price)
            if quantity != before:
                book.update_id += 1
                head = (int(EventKind.LEVEL), 0, symbol, side, 0, 0)
                self._events.append((*head, price, quantity, 0, 0, book.update_id))
        self._touched.clear()
        events, self._events = self._events, []
        return events
