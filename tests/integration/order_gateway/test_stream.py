"""`/ws/orders`: a snapshot, then every report, whatever happens in between."""

import asyncio
import contextlib
import itertools
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin

from goquant import GatewayClient, GatewayError, OrderState, Report, Update
from protocol.enums import Reason
from protocol.signing import sign
from tests.integration.order_gateway.test_exchange import KEYS, PLAIN, SECRET, SIGNING
from tests.support.gateway import ORDER
from tests.support.gateway_process import Exchange, run_exchange, run_workers, use_account
from tests.support.redis_client import open_redis
from tests.support.waiting import DEADLINE_SECONDS, until

ROUNDS = 60
OPEN = {"open", "partially_filled"}


class Mirror:
    """What an account's reader of the stream knows; checks each message's number."""

    def __init__(self) -> None:
        self.orders: dict[str, OrderState | Report] = {}
        self.ended: set[str] = set()
        self.number = -1
        self.snapshots = 0

    def apply(self, update: Update) -> None:
        if update.type == "heartbeat":
            assert update.number == self.number
            return
        self.number += 1
        assert update.number == self.number
        if update.type == "snapshot":
            self.snapshots += 1
            self.orders = {order.order_id: order for order in update.orders}
        elif update.type == "execution_report":
            assert update.data
            self._report(update.data)

    def _report(self, report: Report) -> None:
        assert report.order_id
        known = self.orders.get(report.order_id)
        is_first = report.status == "open" and report.last_trade is None
        assert known is not None or is_first or report.status == "rejected"
        if report.status in OPEN:
            self.orders[report.order_id] = report
        else:
            self.orders.pop(report.order_id, None)
            self.ended.add(report.order_id)


async def follow(client: GatewayClient, mirror: Mirror, until: "asyncio.Future[str]") -> None:
    """Until the end of the order named by `until` was reported."""
    async for update in client.stream_orders():
        mirror.apply(update)
        if until.done() and until.result() in mirror.ended:
            return


async def trade(client: GatewayClient) -> AsyncIterator[int]:
    """Orders that rest, trade and are canceled; the number of each round after it."""
    for number in itertools.count():
        orders = [
            ORDER | {"side": "buy", "price": str(60000 + number % 7), "quantity": "0.3"},
            ORDER | {"side": "sell", "price": str(60002 + number % 7), "quantity": "0.2"},
        ]
        await client.submit_orders(orders * 3)
        yield number


async def read_open(client: GatewayClient) -> dict[str, str | None]:
    """From the archive."""
    found: dict[str, str | None] = {}
    after: str | None = None
    while True:
        page = await client.list_orders(status="open", limit=1000, after=after)
        found |= {order.order_id: order.remaining_quantity for order in page.orders}
        after = page.after
        if after is None:
            return found


async def is_archived_as_closed(client: GatewayClient, order_id: str) -> bool:
    with contextlib.suppress(GatewayError):
        return (await client.read_order(order_id)).status == "canceled"
    return False


def cut_subscriptions(redis_url: str) -> None:
    with open_redis(redis_url) as server:
        server.client_kill_filter(_type="pubsub")


@pytest.mark.parametrize("is_cut", [False, True])
def test_snapshot_and_reports_have_no_gap_between_them(exchange: Exchange, is_cut: bool) -> None:
    """Readers that join while orders flow know in the end what the archive knows."""

    async def run(account: str) -> None:
        async with GatewayClient(exchange.url, account=account) as alice:
            ending: asyncio.Future[str] = asyncio.get_running_loop().create_future()
            mirrors: list[Mirror] = []
            readers = []
            async with asyncio.timeout(DEADLINE_SECONDS):
                async for number in trade(alice):
                    if number in {0, 10, 20, 30}:
                        mirrors.append(Mirror())
                        readers.append(asyncio.create_task(follow(alice, mirrors[-1], ending)))
                    if is_cut and number in {5, 15, 25, 35, 45}:
                        cut_subscriptions(exchange.redis_url)
                    # who has no snapshot yet would have the end in it
                    if number >= ROUNDS and all(mirror.snapshots for mirror in mirrors):
                        break
            last = await alice.submit_order("SOL-USDT", "buy", "1", price="1")
            ending.set_result(last.order_id)
            await alice.cancel_order(last.order_id)
            async with asyncio.timeout(DEADLINE_SECONDS):
                await asyncio.gather(*readers)
            await until(lambda: is_archived_as_closed(alice, last.order_id))
            expected = await read_open(alice)
            for mirror in mirrors:
                known = {key: order.remaining_quantity for key, order in mirror.orders.items()}
                assert known == expected
                assert mirror.snapshots == 1
            assert expected

    with use_account(exchange) as account:
        asyncio.run(run(account))


def test_reader_hears_of_nobody_elses_orders(exchange: Exchange) -> None:
    async def run(hers: str, somebodys: str) -> None:
        async with (
            GatewayClient(exchange.url, account=hers) as alice,
            GatewayClient(exchange.url, account=somebodys) as other,
        ):
            await other.submit_order("BTC-USDT", "buy", "1", price="60000")
            updates = alice.stream_orders()
            snapshot = await anext(updates)
            assert (snapshot.type, snapshot.orders) == ("snapshot", [])
            assert len(snapshot.exchange_id or "") == 16
            await other.submit_order("BTC-USDT", "buy", "1", price="60000")
            order = await alice.submit_order("BTC-USDT", "buy", "1", price="60000")
            report = await anext(updates)
            assert report.data
            assert report.data.order_id == order.order_id

    with use_account(exchange) as hers, use_account(exchange) as somebodys:
        asyncio.run(run(hers, somebodys))


def test_without_an_archive_the_stream_says_so(redis_url: str, tmp_path: Path) -> None:
    async def run(url: str) -> None:
        async with GatewayClient(url) as client:
            with pytest.raises(GatewayError) as caught:
                await anext(client.stream_orders())
        assert caught.value.code is Reason.ARCHIVE_UNAVAILABLE

    with run_workers(redis_url, DATABASE_URL=f"sqlite:///{tmp_path / 'none'}") as (url, _):
        asyncio.run(run(url))


async def read_json(socket: ClientConnection) -> Any:
    async with asyncio.timeout(DEADLINE_SECONDS):
        return json.loads(await socket.recv())


def test_stream_needs_a_key_where_authentication_is_on(redis_url: str, tmp_path: Path) -> None:
    async def run(url: str) -> None:
        stream = url.replace("http", "ws") + "/ws/orders"
        async with connect(stream, additional_headers={"X-API-Key": PLAIN}) as socket:
            assert (await read_json(socket))["account"] == "alice"
        async with connect(stream) as socket:
            await socket.send(json.dumps({"key": PLAIN}))
            assert (await read_json(socket))["account"] == "alice"
        async with connect(stream) as socket, asyncio.timeout(DEADLINE_SECONDS):
            stamp = str(int(asyncio.get_running_loop().time()))
            signature = sign(SECRET, stamp, "GET", "/ws/orders")
            signed = {"key": SIGNING, "timestamp": stamp, "signature": signature}
            await socket.send(json.dumps(signed))
            assert (await read_json(socket))["code"] == "timestamp_out_of_window"
        for first in ('{"key":"nobody-has-this-key"}', "garbage", "{}"):
            async with connect(stream) as socket:
                await socket.send(first)
                assert (await read_json(socket))["code"] == "unauthorized"
                with pytest.raises(ConnectionClosed):
                    await socket.recv()
                assert socket.close_code == 1008

    with run_exchange(redis_url, tmp_path, API_KEYS=KEYS) as exchange:
        asyncio.run(run(exchange.url))


def test_stream_is_closed_to_another_sites_page(exchange: Exchange) -> None:
    async def run(url: str) -> None:
        stream = url.replace("http", "ws") + "/ws/orders?account=alice"
        for origin in ("null", "http://evil.example"):
            with pytest.raises(InvalidStatus):
                await connect(stream, origin=Origin(origin))
        async with connect(stream, origin=Origin(url)) as socket:
            assert (await read_json(socket))["account"] == "alice"

    asyncio.run(run(exchange.url))
