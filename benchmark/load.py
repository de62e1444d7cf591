"""Sends orders at their scheduled times (open loop): a stall of the system shows as latency."""

import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import Never

from tqdm import tqdm

from benchmark.http_connection import HttpConnection
from benchmark.market import Spot

_CREATED = 201


@dataclass
class Sent:
    """What became of the orders: parallel lists, in the order of the answers."""

    order_ids: list[str] = field(default_factory=list)
    scheduled: list[float] = field(default_factory=list)
    accepted: list[float] = field(default_factory=list)
    refusals: dict[str, int] = field(default_factory=dict)

    def refuse(self, why: str) -> None:
        """Count an order that was not accepted."""
        self.refusals[why] = self.refusals.get(why, 0) + 1

    @property
    def seconds(self) -> float:
        """From the first order's scheduled time to the last acceptance."""
        return max(self.accepted) - min(self.scheduled) if self.accepted else 0.0


async def send_orders(
    host: str, port: int, spot: Spot, rate: float, count: int, connections: int
) -> Sent:
    """Post `count` orders, a sell and a buy in turn, so that each trades exactly once.

    Each connection takes its share of the schedule; an order that finds its connection busy
    waits, and its latency counts from when it should have left.
    """
    sent = Sent()
    bodies = [_encode_order(spot, side) for side in ("sell", "buy")]
    opened = [await HttpConnection.open(host, port) for _ in range(connections)]
    start = time.perf_counter() + 0.1
    bar: tqdm[Never]
    with tqdm(total=count, unit=" orders", mininterval=0.5) as bar:
        await asyncio.gather(
            *(
                _send_share(
                    opened[share], bodies, start, rate, range(share, count, connections), sent, bar
                )
                for share in range(connections)
            )
        )
    for connection in opened:
        connection.close()
    return sent


def _encode_order(spot: Spot, side: str) -> bytes:
    order = {
        "symbol": spot.symbol,
        "side": side,
        "order_type": "limit",
        "price": spot.price,
        "quantity": spot.quantity,
    }
    return json.dumps(order).encode()


async def _send_share(
    connection: HttpConnection,
    bodies: list[bytes],
    start: float,
    rate: float,
    numbers: range,
    sent: Sent,
    bar: "tqdm[Never]",
) -> None:
    for number in numbers:
        due = start + number / rate
        wait = due - time.perf_counter()
        if wait > 0:
            await asyncio.sleep(wait)
        answer = await connection.request("POST", "/v1/orders", bodies[number % 2])
        if answer.status == _CREATED:
            sent.accepted.append(time.perf_counter())
            sent.scheduled.append(due)
            sent.order_ids.append(json.loads(answer.body)["order_id"])
        else:
            sent.refuse(f"{answer.status} {answer.body[:120].decode(errors='replace')}")
        bar.update()
