"""The order gateway in this process, and the parts around it that a test plays itself."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import cache
from typing import Any, cast

import httpx
import pytest
from redis.asyncio import Redis

from archive.queries import Archive
from cluster.address import is_cluster
from edge.api_keys import ApiKey
from order_gateway.app import create_app
from protocol.channels import ORDER_QUEUE, reply_channel
from protocol.codec import decode_entry, encode
from protocol.commands import QueueEntry
from protocol.enums import Reason, Status
from protocol.events import ExecutionReport, Fill, Reply, ReplyMessage
from protocol.instrument import parse_instruments
from protocol.settings import Settings
from tests.support.redis_client import open_async_redis, publish
from tests.support.topology import PROXIED
from tests.support.waiting import DEADLINE_SECONDS

INSTRUMENTS = parse_instruments(Settings().instruments_file.read_text())

ORDER = {
    "symbol": "BTC-USDT",
    "order_type": "limit",
    "side": "buy",
    "price": "60000",
    "quantity": "1.0",
}


async def expect_documented(response: httpx.Response) -> None:
    """Assert that a problem document's code has an example at the route, under its status."""
    if response.headers.get("content-type") != "application/problem+json":
        return
    await response.aread()
    method, path = response.request.method.lower(), response.request.url.path
    for template, item in _read_document()["paths"].items():
        if method in item and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
            documented = item[method]["responses"].get(str(response.status_code), {})
            content = documented.get("content", {}).get("application/problem+json", {})
            code = response.json()["code"]
            assert code in content.get("examples", {}), (method, template, code)
            return


@cache
def _read_document() -> dict[str, Any]:
    return create_app(Settings(), INSTRUMENTS).openapi()


DOCUMENTED = {"response": [expect_documented]}
"""Event hooks of a client in whose tests the OpenAPI document has to be true."""


@asynccontextmanager
async def run_gateway(
    redis_url: str,
    *,
    max_queue_length: int = 100_000,
    reply_seconds: float = DEADLINE_SECONDS,
    push_seconds: float = DEADLINE_SECONDS,
    archive: Archive | None = None,
    keys: Sequence[ApiKey] | None = None,
    **settings: Any,
) -> AsyncIterator[httpx.AsyncClient]:
    """Run a gateway as long as the context, with `settings` on top of the defaults."""
    app = create_app(
        Settings(redis_url=redis_url, max_queue_length=max_queue_length, **settings),
        INSTRUMENTS,
        archive,
        keys,
        reply_seconds=reply_seconds,
        push_seconds=push_seconds,
    )
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=transport, base_url="http://127.0.0.1", event_hooks=DOCUMENTED
        ) as client,
    ):
        yield client


@asynccontextmanager
async def play_engine(redis_url: str) -> AsyncIterator["FakeEngine"]:
    """Play the engine's part in the test."""
    async with open_async_redis(redis_url, protocol=2) as client:
        yield FakeEngine(client, redis_url)


class FakeEngine:
    """Takes entries off the list and answers them as it is told."""

    def __init__(self, client: Redis, redis_url: str) -> None:
        self.redis = cast("Any", client)
        self._url = redis_url

    async def take(self) -> QueueEntry:
        """Remove the next entry from the list and return it."""
        popped = await self.redis.blpop([ORDER_QUEUE], timeout=DEADLINE_SECONDS)
        assert popped is not None, "nothing was queued"
        return decode_entry(popped[1])

    async def read_all(self) -> list[QueueEntry]:
        """Return every entry in the list, which stay there."""
        return [decode_entry(raw) for raw in await self.redis.lrange(ORDER_QUEUE, 0, -1)]

    async def publish(self, entry: QueueEntry, reply: Reply) -> None:
        """Answer an entry to whoever waits for it."""
        assert await self.try_publish(entry, reply) == 1, "nobody listens for replies"

    async def try_publish(self, entry: QueueEntry, reply: Reply) -> int:
        """Answer an entry; return how many listened."""
        assert entry.reply_to is not None
        message = encode(ReplyMessage([reply]))
        return int(await publish(self.redis, self._url, reply_channel(entry.reply_to), message))


def make_reply(
    entry: QueueEntry,
    order: ExecutionReport | None,
    *,
    reason: Reason | None = None,
    detail: str | None = None,
    is_duplicate: bool = False,
    fills: list[Fill] | None = None,
) -> Reply:
    """Make a reply to `entry`."""
    return Reply(
        request_id=entry.request_id or "",
        sequence=1,
        status=order.status if order else None,
        reason=reason,
        detail=detail,
        duplicate=is_duplicate,
        order=order,
        fills=fills or [],
    )


def make_report(
    entry: QueueEntry, status: Status, reason: Reason | None = None, filled: str = "0.00000"
) -> ExecutionReport:
    """Make a report of the order of `entry` in the given state."""
    return ExecutionReport(
        order_id=entry.order_id or "",
        client_order_id=entry.client_order_id or "of-the-order",
        account=entry.account,
        symbol=entry.symbol,
        side=entry.side,
        order_type=entry.order_type,
        price=entry.price,
        stop_price=entry.stop_price,
        triggered=None,
        quantity=entry.quantity,
        filled_quantity=filled,
        remaining_quantity="0.60000",
        filled_notional="24000.0000000",
        average_price="60000.00000000",
        status=status,
        reason=reason,
        last_trade=None,
        sequence=1,
        timestamp="2026-01-31T12:00:00.000001Z",
    )


class RedisProxy:
    """A proxy that can be closed, opened again, and made to swallow replies.

    A swallowed reply ends every connection.
    """

    def __init__(self, redis_url: str) -> None:
        host, _, port = redis_url.removeprefix("redis://").partition("/")[0].partition(":")
        self._target = (host, int(port))
        self._port = 0
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.cuts_next_reply = False
        self.replies_to_a_cut: int | None = None
        """So many replies pass before the next one is swallowed; None: all pass."""
        self.cuts = 0
        self._passed = 0

    @property
    def url(self) -> str:
        """Where the proxy listens, or will again."""
        return f"redis://127.0.0.1:{self._port}/0"

    async def open(self) -> None:
        """Listen, on the same port each time."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Refuse connections and end those that are open."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self._cut()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _cut(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    def _must_cut(self) -> bool:
        is_due = self.cuts_next_reply or self._passed == self.replies_to_a_cut
        self._passed = 0 if is_due else self._passed + 1
        self.cuts += is_due
        self.cuts_next_reply = False
        return is_due

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        redis_reader, redis_writer = await asyncio.open_connection(*self._target)
        self._writers.add(redis_writer)
        if self._server is None:  # closed meanwhile
            self._cut()
            return
        self._start(self._carry(reader, redis_writer, is_reply=False))
        self._start(self._carry(redis_reader, writer, is_reply=True))

    def _start(self, carrying: Any) -> None:
        task = asyncio.create_task(carrying)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_reply: bool
    ) -> None:
        try:
            while chunk := await reader.read(65536):
                if is_reply and self._must_cut():
                    self._cut()
                    return
                writer.write(chunk)
                await writer.drain()
        except OSError:
            return
        finally:
            writer.close()


@asynccontextmanager
async def run_proxy(redis_url: str) -> AsyncIterator[RedisProxy]:
    """Run an open proxy, before a Redis that is no cluster."""
    if is_cluster(redis_url):
        pytest.skip(PROXIED)
    proxy = RedisProxy(redis_url)
    await proxy.open()
    try:
        yield proxy
    finally:
        await proxy.close()
