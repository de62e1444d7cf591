"""The interface of both cores; `codes.Event` says what the events hold."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Self, final, overload

from engine.core.codes import EventRow, OpenOrder, Terms

@final
class Events(Sequence[EventRow]):
    """The events of one command, equal to a list of the same rows; made when they are looked at.

    As a buffer they are the records of `codes.EVENT_RECORD`.
    """

    def __len__(self) -> int: ...
    @overload
    def __getitem__(self, place: int, /) -> EventRow: ...
    @overload
    def __getitem__(self, place: slice, /) -> list[EventRow]: ...
    def __iter__(self) -> Iterator[EventRow]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def index(self, row: Any, *bounds: int) -> int: ...
    def count(self, row: Any) -> int: ...
    def __reduce__(self) -> tuple[type[list[EventRow]], tuple[list[EventRow]]]: ...

@final
class Matcher:
    """Matches orders of any number of symbols in strict price-time priority.

    A function of its commands: it reads no clock, draws no ids and does no I/O. Prices are ticks,
    quantities are lots, symbols are indices from 0. Commands answer with events and never raise
    for a bad number, however large; TypeError for what is no integer.
    """

    def __new__(cls, symbols: int = 1, *, capacity: int = 16384, max_orders: int = 8388608) -> Self:
        """Empty books; `capacity` orders fit before memory grows, `max_orders` may be open.

        ValueError for a number out of range.
        """

    @property
    def symbols(self) -> int:
        """How many books there are."""

    def add_symbol(self) -> int:
        """Add an empty book and return its index; ValueError beyond MAX_SYMBOLS."""

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
    ) -> Sequence[EventRow]:
        """Enter an order: ACCEPTED and what follows from it, or REJECTED alone.

        `price` and `stop_price` are 0 if the type has none. Account 0 is nobody's: its orders
        trade with each other whatever the self-trade prevention. `time_in_force` is of a limit
        order, after its trigger too if it has one. An order with a `display_quantity` shows so
        much of it at a time. Of a market order with a `quote_amount` (price x quantity) `quantity`
        is the least that it may come to, `most_quantity` the most, 0 for any: ACCEPTED tells what
        the book gives for it. The stop price
        of a stop with a `trailing_offset` (in a `codes.TrailingUnit`) follows the market; its
        `stop_price` is the price that begins it, 0 for at once.
        """

    def new_list(
        self, symbol: int, account: int, kind: int, orders: Sequence[Sequence[int]]
    ) -> Sequence[EventRow]:
        """Enter an order list: an ACCEPTED for each order and what follows, or REJECTED alone.

        Each order has what `new` takes, without symbol, account and quote amount: order_id, side,
        order_type, quantity, price, stop_price, self_trade_prevention, time_in_force,
        display_quantity, trailing_offset, trailing_unit. `kind` is a `ListKind`; the working order
        is the first. Of an OPO and OPOCO the quantities of the pending orders do not count: until
        it is filled they have the working order's. REJECTED names the order that the reason is
        about. ValueError if `kind` is none, or has another number of orders.
        """

    def cancel(self, order_id: int, account: int) -> Sequence[EventRow]:
        """Cancel an open order, and with it its list: CANCELED, or COMMAND_REJECTED as unknown.

        An order of another account is as unknown as one that does not exist.
        """

    def amend(
        self, order_id: int, account: int, quantity: int = 0, price: int = 0, stop_price: int = 0
    ) -> Sequence[EventRow]:
        """Change an open order's total quantity, price or stop price; 0 keeps a value.

        AMENDED and what follows from it; CANCELED if the total is not above what is filled;
        COMMAND_REJECTED, and nothing has changed, if the order is unknown or a value is bad.
        """

    def expire(self, order_id: int, account: int) -> Sequence[EventRow]:
        """End an open order whose time has come: EXPIRED, or COMMAND_REJECTED as for a cancel."""

    def number_prevented(self) -> None:
        """From now on give an id to every match that self-trade prevention prevents: PREVENTED."""

    def cancel_all(self, account: int, symbol: int = -1) -> Sequence[EventRow]:
        """Cancel an account's open orders of a symbol, or of all: one CANCELED each, by arrival."""

    def join(self) -> None:
        """Make the commands that follow parts of one: their events have no LEVEL.

        `apply` and `save` are not for in between.
        """

    def part(self) -> Sequence[EventRow]:
        """End what `join` began: the LEVEL events of all its commands together."""

    def apply(self, commands: bytes | bytearray | memoryview) -> bytes:
        """Run a batch of packed `COMMAND_RECORD`s and return the packed `EVENT_RECORD`s.

        ValueError, before anything has run, if the length is not a whole number of records.
        """

    @property
    def assets(self) -> int:
        """How many assets the ledger has, 0 without one."""

    @property
    def accounts(self) -> int:
        """How many accounts the ledger has, FEES_ACCOUNT among them; 0 without a ledger."""

    def open_ledger(self, assets: int, *, is_checked: bool) -> None:
        """Keep balances from now on, for FEES_ACCOUNT alone so far; ValueError if there is one.

        If `is_checked`, what an account has not is refused; else balances may go below zero.
        """

    def add_asset(self) -> int:
        """Add an asset and return its index.

        ValueError, as from everything about a ledger, if there is none, or beyond MAX_ASSETS.
        """

    def set_terms(self, symbol: int, terms: tuple[int, int, int, int, int, int]) -> None:
        """Have a symbol's trades settled by these `codes.Terms`; what is open holds from now on.

        Later only its fees can change. ValueError for units or rates out of range, or if an open
        order could not have come in under them: its account is not in the ledger or has too
        little, or it is about more than MAX_AMOUNT. IndexError for assets that do not exist.
        """

    def terms(self, symbol: int) -> Terms | None:
        """Return a symbol's terms, None if its trades are not settled."""

    def open_account(self) -> int:
        """Open the next account, without any balance, and return its number.

        With a ledger only such accounts can trade. ValueError beyond MAX_ACCOUNTS.
        """

    def credit(self, account: int, asset: int, amount: int) -> bool:
        """Add an amount, below zero too, to what is free.

        Return False, and change nothing, if funds are checked and less than nothing would be free.
        ValueError beyond MAX_AMOUNT, IndexError for an account or asset that does not exist.
        """

    def set_fees(self, account: int, symbol: int, maker_fee: int, taker_fee: int) -> None:
        """Give an account rates of its own for a symbol, or for ALL_SYMBOLS without such.

        ValueError for a rate that is not from 0 to FEE_UNIT, IndexError for an account or symbol
        that does not exist.
        """

    def own_fees(self) -> list[tuple[int, int, int, int]]:
        """List account, symbol, maker and taker rate of all own rates, sorted."""

    def balance(self, account: int, asset: int) -> tuple[int, int]:
        """Return what is free and what open orders hold, in units of the asset."""

    def take_changed(self) -> list[tuple[int, int]]:
        """List the balances changed since the last call, by account and asset."""

    def shortfall(self) -> tuple[int, int]:
        """Return the asset and the amount that were needed, when funds were last refused."""

    def bbo(self, symbol: int) -> tuple[int, int, int, int]:
        """Return best bid, its quantity, best ask, its quantity; zeros for an empty side.

        IndexError, as from every query, for a symbol that does not exist.
        """

    def l2(
        self, symbol: int, depth: int = 0
    ) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """Return bids and asks as (price, quantity), best first; `depth` levels each, 0 for all."""

    def last_trade_price(self, symbol: int) -> int:
        """Return the price of the last trade, 0 before the first."""

    def trade_id(self, symbol: int) -> int:
        """Return the number of trades so far, which is the last trade's id."""

    def update_id(self, symbol: int) -> int:
        """Return the number of LEVEL events so far, which is the last one's id."""

    def prevented_id(self, symbol: int) -> int:
        """Return the number of PREVENTED events so far, which is the last one's id."""

    def open_orders(self) -> int:
        """Return the number of open orders, resting and waiting, of all symbols."""

    def orders(self, symbol: int) -> list[OpenOrder]:
        """List every open order by priority: bids, asks, waiting for a fall, for a rise."""

    def state_hash(self) -> int:
        """Return 64 bits over open orders, priority, triggers, counters and balances; cheap."""

    def save(self) -> bytes:
        """Save the whole state as bytes with a checksum; the same from either core."""

    def __reduce__(self) -> tuple[Callable[[bytes], Self], tuple[bytes]]:
        """Copy and pickle through `save` and `load`."""

    @classmethod
    def load(cls, data: bytes, *, max_orders: int = 8388608) -> Self:
        """Load a matcher from saved bytes; ValueError if they are damaged or foreign."""
