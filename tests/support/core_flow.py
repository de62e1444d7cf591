"""Random commands for the cores: every type, every mode, now and then nonsense."""

from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any, Final, NamedTuple

from engine.core import (
    COMMAND_RECORD,
    LIST_LEGS,
    Command,
    EventRow,
    ListKind,
    Matcher,
    OrderType,
    Side,
)
from engine.core.reference.matcher import Matcher as Reference
from tests.support.core_trails import Trail

from .core_accountant import Links, read_links

SYMBOLS: Final = 2
ACCOUNTS: Final = 4
WITHOUT_PRICE: Final = (OrderType.MARKET, OrderType.STOP_LOSS, OrderType.TAKE_PROFIT)
DISPLAY: Final = 10
"""The place of the displayed quantity among the arguments of a `new`."""
OFFSET: Final = 12
"""That of the trailing offset, which its unit follows."""
LEG_DISPLAY: Final = 8
"""The place of the displayed quantity in an order of a list; the offset and its unit follow it."""
NONSENSE: Final = (0, -1, 10**12 + 1, 2**62)

PriceOf = Callable[[Random, int], int]


class Step(NamedTuple):
    """One command: what `Matcher.<method>(*arguments)` does, and its packed record."""

    method: str
    arguments: tuple[Any, ...]

    def run(self, matcher: Matcher | Reference) -> Sequence[EventRow]:
        events: Sequence[EventRow] = getattr(matcher, self.method)(*self.arguments)
        return events

    def displays(self) -> dict[int, int]:
        """What the command's order shows at a time, 0 for all of it."""
        if self.method == "new_list":
            return {leg[0]: leg[LEG_DISPLAY] for leg in self.arguments[3]}
        if self.method != "new":
            return {}
        return {self.arguments[1]: self.arguments[DISPLAY] if len(self.arguments) > DISPLAY else 0}

    def links(self) -> dict[int, Links]:
        """How the orders of the command's list hang on one another."""
        if self.method != "new_list":
            return {}
        _, _, kind, legs = self.arguments
        return read_links(kind, [leg[0] for leg in legs])

    @property
    def owner(self) -> int:
        """Whose orders the command makes, 0 if it makes none."""
        places = {"new": 2, "new_list": 1}
        return self.arguments[places[self.method]] if self.method in places else 0

    def trails(self) -> dict[int, Trail | None]:
        """What the command's orders trail by, None for nothing."""
        if self.method == "new_list":
            return {
                order_id: read_trail(side, order_type, begins_at, offset, unit)
                for order_id, side, order_type, _, _, begins_at, _, _, _, offset, unit in (
                    self.arguments[3]
                )
            }
        if self.method != "new":
            return {}
        _, order_id, _, side, order_type, _, _, begins_at = self.arguments[:8]
        offset, unit = self.arguments[OFFSET : OFFSET + 2] or (0, 0)
        return {order_id: read_trail(side, order_type, begins_at, offset, unit)}

    def packed(self) -> bytes:
        if self.method == "new":
            symbol, order_id, account, side, order_type, quantity, *prices, mode = self.arguments
            form = (side, order_type, mode, symbol, order_id, account, quantity, *prices)
            return COMMAND_RECORD.pack(Command.NEW, *form)
        if self.method == "cancel":
            return COMMAND_RECORD.pack(Command.CANCEL, 0, 0, 0, 0, *self.arguments, 0, 0, 0)
        if self.method == "amend":
            return COMMAND_RECORD.pack(Command.AMEND, 0, 0, 0, 0, *self.arguments)
        account, symbol = self.arguments
        return COMMAND_RECORD.pack(Command.CANCEL_ALL, 0, 0, 0, symbol, 0, account, 0, 0, 0)


def read_trail(side: int, order_type: int, begins_at: int, offset: int, unit: int) -> Trail | None:
    """What an order trails by, None for nothing."""
    is_stop = order_type in (OrderType.STOP_LOSS, OrderType.STOP_LIMIT)
    return Trail(offset, unit, begins_at, is_stop == (side == Side.BUY)) if offset else None


def narrow_price(random: Random, _: int) -> int:
    """Draw from a dozen ticks around one price: full queues, many trades."""
    return 100 + random.randrange(-12, 13)


def sparse_price(random: Random, _: int) -> int:
    """Draw from the whole range of prices, so that most levels lie far from each other."""
    if random.random() < 0.8:
        return 100_000 + random.randrange(-12, 13)
    return random.choice((1, 2, 10**12, random.randrange(1, 10**12), random.randrange(1, 300_000)))


def drifting_price(random: Random, step: int) -> int:
    """Draw around a price that drifts so far that a book has to move with it many times."""
    centre = 1_000_000 + abs(step * 25 % 4_000_000 - 2_000_000)
    return centre + random.randrange(-12, 13) * random.choice((1, 1, 1, 3_000))


FLOWS: Final[dict[str, PriceOf]] = {
    "narrow": narrow_price,
    "sparse": sparse_price,
    "drifting": drifting_price,
}


class Flow:
    """An endless stream of commands about a few accounts and the latest orders."""

    def __init__(self, seed: int, price_of: PriceOf) -> None:
        self.random = Random(seed)
        self.price_of = price_of
        self.last_id = 0
        self.steps = 0
        self.owners: dict[int, int] = {}
        """Whose the orders are that can be changed by their owners."""

    def __iter__(self) -> Iterator[Step]:
        while True:
            self.steps += 1
            yield self.step()

    def step(self) -> Step:
        choice = self.random.random()
        if choice < 0.6:
            return self.new()
        owner = (self.random.randrange(max(1, self.last_id - 60), self.last_id + 2), self.account())
        if choice < 0.78:
            return Step("cancel", owner)
        if choice < 0.997:
            return Step("amend", (*owner, self.maybe(40), self.maybe_price(), self.maybe_price()))
        return Step("cancel_all", (self.account(), self.random.randrange(-1, SYMBOLS + 1)))

    def new(self) -> Step:
        random = self.random
        self.last_id += 1
        order_id = self.last_id if random.random() < 0.98 else random.randrange(0, self.last_id)
        order_type = random.choice((*([OrderType.LIMIT] * 6), *OrderType))
        price = 0 if order_type in WITHOUT_PRICE else self.price_of(random, self.steps)
        stop = self.price_of(random, self.steps) if order_type >= OrderType.STOP_LOSS else 0
        mode = random.choice((0, 0, 0, 1, 2, 3, 4))
        side, quantity = random.randrange(2), random.randrange(1, 30)
        who = (random.randrange(SYMBOLS), order_id, self.account(), side)
        arguments = [*who, int(order_type), quantity, price, stop, mode]
        if random.random() < 0.01:
            self.spoil(arguments)
        return Step("new", tuple(arguments))

    def new_list(self) -> Step:
        """Draw an order list, now and then one of a wrong shape."""
        random = self.random
        kind, account, symbol = random.choice(list(ListKind)), self.account(), random.randrange(2)
        side, quantity = random.randrange(2), random.randrange(1, 30)
        legs = self.pair(side, quantity)
        if kind >= ListKind.OTO:
            side = 0 if kind >= ListKind.OPO and random.random() < 0.98 else random.randrange(2)
            pending = self.pair(1, 7) if kind >= ListKind.OPO else legs
            if kind in (ListKind.OTO, ListKind.OPO):
                pending = [self.leg(pending[0][1], random.choice(list(OrderType)), quantity)]
            types = (OrderType.LIMIT, OrderType.LIMIT, OrderType.POST_ONLY, OrderType.IOC)
            legs = [self.leg(side, random.choice((*types, OrderType.FOK)), quantity), *pending]
        assert len(legs) == LIST_LEGS[kind]
        for leg in legs:
            self.owners[leg[0]] = account
        if random.random() < 0.03:
            leg = random.choice(legs)
            leg[random.randrange(1, len(leg))] = random.choice((*NONSENSE, 1, 2))
        return Step("new_list", (symbol, account, int(kind), tuple(map(tuple, legs))))

    def pair(self, side: int, quantity: int) -> list[list[int]]:
        """Draw the legs of an OCO, mostly on the right sides of each other."""
        profit = (OrderType.POST_ONLY, OrderType.TAKE_PROFIT, OrderType.TAKE_PROFIT_LIMIT)
        legs = [
            self.leg(side, self.random.choice(types), quantity)
            for types in (profit, (OrderType.STOP_LOSS, OrderType.STOP_LIMIT))
        ]
        prices = sorted((self.price_of(self.random, self.steps) for _ in legs), reverse=side == 1)
        for leg, price in zip(legs, prices, strict=True):
            leg[4 if leg[2] == OrderType.POST_ONLY else 5] = price
        profit_leg, loss_leg = legs
        if self.random.random() < 0.97:
            profit_leg[LEG_DISPLAY + 1 :] = 0, 0
        if loss_leg[LEG_DISPLAY + 1] and self.random.random() < 0.6:
            loss_leg[5] = 0
        self.random.shuffle(legs)
        return legs

    def leg(self, side: int, order_type: OrderType, quantity: int) -> list[int]:
        """Draw an order of a list: what `Matcher.new_list` takes."""
        self.last_id += 1
        random = self.random
        price = 0 if order_type in WITHOUT_PRICE else self.price_of(random, self.steps)
        stop = self.price_of(random, self.steps) if order_type >= OrderType.STOP_LOSS else 0
        takes_time = order_type in (OrderType.STOP_LIMIT, OrderType.TAKE_PROFIT_LIMIT)
        in_force = random.choice((0, 0, 1, 2)) if takes_time else 0
        can_rest = price and order_type not in (OrderType.IOC, OrderType.FOK) and not in_force
        display = random.choice((0, 0, 0, 1, 3)) if can_rest and quantity > 3 else 0
        mode = random.choice((0, 0, 1, 2, 3, 4))
        form = (side, int(order_type), quantity, price, stop, mode, in_force, display)
        trail = self.offset() if stop and random.random() < 0.4 else (0, 0)
        return [self.last_id, *form, *trail]

    def offset(self) -> tuple[int, int]:
        """Draw a trailing offset and its unit, now and then a wrong one."""
        random = self.random
        unit = random.choice((0, 0, 1, 1, 1, 1, random.randrange(3)))
        return random.choice((1, 2, 3, 5, 8, 40, 500, 2000, random.choice((0, -1, 10_000)))), unit

    def spoil(self, arguments: list[int]) -> None:
        """Put a bad number into one of the arguments."""
        place = self.random.randrange(len(arguments))
        bad = (SYMBOLS, 200) if place in (0, 3, 4, 8) else NONSENSE
        arguments[place] = self.random.choice(bad)

    def account(self) -> int:
        return self.random.randrange(ACCOUNTS)

    def maybe(self, limit: int) -> int:
        return self.random.choice((0, self.random.randrange(1, limit)))

    def maybe_price(self) -> int:
        if self.random.random() < 0.6:
            return 0
        return self.price_of(self.random, self.steps)


class SpecialFlow(Flow):
    """A flow with a tenth of each kind that few orders are of, in which orders expire.

    Orders are mostly changed by their owners.
    """

    def step(self) -> Step:
        step = super().step()
        if step.method not in ("cancel", "amend"):
            return step
        order_id, account, *amounts = step.arguments
        who = (order_id, self.owners.get(order_id, account))
        if step.method == "cancel":
            return Step(self.random.choice(("cancel", "cancel", "expire")), who)
        if self.random.random() < 0.4:
            amounts[1:] = 0, 0
        return Step("amend", (*who, *amounts))

    def new(self) -> Step:
        if self.random.random() < 0.1:
            return self.new_list()
        step, choice = super().new(), self.random.random()
        self.owners[step.arguments[1]] = step.arguments[2]
        return (
            Step("new", self.specialize(*step.arguments, choice=choice)) if choice < 0.4 else step
        )

    def specialize(self, *arguments: int, choice: float) -> tuple[int, ...]:
        """Make the order an immediate one, an iceberg, a trailing stop, or one by amount."""
        random = self.random
        if choice < 0.1:
            return (*arguments, random.choice((0, 1, 1, 2, 2, 3)), 0, 0)
        if choice < 0.2:
            display = random.choice((1, 2, 3, 5, 7, random.randrange(40)))
            return (*arguments, random.choice((0, 0, 0, 0, 1)), display, 0)
        if choice >= 0.3:
            return self.trail(*arguments)
        who, mode = arguments[:4], arguments[-1]
        worth = self.price_of(random, self.steps) * random.randrange(1, 60)
        amount = random.choice((worth, worth, worth + 17, 1, -1, 2**62))
        quantity = random.choice((1, 1, 1, 1, 2, 7, 0))
        most = random.choice((0, 0, 0, 5, 20))
        return (*who, int(OrderType.MARKET), quantity, 0, 0, mode, 0, 0, amount, 0, 0, most)

    def trail(self, *arguments: int) -> tuple[int, ...]:
        """Make the order a trailing stop of any type, with and without what few have beside it."""
        random = self.random
        *who, _, quantity, price, _, mode = arguments
        order_type = random.choice(range(OrderType.STOP_LOSS, OrderType.TAKE_PROFIT_LIMIT + 1))
        price = 0 if order_type in WITHOUT_PRICE else price or self.price_of(random, self.steps)
        begins_at = self.price_of(random, self.steps) if random.random() < 0.4 else 0
        offset, unit = self.offset()
        form = (order_type, quantity, price, begins_at, mode)
        special = (random.choice((0, 0, 1, 2)), 0) if price else (0, 0)
        if price and special == (0, 0) and random.random() < 0.3:
            special = (0, random.randrange(1, 9))
        return (*who, *form, *special, 0, offset, unit)
