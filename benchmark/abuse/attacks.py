"""The attacks, each bounded in connections and time, and the table of them all."""

import asyncio
import json
import socket
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack, suppress
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from benchmark.abuse.sockets import (
    Victims,
    connect,
    keep_until,
    make_handshake,
    make_head,
    repeat,
)
from benchmark.shared.http_connection import HttpConnection

MAX_CONNECTIONS = 2_000
"""What the services are set to take."""
_MEGABYTE = 1 << 20
_URL_BYTES = 32 * _MEGABYTE
_BODIES = 400
_HOGS = 32
_BATCH = 500
_READERS = 200
_HANDSHAKES_AT_ONCE = 50
_WRONG = "wrong-key-0123456789"
_PING = b"\x89\x80" + bytes(4)
_EMPTY_FRAGMENT = b"\x00\x80" + bytes(4)
_FIRST_FRAGMENT = b"\x01\x80" + bytes(4)

CONTROL = "another port"
"""What every attack is compared with, because the attacker has the traders' processors."""

Run = Callable[[Victims], Coroutine[Any, Any, int]]


class Attack(NamedTuple):
    """`run` returns how often it did what it does."""

    run: Run
    needs_key: bool = False


async def do_nothing(victims: Victims) -> int:
    """No attack: what the machine's other work does to the figures of this minute."""
    await keep_until(victims)
    return 0


async def use_another_port(victims: Victims) -> int:
    """Handshakes as fast as they go, at a server of its own: what an attacker's processor costs."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async def shake(url: str) -> None:
        async with connect(url) as wire:
            await wire.send(make_handshake(f"/?secret={'q' * 7_800}"))
            await wire.read()

    async with await asyncio.start_server(answer, "127.0.0.1", limit=1 << 16) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        return await repeat(victims, _HANDSHAKES_AT_ONCE, lambda: shake(url))


async def send_endless_header(victims: Victims) -> int:
    """One header line that never ends."""
    return await _pour(victims, make_head("GET", "/health")[:-2] + b"X-A: ", b"a" * 65_536)


async def send_short_lines(victims: Victims) -> int:
    """Header lines without end."""
    return await _pour(victims, make_head("GET", "/health")[:-2], b"a:b\r\n" * 13_000)


async def _pour(victims: Victims, head: bytes, part: bytes) -> int:
    async def pour() -> None:
        async with connect(victims.gateway) as wire:
            await wire.send(head)
            while not victims.is_over:
                await wire.send(part)

    return await repeat(victims, 4, pour)


async def send_long_url(victims: Victims) -> int:
    """A URL of 32 MB."""

    async def ask() -> None:
        async with connect(victims.gateway) as wire:
            await wire.send(b"GET /")
            for _ in range(_URL_BYTES // 65_536):
                await wire.send(b"a" * 65_536)

    return await repeat(victims, 4, ask)


async def hold_connections(victims: Victims) -> int:
    """As many connections as there may be: idle, with half a head, with half a body."""
    half_head = make_head("POST", "/v1/orders")[:-2]
    half_body = make_head("GET", "/health", "Content-Length: 60")[:-1] + b"\n{"
    return await _hold(victims, [b"", half_head, half_body], MAX_CONNECTIONS * 4 // 5)


async def _hold(victims: Victims, beginnings: list[bytes], most: int) -> int:
    async with AsyncExitStack() as stack:
        held = 0
        for number in range(most):
            if victims.is_over:
                break
            with suppress(RuntimeError):
                wire = await stack.enter_async_context(connect(victims.gateway))
                wire.writer.write(beginnings[number % len(beginnings)])
                held += 1
        await keep_until(victims)
    return held


async def send_bodies_of_strangers(victims: Victims) -> int:
    """Bodies of 1 MB under a key that nobody has, 400 at once."""
    lines = (f"X-API-Key: {_WRONG}", "Content-Type: application/json")
    head = make_head("POST", "/v1/orders/batch", *lines, f"Content-Length: {_MEGABYTE}")
    body = b" " * 65_536

    async def post() -> None:
        async with connect(victims.gateway) as wire:
            await wire.send(head)
            for _ in range(_MEGABYTE // len(body)):
                await wire.send(body)
            await wire.read()

    return await repeat(victims, _BODIES, post)


async def keep_streams_silent(victims: Victims) -> int:
    """Private streams that do not say whose they are."""
    return await _hold(victims, [make_handshake("/ws/orders")], 1_000)


async def fetch_document(victims: Victims) -> int:
    """The OpenAPI document again and again."""
    address = urlsplit(victims.gateway)
    host, port = address.hostname or "", address.port or 0
    opened = [await HttpConnection.open(host, port) for _ in range(4)]

    async def fetch() -> None:
        connection = opened.pop()
        await connection.request("GET", "/v1/openapi.json")
        opened.append(connection)

    return await repeat(victims, len(opened), fetch)


async def send_pings(victims: Victims) -> int:
    """WebSocket pings without end."""
    return await _flood_streams(victims, b"", _PING)


async def send_empty_fragments(victims: Victims) -> int:
    """A message of empty fragments without end."""
    return await _flood_streams(victims, _FIRST_FRAGMENT, _EMPTY_FRAGMENT)


async def _flood_streams(victims: Victims, first: bytes, frame: bytes) -> int:
    async def flood(url: str, path: str) -> None:
        async with connect(url) as wire:
            await wire.send(make_handshake(path))
            await wire.read()
            await wire.send(first)
            while not victims.is_over:
                await wire.send(frame * 1_000)

    counts = await asyncio.gather(
        repeat(victims, 4, lambda: flood(victims.gateway, "/ws/orders")),
        repeat(victims, 4, lambda: flood(victims.feed, "/ws/market-data")),
    )
    return sum(counts)


async def read_slowly(victims: Victims) -> int:
    """Readers of every channel of the feed that take nothing."""
    symbols = "BTC-USDT,ETH-USDT,SOL-USDT"
    target = f"/ws/market-data?symbols={symbols}&channels=trades,bbo,l2,book,ticker"
    loop = asyncio.get_running_loop()
    address = urlsplit(victims.feed)
    sockets = []
    for _ in range(_READERS):
        reader = socket.socket()
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        reader.setblocking(False)
        await loop.sock_connect(reader, (address.hostname, address.port))
        await loop.sock_sendall(reader, make_handshake(target))
        sockets.append(reader)
    await keep_until(victims)
    for reader in sockets:
        reader.close()
    return len(sockets)


async def send_long_handshakes(victims: Victims) -> int:
    """Handshakes with a query of 7,900 bytes, at both services."""

    async def shake(url: str, path: str) -> None:
        async with connect(url) as wire:
            await wire.send(make_handshake(f"{path}?secret={'q' * 7_800}"))
            await wire.read()

    counts = await asyncio.gather(
        repeat(victims, _HANDSHAKES_AT_ONCE, lambda: shake(victims.gateway, "/ws/orders")),
        repeat(victims, _HANDSHAKES_AT_ONCE, lambda: shake(victims.feed, "/ws/market-data")),
    )
    return sum(counts)


async def guess_keys(victims: Victims) -> int:
    """Wrong keys, by REST and on private streams."""
    wrong = (f"X-API-Key: {_WRONG}",)

    async def guess(head: bytes) -> None:
        async with connect(victims.gateway) as wire:
            await wire.send(head)
            await wire.read()

    counts = await asyncio.gather(
        repeat(victims, 100, lambda: guess(make_head("GET", "/v1/orders", *wrong))),
        repeat(victims, 100, lambda: guess(make_handshake("/ws/orders", *wrong))),
    )
    return sum(counts)


async def hog_with_batches(victims: Victims) -> int:
    """Full batches as fast as they are taken, by an account of its own."""
    address = urlsplit(victims.gateway)
    host, port = address.hostname or "", address.port or 0
    order = {
        "symbol": "BTC-USDT", "side": "buy", "order_type": "ioc",
        "price": "1.00", "quantity": "0.01",
    }  # fmt: skip
    body = json.dumps({"orders": [order] * _BATCH}).encode()
    headers = {"X-API-Key": victims.key}
    opened = [await HttpConnection.open(host, port, headers) for _ in range(_HOGS)]

    async def post() -> None:
        connection = opened.pop()
        await connection.request("POST", "/v1/orders/batch", body)
        opened.append(connection)

    return await repeat(victims, _HOGS, post)


ATTACKS = {
    "nothing": Attack(do_nothing),
    CONTROL: Attack(use_another_port),
    "endless header": Attack(send_endless_header),
    "short lines": Attack(send_short_lines),
    "32 MB URL": Attack(send_long_url),
    "held connections": Attack(hold_connections),
    "bodies of strangers": Attack(send_bodies_of_strangers),
    "silent streams": Attack(keep_streams_silent),
    "openapi.json": Attack(fetch_document),
    "pings": Attack(send_pings),
    "empty fragments": Attack(send_empty_fragments),
    "slow readers": Attack(read_slowly),
    "long handshakes": Attack(send_long_handshakes),
    "wrong keys": Attack(guess_keys),
    "full batches": Attack(hog_with_batches, needs_key=True),
}
