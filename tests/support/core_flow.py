"""Random commands for the cores: every type, every mode, now and then nonsense."""

from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Final, NamedTuple

from engine.core import COMMAND_RECORD, Command, EventRow, Matcher, OrderType
from engine.core.reference.matcher import Matcher as Reference

SYMBOLS: Final = 2
ACCOUNTS: Final = 4
WITHOUT_PRICE: Final = (OrderType.MARKET, OrderType.STOP_LOSS, OrderType.TAKE_PROFIT)
NONSENSE: Final = (0, -1, 10**12 + 1, 2**62)

PriceOf = Callable[[Random, int], int]


class Step(NamedTuple):
    """One command: what `Matcher.<method>(*arguments)` does, and its packed record."""

    method: str
    arguments: tuple[int, ...]

    def run(self, matcher: Matcher | Reference) -> Sequence[EventRow]:
        events: Sequence[EventRow] = getattr(matcher, self.method)(*self.arguments)
        return events

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
