"""The reader of an account's orders at a real exchange: every fill once, whatever is cut."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import pytest

from goquant import (
    AccountFill,
    ExchangeWentBack,
    GatewayClient,
    GatewayError,
    OrderReader,
    Update,
)
from protocol.channels import EXECUTION_REPORTS, STATE, STATE_SEQUENCE, last_sequence_field
from protocol.codec import encode
from protocol.enums import Liquidity
from protocol.events import Fill
from tests.support.archive_service import wait_until_archive_is_there
from tests.support.engine_service import wait_until_drained
from tests.support.gateway import ORDER, run_proxy
from tests.support.gateway_process import Exchange, use_account
from tests.support.redis_client import open_redis
from tests.support.waiting import DEADLINE_SECONDS, until

Told = tuple[str | None, int]
"""An order and a trade."""


class Following:
    """A reader that reads in the background, and the fills that it has told."""

    def __init__(self, gateway: GatewayClient) -> None:
        self.reader = OrderReader(gateway)
        self.told: list[Told] = []

    async def run(self) -> None:
        async for update in self.reader:
            if update.fill:
                self.told.append(name_fill(update))

    def list_open(self) -> dict[str, str | None]:
        """What remains of each open order."""
        orders = self.reader.open_orders
        return {order_id: order.remaining_quantity for order_id, order in orders.items()}


def name_fill(update: Update) -> Told:
    assert update.data
    assert update.fill
    return update.data.order_id, update.fill.trade_id


@contextlib.asynccontextmanager
async def follow(gateway: GatewayClient) -> AsyncIterator[Following]:
    """Ready once it has its first snapshot."""
    following = Following(gateway)
    task = asyncio.create_task(following.run())
    try:
        await until(lambda: following.reader.is_live)
        yield following
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def list_fills(gateway: GatewayClient) -> list[AccountFill]:
    """All of the account, oldest first."""
    fills: list[AccountFill] = []
    after: str | None = None
    while True:
        page = await gateway.list_fills(limit=1000, after=after)
        fills += page.fills
        after = page.after
        if after is None:
            return fills[::-1]


def wait_until_all_is_archived(exchange: Exchange) -> None:
    with open_redis(exchange.redis_url) as client:
        wait_until_drained(client)
        wait_until_archive_is_there(client)


def play(exchange: Exchange, scenario: Callable[[str], Coroutine[Any, Any, None]]) -> None:
    """A scenario of an account of its own."""
    with use_account(exchange) as account:
        asyncio.run(scenario(account))


async def trade(gateway: GatewayClient, rounds: int) -> AsyncIterator[int]:
    """Trades with itself and leaves something in the book; the number of each round after it."""
    for number in range(rounds):
        buy = ORDER | {"price": str(60000 + number % 5), "quantity": "0.3"}
        sell = ORDER | {"side": "sell", "price": "60000", "quantity": "0.5"}
        await gateway.submit_orders([buy, buy, sell, buy], response="result")
        yield number


def test_every_fill_is_told_once_through_cut_connections(exchange: Exchange) -> None:
    async def scenario(account: str) -> None:
        async with (
            run_proxy(exchange.url.replace("http", "redis")) as proxy,
            GatewayClient(exchange.url, account=account) as alice,
            GatewayClient(
                proxy.url.replace("redis", "http").removesuffix("/0"), account=account
            ) as cut_off,
            follow(cut_off) as following,
        ):
            async for number in trade(alice, 60):
                if number in {9, 24, 39, 54}:
                    await until(lambda: following.reader.is_live)
                    await proxy.close()
                if number in {14, 29, 44, 59}:
                    await until(lambda: not following.reader.is_live)
                    await proxy.open()
            await asyncio.to_thread(wait_until_all_is_archived, exchange)
            fills = await list_fills(alice)
            await until(lambda: len(following.told) >= len(fills))
            assert following.told == [(fill.order_id, fill.trade_id) for fill in fills]
            assert following.reader.counts["connections"] >= 5
            page = await alice.list_orders(status="open", limit=1000)
            expected = {order.order_id: order.remaining_quantity for order in page.orders}
            await until(lambda: following.list_open() == expected)
            assert expected

    play(exchange, scenario)


def test_reader_goes_on_in_the_middle_of_a_command(exchange: Exchange) -> None:
    """A program that ends after it has heard of two of seven fills, and is started again."""

    async def scenario(account: str) -> None:
        async with GatewayClient(exchange.url, account=account) as alice:
            reader = OrderReader(alice)
            updates = aiter(reader)
            await anext(updates)
            for _ in range(7):
                await alice.submit_order("BTC-USDT", "buy", "0.1", price="60000")
            await alice.submit_order("BTC-USDT", "sell", "0.7", price="60000")
            told: list[Told] = []
            while len(told) < 2:
                update = await anext(updates)
                told += [name_fill(update)] if update.fill else []
            await updates.aclose()
            restarted = OrderReader(alice, after=reader.position)
            async for update in restarted:
                if update.type == "snapshot":
                    break
                told.append(name_fill(update))
            assert told == [(f.order_id, f.trade_id) for f in await list_fills(alice)]
            assert len(told) == 14
            assert restarted.counts["missed_fills"] == 12

    play(exchange, scenario)


def test_reader_is_right_after_a_forged_report(exchange: Exchange) -> None:
    async def scenario(account: str) -> None:
        async with (
            GatewayClient(exchange.url, account=account) as alice,
            follow(alice) as following,
        ):
            order = await alice.submit_order("BTC-USDT", "buy", "0.1", price="60000")
            await until(lambda: order.order_id in following.reader.open_orders)
            publish_report(exchange, account, "forged")
            await until(lambda: "forged" in following.reader.open_orders)
            await alice.submit_order("BTC-USDT", "sell", "0.1", price="60000")
            await until(lambda: not following.reader.open_orders)
            await until(lambda: len(following.told) == 2)
            assert following.told == [(f.order_id, f.trade_id) for f in await list_fills(alice)]

    play(exchange, scenario)


def test_forged_fill_is_said(exchange: Exchange) -> None:
    async def scenario(account: str) -> None:
        async with GatewayClient(exchange.url, account=account) as alice:
            with pytest.raises(ExchangeWentBack, match="no record of 1 fills"):
                await hear_of_a_forged_fill(exchange, alice, account)

    play(exchange, scenario)


async def hear_of_a_forged_fill(exchange: Exchange, gateway: GatewayClient, account: str) -> None:
    async for update in OrderReader(gateway):
        if not update.number:
            fill = Fill(10**9, "60000.00", "1.00000", Liquidity.MAKER)
            publish_report(exchange, account, "forged", fill)


def publish_report(
    exchange: Exchange, account: str, order_id: str, fill: Fill | None = None
) -> None:
    """Publish what the engine has not journaled, so that it fits the chain."""
    with open_redis(exchange.redis_url) as client:
        published = last_sequence_field(EXECUTION_REPORTS)
        last, sequence = map(int, client.hmget(STATE, published, STATE_SEQUENCE))
        report = {
            "type": "execution_report", "sequence": sequence + 1, "timestamp": "then",
            "order_id": order_id, "client_order_id": "forged", "account": account,
            "symbol": "BTC-USDT", "side": "buy", "order_type": "limit", "price": "60000.00",
            "stop_price": None, "triggered": None, "quantity": "1.00000",
            "filled_quantity": "0.00000", "remaining_quantity": "1.00000",
            "filled_notional": "0.00", "average_price": None, "status": "open", "reason": None,
            "last_trade": fill,
        }  # fmt: skip
        message = {"previous": last, "sequence": sequence + 1, "events": [report]}
        client.publish(EXECUTION_REPORTS, encode(message))


def test_account_with_very_many_open_orders_is_followed(exchange: Exchange) -> None:
    """Its snapshot is larger than what a WebSocket client takes by default."""

    async def scenario(account: str) -> None:
        async with GatewayClient(exchange.url, account=account) as alice:
            for _ in range(8):
                await alice.submit_orders([ORDER] * 500)
            await alice.submit_order("BTC-USDT", "buy", "1", price="1")
            reader = OrderReader(alice)
            async with (
                asyncio.timeout(DEADLINE_SECONDS),
                contextlib.aclosing(aiter(reader)) as updates,
            ):
                await anext(updates)
            assert len(reader.open_orders) == 4001

    play(exchange, scenario)


def test_wrong_address_is_told(exchange: Exchange) -> None:
    async def ask() -> None:
        async with GatewayClient(f"{exchange.url}/nowhere") as wrong:
            with pytest.raises(GatewayError, match=r"HTTP 40\d instead of a WebSocket"):
                await anext(aiter(OrderReader(wrong)))

    asyncio.run(ask())
