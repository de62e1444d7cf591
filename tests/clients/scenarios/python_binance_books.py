"""python-binance keeps a book under flow, and it equals `depth` at the end."""

import asyncio
import os
import traceback
from typing import Any

from binance import AsyncClient, BinanceSocketManager
from binance.ws.depthcache import DepthCacheManager

from tests.clients.scenarios.flow import move_book
from tests.clients.scenarios.recipes import Names, run_recipes

SYMBOL = "BTCUSDT"
WAIT_SECONDS = 30.0


def keep(mine: Names, other: Names) -> None:
    """Keep a book while another account trades."""
    asyncio.run(_keep_or_exit(mine["client"].API_KEY, other["client"].API_KEY))


async def _keep_or_exit(mine: str, other: str) -> None:
    """End the process with what has failed: once its socket is closed, a cache's recv never ends.

    It asks the closed socket again and again, and Python's wait_for loses the cancellation.
    """
    try:
        await _keep(mine, other)
    except Exception:  # noqa: BLE001 - whatever it is, nothing else would tell it
        traceback.print_exc()
        os._exit(1)


async def _keep(mine: str, other: str) -> None:
    client = await AsyncClient.create(mine, mine)
    counterparty = await AsyncClient.create(other, other)

    async def place(side: str, price: str) -> object:
        return await counterparty.create_order(
            symbol=SYMBOL, side=side, type="LIMIT", timeInForce="GTC", quantity="0.01", price=price
        )

    async def move() -> None:
        await move_book(place, lambda: counterparty.cancel_all_open_orders(symbol=SYMBOL))

    try:
        sockets = BinanceSocketManager(client)
        cache = DepthCacheManager(client, SYMBOL, refresh_interval=0, bm=sockets, ws_interval=100)
        async with cache as kept:
            keeping = asyncio.create_task(_watch(kept))
            moving = asyncio.create_task(move())
            await asyncio.wait((keeping, moving), return_when=asyncio.FIRST_COMPLETED)
            if keeping.done():
                await keeping
            await moving
            await _compare(client, kept)
            keeping.cancel()
            await asyncio.wait((keeping,))
    finally:
        await client.close_connection()
        await counterparty.close_connection()


async def _watch(kept: Any) -> None:
    while True:
        told = await kept.recv()
        assert not isinstance(told, dict), told


async def _compare(client: Any, kept: Any) -> None:
    depth = await client.get_order_book(symbol=SYMBOL, limit=1000)
    async with asyncio.timeout(WAIT_SECONDS):
        while True:
            if _is_same(kept, depth):
                break
            await asyncio.sleep(0.1)
    assert len(depth["bids"]) > 10


def _is_same(kept: Any, depth: Any) -> bool:
    cache = kept._depth_cache
    return bool(
        cache.get_bids() == [[float(each) for each in level] for level in depth["bids"]]
        and cache.get_asks() == [[float(each) for each in level] for level in depth["asks"]]
    )


if __name__ == "__main__":
    run_recipes(keep)
