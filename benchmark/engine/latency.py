"""From the time when an order is due on the list to its trade from pub/sub (open loop)."""

import asyncio
import math
import time
from array import array
from collections.abc import Sequence
from contextlib import aclosing
from decimal import Decimal
from typing import NamedTuple

import uvloop

from benchmark.load.sending.dispatch import dispatch
from benchmark.load.sending.list_sender import ListSender
from benchmark.load.sending.requests import make_requests
from benchmark.load.sending.steps import make_pairs
from benchmark.load.watching.ledger import Ledger
from benchmark.shared.latency import Latency
from benchmark.shared.market import Spot
from protocol import channels
from tests.support.redis_client import open_async_redis

_SPOT = Spot("SOL-USDT", "100", "1", Decimal("0.001"))
_ACCOUNT = "benchmark"
_SECONDS = 5.0
_DEADLINE_SECONDS = 60.0
_TRADE = b'"type":"trade"'


class Fills(NamedTuple):
    """Orders a second, from the first one's due time to the last fill; latency of the takers."""

    rate: float
    latency: Latency


def measure_fills(url: str, rate: float) -> Fills:
    """Push a sell and a buy in turn, each at its time, whatever became of those before.

    What is due while a push is under way goes with the next one. Raises TimeoutError if the
    fills do not come.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_measure(url, rate))


async def _measure(url: str, rate: float) -> Fills:
    steps = make_pairs([_SPOT], int(rate * _SECONDS))
    ledger = Ledger(len(steps))
    sender = ListSender(ledger, lambda _: None, steps, _ACCOUNT)
    async with open_async_redis(url) as client, aclosing(client.pubsub()) as listener:
        await listener.subscribe(channels.TRADE_EVENTS)
        await listener.get_message(timeout=_DEADLINE_SECONDS)
        await sender.open(url)
        try:
            async with asyncio.timeout(_SECONDS + _DEADLINE_SECONDS), asyncio.TaskGroup() as group:
                receiving = group.create_task(_receive(listener, len(steps) // 2))
                await dispatch(make_requests(steps, rate, 1), ledger, sender.submit)
        finally:
            await sender.close()
    return count_fills(ledger.due, receiving.result())


async def _receive(listener: object, count: int) -> list[float]:
    """Return when each of so many trades arrived."""
    arrivals: list[float] = []
    async for message in listener.listen():  # type: ignore[attr-defined]
        arrivals += [time.perf_counter()] * message["data"].count(_TRADE)
        if len(arrivals) >= count:
            break
    return arrivals


def count_fills(due: "array[float]", arrivals: Sequence[float]) -> Fills:
    """Sum up; `due` is of a sell and a buy in turn, the trades come in the order of the buys."""
    assert not any(map(math.isnan, due))
    seconds = arrivals[-1] - due[0]
    late = [arrived - then for then, arrived in zip(due[1::2], arrivals, strict=True)]
    return Fills(len(due) / seconds, Latency.of(late))
