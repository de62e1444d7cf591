"""Raw connections of an attacker, who keeps to no protocol."""

import asyncio
import base64
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import NamedTuple
from urllib.parse import urlsplit

_READ = 1 << 16
_KEY = base64.b64encode(bytes(16)).decode()


class Victims(NamedTuple):
    """Addresses of the services, when to stop (`time.monotonic`), and the attacker's own key."""

    gateway: str
    feed: str
    until: float
    key: str

    @property
    def is_over(self) -> bool:
        """Whether to stop."""
        return time.monotonic() >= self.until


class Wire(NamedTuple):
    """One connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        """Send; raise OSError if the peer has hung up."""
        self.writer.write(data)
        await self.writer.drain()

    async def read(self) -> bytes:
        """Return what has come, empty at the end."""
        return await self.reader.read(_READ)


@asynccontextmanager
async def connect(url: str) -> AsyncIterator[Wire]:
    """Connect as long as the context; what the peer does about it is no error."""
    parts = urlsplit(url)
    with suppress(OSError, asyncio.IncompleteReadError):
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port, limit=_READ)
        try:
            yield Wire(reader, writer)
        finally:
            writer.transport.abort()


async def repeat(victims: Victims, times_at_once: int, act: Callable[[], Awaitable[None]]) -> int:
    """Act again and again, by so many at once; return how often."""

    async def act_on() -> int:
        done = 0
        while not victims.is_over:
            with suppress(OSError, asyncio.IncompleteReadError, RuntimeError):
                await act()
            done += 1
            await asyncio.sleep(0)
        return done

    return sum(await asyncio.gather(*(act_on() for _ in range(times_at_once))))


def make_head(method: str, target: str, *lines: str) -> bytes:
    """Return the head of a request."""
    return "\r\n".join([f"{method} {target} HTTP/1.1", "Host: localhost", *lines, "", ""]).encode()


def make_handshake(target: str, *lines: str) -> bytes:
    """Return the handshake of a WebSocket."""
    return make_head(
        "GET", target, "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {_KEY}", *lines,
    )  # fmt: skip


async def keep_until(victims: Victims) -> None:
    """Do nothing until it is over."""
    await asyncio.sleep(max(0.0, victims.until - time.monotonic()))
