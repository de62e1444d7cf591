"""Order flow for the core's benchmarks: files of the C++ speed limit, or flow of our own.

Both are half passive limit orders, 40 % cancels of random open orders, the rest crossing limit,
IOC and market orders. Accounts are spread over a thousand, so that ownership is really checked.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from struct import Struct
from typing import NamedTuple

from engine.core import COMMAND_RECORD, EVENT_RECORD, Command, EventKind, OrderType, Side

HEADER = Struct("<8s5I36x")
"""Magic, warm-up messages, timed messages, symbols, highest id, highest price."""
RECORD = Struct("<QiiHBBI")
"""id, price, quantity, symbol, kind, side, padding; of a cancel only the id counts."""
KINDS = (OrderType.LIMIT, OrderType.IOC, OrderType.MARKET)
CANCEL = 3
ACCOUNTS = 1_000
WORD = 2**64 - 1


class Totals(NamedTuple):
    """What an engine must reproduce over the timed part."""

    trades: int
    volume: int
    notional: int
    hash: str
    live: int


class Workload(NamedTuple):
    """Packed commands; the warm-up is not timed. `expected` is None if nothing is known."""

    name: str
    symbols: int
    warm: bytes
    timed: bytes
    expected: Totals | None

    @property
    def messages(self) -> int:
        """The number of timed commands."""
        return len(self.timed) // COMMAND_RECORD.size


def account_of(order_id: int) -> int:
    """Return the owner of an order, who also cancels it."""
    return 1 + order_id * 7919 % ACCOUNTS


def pack_new(order_id: int, symbol: int, side: int, kind: int, quantity: int, price: int) -> bytes:
    """Pack a new order; a market order's price is dropped."""
    limit = 0 if kind == OrderType.MARKET else price
    head = (Command.NEW, side, kind, 0, symbol)
    return COMMAND_RECORD.pack(*head, order_id, account_of(order_id), quantity, limit, 0)


def pack_cancel(order_id: int) -> bytes:
    """Pack a cancel by the order's owner."""
    return COMMAND_RECORD.pack(Command.CANCEL, 0, 0, 0, 0, order_id, account_of(order_id), 0, 0, 0)


def read_workload(path: Path) -> Workload:
    """Read a case of the C++ speed limit, and its expected values from the `.json` beside it."""
    data = path.read_bytes()
    _, warm, _, symbols, _, _ = HEADER.unpack_from(data)
    records = [
        pack_cancel(order_id)
        if kind == CANCEL
        else pack_new(order_id, symbol, side, KINDS[kind], quantity, price)
        for order_id, price, quantity, symbol, kind, side, _ in RECORD.iter_unpack(
            data[HEADER.size :]
        )
    ]
    expected = Totals(**json.loads(path.with_suffix(".json").read_text())["expect"])
    warm_bytes, timed = b"".join(records[:warm]), b"".join(records[warm:])
    return Workload(path.stem, symbols, warm_bytes, timed, expected)


def make_workload(name: str, symbols: int, resting: int, messages: int, seed: int = 1) -> Workload:
    """Make flow of our own: about `resting` open orders in each book, around a fixed price.

    It does not know what has traded, so some of its cancels come too late and are refused.
    """
    random = Random(seed)
    records = list(_flow(random, symbols, resting, messages))
    warm = symbols * resting
    return Workload(name, symbols, b"".join(records[:warm]), b"".join(records[warm:]), None)


def _flow(random: Random, symbols: int, resting: int, messages: int) -> Iterator[bytes]:
    open_ids: list[int] = []
    for order_id in range(1, symbols * resting + messages + 1):
        symbol = order_id % symbols
        choice = random.random()
        is_short = len(open_ids) < symbols * resting
        if order_id <= symbols * resting or (choice < 0.5 and is_short) or not open_ids:
            open_ids.append(order_id)
            yield _passive(random, order_id, symbol, resting)
        elif choice < 0.9:
            place = random.randrange(len(open_ids))
            open_ids[place], open_ids[-1] = open_ids[-1], open_ids[place]
            yield pack_cancel(open_ids.pop())
        else:
            kind = random.choice((OrderType.LIMIT, OrderType.IOC, OrderType.MARKET))
            side = random.randrange(2)
            price = 32_768 + (3 if side == Side.BUY else -3)
            yield pack_new(order_id, symbol, side, kind, random.randrange(1, 100), price)


def _passive(random: Random, order_id: int, symbol: int, resting: int) -> bytes:
    side = random.randrange(2)
    distance = 1 + min(20_000, int(random.expovariate(20 / (resting + 20)) + random.random() * 3))
    price = 32_768 + (-distance if side == Side.BUY else distance)
    return pack_new(order_id, symbol, side, OrderType.LIMIT, random.randrange(1, 100), price)


def total_trades(events: bytes, live: int) -> Totals:
    """Sum up packed events: trades, volume, notional and running hash."""
    trades = volume = notional = 0
    running = 1469598103934665603
    for kind, _, _, _, taker, maker, price, quantity, _, _, _ in EVENT_RECORD.iter_unpack(events):
        if kind == EventKind.TRADE:
            trades += 1
            volume += quantity
            notional += quantity * price
            mixed = maker * 0x9E3779B97F4A7C15 + taker * 0xC2B2AE3D27D4EB4F
            mixed += price * 1000003 + quantity
            running = ((running * 1099511628211) ^ (mixed & WORD)) & WORD
    return Totals(trades, volume, notional, f"{running:016x}", live)
