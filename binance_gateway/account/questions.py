"""What the archive knows of an account, in our own words; errors are Binance's."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple, TypeVar

from archive.prevented_query import PreventedOf
from archive.queries import Archive, LedgerFilter, OrderFilter
from archive.records import (
    AmendmentRecord,
    Balances,
    FillRecord,
    OrderRecord,
    PreventedMatchRecord,
    Reached,
)
from archive.window_query import FillsOf, Window
from binance_gateway.account.commands import REPLY_SECONDS
from binance_gateway.account.orders import Past, find_trailing_since
from binance_gateway.words import errors, refusals
from binance_gateway.words.numbers import ZERO, pad
from binance_gateway.words.symbols import Symbol
from order_gateway.account.history import History
from order_gateway.errors import ArchiveBehind, Unavailable
from protocol.assets import DEFAULT_FEE
from protocol.events import Balance, ExecutionReport
from protocol.refusal import Refusal
from protocol.timestamps import parse_timestamp

_ORDERS_AT_ONCE = 1_000
_PAUSE_SECONDS = 0.05
"""Before an archive that is behind is asked again; it has been waited for half a second."""

Answered = TypeVar("Answered")


class Rates(NamedTuple):
    """What an account pays for a symbol, with 8 decimals."""

    maker: str
    taker: str


class Questions:
    """Asks the archive; every method raises BinanceError if it cannot be asked.

    What must not miss a command waits as long for an archive that is behind as for the engine.

    `has_shards`: there are several, each of which has names and numbers of orders of its own.
    """

    def __init__(self, history: History, *, has_shards: bool = False) -> None:
        self._history = history
        self._has_shards = has_shards

    def _find_shard(self, symbol: Symbol) -> int | None:
        """Return the symbol's shard; None if there is no other."""
        return symbol.instrument.shard if self._has_shards else None

    async def find_order(
        self, account: str, symbol: Symbol, number: int | None, name: str | None
    ) -> OrderRecord:
        """Return the order of that number or name; raise BinanceError if there is none."""
        order = await self._find(account, number, name, self._find_shard(symbol))
        if name is not None and name not in (order.client_order_id, order.cancel_id):
            raise errors.OTHER_CLIENT_ORDER_ID()
        if order.symbol != symbol.instrument.symbol or order.number is None:
            raise errors.NO_SUCH_ORDER()
        return order

    async def find_list(
        self, account: str, number: int | None, name: str | None
    ) -> Sequence[OrderRecord]:
        """Return the orders of a list, as they were given; raise BinanceError if there is none."""
        try:
            return await _wait_for(lambda: self._history.find_list(account, number, name))
        except Refusal:
            raise errors.NO_SUCH_LIST() from None
        except Unavailable as unavailable:
            raise refusals.translate(unavailable.code) from None

    async def list_lists(
        self, account: str, first: int | None, window: Window
    ) -> list[list[OrderRecord]]:
        """Return the orders of each list, from one on or within the window, newest first."""
        return await self._ask(
            lambda archive: [
                archive.list_list(account, number)
                for number in reversed(archive.list_lists(account, first, window))
            ]
        )

    async def recall(
        self, account: str, least: int, shard: int | None = None
    ) -> tuple[list[OrderRecord], int]:
        """Return the account's open orders as of the command `least` or later, with their lists.

        Of several shards they are those of one. Also return the sequence of the last command that
        they may have taken in.
        """

        def read(archive: Archive) -> tuple[list[OrderRecord], int]:
            orders = _list_all(archive, OrderFilter(account, is_open=True, shard=shard))
            for list_id in {order.list.list_id for order in orders if order.list}:
                orders += archive.list_list(account, list_id)
            return orders, archive.read_reached().of(shard)

        return await _translate(_wait_for(lambda: self._history.ask(read, {shard or 1: least})))

    async def recall_balances(
        self, account: str, least: Mapping[int, int]
    ) -> tuple[Balances, Reached]:
        """Return the balances as of the commands `least` or later, and what they surely have."""

        def read(archive: Archive) -> tuple[Reached, Balances]:
            return archive.read_reached(), archive.read_balances(account)

        reached, found = await _translate(_wait_for(lambda: self._history.ask(read, least)))
        return found, reached

    async def recall_one(self, account: str, order_id: str) -> list[OrderRecord]:
        """Return an order, with those of its list; nothing if there is none."""

        def read(archive: Archive) -> list[OrderRecord]:
            order = archive.find_order(int(order_id), account)
            if order is None:
                return []
            return archive.list_list(account, order.list.list_id) if order.list else [order]

        return await self._ask(read)

    async def recall_past(self, account: str, orders: Sequence[ExecutionReport]) -> dict[str, Past]:
        """Return what no report tells of orders, by id."""

        def read(archive: Archive) -> dict[str, Past]:
            found = [archive.find_order(int(order.order_id), account) for order in orders]
            known = [order for order in found if order is not None]
            matches = archive.find_last_matches(known)
            return {
                order.order_id: Past(find_trailing_since(order), matches.get(order.number or 0))
                for order in known
            }

        return await self._ask(read)

    async def list_open(
        self, account: str, symbol: Symbol | None, least: Mapping[int, int] | None = None
    ) -> list[OrderRecord]:
        """Return the account's open orders as of the commands `least`, oldest first."""
        native = symbol.instrument.symbol if symbol else None
        which = OrderFilter(account, symbol=native, is_open=True)

        def read(archive: Archive) -> list[OrderRecord]:
            return _list_all(archive, which)[::-1]

        return await _translate(_wait_for(lambda: self._history.ask(read, least)))

    async def list_orders(
        self, account: str, symbol: Symbol, number: int | None, window: Window
    ) -> Sequence[OrderRecord]:
        """Return orders from a number on, or else within the window, oldest first."""
        native = symbol.instrument.symbol
        if number is not None:
            return await self._ask(
                lambda archive: archive.list_orders_from(
                    account, native, number, window.limit, self._find_shard(symbol)
                )
            )
        return await self._ask(lambda archive: archive.list_order_window(account, native, window))

    async def list_fills(
        self, which: FillsOf, window: Window
    ) -> tuple[list[FillRecord], dict[int, int]]:
        """Return fills, oldest first, and the ids of their orders' lists by the orders' numbers."""

        def read(archive: Archive) -> tuple[list[FillRecord], dict[int, int]]:
            fills = archive.list_fill_window(which, window)
            return fills, archive.find_lists_of({fill.number for fill in fills if fill.number})

        return await self._ask(read)

    async def list_amendments(
        self, account: str, number: int, first: int, limit: int
    ) -> Sequence[AmendmentRecord]:
        """Return the amends of an order from an execution on, oldest first."""
        return await self._ask(
            lambda archive: archive.list_amendments(account, number, first, limit)
        )

    async def list_prevented_matches(
        self, which: PreventedOf, limit: int
    ) -> Sequence[PreventedMatchRecord]:
        """Return prevented matches, oldest first."""
        return await self._ask(lambda archive: archive.list_prevented_matches(which, limit))

    async def find_last_matches(self, orders: Sequence[OrderRecord]) -> dict[int, int]:
        """Return the last prevented match of each order that lost something, by its number."""
        lost = [order for order in orders if order.prevented_quantity]
        return await self._ask(lambda archive: archive.find_last_matches(lost)) if lost else {}

    async def read_balances(
        self, account: str, least: Mapping[int, int] | None = None
    ) -> list[Balance] | None:
        """Return the balances as of the commands `least`; None if nobody has used the account."""
        found = await _translate(_wait_for(lambda: self._history.read_balances(account, least)))
        return found.balances if found.is_open else None

    async def read_rates(self, account: str, symbol: Symbol) -> Rates:
        """Return what the account pays for a symbol."""
        fees, _ = await _translate(self._history.read_fees(account))
        native = symbol.instrument.symbol
        for each in fees:
            if each.symbol == native:
                return Rates(pad(each.maker), pad(each.taker))
        own = symbol.instrument.specification
        return Rates(pad(own.maker_fee or DEFAULT_FEE), pad(own.taker_fee or DEFAULT_FEE))

    async def find_last_change(self, account: str) -> int:
        """Return when the account's balances last changed, in microseconds; 0: never."""

        def read(archive: Archive) -> int:
            entries = archive.list_ledger(LedgerFilter(account), 1).items
            orders = archive.list_orders(OrderFilter(account), 1).items
            moments = [entry.timestamp for entry in entries]
            moments += [order.updated_at for order in orders]
            return max(map(parse_timestamp, moments), default=0)

        return await self._ask(read)

    async def _find(
        self, account: str, number: int | None, name: str | None, shard: int | None
    ) -> OrderRecord:
        """Return the order of the number, else the newest of the name."""
        find: Callable[[], Awaitable[OrderRecord]]
        if number is not None:
            find = partial(self._history.find_order_by_number, account, number)
        elif name is not None:
            find = partial(self._history.find_accepted_order, account, name, shard)
        else:
            raise errors.MISSING_EITHER("origClientOrderId", "orderId")
        try:
            return await _wait_for(find)
        except Refusal:
            raise errors.NO_SUCH_ORDER() from None
        except Unavailable as unavailable:
            raise refusals.translate(unavailable.code) from None

    async def _ask(self, question: Callable[[Archive], Answered]) -> Answered:
        return await _translate(self._history.ask(question))


def _list_all(archive: Archive, which: OrderFilter) -> list[OrderRecord]:
    """Return all orders that `which` chooses, newest first."""
    page = archive.list_orders(which, _ORDERS_AT_ONCE)
    orders = list(page.items)
    while page.after is not None:
        page = archive.list_orders(which, _ORDERS_AT_ONCE, page.after)
        orders += page.items
    return orders


async def _wait_for(ask: Callable[[], Awaitable[Answered]]) -> Answered:
    """Ask until the archive is not behind; raise ArchiveBehind if that takes too long."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + REPLY_SECONDS
    while True:
        try:
            return await ask()
        except ArchiveBehind:
            if loop.time() >= deadline:
                raise
        await asyncio.sleep(_PAUSE_SECONDS)


async def _translate(answer: Awaitable[Answered]) -> Answered:
    try:
        return await answer
    except Unavailable as unavailable:
        raise refusals.translate(unavailable.code) from None
    except Refusal as refusal:
        raise refusals.translate(refusal.code) from None


NO_COMMISSION = {"maker": ZERO, "taker": ZERO, "buyer": ZERO, "seller": ZERO}
"""What the account never pays."""
