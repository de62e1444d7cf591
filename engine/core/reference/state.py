"""The plain-Python core's state: books, open orders, what a command has touched; saved bytes."""

from collections import deque
from collections.abc import Callable
from itertools import islice
from operator import attrgetter, index
from typing import Self

from engine.core.codes import (
    ALL_SYMBOLS,
    MAX_AMOUNT,
    MAX_ORDERS,
    MAX_PARTS,
    MAX_PRICE,
    MAX_QUANTITY,
    MAX_SYMBOLS,
    EventKind,
    EventRow,
    OpenOrder,
    OrderType,
    Reason,
    Terms,
    TimeInForce,
    Waiting,
)
from engine.core.holds import sum_holds
from engine.core.reference.book import (
    MIX,
    NEVER_REST,
    TAKES_TIME_IN_FORCE,
    TRIGGERED_TYPES,
    WORD,
    Book,
    Level,
    Order,
)
from engine.core.reference.ledger import Ledger, check_fee
from engine.core.reference.list_refusals import is_linked, is_sound_list
from engine.core.reference.refusals import is_sound_offset, refuse_form, to_int64
from engine.core.saved import (
    BOOK_RECORD,
    EXTRA_RECORD,
    FEES_RECORD,
    LIST_RECORD,
    ORDER_RECORD,
    PREVENTED_RECORD,
    TERMS_RECORD,
    TRAILING_RECORD,
    Saved,
    SavedLedger,
    seal,
    unseal,
)

Levels = list[tuple[int, int]]

_book_fields = attrgetter("last_trade_price", "trade_id", "update_id")
_saved_fields = attrgetter(
    *("order_id", "account", "price", "stop_price", "remaining", "filled", "arrival"),
    *("symbol", "side", "order_type", "prevention", "waiting"),
)
_open_fields = attrgetter(
    *("order_id", "account", "side", "order_type", "prevention", "price", "stop_price"),
    *("total", "filled", "remaining", "arrival", "waiting", "time_in_force", "display", "hidden"),
    *("partner", "link", "received"),
    *("offset", "unit", "extreme"),
)
_list_fields = attrgetter("is_unheld", "is_keeping", "partner", "link", "received")


class MatcherState:
    """All that a matcher keeps, with the queries on it; `matcher.pyi` describes them."""

    def __init__(
        self, symbols: int = 1, *, capacity: int = 1 << 14, max_orders: int = MAX_ORDERS
    ) -> None:
        for name, value, low, high in (
            ("symbols", symbols, 0, MAX_SYMBOLS),
            ("max_orders", max_orders, 1, MAX_ORDERS),
            ("capacity", capacity, 1, MAX_ORDERS),
        ):
            if not low <= value <= high:
                raise ValueError(f"{name} must be from {low} to {high}, not {value}")
        self._books = [Book() for _ in range(symbols)]
        self._orders: dict[int, Order] = {}
        self._max_orders = max_orders
        self._arrival = 0
        self._order_hash = 0
        self._numbers_prevented = False
        self._events: list[EventRow] = []
        self._touched: dict[tuple[int, int, int], int] = {}
        self._fired: deque[Order] = deque()
        self._is_joined = False
        self._ledger: Ledger | None = None

    @property
    def symbols(self) -> int:
        """How many books there are."""
        return len(self._books)

    def add_symbol(self) -> int:
        """Add an empty book and return its index."""
        if self.symbols == MAX_SYMBOLS:
            raise ValueError(f"a matcher has at most {MAX_SYMBOLS} symbols")
        self._books.append(Book())
        return self.symbols - 1

    # Queries

    def bbo(self, symbol: int) -> tuple[int, int, int, int]:
        """Return best bid, its quantity, best ask, its quantity."""
        bids, asks = self.l2(symbol, 1)
        return (*(bids[0] if bids else (0, 0)), *(asks[0] if asks else (0, 0)))

    def l2(self, symbol: int, depth: int = 0) -> tuple[Levels, Levels]:
        """Return bids and asks, best first; `depth` levels of each, 0 for all."""
        levels = to_int64(depth)
        stop = levels if levels > 0 else None
        bids, asks = (
            [(price, level.quantity) for price, level in islice(side, stop)]
            for side in self._book(symbol).sides
        )
        return bids, asks

    def last_trade_price(self, symbol: int) -> int:
        """Price of the last trade, 0 before the first."""
        return self._book(symbol).last_trade_price

    def trade_id(self, symbol: int) -> int:
        """Number of trades so far."""
        return self._book(symbol).trade_id

    def update_id(self, symbol: int) -> int:
        """Number of LEVEL events so far."""
        return self._book(symbol).update_id

    def prevented_id(self, symbol: int) -> int:
        """Number of PREVENTED events so far."""
        return self._book(symbol).prevented_id

    def number_prevented(self) -> None:
        """From now on give an id to every match that self-trade prevention prevents."""
        self._numbers_prevented = True

    def open_orders(self) -> int:
        """Number of open orders."""
        return len(self._orders)

    def orders(self, symbol: int) -> list[OpenOrder]:
        """List every open order of a symbol, by priority."""
        return [OpenOrder(*_open_fields(order)) for order in self._book(symbol).orders()]

    def _book(self, symbol: int) -> Book:
        place = to_int64(symbol)
        if not 0 <= place < self.symbols:
            raise IndexError(f"there is no symbol {symbol}")
        return self._books[place]

    # Ledger

    @property
    def assets(self) -> int:
        """How many assets the ledger has, 0 without one."""
        return self._ledger.assets if self._ledger else 0

    @property
    def accounts(self) -> int:
        """How many accounts the ledger has, the one for fees among them; 0 without a ledger."""
        return self._ledger.accounts if self._ledger else 0

    def open_ledger(self, assets: int, *, is_checked: bool) -> None:
        """Keep balances from now on."""
        if self._ledger:
            raise ValueError("the matcher has a ledger already")
        self._ledger = Ledger(assets, is_checked=is_checked)

    @property
    def ledger(self) -> Ledger:
        """The ledger; ValueError if there is none."""
        if self._ledger is None:
            raise ValueError("the matcher has no ledger")
        return self._ledger

    def add_asset(self) -> int:
        """Add an asset and return its index."""
        return self.ledger.add_asset()

    def set_terms(self, symbol: int, terms: tuple[int, int, int, int, int, int]) -> None:
        """Have a symbol's trades settled; later only its fees can change."""
        ledger, book, new = self.ledger, self._book(symbol), Terms._make(map(index, terms))
        if not (0 <= new.base < self.assets and 0 <= new.quote < self.assets):
            raise IndexError(f"terms name two assets of {self.assets}, not {new[:2]}")
        if new.base == new.quote:
            raise IndexError(f"terms name two assets of {self.assets}, not {new[:2]}")
        check_fee(new.maker_fee)
        check_fee(new.taker_fee)
        if not (1 <= new.lot_units <= MAX_AMOUNT and 1 <= new.step_units <= MAX_AMOUNT):
            raise ValueError(f"units must be from 1 to 2**63 - 1, not {new[2:4]}")
        now = ledger.terms.get(symbol)
        if now and now[:4] != new[:4]:
            raise ValueError("of a symbol's terms only the fees can change")
        if now is None:
            ledger.check_holds(sum_holds(self.orders(symbol), new, self.accounts))
        ledger.terms[symbol] = new
        if now is None:
            for order in book.orders():
                ledger.hold(order, order.remaining)

    def terms(self, symbol: int) -> Terms | None:
        """Return a symbol's terms, None if its trades are not settled."""
        self._book(symbol)
        return self._ledger.terms.get(symbol) if self._ledger else None

    def open_account(self) -> int:
        """Open an account without any balance, and return its number."""
        return self.ledger.open_account()

    def credit(self, account: int, asset: int, amount: int) -> bool:
        """Add to what is free; return False, and change nothing, if too little would be."""
        return self.ledger.credit(account, asset, amount)

    def set_fees(self, account: int, symbol: int, maker_fee: int, taker_fee: int) -> None:
        """Give an account rates of its own."""
        self.ledger.check_place(account, 0)
        if index(symbol) != ALL_SYMBOLS:
            self._book(symbol)
        self.ledger.set_fees(account, symbol, maker_fee, taker_fee)

    def own_fees(self) -> list[tuple[int, int, int, int]]:
        """List account, symbol, maker and taker rate of all own rates, sorted."""
        return self.ledger.list_fees()

    def balance(self, account: int, asset: int) -> tuple[int, int]:
        """Return what is free and what is locked."""
        return self.ledger.balance(account, asset)

    def take_changed(self) -> list[tuple[int, int]]:
        """List the balances that were changed since the last call, by account and asset."""
        return self.ledger.take_changed()

    def shortfall(self) -> tuple[int, int]:
        """Return the asset and the amount that were needed, when funds were last refused."""
        return self.ledger.shortfall

    def _hold(self, order: Order, quantity: int) -> None:
        if self._ledger:
            self._ledger.hold(order, quantity)

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

    # State

    def state_hash(self) -> int:
        """64 bits over everything that is kept."""
        books = sum(book.mix(symbol) for symbol, book in enumerate(self._books))
        ledger = self._ledger.mix() if self._ledger else 0
        flags = self._numbers_prevented * MIX[5]
        return (self._order_hash + books + self._arrival * MIX[6] + flags + ledger) & WORD

    def save(self) -> bytes:
        """Save everything that is kept, as bytes."""
        books = b"".join(BOOK_RECORD.pack(*_book_fields(book)) for book in self._books)
        open_orders = [order for book in self._books for order in book.orders()]
        orders = b"".join(ORDER_RECORD.pack(*_saved_fields(order)) for order in open_orders)
        extras = b"".join(
            EXTRA_RECORD.pack(place, order.time_in_force, order.display, order.hidden)
            for place, order in enumerate(open_orders)
            if order.time_in_force or order.display
        )
        trailing = b"".join(
            TRAILING_RECORD.pack(place, order.unit, order.offset, order.extreme)
            for place, order in enumerate(open_orders)
            if order.offset
        )
        counters = (self.symbols, self._arrival, self.state_hash())
        ledger = self._ledger.save(self.symbols) if self._ledger else None
        records = memoryview(books), memoryview(orders)
        prevented = self._save_prevented()
        lists = b"".join(
            LIST_RECORD.pack(place, *_list_fields(order))
            for place, order in enumerate(open_orders)
            if order.partner or order.link
        )
        saved = Saved(*counters, *records, ledger, memoryview(extras), prevented)
        return seal(saved._replace(lists=memoryview(lists), trailing=memoryview(trailing)))

    def _save_prevented(self) -> memoryview | None:
        if not self._numbers_prevented:
            return None
        ids = (PREVENTED_RECORD.pack(book.prevented_id) for book in self._books)
        return memoryview(b"".join(ids))

    def __reduce__(self) -> tuple[Callable[[bytes], Self], tuple[bytes]]:
        return type(self).load, (self.save(),)

    @classmethod
    def load(cls, data: bytes, *, max_orders: int = MAX_ORDERS) -> Self:
        """Load a matcher from its saved state; ValueError for damaged bytes."""
        saved = unseal(data)
        matcher = cls(saved.symbols, max_orders=max_orders)
        matcher._arrival = saved.arrival
        if saved.ledger is not None:
            matcher._restore_ledger(saved.ledger)
        for book, row in zip(matcher._books, BOOK_RECORD.iter_unpack(saved.books), strict=True):
            book.last_trade_price, book.trade_id, book.update_id = row
        if saved.prevented is not None:
            matcher.number_prevented()
            ids = PREVENTED_RECORD.iter_unpack(saved.prevented)
            for book, row in zip(matcher._books, ids, strict=True):
                book.prevented_id = row[0]
        matcher._restore_orders(saved)
        tops = [matcher.bbo(symbol) for symbol in range(matcher.symbols)]
        is_crossed = any(ask and bid >= ask for bid, _, ask, _ in tops)
        if is_crossed or matcher.state_hash() != saved.state_hash:
            raise ValueError("saved matcher does not have the state that it says it has")
        return matcher

    def _restore_ledger(self, saved: SavedLedger) -> None:
        self._ledger = Ledger.load(saved)
        try:
            self._restore_rates(saved)
        except (IndexError, ValueError) as error:
            raise ValueError(f"saved ledger has terms or fees that cannot be: {error}") from None

    def _restore_rates(self, saved: SavedLedger) -> None:
        for symbol, (*units, base, quote, maker, taker) in enumerate(
            TERMS_RECORD.iter_unpack(saved.terms)
        ):
            if units[0]:
                self.set_terms(symbol, (base, quote, *units, maker, taker))
        for row in FEES_RECORD.iter_unpack(saved.fees):
            self.set_fees(*row)

    def _restore_orders(self, saved: Saved) -> None:
        extras = deque(EXTRA_RECORD.iter_unpack(saved.extras))
        lists = deque(LIST_RECORD.iter_unpack(saved.lists))
        trailing = deque(TRAILING_RECORD.iter_unpack(saved.trailing))
        few = (extras, lists, trailing)
        for place, record in enumerate(ORDER_RECORD.iter_unpack(saved.orders)):
            extra, links, trail = (_take_at(records, place) for records in few)
            self._restore(extra, links, trail, *record)
        is_whole = all(is_linked(order, self._orders) for order in self._orders.values())
        if any(few) or not is_whole:
            raise ValueError("saved matcher holds an order that cannot be")

    def _restore(
        self,
        extra: tuple[int, ...] | None,
        links: tuple[int, ...] | None,
        trail: tuple[int, ...] | None,
        order_id: int,
        account: int,
        price: int,
        stop_price: int,
        *rest: int,
    ) -> None:
        remaining, filled, arrival, symbol, side, order_type, prevention, waiting = rest
        form = (order_id, account, symbol, side, order_type, prevention, price, stop_price)
        order = Order(*form, remaining, filled, arrival, waiting=waiting)
        if extra is not None:
            order.time_in_force, order.display, order.hidden = extra
        if links is not None:
            is_unheld, is_keeping, order.partner, order.link, order.received = links
            order.is_unheld, order.is_keeping = bool(is_unheld), bool(is_keeping)
        is_pending = waiting == Waiting.WORKING_ORDER
        if trail is not None:
            order.unit, order.offset, order.extreme = trail
        # an account of an order from before the ledger may be any number
        ledger = self._ledger if self._ledger and symbol in self._ledger.terms else None
        is_sound = (
            not refuse_form(order, self.symbols, ledger)
            and not (self._ledger and self._ledger.is_out_of_range(order))
            and (order_type not in NEVER_REST or is_pending)
            and 0 <= filled <= MAX_QUANTITY - remaining
            and arrival <= self._arrival
            and self._can_wait(order, trail)
            and (waiting or price)
            and order_id not in self._orders
            and (extra is None or _is_sound_extra(order))
            and (links is None or is_sound_list(order, links))
            and bool(order.link) >= is_pending
            and (trail is None or self._is_sound_trail(order))
            and self._is_in_turn(order)
        )
        if not is_sound:
            raise ValueError("saved matcher holds an order that cannot be")
        self._place(order)
        if self._ledger:
            self._ledger.lock_again(order)

    def _is_in_turn(self, order: Order) -> bool:
        """Whether the order came after all that are in its queue."""
        levels, price = self._books[order.symbol].queues(order)
        if not levels.quantity(price):
            return True
        return levels[price].last().arrival < order.arrival

    def _can_wait(self, order: Order, trail: tuple[int, ...] | None) -> bool:
        """Whether a restored order could wait for what it waits for."""
        if order.waiting == Waiting.TRAILING and trail is None:
            return False
        is_triggered_type = order.order_type in TRIGGERED_TYPES
        most = Waiting.TRAILING if is_triggered_type else Waiting.NOT_WAITING
        return order.waiting <= most or order.waiting == Waiting.WORKING_ORDER

    def _is_sound_trail(self, order: Order) -> bool:
        """Whether a restored order could trail, or be about to."""
        is_pending = order.waiting == Waiting.WORKING_ORDER
        if not (order.offset and is_sound_offset(order)):
            return False
        if order.link and not is_pending:
            return False
        if order.waiting != Waiting.TRAILING:
            return order.extreme == 0 and (is_pending or order.stop_price > 0)
        book = self._books[order.symbol]
        last, before = book.last_trade_price, list(book.trailing[order.side])
        if last == 0 or order.extreme <= 0 or order.extreme > MAX_PRICE or order.trails_to(last):
            return last == order.extreme == 0
        return not before or not before[0][1].last().trails_to(order.extreme)

    # Places

    def _place(self, order: Order) -> None:
        """Put an order at the end of its queue: at its price, or waiting for its stop price."""
        levels, price = self._books[order.symbol].queues(order)
        levels.append(price, order)
        self._orders[order.order_id] = order
        self._order_hash += order.mix()

    def _arrive(self, order: Order) -> None:
        self._arrival += 1
        if order.display and not order.waiting:
            order.hidden = max(0, order.remaining - order.display)
        order.arrival = self._arrival
        self._touch(order)
        self._place(order)

    def _remove(self, order: Order) -> None:
        if order.waiting == Waiting.ITS_TURN:
            self._fired.remove(order)
            del self._orders[order.order_id]
            return
        self._touch(order)
        levels, price = self._books[order.symbol].queues(order)
        levels.remove(price, order)
        del self._orders[order.order_id]
        self._order_hash -= order.mix()

    def _resize(self, order: Order, remaining: int, filled: int) -> None:
        """Change an order's quantities in its place, what is hidden last.

        Remove it if nothing remains; if nothing is shown any more, the next part takes the last
        place.
        """
        if remaining == 0:
            self._remove(order)
            order.remaining, order.filled = remaining, filled
            return
        self._touch(order)
        levels, price = self._books[order.symbol].queues(order)
        level = levels[price]
        level.quantity -= order.shown
        self._order_hash -= order.mix()
        order.remaining, order.filled = remaining, filled
        if order.shown == 0:
            self._show_next(order, level)
        level.quantity += order.shown
        self._order_hash += order.mix()

    def _show_next(self, order: Order, level: Level) -> None:
        order.hidden = max(0, order.hidden - order.display)
        level.orders.move_to_end(order.order_id)
        self._arrival += 1
        order.arrival = self._arrival

    def _touch(self, order: Order) -> None:
        """Remember what the order's price level held before this command."""
        key = (order.symbol, order.side, order.price)
        if not order.waiting and key not in self._touched:
            self._touched[key] = self._books[order.symbol].sides[order.side].quantity(order.price)


def _has_time_in_force(order: Order) -> bool:
    """Whether an order that is open can have its time in force, which ends it at once."""
    if order.waiting and order.order_type in TAKES_TIME_IN_FORCE:
        return order.time_in_force in set(TimeInForce)
    is_pending = order.waiting == Waiting.WORKING_ORDER
    immediate = (OrderType.IOC, OrderType.FOK)
    return is_pending and order.order_type in immediate and order.time_in_force == order.order_type


def _take_at(records: deque[tuple[int, ...]], place: int) -> tuple[int, ...] | None:
    """Take the record of the order at that place, None if it has none."""
    return records.popleft()[1:] if records and records[0][0] == place else None


def _is_sound_extra(order: Order) -> bool:
    """Whether a restored order could have what few have."""
    if order.time_in_force and not _has_time_in_force(order):
        return False
    if not order.display:
        return order.time_in_force != 0 and not order.hidden
    return (
        0 < order.display <= MAX_QUANTITY
        and 0 <= order.hidden < order.remaining
        and order.price > 0
        and order.remaining <= order.display * MAX_PARTS
        and (order.hidden == 0 if order.waiting else order.shown <= order.display)
    )
