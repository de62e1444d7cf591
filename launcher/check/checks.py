"""The sub-command `check`: try the running system out in the three ways of the system tests.

Each check is a function of a `Target` that returns what it saw, in a sentence, or raises
CheckFailed. Its orders belong to an account of their own, are as small as they can be, trade only
with each other, and are gone afterwards.
"""

import asyncio
import json
import secrets
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from http import HTTPStatus
from typing import Any

import httpx
import redis
import websockets

from cluster.address import is_cluster
from cluster.event_loop import make_pool
from launcher.check.caller import ADVICE, CheckCaller
from launcher.check.spot import Spot, find_spot
from launcher.check.target import (
    CHECK_SECONDS,
    CheckFailed,
    Target,
    describe,
    read_instruments,
    require,
)
from launcher.redis.named import OPEN
from launcher.redis.named_cluster import is_open
from launcher.redis.server import connect
from launcher.settings import LauncherSettings
from launcher.supervision.readiness import read_readiness
from launcher.supervision.run_file import RunRecord
from protocol import channels
from protocol.headers import PREFER_HEADER
from protocol.shards import name_shard

_PAUSE_SECONDS = 0.05


def run_checks(
    record: RunRecord,
    settings: LauncherSettings,
    api_key: str | None = None,
    api_secret: str | None = None,
) -> int:
    """Print a line for each check; return 0 if all passed, else 1."""
    target = Target(
        record.gateway_url,
        record.market_data_url,
        record.redis.url,
        read_instruments(settings),
        api_key=api_key,
        api_secret=api_secret,
        binance_url=record.binance_url,
    )
    checks = {
        "Readiness": check_readiness,
        "Redis integration": check_redis,
        "Order submission": check_order_submission,
        "Full integration": check_whole_path,
    }
    results = [_run_check(name, check, target) for name, check in checks.items()]
    return 0 if all(results) else 1


def _run_check(name: str, check: Callable[[Target], str], target: Target) -> bool:
    began = time.monotonic()
    try:
        seen = check(target)
    except CheckFailed as failure:
        print(f"FAILED  {name}: {failure}")
        return False
    except (OSError, httpx.HTTPError, redis.RedisError, websockets.WebSocketException) as error:
        print(f"FAILED  {name}: {type(error).__name__}: {error}")
        return False
    print(f"passed  {name}: {seen} ({time.monotonic() - began:.2f} s)")
    return True


def check_readiness(target: Target) -> str:
    """Ask the services if they are ready, with all that they are for."""
    services = {
        "gateway": target.gateway_url,
        "feed": target.market_data_url,
        "Binance gateway": target.binance_url,
    }
    serving = {name: url for name, url in services.items() if url}
    for name, url in serving.items():
        health = read_readiness(url)
        require(health.is_ready and health.is_whole, f"the {name} says {health.text}")
    return f"{', '.join(serving)} are ready, with the history"


def check_redis(target: Target) -> str:
    """Try connection, queue operations and pub/sub, on names of the check's own."""
    name = f"{{order_queue}}:check:{secrets.token_hex(8)}"
    with connect(target.redis_url) as client:
        require(bool(client.ping()), "no answer to PING")
        _check_list(client, name)
        _check_pubsub(client, name)
        pending = client.llen(channels.ORDER_QUEUE)
    warning = f"; WARNING: {OPEN}" if is_open(target.redis_url) else ""
    return f"connection, list operations and pub/sub work, {pending} orders pending{warning}"


def _check_list(client: redis.Redis, name: str) -> None:
    try:
        length = client.rpush(name, b"1", b"2", b"3")
        client.expire(name, 60)
        require(length == 3 and client.llen(name) == 3, "RPUSH and LLEN disagree")
        require(client.lrange(name, 0, 1) == [b"1", b"2"], "LRANGE gives another order")
        client.ltrim(name, 2, -1)
        require(client.lpop(name) == b"3", "LTRIM or LPOP gives another element")
    finally:
        client.delete(name)


def _check_pubsub(client: redis.Redis, name: str) -> None:
    with client.pubsub(  # type: ignore[no-untyped-call]
        ignore_subscribe_messages=True
    ) as subscriber:
        subscriber.subscribe(name)
        subscriber.get_message(timeout=CHECK_SECONDS)
        client.publish(name, b"hello")
        deadline = time.monotonic() + CHECK_SECONDS
        while time.monotonic() < deadline:
            message = subscriber.get_message(timeout=0.1)
            if message and message["data"] == b"hello":
                return
    raise CheckFailed("a published message did not arrive")


def check_order_submission(target: Target) -> str:
    """Send a limit order that rests, cancel it, and trade a market order with one of our own."""
    return asyncio.run(_with_gateway(target, _submit_orders))


def check_whole_path(target: Target) -> str:
    """Follow one trade from REST through Redis and the engine to pub/sub and the WebSocket."""
    return asyncio.run(_with_gateway(target, _follow_trade))


async def _with_gateway(
    target: Target, check: Callable[["Gateway", Target], Awaitable[str]]
) -> str:
    caller = CheckCaller(target)
    async with httpx.AsyncClient(
        base_url=target.gateway_url,
        timeout=CHECK_SECONDS,
        auth=caller,
        trust_env=False,
        headers={PREFER_HEADER: f"wait={CHECK_SECONDS - 2:.0f}"},
    ) as client:
        gateway = Gateway(client)
        try:
            async with asyncio.timeout(3 * CHECK_SECONDS):
                return await check(gateway, target)
        except TimeoutError:
            raise CheckFailed(f"not finished after {3 * CHECK_SECONDS:.0f} s") from None
        finally:
            await gateway.cancel_what_is_left()


class Gateway:
    """The orders of one account; remembers which of them may be open."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self._open: set[str] = set()

    async def submit(self, **order: str) -> dict[str, Any]:
        """Submit an order and return the engine's answer."""
        answer = await self._client.post("/v1/orders?response=full", json=order)
        require(answer.status_code != 401, f"{describe(answer)}: {ADVICE}")
        require(answer.status_code == 201, f"POST /v1/orders: {describe(answer)}")
        fields: dict[str, Any] = answer.json()
        self._open.add(fields["order_id"])
        require(fields["status"] != "accepted", "the engine did not answer in time")
        return fields

    async def find_closed(self, order_id: str) -> str | None:
        """Ask for a closed order until the archive has it, and list; return its status.

        None if the key may trade and not read.
        """
        deadline = time.monotonic() + CHECK_SECONDS
        answer = await self._client.get(f"/v1/orders/{order_id}")
        while answer.status_code == HTTPStatus.NOT_FOUND and time.monotonic() < deadline:
            await asyncio.sleep(_PAUSE_SECONDS)
            answer = await self._client.get(f"/v1/orders/{order_id}")
        if answer.status_code == HTTPStatus.FORBIDDEN:
            return None
        require(answer.status_code == 200, f"GET /v1/orders/…: {describe(answer)}")
        listed = await self._client.get("/v1/orders", params={"limit": 1})
        require(listed.status_code == 200, f"GET /v1/orders: {describe(listed)}")
        return str(answer.json()["status"])

    async def cancel(self, order_id: str) -> None:
        """Cancel an open order."""
        answer = await self._client.delete(f"/v1/orders/{order_id}")
        require(answer.status_code == 200, f"DELETE /v1/orders/…: {describe(answer)}")
        self._open.discard(order_id)

    async def cancel_what_is_left(self) -> None:
        """Cancel every order that may still be open; some may be closed already."""
        for order_id in self._open:
            await self._client.delete(f"/v1/orders/{order_id}")


async def _submit_orders(gateway: Gateway, target: Target) -> str:
    spot = await find_spot(target)
    far = await gateway.submit(
        symbol=spot.symbol, side="buy", order_type="limit", quantity=spot.quantity,
        price=spot.far_price,
    )  # fmt: skip
    _require_status("the far limit order", far, "open")
    await gateway.cancel(far["order_id"])
    _, market = await _trade(gateway, spot)
    require(market["fills"][0]["price"] == spot.price, "the trade is not at the resting price")
    found = await gateway.find_closed(market["order_id"])
    require(found in {"filled", None}, f"asked for later, the market order is {found}")
    return (
        f"{spot.symbol}: a limit order rested and was canceled, a market order traded"
        f"{' and was found' if found else ''}"
    )


async def _trade(gateway: Gateway, spot: Spot) -> tuple[dict[str, Any], dict[str, Any]]:
    """Trade a resting sell with a market buy; return the two answers."""
    resting = await gateway.submit(
        symbol=spot.symbol, side="sell", order_type="limit", quantity=spot.quantity,
        price=spot.price,
    )  # fmt: skip
    _require_status("the resting order", resting, "open")
    market = await gateway.submit(
        symbol=spot.symbol, side="buy", order_type="market", quantity=spot.quantity
    )
    _require_status("the market order", market, "filled")
    return resting, market


async def _follow_trade(gateway: Gateway, target: Target) -> str:
    spot = await find_spot(target)
    async with AsyncExitStack() as stack:
        feed = await stack.enter_async_context(websockets.connect(target.feed_url, proxy=None))
        greeting = json.loads(await feed.recv())
        require(greeting.get("type") == "connected", f"the feed began with {greeting}")
        client = _open_redis(target.redis_url)
        stack.push_async_callback(client.aclose)
        subscriber = await stack.enter_async_context(client.pubsub())
        names = name_shard(1, is_clustered=is_cluster(target.redis_url))
        subscribe = subscriber.ssubscribe if names.is_clustered else subscriber.subscribe
        await subscribe(names.channel(channels.TRADE_EVENTS))
        began = time.monotonic()
        _, market = await _trade(gateway, spot)
        order_id = market["order_id"]
        await _find_on_channel(subscriber, order_id)
        trade = await _find_on_feed(feed, order_id)
        milliseconds = 1000 * (time.monotonic() - began)
    require(trade["price"] == spot.price, f"the feed says {trade['price']}, not {spot.price}")
    return (
        f"{spot.symbol}: trade {trade['trade_id']} was on Redis pub/sub and on the WebSocket "
        f"feed after {milliseconds:.0f} ms"
    )


def _open_redis(url: str) -> redis.asyncio.Redis:
    if is_cluster(url):
        return redis.asyncio.Redis.from_pool(make_pool(url, channels.ORDER_QUEUE, protocol=2))
    return redis.asyncio.Redis.from_url(url)


async def _find_on_channel(subscriber: redis.asyncio.client.PubSub, order_id: str) -> None:
    async for message in subscriber.listen():
        if message["type"] in {"message", "smessage"} and order_id.encode() in message["data"]:
            return


async def _find_on_feed(feed: websockets.ClientConnection, order_id: str) -> dict[str, Any]:
    async for text in feed:
        message = json.loads(text)
        if message["type"] == "trade" and message["data"]["taker_order_id"] == order_id:
            trade: dict[str, Any] = message["data"]
            return trade
    raise CheckFailed("the feed closed before the trade came")


def _require_status(name: str, fields: dict[str, Any], status: str) -> None:
    found = fields["status"]
    require(found == status, f"{name} is {found} ({fields.get('reason')}), not {status}")
