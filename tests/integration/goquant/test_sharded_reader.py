"""The reader of an account's orders on an exchange with several shards: every fill once."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path

from goquant import GatewayClient, OrderReader
from tests.support import http
from tests.support.gateway import run_proxy
from tests.support.gateway_process import Exchange
from tests.support.sharded_exchange import make_account, run_sharded_exchange
from tests.support.shards import SYMBOLS
from tests.support.waiting import until

ROUNDS = 12
Told = tuple[str | None, int]


def make_funded_account(exchange: Exchange) -> str:
    account = make_account(exchange.url)
    for shard, asset in ((1, "BTC"), (1, "USDT"), (2, "ETH"), (3, "SOL")):
        body = {"account": account, "asset": asset, "amount": "500", "id": f"{account}-{asset}"}
        http.post(f"{exchange.url}/v1/admin/credit", json=body | {"shard": shard})
    return account


async def trade(gateway: GatewayClient) -> None:
    """Trade with ourselves on every shard, and leave something open there."""
    for symbol in SYMBOLS.values():
        order = {"symbol": symbol, "order_type": "limit", "price": "10"}
        await gateway.submit_orders(
            [
                order | {"side": "buy", "quantity": "0.3"},
                order | {"side": "sell", "quantity": "0.2"},
            ],
            response="result",
        )


async def list_fills(gateway: GatewayClient) -> dict[int, list[Told]]:
    """List those of each shard, oldest first."""
    pages = {shard: await gateway.list_fills(limit=1000, shard=shard) for shard in SYMBOLS}
    return {
        shard: [(fill.order_id, fill.trade_id) for fill in reversed(page.fills)]
        for shard, page in pages.items()
    }


@contextlib.asynccontextmanager
async def follow(reader: OrderReader) -> AsyncIterator[dict[int, list[Told]]]:
    """Give the fills that the reader has told, by shard, while it reads in the background."""
    told: dict[int, list[Told]] = {shard: [] for shard in SYMBOLS}

    async def read() -> None:
        async for update in reader:
            if update.fill and update.data and update.shard:
                told[update.shard].append((update.data.order_id, update.fill.trade_id))

    task = asyncio.create_task(read())
    try:
        await until(lambda: reader.is_live)
        yield told
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def test_every_fill_of_every_shard_is_told_once(tmp_path: Path) -> None:
    """Through cut connections, and by a program that is started again with a written position."""

    async def run(exchange: Exchange, account: str) -> None:
        async with (
            run_proxy(exchange.url.replace("http", "redis")) as proxy,
            GatewayClient(exchange.url, account=account) as alice,
            GatewayClient(
                proxy.url.replace("redis", "http").removesuffix("/0"), account=account
            ) as cut_off,
        ):
            reader = OrderReader(cut_off, after=())
            async with follow(reader) as told:
                for number in range(ROUNDS):
                    if number % 3 == 0:
                        await proxy.close()
                    await trade(alice)
                    if number % 3 == 0:
                        await proxy.open()
                expected = await list_fills(alice)
                await until(lambda: told == expected)
                opened = {
                    order.order_id for order in (await alice.list_orders(status="open")).orders
                }
                await until(lambda: set(reader.open_orders) == opened)
                balances = {each.asset: each for each in (await alice.balances()).balances}
                await until(lambda: reader.balances == balances)
            assert {shard for shard, fills in told.items() if fills} == set(SYMBOLS)
            position = json.loads(json.dumps(reader.position))
            await trade(alice)
            async with follow(OrderReader(alice, after=position)) as later:
                expected = await list_fills(alice)
                await until(lambda: {s: told[s] + later[s] for s in SYMBOLS} == expected)
            assert all(later.values())

    with run_sharded_exchange(tmp_path) as exchange:
        asyncio.run(run(exchange, make_funded_account(exchange)))
