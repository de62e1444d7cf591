"""The plain-Python core's orders, price levels and books, with their state hash."""

from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from sortedcontainers import SortedDict

from engine.core.codes import (
    BASIS_POINT_UNIT,
    MAX_PRICE,
    OrderType,
    SelfTradePrevention,
    Side,
    TrailingUnit,
    Waiting,
)

WITHOUT_PRICE = {OrderType.MARKET, OrderType.STOP_LOSS, OrderType.TAKE_PROFIT}
STOPS = {OrderType.STOP_LOSS, OrderType.STOP_LIMIT}
TRIGGERED_TYPES = {*STOPS, OrderType.TAKE_PROFIT, OrderType.TAKE_PROFIT_LIMIT}
NEVER_REST = {OrderType.IOC, OrderType.FOK, OrderType.MARKET}
TAKES_TIME_IN_FORCE = {OrderType.LIMIT, OrderType.STOP_LIMIT, OrderType.TAKE_PROFIT_LIMIT}
CANCEL_MAKER = SelfTradePrevention.CANCEL_MAKER
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
    waiting: int = field(default=Waiting.NOT_WAITING, kw_only=True)
    time_in_force: int = field(default=0, kw_only=True)
    display: int = field(default=0, kw_only=True)
    hidden: int = field(default=0, kw_only=True)
    partner: int = field(default=0, kw_only=True)
    link: int = field(default=0, kw_only=True)
    received: int = field(default=0, kw_only=True)
    is_keeping: bool = field(default=False, kw_only=True)
    is_unheld: bool = field(default=False, kw_only=True)
    offset: int = field(default=0, kw_only=True)
    """Of a trailing stop, until it fires."""
    unit: int = field(default=0, kw_only=True)
    extreme: int = field(default=0, kw_only=True)
    """What a trailing stop follows: highest or lowest price since it began, 0 before any."""

    @property
    def shown(self) -> int:
        """What of the order its level counts."""
        return self.remaining - self.hidden

    @property
    def total(self) -> int:
        """What is filled and what remains."""
        return self.filled + self.remaining

    @property
    def fires_on_rise(self) -> bool:
        """Whether it waits for a higher price: a buy stop and a sell take-profit do.

        So does any trailing buy.
        """
        if self.waiting == Waiting.TRAILING:
            return self.side == Side.BUY
        return (self.order_type in STOPS) == (self.side == Side.BUY)

    @property
    def stop_price_now(self) -> int:
        """The stop price at the moment; 0 if a trailing stop has none yet, or none in range."""
        if not self.offset:
            return self.stop_price
        if self.waiting != Waiting.TRAILING or not self.extreme:
            return 0
        distance = self.offset
        if self.unit == TrailingUnit.BASIS_POINTS:
            distance = -(-self.extreme * self.offset // BASIS_POINT_UNIT)
        price = self.extreme + (distance if self.side == Side.BUY else -distance)
        return price if 1 <= price <= MAX_PRICE else 0

    def trails_to(self, price: int) -> bool:
        """Whether a trade at the price is beyond all since the trailing stop began."""
        if not self.extreme:
            return True
        return price < self.extreme if self.side == Side.BUY else price > self.extreme

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
        kind |= self.time_in_force << 16
        return (
            self._mix_parts()
            + self._mix_list()
            + self._mix_trail()
            + finished(
                self.order_id * MIX[0]
                + self.account * MIX[1]
                + self.price * MIX[2]
                + self.stop_price * MIX[3]
                + self.shown * MIX[4]
                + self.filled * MIX[5]
                + self.arrival * MIX[6]
                + (self.symbol | kind | self.waiting << 56) * MIX[7]
            )
        )

    def _mix_parts(self) -> int:
        if not self.display:
            return 0
        parts = self.order_id * MIX[0] + self.display * MIX[1] + self.hidden * MIX[2] + MIX[3]
        return finished(parts)

    def _mix_list(self) -> int:
        if not (self.partner or self.link):
            return 0
        links = self.order_id * MIX[0] + self.partner * MIX[1] + self.link * MIX[2]
        return finished(links + self.received * MIX[3] + self.is_keeping * MIX[4] + MIX[5])

    def _mix_trail(self) -> int:
        if not self.offset:
            return 0
        terms = self.order_id * MIX[0] + self.offset * MIX[4] + self.unit * MIX[5] + MIX[6]
        return finished(terms) + self.extreme * finished(self.order_id * MIX[6] + MIX[7])


class Level:
    """The orders at one price, in order of arrival, and their total quantity."""

    __slots__ = ("orders", "quantity")

    def __init__(self) -> None:
        self.orders: OrderedDict[int, Order] = OrderedDict()
        self.quantity = 0

    def __iter__(self) -> Iterator[Order]:
        return iter(self.orders.values())

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
        level.quantity += order.shown

    def remove(self, price: int, order: Order) -> None:
        """Take the order out, and its level if it was the last."""
        level = self._levels[price]
        del level.orders[order.order_id]
        level.quantity -= order.shown
        if not level.orders:
            del self._levels[price]


class Book:
    """One symbol: resting orders by side, waiting orders by direction, counters."""

    def __init__(self) -> None:
        self.sides = (Levels(is_rising=False), Levels(is_rising=True))
        self.on_fall = Levels(is_rising=False)
        self.on_rise = Levels(is_rising=True)
        self.pending = Levels(is_rising=True)
        self.trailing = (Levels(is_rising=True), Levels(is_rising=True))
        """By side, each in one level at no price."""
        self.last_trade_price = 0
        self.trade_id = 0
        self.update_id = 0
        self.prevented_id = 0

    def queues(self, order: Order) -> tuple[Levels, int]:
        """Return the levels to which the order belongs, and its price there."""
        if order.waiting == Waiting.WORKING_ORDER:
            return self.pending, 0
        if order.waiting == Waiting.TRAILING:
            return self.trailing[order.side], 0
        if order.waiting:
            return self.on_rise if order.fires_on_rise else self.on_fall, order.stop_price
        return self.sides[order.side], order.price

    def would_trade(self, order: Order) -> bool:
        """Whether the order meets the other side's best price."""
        makers = self.sides[1 - order.side]
        return bool(makers) and order.takes(makers.first().first().price)

    def has_reached(self, order: Order) -> bool:
        """Whether the last trade price has reached the stop price that the order has now.

        What begins to trail has reached the price that begins it.
        """
        last, stop_price = self.last_trade_price, order.stop_price
        if order.waiting == Waiting.TRAILING:
            stop_price = order.stop_price_now
        if last == 0 or stop_price == 0:
            return False
        return last >= stop_price if order.fires_on_rise else last <= stop_price

    def reached(self) -> list[Order]:
        """List the waiting orders that the last trade price has reached, by arrival."""
        orders: list[Order] = []
        for levels in (self.on_rise, self.on_fall):
            for _, level in levels:
                if not self.has_reached(level.first()):
                    break
                orders += level.orders.values()
        orders += filter(self.has_reached, self.list_trailing())
        return sorted(orders, key=lambda order: order.arrival)

    def list_trailing(self) -> list[Order]:
        """List the orders that follow the price: buys, then sells, in the order they began."""
        return [order for levels in self.trailing for _, level in levels for order in level]

    def meetings(self, taker: Order) -> Iterator[tuple[int, Order, int]]:
        """Yield price, maker and quantity of all that an order would meet, in their order.

        An iceberg's next part comes behind all that its level shows; one that the order would
        cancel has none.
        """
        for price, level in self.sides[1 - taker.side]:
            if not taker.takes(price):
                return
            queue = deque((maker, maker.shown, maker.hidden) for maker in level.orders.values())
            while queue:
                maker, shown, hidden = queue.popleft()
                yield price, maker, shown
                if hidden and not (taker.is_own(maker) and taker.prevention == CANCEL_MAKER):
                    part = min(maker.display, hidden)
                    queue.append((maker, part, hidden - part))

    def orders(self) -> Iterator[Order]:
        """Yield every open order, in the order of saved bytes."""
        for levels in (*self.sides, self.on_fall, self.on_rise, *self.trailing, self.pending):
            for _, level in levels:
                yield from level

    def mix(self, symbol: int) -> int:
        """Return the book's term of the state hash; 0 if nothing has happened to it."""
        if self.trade_id == 0 and self.update_id == 0:
            return 0
        return finished(
            (symbol + 1) * MIX[7]
            + self.trade_id * MIX[0]
            + self.update_id * MIX[1]
            + self.last_trade_price * MIX[2]
            + self.prevented_id * MIX[3]
        )
