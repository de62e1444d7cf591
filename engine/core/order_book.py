"""One order book for a backtest or a notebook, over whichever core serves."""

from collections.abc import Iterable

from .codes import (
    MAX_ORDER_ID,
    Event,
    EventKind,
    EventRow,
    OpenOrder,
    OrderType,
    SelfTradePrevention,
)
from .implementation import Matcher

Level = tuple[int, int]
"""Price in ticks, quantity in lots."""
_MAX_COUNTED_ID = MAX_ORDER_ID // 2


class OrderBook:
    """A single symbol's book. Prices are ticks, quantities are lots, ids are positive integers.

    Every command returns its events, in order, as `Event` named tuples; a command that cannot be
    carried out returns a REJECTED or COMMAND_REJECTED event with its reason and changes nothing.
    Orders get the next higher id unless one is given (ids above 2**52 are not counted on).
    `account` is the owner, 0 for nobody: self-trade prevention applies only to an account's orders,
    and only their owner can cancel or amend them.
    """

    def __init__(self, *, self_trade_prevention: int = SelfTradePrevention.NONE) -> None:
        self.matcher = Matcher(1)
        self._last_id = 0
        self._prevention = self_trade_prevention

    def limit(
        self, side: int, quantity: int, price: int, *, account: int = 0, order_id: int | None = None
    ) -> list[Event]:
        """Trade at `price` or better; the rest rests in the book."""
        return self.submit(
            OrderType.LIMIT, side, quantity, price, account=account, order_id=order_id
        )

    def market(
        self, side: int, quantity: int, *, account: int = 0, order_id: int | None = None
    ) -> list[Event]:
        """Trade at any price; what the book cannot fill expires."""
        return self.submit(OrderType.MARKET, side, quantity, account=account, order_id=order_id)

    def submit(
        self,
        order_type: int,
        side: int,
        quantity: int,
        price: int = 0,
        stop_price: int = 0,
        *,
        account: int = 0,
        order_id: int | None = None,
    ) -> list[Event]:
        """Enter an order of any type; `price` and `stop_price` stay 0 if the type has none."""
        number = self._last_id + 1 if order_id is None else order_id
        form = (side, order_type, quantity, price, stop_price, self._prevention)
        events = _named(self.matcher.new(0, number, account, *form))
        if events[0].kind != EventKind.REJECTED and number <= _MAX_COUNTED_ID:
            self._last_id = max(self._last_id, number)
        return events

    def cancel(self, order_id: int, *, account: int = 0) -> list[Event]:
        """Cancel an open order."""
        return _named(self.matcher.cancel(order_id, account))

    def cancel_all(self, *, account: int = 0) -> list[Event]:
        """Cancel every open order of an account."""
        return _named(self.matcher.cancel_all(account))

    def amend(
        self,
        order_id: int,
        *,
        quantity: int = 0,
        price: int = 0,
        stop_price: int = 0,
        account: int = 0,
    ) -> list[Event]:
        """Change an open order's total quantity, price or stop price; 0 keeps a value."""
        return _named(self.matcher.amend(order_id, account, quantity, price, stop_price))

    @property
    def bids(self) -> list[Level]:
        """All buy levels, best first."""
        return self.matcher.l2(0)[0]

    @property
    def asks(self) -> list[Level]:
        """All sell levels, best first."""
        return self.matcher.l2(0)[1]

    @property
    def best_bid(self) -> Level | None:
        """The highest buy level, None if there is none."""
        price, quantity, _, _ = self.matcher.bbo(0)
        return (price, quantity) if price else None

    @property
    def best_ask(self) -> Level | None:
        """The lowest sell level, None if there is none."""
        _, _, price, quantity = self.matcher.bbo(0)
        return (price, quantity) if price else None

    @property
    def last_trade_price(self) -> int | None:
        """Price of the last trade, None before the first."""
        return self.matcher.last_trade_price(0) or None

    @property
    def orders(self) -> list[OpenOrder]:
        """Every open order in priority order: bids, asks, then those that wait for a trigger."""
        return self.matcher.orders(0)

    def __repr__(self) -> str:
        return f"OrderBook(best_bid={self.best_bid}, best_ask={self.best_ask})"


def _named(rows: Iterable[EventRow]) -> list[Event]:
    return [Event._make(row) for row in rows]
