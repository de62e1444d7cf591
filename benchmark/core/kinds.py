"""What a message costs where a tenth of the flow is of each kind that few orders are of.

Such commands cannot be packed, so all are calls, as the engine makes them.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from random import Random
from statistics import median
from typing import Any, NamedTuple

from benchmark.core.rounds import Rounds
from benchmark.core.workload import account_of
from benchmark.shared.figures import Figures
from engine.core import EventKind, ListKind, Matcher, OrderType, Side, TrailingUnit

MESSAGES = 100_000
RESTING = 1_000
MIDDLE = 32_768
FEW, MANY = 1_000, 100_000
TIMED = 500
"""Calls that are timed with so many orders of a kind; all of them are there from first to last."""
MAX_GROWTH = 10.0
"""Of a call with a hundred times as many orders: far below a hundred, above what caches cost."""
BUY, SELL, LIMIT = Side.BUY, Side.SELL, OrderType.LIMIT
Call = tuple[str, tuple[Any, ...]]
Steps = tuple[Matcher, list[Call]]
"""A matcher with orders of a kind, and calls each of which is a step of one of them."""


class Message(NamedTuple):
    """One message of a kind, and the calls that it takes."""

    kind: str
    calls: tuple[Call, ...]


class MixedFlow:
    """An endless flow, the same for the same seed: a tenth of each kind, the rest plain."""

    def __init__(self, seed: int = 1) -> None:
        self.random = Random(seed)
        self.last_id = 0
        self.open_ids: list[int] = []
        """Orders that came to rest; some of them have ended since."""

    def __iter__(self) -> Iterator[Message]:
        makers: Sequence[tuple[str, Callable[[], Sequence[Call]]]] = (
            ("iceberg", self._iceberg),
            ("trailing stop", self._trailing_stop),
            ("order list", self._order_list),
            ("date reached", lambda: [("expire", self._open_order())]),
            ("quote amount", self._quote_amount),
            ("replace", self._replace),
            ("plain", self._passive),
            ("plain", self._passive),
            ("plain", lambda: [("cancel", self._open_order())]),
            ("plain", self._crossing),
        )
        while True:
            kind, make = self.random.choice(makers)
            yield Message(kind, tuple(make()))

    def _new(
        self, side: int, order_type: OrderType, quantity: int, price: int = 0, *few: int
    ) -> Call:
        self.last_id += 1
        owner = account_of(self.last_id)
        return "new", (0, self.last_id, owner, side, order_type, quantity, price, *few)

    def rest(self) -> Sequence[Call]:
        """Make an order that comes to rest."""
        return self._passive()

    def _passive(self, *few: int) -> Sequence[Call]:
        side, quantity = self.random.randrange(2), self.random.randrange(1, 100)
        distance = 1 + int(self.random.expovariate(0.02))
        price = MIDDLE + (distance if side == SELL else -distance)
        call = self._new(side, LIMIT, quantity, price, *few)
        self.open_ids.append(self.last_id)
        return [call]

    def _iceberg(self) -> Sequence[Call]:
        return self._passive(0, 0, 0, self.random.randrange(1, 20))

    def _trailing_stop(self) -> Sequence[Call]:
        offset = self.random.randrange(1, 12)
        trail = (0, 0, 0, 0, 0, offset, TrailingUnit.TICKS)
        return [self._new(self.random.randrange(2), OrderType.STOP_LOSS, 20, 0, *trail)]

    def _order_list(self) -> Sequence[Call]:
        profit = MIDDLE + self.random.randrange(4, 60)
        loss = MIDDLE - self.random.randrange(4, 60)
        kind = self.random.choice((ListKind.OCO, ListKind.OTOCO))
        legs = [
            self._leg(SELL, OrderType.POST_ONLY, profit),
            self._leg(SELL, OrderType.STOP_LOSS, 0, loss),
        ]
        if kind == ListKind.OTOCO:
            legs.insert(0, self._leg(BUY, LIMIT, MIDDLE + self.random.randrange(-20, 4)))
        return [("new_list", (0, account_of(self.last_id), kind, legs))]

    def _leg(
        self, side: int, order_type: OrderType, price: int, stop_price: int = 0
    ) -> tuple[int, ...]:
        self.last_id += 1
        return (self.last_id, side, order_type, 20, price, stop_price, 0, 0, 0, 0, 0)

    def _quote_amount(self) -> Sequence[Call]:
        amount = MIDDLE * self.random.randrange(1, 100)
        side = self.random.randrange(2)
        return [self._new(side, OrderType.MARKET, 1, 0, 0, 0, 0, 0, amount)]

    def _replace(self) -> Sequence[Call]:
        return [("join", ()), ("cancel", self._open_order()), *self._passive(), ("part", ())]

    def _crossing(self) -> Sequence[Call]:
        side = self.random.randrange(2)
        kind = self.random.choice((LIMIT, OrderType.IOC))
        return [self._new(side, kind, self.random.randrange(1, 100), MIDDLE + 3 - 6 * side)]

    def _open_order(self) -> tuple[int, int]:
        """Draw an order, which leaves, and its owner; the newest if there is none."""
        if not self.open_ids:
            return self.last_id, account_of(self.last_id)
        place = self.random.randrange(len(self.open_ids))
        self.open_ids[place], self.open_ids[-1] = self.open_ids[-1], self.open_ids[place]
        order_id = self.open_ids.pop()
        return order_id, account_of(order_id)


def report_kinds(rounds: int, figures: Figures) -> bool:
    """Print what a message costs, each kind, and how that grows; return whether it stays low."""
    total = Rounds([_time_flow() for _ in range(rounds)])
    figures["a tenth of each kind: ns a message"] = total.median
    print(f"a tenth of each kind: {total:.0f} ns a message, as calls")
    kinds = [_time_kinds() for _ in range(rounds)]
    for kind in sorted(kinds[0]):
        one = Rounds([times[kind] for times in kinds])
        figures[f"{kind}: median ns"] = one.median
        print(f"  {kind:<16}median {one:.0f} ns, with the clock")
    print(f"with {FEW:,} and {MANY:,} such orders open:")
    growths = [_report_growth(name, make, rounds, figures) for name, make in GROWING.items()]
    return all(growths)


def _begin() -> tuple[Matcher, Iterator[Message]]:
    """Return a matcher after a warm-up, and the messages that follow."""
    flow, matcher = MixedFlow(), Matcher(1)
    while len(flow.open_ids) < RESTING:
        _run(matcher, flow.rest())
    return matcher, islice(flow, MESSAGES)


def _time_flow() -> float:
    """Return nanoseconds of CPU a message."""
    matcher, messages = _begin()
    calls = [
        (getattr(matcher, method), arguments)
        for message in messages
        for method, arguments in message.calls
    ]
    started = time.thread_time_ns()
    for method, arguments in calls:
        method(*arguments)
    return (time.thread_time_ns() - started) / MESSAGES


def _time_kinds() -> dict[str, float]:
    """Return the median nanoseconds of a message of each kind, including the clock."""
    matcher, messages = _begin()
    times: dict[str, list[int]] = defaultdict(list)
    clock = time.perf_counter_ns
    for kind, calls in messages:
        bound = [(getattr(matcher, method), arguments) for method, arguments in calls]
        started = clock()
        for method, arguments in bound:
            method(*arguments)
        times[kind].append(clock() - started)
    return {kind: median(samples) for kind, samples in times.items()}


def _run(matcher: Matcher, calls: Iterable[Call]) -> None:
    for method, arguments in calls:
        getattr(matcher, method)(*arguments)


# How a step grows: with so many orders open, each timed call is one step of one of them


def refresh_icebergs(count: int) -> Steps:
    """Each trade takes all that the first of many icebergs shows, and brings its next part."""
    matcher = Matcher(1)
    for order_id in range(1, count + 1):
        matcher.new(0, order_id, 1, SELL, LIMIT, 100, 100, 0, 0, 0, 1)
    ids = range(count + 1, count + 1 + TIMED)
    return matcher, [("new", (0, order_id, 2, BUY, OrderType.IOC, 1, 100)) for order_id in ids]


def move_trailing_stops(count: int) -> Steps:
    """Each trade is at a new highest price, so that all stops follow it."""
    matcher, random = Matcher(1), Random(1)
    lowest = 10 * count
    _run(matcher, [_rest(1, lowest), _take(2, lowest)])
    for order_id in range(3, count + 3):
        offset = random.randrange(lowest // 2, lowest)
        trail = (0, 0, 0, 0, 0, 0, offset, TrailingUnit.TICKS)
        matcher.new(0, order_id, 1, SELL, OrderType.STOP_LOSS, 1, *trail)
    ids = range(count + 3, count + 3 + 2 * TIMED, 2)
    rises = range(lowest + 1, lowest + 1 + TIMED)
    for order_id, price in zip(ids, rises, strict=True):
        _run(matcher, [_rest(order_id, price)])
    return matcher, [_take(order_id + 1, price) for order_id, price in zip(ids, rises, strict=True)]


def _rest(order_id: int, price: int) -> Call:
    return "new", (0, order_id, 1, SELL, LIMIT, 1, price)


def _take(order_id: int, price: int) -> Call:
    return "new", (0, order_id, 2, BUY, OrderType.IOC, 1, price)


def end_second_legs(count: int) -> Steps:
    """Each trade fills one leg of an OCO, and so ends the other one, which waits."""
    matcher = Matcher(1)
    for number in range(count):
        profit = (2 * number + 1, SELL, OrderType.POST_ONLY, 1, 200, 0, 0, 0, 0, 0, 0)
        stop = 1 + number % 150
        loss = (2 * number + 2, SELL, OrderType.STOP_LOSS, 1, 0, stop, 0, 0, 0, 0, 0)
        matcher.new_list(0, 1, ListKind.OCO, (profit, loss))
    ids = range(2 * count + 1, 2 * count + 1 + TIMED)
    return matcher, [_take(order_id, 200) for order_id in ids]


GROWING = {
    "the next part of an iceberg": refresh_icebergs,
    "a step of all trailing stops": move_trailing_stops,
    "the end of a list's second leg": end_second_legs,
}


def _report_growth(
    name: str,
    make: Callable[[int], Steps],
    rounds: int,
    figures: Figures,
) -> bool:
    few, many = (
        Rounds([_time_steps(*make(count)) for _ in range(rounds)]) for count in (FEW, MANY)
    )
    growth = many.median / few.median
    figures[f"{name}: x with {MANY // FEW} times as many"] = growth
    verdict = "met" if growth <= MAX_GROWTH else "NOT met"
    print(
        f"  {name:<32}{few.median:.0f} and {many.median:.0f} ns: {growth:.1f} x;"
        f" at most {MAX_GROWTH:.0f}: {verdict}"
    )
    return growth <= MAX_GROWTH


def _time_steps(matcher: Matcher, calls: Sequence[Call]) -> float:
    """Return the nanoseconds of CPU a call; each has to trade."""
    bound = [(getattr(matcher, method), arguments) for method, arguments in calls]
    events = []
    started = time.thread_time_ns()
    for method, arguments in bound:
        events.append(method(*arguments))
    nanoseconds = time.thread_time_ns() - started
    assert all(any(row[0] == EventKind.TRADE for row in rows) for rows in events)
    return nanoseconds / len(calls)
