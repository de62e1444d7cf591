"""ccxt.pro: every kind of stream, orders by WebSocket, an account's events in order, reconnect."""

import asyncio
from collections.abc import Awaitable, Coroutine
from typing import Any

import ccxt.pro

from tests.clients.scenarios.recipes import Names, run_recipes

PAIR = "BTC/USDT"
SECONDS = 30.0


def read(mine: Names, other: Names) -> None:
    """Run everything, one part after the other."""
    asyncio.run(_read(mine["config"], other["config"]))


async def _read(mine: dict[str, Any], other: dict[str, Any]) -> None:
    exchange, counterparty = ccxt.pro.binance(mine), ccxt.pro.binance(other)
    try:
        await exchange.load_markets()
        await counterparty.load_markets()
        await check_market(exchange, counterparty)
        await check_account(exchange, counterparty)
        await check_questions(exchange)
    finally:
        await exchange.close()
        await counterparty.close()


async def check_market(exchange: Any, counterparty: Any) -> None:
    """Read every kind of stream while somebody trades."""
    watching = [
        asyncio.create_task(within(each))
        for each in (
            exchange.watch_trades(PAIR),
            exchange.watch_order_book(PAIR),
            exchange.watch_ticker(PAIR),
            exchange.watch_bids_asks([PAIR]),
            exchange.watch_ohlcv(PAIR, "1m"),
        )
    ]
    while not all(task.done() for task in watching):
        await counterparty.create_limit_sell_order(PAIR, 0.01, 60_000)
        await counterparty.create_limit_buy_order(PAIR, 0.01, 60_000)
        await asyncio.sleep(0.2)
    trades, book, ticker, best, candles = [task.result() for task in watching]
    assert min(trades[0]["price"], ticker["last"], candles[-1][4]) >= 60_000
    assert book["nonce"] > 0
    assert best[PAIR]["symbol"] == PAIR


async def check_account(exchange: Any, counterparty: Any) -> None:
    """Place, fill and cancel by WebSocket; each event comes once and in order."""
    await within(exchange.authenticate())  # from here on, the account's events come
    watching = watch(exchange.watch_orders(PAIR))
    order = await within(exchange.create_order_ws(PAIR, "limit", "buy", 0.02, 60_000))
    seen = [strip(await within(watching))]
    watching = watch(exchange.watch_orders(PAIR))
    watch_trades = watch(exchange.watch_my_trades(PAIR))
    watch_balance = watch(exchange.watch_balance())
    await counterparty.create_limit_sell_order(PAIR, 0.005, 60_000)
    seen.append(strip(await within(watching)))
    assert (await within(exchange.fetch_order_ws(order["id"], PAIR)))["filled"] == 0.005
    watching = watch(exchange.watch_orders(PAIR))
    await within(exchange.cancel_order_ws(order["id"], PAIR))
    seen.append(strip(await within(watching)))
    assert seen == [
        (order["id"], "open", 0.0), (order["id"], "open", 0.005), (order["id"], "canceled", 0.005),
    ]  # fmt: skip
    (trade,) = await within(watch_trades)
    assert (trade["order"], trade["amount"], trade["takerOrMaker"]) == (order["id"], 0.005, "maker")
    assert (await within(watch_balance))["BTC"]["total"] > 0


async def check_questions(exchange: Any) -> None:
    """Ask by WebSocket what REST could be asked too."""
    placed = await within(exchange.create_order_ws(PAIR, "limit", "buy", 0.02, 50_000))
    orders = await within(exchange.fetch_open_orders_ws(PAIR))
    assert [each["id"] for each in orders] == [placed["id"]]
    await within(exchange.cancel_all_orders_ws(PAIR))
    assert await within(exchange.fetch_open_orders_ws(PAIR)) == []
    assert "info" in await within(exchange.fetch_balance_ws())
    assert (await within(exchange.fetch_my_trades_ws(PAIR)))[-1]["symbol"] == PAIR
    assert await within(exchange.fetch_ohlcv_ws(PAIR, "1m"))
    assert await within(exchange.fetch_trades_ws(PAIR))


def strip(orders: list[Any]) -> tuple[str, str, float]:
    """Return what is compared of the newest order."""
    return orders[-1]["id"], orders[-1]["status"], orders[-1]["filled"]


def watch(awaited: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
    """Begin to wait, before something is done: what comes while nobody waits is lost."""
    return asyncio.create_task(awaited)


async def within(awaited: Awaitable[Any]) -> Any:
    """Wait for something that must come soon."""
    async with asyncio.timeout(SECONDS):
        return await awaited


if __name__ == "__main__":
    run_recipes(read)
