"""Ordinary traders: a steady rate of orders and of questions, whatever the answers take."""

import asyncio
import json
import time
from collections.abc import Mapping
from itertools import count, cycle
from urllib.parse import urlsplit

from benchmark.abuse.verdict import Seen
from benchmark.shared.http_connection import HttpConnection

ORDERS_A_SECOND = 100
QUESTIONS_A_SECOND = 50
_CONNECTIONS = 32
_CREATED, _OK = 201, 200
_ORDERS = cycle(
    json.dumps(
        {
            "symbol": "SOL-USDT", "side": side, "order_type": "limit",
            "price": "100.000", "quantity": "1.000",
        }
    ).encode()
    for side in ("buy", "sell")
)  # fmt: skip


class Traders:
    """Connections of one account, and some that ask the feed for its best prices."""

    def __init__(self, gateway: str, feed: str, headers: Mapping[str, str]) -> None:
        self._gateway = gateway
        self._feed = feed
        self._headers = headers
        self._senders: list[HttpConnection] = []
        self._askers: list[HttpConnection] = []
        self.failures = 0

    async def open(self) -> None:
        """Connect, before any attack."""
        self._senders = await _connect(self._gateway, self._headers)
        self._askers = await _connect(self._feed, {})

    async def trade(self, seconds: float) -> Seen:
        """Trade for so long; count as failures what is answered by an error or not sent at all."""
        seen = Seen([], [])
        await asyncio.gather(
            self._send_steadily(
                self._senders, ORDERS_A_SECOND, seconds, seen.orders,
                ("POST", "/v1/orders?response=result"),
            ),
            self._send_steadily(
                self._askers, QUESTIONS_A_SECOND, seconds, seen.questions,
                ("GET", "/v1/bbo/SOL-USDT"),
            ),
        )  # fmt: skip
        return seen

    def close(self) -> None:
        """Hang up."""
        for connection in (*self._senders, *self._askers):
            connection.close()

    async def _send_steadily(
        self,
        free: list[HttpConnection],
        rate: float,
        seconds: float,
        times: list[float],
        target: tuple[str, str],
    ) -> None:
        start = time.perf_counter()
        under_way: set[asyncio.Task[None]] = set()
        for number in count():
            due = start + number / rate
            if due >= start + seconds:
                break
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            if not free:
                self.failures += 1
                continue
            task = asyncio.create_task(self._send(free, due, times, *target))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
        await asyncio.gather(*under_way)

    async def _send(
        self, free: list[HttpConnection], due: float, times: list[float], method: str, path: str
    ) -> None:
        connection = free.pop()
        body = next(_ORDERS) if method == "POST" else b""
        try:
            answer = await connection.request(method, path, body)
        except ConnectionError:
            self.failures += 1
            return
        free.append(connection)
        self.failures += answer.status not in {_OK, _CREATED}
        times.append(time.perf_counter() - due)


async def _connect(url: str, headers: Mapping[str, str]) -> list[HttpConnection]:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 0
    return [await HttpConnection.open(host, port, headers) for _ in range(_CONNECTIONS)]
