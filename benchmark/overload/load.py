"""More orders than the system can take, each sent at its time whatever it answers (open loop)."""

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from itertools import cycle
from typing import Any, Protocol
from urllib.parse import urlsplit

from redis.exceptions import OutOfMemoryError

from benchmark.shared.http_connection import HttpConnection
from protocol import channels
from tests.support.redis_client import open_redis

CONNECTIONS = 1000
_SATURATING = 64
BATCH = 50
_PUSH = 500
_SATURATED = 20_000
_CREATED, _OK, _ERROR = 201, 200, 400
_MIDDLE, _SPREAD = 60_000, 25
_BODIES = 400
_ACCOUNTS = 20

Order = dict[str, str]


class Load(Protocol):
    """A way to send orders; `outcomes` counts them by what became of them, such as `accepted`."""

    outcomes: Counter[str]

    async def open(self) -> None:
        """Connect."""

    async def saturate(self, seconds: float) -> None:
        """Send as many orders as are taken."""

    async def send(self, rate: float, seconds: float) -> None:
        """Send `rate` orders a second."""

    def close(self) -> None:
        """Hang up."""


class HttpLoad:
    """Orders by REST, `orders` of them in a request.

    A request that is due while all connections wait for an answer is not sent, or the sender's own
    memory would grow.
    """

    def __init__(self, gateway_url: str, orders: int, generator: random.Random) -> None:
        parts = urlsplit(gateway_url)
        self.outcomes: Counter[str] = Counter()
        self._address = parts.hostname or "", parts.port or 0
        self._orders = orders
        self._path = "/v1/orders" if orders == 1 else "/v1/orders/batch"
        self._bodies = cycle([_make_body(generator, orders) for _ in range(_BODIES)])
        self._free: list[HttpConnection] = []

    async def open(self) -> None:
        """Connect, for many accounts."""
        for number in range(CONNECTIONS):
            headers = {"X-Account": f"account-{number % _ACCOUNTS}"}
            self._free.append(await HttpConnection.open(*self._address, headers))

    async def saturate(self, seconds: float) -> None:
        """Have some connections send again as soon as they are answered."""
        deadline = time.perf_counter() + seconds
        some = self._free[:_SATURATING]
        await asyncio.gather(*(self._keep_busy(each, deadline) for each in some))

    async def send(self, rate: float, seconds: float) -> None:
        """Send one request after the other, each at its time."""
        under_way: set[asyncio.Task[None]] = set()
        async for _ in _keep_time(rate / self._orders, seconds):
            if self._free:
                task = asyncio.create_task(self._use(self._free.pop()))
                under_way.add(task)
                task.add_done_callback(under_way.discard)
            else:
                self.outcomes["not sent, all connections wait"] += self._orders
        await asyncio.gather(*under_way)

    def close(self) -> None:
        """Hang up."""
        for connection in self._free:
            connection.close()

    async def _keep_busy(self, connection: HttpConnection, deadline: float) -> None:
        while time.perf_counter() < deadline:
            await self._post(connection)

    async def _use(self, connection: HttpConnection) -> None:
        with suppress(ConnectionError):
            await self._post(connection)
            self._free.append(connection)

    async def _post(self, connection: HttpConnection) -> None:
        answer = await connection.request("POST", self._path, next(self._bodies))
        if answer.status == _CREATED:
            self.outcomes["accepted"] += 1
        elif answer.status == _OK:
            self.outcomes.update(map(_name_result, json.loads(answer.body)["results"]))
        else:
            self.outcomes[f"{answer.status} {json.loads(answer.body)['code']}"] += self._orders


class ListLoad:
    """Orders pushed straight onto the list, which only Redis's memory bounds."""

    def __init__(self, redis_url: str, generator: random.Random) -> None:
        self.outcomes: Counter[str] = Counter()
        self._client = open_redis(redis_url)
        self._pushes = cycle([_make_entries(generator) for _ in range(_BODIES // 10)])

    async def open(self) -> None:
        """Do nothing: the client connects by itself."""

    async def saturate(self, seconds: float) -> None:
        """Keep enough in the list at any time."""
        deadline = time.perf_counter() + seconds
        while time.perf_counter() < deadline:
            if self._client.llen(channels.ORDER_QUEUE) < _SATURATED:
                await self._push()
            await asyncio.sleep(0)

    async def send(self, rate: float, seconds: float) -> None:
        """Push each at its time, or as soon as the one before is answered."""
        async for _ in _keep_time(rate / _PUSH, seconds):
            await self._push()

    def close(self) -> None:
        """Hang up."""
        self._client.close()

    async def _push(self) -> None:
        try:
            await asyncio.to_thread(self._client.rpush, channels.ORDER_QUEUE, *next(self._pushes))
            self.outcomes["accepted"] += _PUSH
        except OutOfMemoryError:
            self.outcomes["refused, Redis is full"] += _PUSH


async def _keep_time(rate: float, seconds: float) -> AsyncIterator[None]:
    start = time.perf_counter()
    for number in range(int(rate * seconds)):
        await asyncio.sleep(max(0.0, start + number / rate - time.perf_counter()))
        yield


def _name_result(result: dict[str, Any]) -> str:
    if result["status"] < _ERROR:
        return "accepted"
    return f"{result['status']} {result['problem']['code']}"


def _make_body(generator: random.Random, orders: int) -> bytes:
    drawn = [_draw_order(generator) for _ in range(orders)]
    return json.dumps(drawn[0] if orders == 1 else {"orders": drawn}).encode()


def _make_entries(generator: random.Random) -> Iterable[bytes]:
    accounts = (f"account-{number % _ACCOUNTS}" for number in range(_PUSH))
    return [json.dumps(_draw_order(generator) | {"account": name}).encode() for name in accounts]


def _draw_order(generator: random.Random) -> Order:
    """Draw an order near one price: most of them trade, so that the book stays small."""
    order = {
        "symbol": "BTC-USDT",
        "side": generator.choice(["buy", "sell"]),
        "order_type": generator.choice(["limit"] * 7 + ["ioc", "ioc", "market"]),
        "quantity": f"0.{generator.randint(1, 99):02d}",
    }
    if order["order_type"] != "market":
        order["price"] = str(_MIDDLE + generator.randint(-_SPREAD, _SPREAD))
    return order
