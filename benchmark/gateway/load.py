"""The same load for every server: connections that each send their share of the orders."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple, Protocol, TypeAlias

from benchmark.gateway.process import HOST
from benchmark.shared.http_connection import HttpConnection, Response
from benchmark.shared.latency import Latency
from benchmark.shared.order_socket import OrderSocket

_ERROR = 300
_LEAD_SECONDS = 0.05


class Connection(Protocol):
    """What requests go over, one at a time."""

    @property
    def is_open(self) -> bool:
        """Whether a request can be sent."""

    async def request(self, method: str, path: str, body: bytes = b"") -> Response:
        """Send and wait for the answer; raises ConnectionError if the connection ends."""

    def close(self) -> None:
        """Hang up."""


Open: TypeAlias = Callable[[int, Mapping[str, str]], Awaitable[Connection]]
"""Connects to a port; the headers go with every request."""


async def open_http(port: int, headers: Mapping[str, str]) -> Connection:
    """Connect for requests as they are."""
    return await HttpConnection.open(HOST, port, headers)


async def open_order_stream(port: int, headers: Mapping[str, str]) -> Connection:
    """Connect for requests as commands on a private stream."""
    return await OrderSocket.open(f"http://{HOST}:{port}", headers)


def share(connect: Open) -> Open:
    """Make a way to connect that gives all who come to a port the same connection."""
    opened: dict[int, Connection] = {}

    async def connect_once(port: int, headers: Mapping[str, str]) -> Connection:
        known = opened.get(port)
        if known is None or not known.is_open:
            known = opened[port] = await connect(port, headers)
        return known

    return connect_once


class Load(NamedTuple):
    """Requests to `path`, each with `orders` orders.

    `rate` requests a second leave at their scheduled times; None: each leaves as soon as the one
    before it on its connection was answered.
    """

    path: str
    requests: int
    orders: int = 1
    rate: float | None = None
    connections: int = 32
    headers: Mapping[str, str] = {}
    open: Open = open_http


class Sent(NamedTuple):
    """Seconds from the first request to the last answer, and the latency of a request."""

    seconds: float
    latency: Latency


def send(port: int, load: Load) -> Sent:
    """Send the load; raises RuntimeError for an answer that is an error."""
    return asyncio.run(_send(port, load))


async def _send(port: int, load: Load) -> Sent:
    bodies = [_make_body(side, load.orders) for side in ("sell", "buy")]
    opened = [await load.open(port, load.headers) for _ in range(load.connections)]
    times: list[float] = []
    start = time.perf_counter() + (0.0 if load.rate is None else _LEAD_SECONDS)
    shares = [range(first, load.requests, load.connections) for first in range(load.connections)]
    await asyncio.gather(
        *(
            _send_share(connection, load, bodies, start, share, times)
            for connection, share in zip(opened, shares, strict=True)
        )
    )
    seconds = time.perf_counter() - start
    for connection in opened:
        connection.close()
    return Sent(seconds, Latency.of(times))


async def _send_share(
    connection: Connection,
    load: Load,
    bodies: list[bytes],
    start: float,
    numbers: range,
    times: list[float],
) -> None:
    for number in numbers:
        due = time.perf_counter() if load.rate is None else start + number / load.rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        answer = await connection.request("POST", load.path, bodies[number % 2])
        if answer.status >= _ERROR:
            raise RuntimeError(f"{answer.status} {answer.body[:200].decode()}")
        times.append(time.perf_counter() - due)


def _make_body(side: str, orders: int) -> bytes:
    """Make a body; sells and buys meet, so that the book stays small."""
    order = {
        "symbol": "SOL-USDT",
        "side": side,
        "order_type": "limit",
        "price": "100.000",
        "quantity": "1.000",
    }
    return json.dumps(order if orders == 1 else {"orders": [order] * orders}).encode()
