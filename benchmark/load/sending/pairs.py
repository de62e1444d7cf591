"""Pairs of orders at their scheduled times, for measurements that watch the feed themselves."""

import asyncio
import math
from dataclasses import dataclass, field

from benchmark.load.sending.dispatch import dispatch
from benchmark.load.sending.requests import make_requests
from benchmark.load.sending.rest_sender import RestSender
from benchmark.load.sending.steps import make_pairs
from benchmark.load.watching.ledger import Ledger
from benchmark.shared.market import Spot

ANSWER_SECONDS = 30.0


@dataclass
class Sent:
    """The accepted orders as parallel lists; how many were not accepted, and why."""

    order_ids: list[str] = field(default_factory=list)
    scheduled: list[float] = field(default_factory=list)
    accepted: list[float] = field(default_factory=list)
    refusals: dict[str, int] = field(default_factory=dict)


async def send_orders(
    host: str, port: int, spot: Spot, rate: float, count: int, connections: int
) -> Sent:
    """Post `count` orders, a sell and a buy in turn, so that each trades exactly once.

    Raises TimeoutError if the last answers do not come.
    """
    steps = make_pairs([spot], count)
    ledger, answered, left = Ledger(len(steps)), asyncio.Event(), len(steps)

    def note(orders: int) -> None:
        nonlocal left
        left -= orders
        if not left:
            answered.set()

    sender = await RestSender(ledger, note).open(f"http://{host}:{port}", connections, {})
    try:
        await dispatch(make_requests(steps, rate, 1), ledger, sender.submit)
        async with asyncio.timeout(ANSWER_SECONDS):
            await answered.wait()
    finally:
        await sender.close()
    return _list_accepted(ledger)


def _list_accepted(ledger: Ledger) -> Sent:
    sent = Sent(refusals=dict(ledger.refusals))
    for number, order_id in sorted(ledger.order_ids.items()):
        assert not math.isnan(ledger.accepted[number])
        sent.order_ids.append(order_id)
        sent.scheduled.append(ledger.due[number])
        sent.accepted.append(ledger.accepted[number])
    return sent
