"""ccxt.pro keeps a book under flow, and it equals `depth` at the end."""

import asyncio
from contextlib import suppress
from typing import Any

import ccxt.pro

from tests.clients.scenarios.flow import move_book
from tests.clients.scenarios.recipes import Names, run_recipes

PAIR = "BTC/USDT"
LEVELS = 1000
SECONDS = 30.0


def keep(mine: Names, other: Names) -> None:
    """Keep a book while another account trades."""
    asyncio.run(_keep(mine["config"], other["config"]))


async def _keep(mine: dict[str, Any], other: dict[str, Any]) -> None:
    exchange = ccxt.pro.binance(mine)
    counterparty = ccxt.pro.binance({**other, "enableRateLimit": False})
    try:
        await counterparty.load_markets()
        keeping = asyncio.create_task(_watch(exchange))
        await move_book(
            lambda side, price: counterparty.create_order(
                PAIR, "limit", side.lower(), 0.01, float(price)
            ),
            lambda: counterparty.cancel_all_orders(PAIR),
        )
        await _compare(exchange)
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping
    finally:
        await exchange.close()
        await counterparty.close()


async def _watch(exchange: Any) -> None:
    """Watch for ever: only a lost connection may be raised, and leads to a new one."""
    while True:
        try:
            await exchange.watch_order_book(PAIR, LEVELS)
        except ccxt.NetworkError as error:
            print("reconnects:", error)  # noqa: T201


async def _compare(exchange: Any) -> None:
    async with asyncio.timeout(SECONDS):
        while True:
            depth = await exchange.fetch_order_book(PAIR, LEVELS)
            kept = exchange.orderbooks.get(PAIR)
            if kept is not None and kept["nonce"] == depth["nonce"]:
                break
            await asyncio.sleep(0.1)
    assert len(depth["bids"]) > 10
    for side in ("bids", "asks"):
        assert [list(level[:2]) for level in kept[side]] == depth[side], side


if __name__ == "__main__":
    run_recipes(keep)
