"""The matching core in plain Python: the same rules, events, state hash and saved bytes.

It is the oracle that the compiled core is tested against, and it serves if there is no C
compiler. `engine/README.md` states the rules; `matcher.pyi` says what each method does.
"""

from collections.abc import Sequence
from dataclasses import replace
from operator import attrgetter, index

from engine.core.codes import (
    ALL_SYMBOLS,
    COMMAND_RECORD,
    EVENT_RECORD,
    LIST_LEGS,
    MAX_PARTS,
    MAX_QUANTITY,
    NO_SYMBOL,
    Command,
    EventKind,
    EventRow,
    ListKind,
    OrderType,
    Reason,
    Side,
    TimeInForce,
    Waiting,
)
from engine.core.codes import SelfTradePrevention as Prevention
from engine.core.reference.book import TRIGGERED_TYPES, Book, Order
from engine.core.reference.list_refusals import (
    are_related,
    choose_holder,
    link_legs,
    refuse_leg,
    refuse_list_funds,
    refuse_shape,
)
from engine.core.reference.lists import ListState
from engine.core.reference.refusals import (
    refuse_amend,
    refuse_form,
    refuse_funds,
    refuse_place,
    refuse_special,
    to_int64,
)


class Matcher(ListState):
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
        time_in_force: int = 0,
        display_quantity: int = 0,
        quote_amount: int = 0,
        trailing_offset: int = 0,
        trailing_unit: int = 0,
        most_quantity: int = 0,
    ) -> list[EventRow]:
        """Enter an order."""
        fields = (order_id, account, symbol, side, order_type, self_trade_prevention)
        order = Order(*map(to_int64, (*fields, price, stop_price, quantity)))
        order.time_in_force, order.display = to_int64(time_in_force), to_int64(display_quantity)
        order.offset, order.unit = to_int64(trailing_offset), to_int64(trailing_unit)
        amount = to_int64(quote_amount)
        reason = (
            refuse_form(order, self.symbols, self._ledger)
            or refuse_special(order, amount)
            or self._refuse_now(order, amount, to_int64(most_quantity))
        )
        if reason:
            self._reject(order, reason)
        else:
            self._hold(order, order.remaining)
            self._begin_trailing(order)
            amounts = order.total, order.total, order.stop_price_now
            self._emit(EventKind.ACCEPTED, order, *amounts)
            self._start(order)
        return self._finish()

    def new_list(
        self, symbol: int, account: int, kind: int, orders: Sequence[Sequence[int]]
    ) -> list[EventRow]:
        """Enter an order list."""
        if index(kind) not in set(ListKind) or len(orders) != LIST_LEGS[ListKind(kind)]:
            raise ValueError(f"there is no list of kind {kind} with {len(orders)} orders")
        legs = [_read_leg(symbol, account, *row) for row in orders]
        link_legs(legs, kind)
        refused, reason = self._refuse_list(legs, kind)
        if reason:
            self._reject(legs[refused], reason)
            return self._finish()
        for leg in legs:
            if leg.order_type in (OrderType.IOC, OrderType.FOK):
                leg.time_in_force = leg.order_type
            self._hold(leg, leg.remaining)
            is_pending = leg.waiting == Waiting.WORKING_ORDER
            if not is_pending:
                self._begin_trailing(leg)
            amounts = (leg.total, leg.total, leg.stop_price_now)
            self._emit(EventKind.ACCEPTED, leg, *amounts, number=is_pending)
            if is_pending:
                self._arrive(leg)
        for leg in legs if kind == ListKind.OCO else legs[:1]:
            self._start(leg)
        return self._finish()

    def cancel(self, order_id: int, account: int) -> list[EventRow]:
        """Cancel an open order."""
        order = self._visible(to_int64(order_id), to_int64(account))
        if order:
            self._cancel(order, Reason.CANCEL_REQUESTED)
        return self._finish()

    def expire(self, order_id: int, account: int) -> list[EventRow]:
        """End an open order whose time has come."""
        order = self._visible(to_int64(order_id), to_int64(account))
        if order:
            self._end(order, EventKind.EXPIRED, Reason.TIME_REACHED)
            self._end_linked(order, EventKind.EXPIRED, Reason.LIST_ENDED)
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
                is_meant = order.account == account and symbol in (ALL_SYMBOLS, order.symbol)
                if is_meant and order.order_id in self._orders:  # else its list has ended before
                    self._cancel(order, Reason.CANCEL_ALL)
        else:
            self._refuse(EventKind.COMMAND_REJECTED, Reason.INVALID_SYMBOL)
        return self._finish()

    def join(self) -> None:
        """Make the commands that follow parts of one."""
        self._is_joined = True

    def part(self) -> list[EventRow]:
        """End what `join` began."""
        self._is_joined = False
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
        if kind == Command.EXPIRE:
            return self.expire(order_id, account)
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

    def _refuse_now(self, order: Order, quote_amount: int, most: int) -> Reason:
        """Return the first reason against an order of good form; find its quantity if need be."""
        book = self._books[order.symbol]
        if reason := refuse_place(order, book, self._orders, self._max_orders):
            return reason
        if quote_amount:
            least, order.remaining = order.remaining, self._find_quantity(order, quote_amount)
            if most and order.remaining > most:
                return Reason.QUANTITY_OUT_OF_RANGE
            if order.remaining < least:
                return Reason.INSUFFICIENT_LIQUIDITY
        return refuse_funds(order, book, self._ledger, quote_amount=quote_amount)

    def _find_quantity(self, order: Order, amount: int) -> int:
        """Return how much an amount (price x quantity) takes from the book, 0 for none."""
        quantity = 0
        for price, level in self._books[order.symbol].sides[1 - order.side]:
            offered = sum(
                maker.remaining
                for maker in level.orders.values()
                if not (order.prevention == Prevention.CANCEL_MAKER and order.is_own(maker))
            )
            part = min(offered, amount // price)
            quantity, amount = quantity + part, amount - part * price
            if part < offered or not amount:
                return min(quantity, MAX_QUANTITY)
        return min(quantity + amount // price, MAX_QUANTITY) if quantity else 0

    def _cancel(self, order: Order, reason: Reason) -> None:
        self._end(order, EventKind.CANCELED, reason)
        self._end_linked(order, EventKind.CANCELED, reason)

    # Order lists

    def _refuse_list(self, legs: Sequence[Order], kind: int) -> tuple[int, Reason]:
        """Return the first reason against a list, and the place of the order that has it."""
        room = self._max_orders - len(self._orders)
        for place, leg in enumerate(legs):
            taken = {*self._orders, *(each.order_id for each in legs[:place])}
            reason = refuse_form(leg, self.symbols, self._ledger) or refuse_special(leg, 0)
            if reason:
                return place, reason
            if reason := refuse_leg(leg, self._books[leg.symbol], taken, room - len(legs)):
                return place, reason
        place, reason = refuse_shape(legs, kind, self._books[legs[0].symbol])
        if reason or self._ledger is None or legs[0].symbol not in self._ledger.terms:
            return place, reason
        return refuse_list_funds(legs, self._ledger)

    def _bring_in_list(self, order: Order) -> None:
        """Let pending orders come in, the second one if the first leaves it there."""
        partner, quantity = order.partner, order.remaining
        self._bring_in(order)
        if other := self._orders.get(partner):
            self._part(other, quantity)
            self._bring_in(other)

    def _bring_in(self, order: Order) -> None:
        self._remove(order)
        order.waiting = Waiting.NOT_WAITING
        self._begin_trailing(order)
        self._emit(EventKind.RELEASED, order, order.total, order.total, order.stop_price_now)
        book, reason = self._books[order.symbol], Reason.NONE
        if order.order_type == OrderType.POST_ONLY and book.would_trade(order):
            reason = Reason.WOULD_TRADE
        is_market = order.order_type == OrderType.MARKET
        if is_market and self._ledger and self._ledger.lacks_cost(order, book):
            reason = Reason.INSUFFICIENT_BALANCE
        if reason:
            self._expire(order, reason)
        else:
            self._start(order)

    # Matching

    def _start(self, order: Order) -> None:
        """Execute the order, unless its stop price is yet to be reached."""
        if order.order_type not in TRIGGERED_TYPES:
            self._execute(order)
        elif not order.offset and self._books[order.symbol].has_reached(order):
            self._trigger(order)
        else:
            order.waiting = order.waiting or Waiting.STOP_PRICE
            self._arrive(order)

    def _begin_trailing(self, order: Order) -> None:
        """Have an order, if it trails, follow the price unless its own is yet to be reached."""
        book = self._books[order.symbol]
        if order.offset and (not order.stop_price or book.has_reached(order)):
            order.waiting, order.extreme = Waiting.TRAILING, book.last_trade_price

    def _activate(self, order: Order, price: int) -> None:
        """Have a trailing stop follow the price from the trade that has reached its price."""
        self._remove(order)
        order.waiting, order.extreme = Waiting.TRAILING, price
        self._arrive(order)
        amounts = order.total, order.remaining, order.stop_price_now
        self._emit(EventKind.ACTIVATED, order, *amounts, price=price)

    def _follow(self, book: Book, price: int) -> None:
        """Have the trailing stops follow a trade."""
        for order in book.list_trailing():
            if order.trails_to(price):
                self._order_hash -= order.mix()
                order.extreme = price
                self._order_hash += order.mix()

    def _fire(self, order: Order) -> None:
        """Put a waiting order at the end of the line; a trailing one keeps the price reached."""
        self._remove(order)
        self._orders[order.order_id] = order
        order.stop_price = order.stop_price_now
        order.offset = order.unit = order.extreme = 0
        order.waiting = Waiting.ITS_TURN
        self._fired.append(order)

    def _trigger(self, order: Order) -> None:
        order.waiting = Waiting.NOT_WAITING
        self._end_partner(order)
        price = self._books[order.symbol].last_trade_price
        amounts = (order.total, order.remaining, order.stop_price)
        self._emit(EventKind.TRIGGERED, order, *amounts, price=price)
        if self._ledger and self._ledger.lacks_cost(order, self._books[order.symbol]):
            self._expire(order, Reason.INSUFFICIENT_BALANCE)
        else:
            self._execute(order)

    def _execute(self, order: Order) -> None:
        """Trade what the order can; the rest expires or rests, as its type says."""
        if is_of(order, OrderType.FOK, TimeInForce.FOK) and not self._is_fillable(order):
            self._expire(order, Reason.FOK_NOT_FILLABLE)
            return
        book = self._books[order.symbol]
        while order.remaining and book.would_trade(order):
            self._meet(order, book.sides[1 - order.side].first().first())
        if order.remaining == 0:
            return
        if is_of(order, OrderType.IOC, TimeInForce.IOC):
            self._expire(order, Reason.IOC_REMAINDER)
        elif order.price == 0:
            self._expire(order, Reason.MARKET_REMAINDER)
        else:
            self._arrive(order)

    def _expire(self, order: Order, reason: Reason) -> None:
        """End an order that comes in, and the others of its list."""
        self._release(order)
        self._emit(EventKind.EXPIRED, order, order.remaining, reason=reason)
        self._end_linked(order, EventKind.EXPIRED, Reason.LIST_ENDED)

    def _is_fillable(self, order: Order) -> bool:
        """Whether a FOK would be filled in full by trades."""
        missing = order.remaining
        for _, maker, part in self._books[order.symbol].meetings(order):
            if not order.is_own(maker):
                missing -= part
            elif order.prevention != Prevention.CANCEL_MAKER:
                return False
            if missing <= 0:
                return True
        return False

    def _meet(self, taker: Order, maker: Order) -> None:
        self._touch(maker)
        if not taker.is_own(maker):
            self._trade(taker, maker)
            return
        self._tell_prevented(taker, maker)
        if taker.prevention == Prevention.DECREMENT:
            self._decrement(taker, maker)
        else:
            if taker.prevention != Prevention.CANCEL_TAKER:
                self._cancel(maker, Reason.SELF_TRADE_PREVENTION)
            if taker.prevention != Prevention.CANCEL_MAKER:
                self._cancel_taker(taker)

    def _tell_prevented(self, taker: Order, maker: Order) -> None:
        """Number a meeting that self-trade prevention kept from being a trade."""
        if not self._numbers_prevented:
            return
        book = self._books[taker.symbol]
        book.prevented_id += 1
        smaller, mode = min(taker.remaining, maker.shown), taker.prevention
        is_decrement = mode == Prevention.DECREMENT
        from_taker = smaller if is_decrement else taker.remaining
        from_maker = smaller if is_decrement else maker.remaining
        amounts = (
            from_taker * (mode != Prevention.CANCEL_MAKER),
            from_maker * (mode != Prevention.CANCEL_TAKER),
        )
        kind, number = EventKind.PREVENTED, book.prevented_id
        self._emit(kind, taker, *amounts, other=maker, price=maker.price, number=number)

    def _trade(self, taker: Order, maker: Order) -> None:
        quantity = min(taker.remaining, maker.shown)
        taker.remaining -= quantity
        taker.filled += quantity
        self._claim_hold(maker)
        self._resize(maker, maker.remaining - quantity, maker.filled + quantity)
        book = self._books[taker.symbol]
        book.trade_id += 1
        book.last_trade_price = maker.price
        self._settle(taker, maker, quantity, book.trade_id)
        amounts = (quantity, taker.remaining, maker.remaining)
        self._emit(EventKind.TRADE, taker, *amounts, maker, price=maker.price, number=book.trade_id)
        self._meet_links(maker)
        self._follow(book, maker.price)
        for order in book.reached():
            if order.offset and order.waiting == Waiting.STOP_PRICE:
                self._activate(order, maker.price)
            else:
                self._fire(order)
        if taker.link and taker.remaining == 0:
            self._fill_working(taker)

    def _settle(self, taker: Order, maker: Order, quantity: int, trade_id: int) -> None:
        if self._ledger is None or taker.symbol not in self._ledger.terms:
            return
        with self._unhashed(maker):
            commissions = self._ledger.settle(taker, maker, maker.price, quantity)
        self._emit(EventKind.COMMISSION, taker, *commissions, other=maker, price=0, number=trade_id)

    def _cancel_taker(self, taker: Order) -> None:
        reason = Reason.SELF_TRADE_PREVENTION
        self._release(taker)
        self._emit(EventKind.CANCELED, taker, taker.remaining, reason=reason)
        taker.remaining = 0
        self._end_linked(taker, EventKind.CANCELED, reason)

    def _decrement(self, taker: Order, maker: Order) -> None:
        """Take the smaller remaining quantity off both; who is left with nothing is canceled."""
        quantity = min(taker.remaining, maker.shown)
        if maker.remaining > quantity:
            self._claim_hold(maker)
            self._resize(maker, maker.remaining - quantity, maker.filled)
            self._hold(maker, -quantity)
            self._emit_reduced(maker, taker, quantity)
            self._meet_links(maker)
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
            hidden=0,
        )
        has_moved = (amended.price, amended.stop_price) != (order.price, order.stop_price)
        if reason:
            self._refuse_order(order, reason)
        elif remaining <= 0:
            self._cancel(order, Reason.AMENDED_BELOW_FILLED)
        elif order.partner or order.waiting == Waiting.WORKING_ORDER:
            self._amend_dependent(order, amended)
        elif not has_moved and remaining <= order.remaining:
            self._shrink(order, remaining)
        elif order.waiting == Waiting.TRAILING:
            self._change(order, amended)
        else:
            self._replace(order, amended)

    def _shrink(self, order: Order, remaining: int) -> None:
        """Lower an order's quantity in its place."""
        self._hold(order, remaining - order.remaining)
        self._unhide(order, order.remaining - remaining)
        self._resize(order, remaining, order.filled)
        self._emit_amended(order, kept_priority=True)

    def _amend_dependent(self, order: Order, amended: Order) -> None:
        """Amend an order that depends on another one; the legs of an OCO keep one quantity."""
        partner = self._orders.get(order.partner)
        other = replace(partner, remaining=amended.remaining, hidden=0) if partner else None
        if reason := self._refuse_dependent(order, amended, partner, other):
            self._refuse_order(order, reason)
            return
        has_changed = amended.remaining != order.remaining
        has_moved = (amended.price, amended.stop_price) != (order.price, order.stop_price)
        if not has_moved and amended.remaining <= order.remaining:
            self._shrink(order, amended.remaining)
            if partner and has_changed:
                self._shrink(partner, amended.remaining)
            return
        self._move_hold(order, amended, partner, other)
        self._step_out(order, amended)
        if partner and other and has_changed:
            self._step_out(partner, other)
            self._take_place(other)
        elif partner and other:
            partner.is_unheld = other.is_unheld
        self._take_place(amended)

    def _step_out(self, order: Order, amended: Order) -> None:
        """Take an amended order from its place, but leave one that trails where it is."""
        if order.waiting == Waiting.TRAILING:
            self._set_terms(order, amended)
            return
        self._remove(order)
        self._emit_amended(amended, kept_priority=False)

    def _refuse_dependent(
        self, order: Order, amended: Order, partner: Order | None, other: Order | None
    ) -> Reason:
        """Return the first reason against the amend of an order and of the other leg with it."""
        is_bought = self._is_bought(order)
        if is_bought and amended.remaining != order.remaining:
            return Reason.INVALID_QUANTITY
        if other and other.display and other.remaining > other.display * MAX_PARTS:
            return Reason.INVALID_DISPLAY_QUANTITY
        if other and not are_related(amended, other):
            return Reason.PRICE_RELATION
        is_post_only = amended.order_type == OrderType.POST_ONLY
        if is_post_only and not order.waiting and self._books[order.symbol].would_trade(amended):
            return Reason.WOULD_TRADE
        if self._ledger is None or order.symbol not in self._ledger.terms:
            return Reason.NONE
        legs = [leg for leg in (amended, other) if leg]
        if any(self._ledger.is_out_of_range(leg) for leg in legs):
            return Reason.NOTIONAL_OUT_OF_RANGE
        if is_bought:
            return Reason.NONE
        before = [leg for leg in (order, partner) if leg and not leg.is_unheld]
        held = sum(self._ledger.held_for(leg, leg.remaining) for leg in before)
        is_short = self._ledger.lacks_funds(max(legs, key=attrgetter("price")), held)
        return Reason.INSUFFICIENT_BALANCE if is_short else Reason.NONE

    def _move_hold(
        self, order: Order, amended: Order, partner: Order | None, other: Order | None
    ) -> None:
        """Free what an order and the other leg hold, and hold what they will need."""
        self._hold(order, -order.remaining)
        if partner and other and not self._is_bought(order):
            self._hold(partner, -partner.remaining)
            pair = (other, amended) if order.is_unheld else (amended, other)
            choose_holder(*pair)
            self._hold(other, other.remaining)
        self._hold(amended, amended.remaining)

    def _unhide(self, order: Order, quantity: int) -> None:
        """Have an amend take what is hidden first: count so much of it as shown."""
        self._touch(order)
        self._order_hash -= order.mix()
        levels, price = self._books[order.symbol].queues(order)
        levels[price].quantity += min(order.hidden, quantity)
        order.hidden -= min(order.hidden, quantity)
        self._order_hash += order.mix()

    def _change(self, order: Order, amended: Order) -> None:
        """Amend an order that trails."""
        if reason := refuse_funds(amended, self._books[order.symbol], self._ledger, order):
            self._refuse_order(order, reason)
            return
        self._hold(order, -order.remaining)
        self._hold(amended, amended.remaining)
        self._set_terms(order, amended)

    def _set_terms(self, order: Order, amended: Order) -> None:
        """Give an order that trails other terms where it is."""
        with self._unhashed(order):
            order.remaining, order.price = amended.remaining, amended.price
        order.is_unheld = amended.is_unheld
        self._emit_amended(order, kept_priority=True)

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

    def _take_place(self, order: Order) -> None:
        """Let an amended order take its place, unless it trails, or fire if it is to."""
        if order.waiting == Waiting.WORKING_ORDER:
            self._arrive(order)
        elif order.waiting != Waiting.TRAILING:
            self._start(order)

    # Events

    def _emit_reduced(self, order: Order, other: Order, quantity: int) -> None:
        reason = Reason.SELF_TRADE_PREVENTION
        self._emit(EventKind.REDUCED, order, quantity, order.remaining, other=other, reason=reason)

    def _emit_amended(self, order: Order, *, kept_priority: bool) -> None:
        amounts = (order.total, order.remaining, order.stop_price_now)
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

    def _reject(self, order: Order, reason: Reason) -> None:
        symbol = NO_SYMBOL if reason == Reason.INVALID_SYMBOL else order.symbol
        side = order.side if order.side in (Side.BUY, Side.SELL) else 0
        self._refuse(EventKind.REJECTED, reason, order.order_id, symbol, side)

    def _refuse_order(self, order: Order, reason: Reason) -> None:
        kind = EventKind.COMMAND_REJECTED
        self._refuse(kind, reason, order.order_id, order.symbol, order.side)

    def _finish(self) -> list[EventRow]:
        """Run the orders that this command's trades fired, report levels, return the events."""
        while self._fired:
            order = self._fired.popleft()
            if order.waiting == Waiting.WORKING_ORDER:
                self._bring_in_list(order)
            else:
                del self._orders[order.order_id]
                self._trigger(order)
        if not self._is_joined:
            self._report_levels()
        events, self._events = self._events, []
        return events

    def _report_levels(self) -> None:
        for (symbol, side, price), before in self._touched.items():
            book = self._books[symbol]
            quantity = book.sides[side].quantity(price)
            if quantity != before:
                book.update_id += 1
                head = (int(EventKind.LEVEL), 0, symbol, side, 0, 0)
                self._events.append((*head, price, quantity, 0, 0, book.update_id))
        self._touched.clear()


def _read_leg(
    symbol: int,
    account: int,
    order_id: int,
    side: int,
    order_type: int,
    quantity: int,
    price: int,
    stop_price: int,
    prevention: int,
    time_in_force: int,
    display: int,
    offset: int,
    unit: int,
) -> Order:
    fields = (order_id, account, symbol, side, order_type, prevention, price, stop_price, quantity)
    order = Order(*map(to_int64, fields))
    order.time_in_force, order.display = to_int64(time_in_force), to_int64(display)
    order.offset, order.unit = to_int64(offset), to_int64(unit)
    return order


def is_of(order: Order, order_type: OrderType, time_in_force: TimeInForce) -> bool:
    """Whether an order has this time in force, by its type or beside it."""
    return order.order_type == order_type or order.time_in_force == time_in_force
