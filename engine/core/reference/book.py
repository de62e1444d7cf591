"""The plain-Python core's orders, price levels and books, with their state hash."""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field

from sortedcontainers import SortedDict

from engine.core.codes import OrderType, Side

WITHOUT_PRICE = {OrderType.MARKET, OrderType.STOP_LOSS, OrderType.TAKE_PROFIT}
STOPS = {OrderType.STOP_LOSS, OrderType.STOP_LIMIT}
TRIGGERED_TYPES = {*STOPS, OrderType.TAKE_PROFIT, OrderType.TAKE_PROFIT_LIMIT}
NEVER_REST = {OrderType.IOC, OrderType.FOK, OrderType.MARKET}
WORD = 2**64 - 1
MIX = (
    0x8C3320B58E9575E3,
    0xF511179A3C5F1841,
    0xBB410AEF560CE593,
    0x93CEFC061F19CD33,
    0xEFA5F559C2425371,
    0xFF6B22F57F21DAE1,
    0xD5BFAF8FF4933339,
    0x8BC81D30EB40CBE3,
)
FINISH = 0xA05088F4672E217B


def finished(total: int) -> int:
    """Mix a sum of products to 64 bits, so that equal sums of fields do not look alike."""
    total &= WORD
    total = ((total ^ (total >> 32)) * FINISH) & WORD
    return total ^ (total >> 29)


@dataclass(slots=True)
class Order:
    """One order; it leaves this class only as events, rows and records."""

    order_id: int
    account: int
    symbol: int
    side: int
    order_type: int
    prevention: int
    price: int
    stop_price: int
    remaining: int
    filled: int = 0
    arrival: int = 0
    waiting: bool = field(default=False, kw_only=True)

    @property
    def total(self) -> int:
        """What is filled and what remains."""
        return self.filled + self.remaining

    @property
    def fires_on_rise(self) -> bool:
        """Whether it waits for a higher price: a buy stop and a sell take-profit do."""
        return (self.order_type in STOPS) == (self.side == Side.BUY)

    def takes(self, price: int) -> bool:
        """Whether the order would trade at this price of the other side."""
        if self.price == 0:
            return True
        return self.price >= price if self.side == Side.BUY else self.price <= price

    def is_own(self, maker: "Order") -> bool:
        """Whether self-trade prevention keeps the order from trading with `maker`."""
        return self.prevention != 0 and self.account != 0 and maker.account == self.account

    def mix(self) -> int:
        """Return the order's term of the state hash."""
        kind = self.side << 32 | self.order_type << 40 | self.prevention << 48
        return finished(
            self.order_id * MIX[0]
            + self.account * MIX[1]
            + self.price * MIX[2]
            + self.stop_price * MIX[3]
            + self.remaining * MIX[4]
            + self.filled * MIX[5]
            + self.arrival * MIX[6]
            + (self.symbol | kind | self.waiting << 56) * MIX[7]
        )


class Level:
    """The orders at one price, in order of arrival, and their total quantity."""

    __slots__ = ("orders", "quantity")

    def __init__(self) -> None:
        self.orders: OrderedDict[int, Order] = OrderedDict()
        self.quantity = 0

    def first(self) -> Order:
        """Return the order that trades next."""
        return next(iter(self.orders.values()))

    def last(self) -> Order:
        """Return the order that came last."""
        return next(reversed(self.orders.values()))


class Levels:
    """Levels by price, from the first to be met: the highest, or with `is_rising` the lowest."""

    def __init__(self, *, is_rising: bool) -> None:
        self._levels: SortedDict[int, Level] = SortedDict()
        self._is_rising = is_rising

    def __bool__(self) -> bool:
        return bool(self._levels)

    def __iter__(self) -> Iterator[tuple[int, Level]]:
        prices = iter(self._levels) if self._is_rising else reversed(self._levels)
        return ((price, self._levels[price]) for price in prices)

    def __getitem__(self, price: int) -> Level:
        return self._levels[price]

    def first(self) -> Level:
        """Return the level that is met first; there must be one."""
        return self._levels.peekitem(0 if self._is_rising else -1)[1]

    def quantity(self, price: int) -> int:
        """Return the total quantity at the price, 0 if nothing rests."""
        level = self._levels.get(price)
        return level.quantity if level else 0

    def append(self, price: int, order: Order) -> None:
        """Put the order last at the price."""
        level = self._levels.get(price)
        if level is None:
            level = self._levels[price] = Level()
        level.orders[order.order_id] = order
        level.quantity += order.remaining

    def remove(self, price: int, order: Order) -> None:
        """Take the order out, and its level if it was the last."""
        level = self._levels[price]
        del level.orders[order.order_id]
        level.quantity -= order.remaining
        if not level.orders:
            del self._levels[price]


class Book:
    """One symbol: resting orders by side, waiting orders by direction, counters."""

    def __init__(self) -> None:
        self.sides = (Levels(is_rising=False), Levels(is_rising=True))
        self.on_fall = Levels(is_rising=False)
        self.on_rise = Levels(is_rising=True)
        self.last_trade_price = 0
        self.trade_id = 0
        self.update_id = 0

    def queues(self, order: Order) -> tuple[Levels, int]:
        """Return the levels to which the order belongs, and its price there."""
        if order.waiting:
            return self.on_rise if order.fires_on_rise else self.on_fall, order.stop_price
        return self.sides[order.side], order.price

    def would_trade(self, order: Order) -> bool:
        """Whether the order meets the other side's best price."""
        makers = self.sides[1 - order.side]
        return bool(makers) and order.takes(makers.first().first().price)

    def has_reached(self, order: Order) -> bool:
        """Whether the last trade price has reached the order's stop price."""
        last = self.last_trade_price
        if last == 0:
            return False
        return last >= order.stop_price if order.fires_on_rise else last <= order.stop_price

    def reached(self) -> list[Order]:
        """List the waiting orders that the last trade price has reached, by arrival."""
        orders: list[Order] = []
        for levels in (self.on_rise, self.on_fall):
            for _, level in levels:
                if not self.has_reached(level.first()):
                    break
                orders += level.orders.values()
        return sorted(orders, key=lambda order: order.arrival)

    def orders(self) -> Iterator[Order]:
        """Yield every open order, in the order of saved bytes."""
        for levels in (*self.sides, self.on_fall, self.on_rise):
            for _, level in levels:
                yield from level.orders.values()

    def mix(self, symbol: int) -> int:
        """Return the book's term of the state hash; 0 if nothing has happened to it."""
        if self.trade_id == 0 and self.update_id == 0:
            return 0
        return finished(
            (symbol + 1) * MIX[7]
            + self.trade_id * MIX[0]
            + self.update_id * MIX[1]
            + self.last_trade_price * MIX[2]
        )
