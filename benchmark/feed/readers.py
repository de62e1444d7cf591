"""Many readers of a feed that cost next to nothing: they count bytes, or check trade ids.

`python -m benchmark.feed.readers PORT PATH READERS` says `ready` when all are connected, and then,
for each line with a number of bytes, `done` when every reader has got so many more.
"""

import argparse
import asyncio
import re
import socket
import sys
from dataclasses import dataclass, field
from typing import cast

import uvloop

_UPGRADE = (
    "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
_GREETING_PATH = "/market-data"
_TRADE_ID = re.compile(rb'"trade_id":(\d+),')
_OVERLAP = 32
"""Bytes in which a trade id may be cut off at the end of a piece."""
_SMALL_BUFFER = 4096
_PING_BYTES = 4
_PING = b"\x89\x04"
"""Head of the server's ping; these bytes occur in nothing else that it sends."""
_PONG = b"\x8a\x84\0\0\0\0"
"""Head of a pong, with a mask that changes nothing."""


@dataclass
class Progress:
    """Sets `is_reached` when every reader has received `target` bytes."""

    target: int = 0
    waiting: int = 0
    is_reached: asyncio.Event = field(default_factory=asyncio.Event)


class CountingReader(asyncio.Protocol):
    """Counts bytes after the first message, or after the handshake where no message greets it."""

    def __init__(self, path: str, progress: Progress) -> None:
        self.bytes = 0
        self.is_connected = asyncio.get_running_loop().create_future()
        self._path = path
        self._progress = progress

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask to become a WebSocket (called by the event loop)."""
        cast(asyncio.Transport, transport).write(_UPGRADE.format(path=self._path).encode())

    def data_received(self, data: bytes) -> None:
        """Count the bytes (called by the event loop)."""
        if not self.is_connected.done():
            if (b"}" if _GREETING_PATH in self._path else b"\r\n\r\n") in data:
                self.is_connected.set_result(None)
            return
        before, self.bytes = self.bytes, self.bytes + len(data)
        progress = self._progress
        if before < progress.target <= self.bytes:
            progress.waiting -= 1
            if not progress.waiting:
                progress.is_reached.set()


class TradeReader(asyncio.Protocol):
    """Checks that no trade is missing; pauses for `pause` seconds after each piece that it read.

    If `pause` is None, it never reads.
    """

    def __init__(self, path: str, pause: float | None = 0.0) -> None:
        self.last_trade_id = 0
        self.trades = self.missing = self.repeated = 0
        self.is_subscribed = self.is_closed = False
        self._path = path
        self._pause = pause
        self._rest = b""
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask to become a WebSocket (called by the event loop)."""
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is none by its type
        self.transport.write(_UPGRADE.format(path=self._path).encode())
        if self._pause is None:
            self.transport.pause_reading()

    def data_received(self, data: bytes) -> None:
        """Read the ids (called by the event loop)."""
        text, end = self._rest + data, 0
        self.is_subscribed = self.is_subscribed or b'"connected"' in text
        for match in _TRADE_ID.finditer(text):
            self._take(int(match[1]))
            end = match.end()
        if _PING in text:
            self._answer_ping(text)
        self._rest = text[max(end, len(text) - _OVERLAP) :]
        if self._pause and self.transport is not None:
            self.transport.pause_reading()
            asyncio.get_running_loop().call_later(self._pause, self._resume)

    def connection_lost(self, _: Exception | None) -> None:
        """Note that the server has closed (called by the event loop)."""
        self.is_closed = True

    def _take(self, trade_id: int) -> None:
        self.trades += 1
        if trade_id <= self.last_trade_id:
            self.repeated += 1
        else:
            self.missing += trade_id - self.last_trade_id - 1
            self.last_trade_id = trade_id

    def _answer_ping(self, text: bytes) -> None:
        start = text.index(_PING) + len(_PING)
        if self.transport is not None:
            self.transport.write(_PONG + text[start : start + _PING_BYTES])

    def _resume(self) -> None:
        if self.transport is not None and not self.is_closed:
            self.transport.resume_reading()


async def connect_slow(port: int, reader: TradeReader) -> TradeReader:
    """Connect with as little room in the kernel as possible."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL_BUFFER)
    client.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(client, ("127.0.0.1", port))
    await loop.create_connection(lambda: reader, sock=client)
    return reader


async def serve_commands(port: int, path: str, count: int) -> None:
    """Connect, then wait for as many bytes as each line of the input says."""
    loop = asyncio.get_running_loop()
    progress = Progress()
    readers: list[CountingReader] = []
    for _ in range(count):
        _, reader = await loop.create_connection(
            lambda: CountingReader(path, progress), "127.0.0.1", port
        )
        await reader.is_connected
        readers.append(reader)
    _say("ready")
    while line := await asyncio.to_thread(sys.stdin.readline):
        progress.target += int(line)
        progress.is_reached.clear()
        progress.waiting = sum(reader.bytes < progress.target for reader in readers)
        if progress.waiting:
            _say("waiting")
            await progress.is_reached.wait()
        else:
            _say("waiting")
        _say("done")


def _say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("path")
    parser.add_argument("readers", type=int)
    options = parser.parse_args()
    uvloop.run(serve_commands(options.port, options.path, options.readers))
