"""python-binance: sockets of a market and of an account, and orders by WebSocket."""

import asyncio
from typing import Any

from binance import AsyncClient, BinanceSocketManager

from tests.clients.scenarios.recipes import Names, run_recipes

SYMBOL = "BTCUSDT"
SECONDS = 30.0


def read(mine: Names, other: Names) -> None:
    """Run everything, one part after the other."""
    asyncio.run(_read(mine["client"].API_KEY, other["client"].API_KEY))


async def _read(mine: str, other: str) -> None:
    client = await AsyncClient.create(mine, mine)
    counterparty = await AsyncClient.create(other, other)
    try:
        async with asyncio.timeout(4 * SECONDS):
            await check_market(client, counterparty)
            await check_account(client, counterparty)
    finally:
        await client.close_connection()
        await counterparty.close_connection()


async def place(client: Any, side: str, price: str) -> Any:
    return await client.create_order(
        symbol=SYMBOL, side=side, type="LIMIT", timeInForce="GTC", quantity="0.01", price=price
    )


async def check_market(client: Any, counterparty: Any) -> None:
    """Read several streams of one connection while somebody trades."""
    names = ["btcusdt@trade", "btcusdt@kline_1m", "btcusdt@bookTicker", "!ticker@arr"]
    found: dict[str, Any] = {}
    async with BinanceSocketManager(client).multiplex_socket(names) as socket:
        trading = asyncio.create_task(keep_trading(counterparty))
        while len(found) < len(names):
            message = await socket.recv()
            found[message["stream"]] = message["data"]
        trading.cancel()
    assert found["btcusdt@trade"]["p"] == "60000.00000000"
    assert found["btcusdt@kline_1m"]["k"]["c"] == "60000.00000000"


async def keep_trading(counterparty: Any) -> None:
    """Make a trade a few times a second, for ever."""
    while True:
        await place(counterparty, "SELL", "60000")
        await place(counterparty, "BUY", "60000")
        await asyncio.sleep(0.2)


async def check_account(client: Any, counterparty: Any) -> None:
    """Follow an account while an order is placed, filled in part, and canceled."""
    seen: list[Any] = []
    async with BinanceSocketManager(client).user_socket() as socket:
        order = await client.ws_create_order(
            symbol=SYMBOL, side="BUY", type="LIMIT", timeInForce="GTC", quantity="0.02",
            price="61000",
        )  # fmt: skip
        await place(counterparty, "SELL", "61000")
        await client.ws_cancel_order(symbol=SYMBOL, orderId=order["orderId"])
        while not seen or seen[-1]["x"] != "CANCELED":
            event = await socket.recv()
            event = event.get("event", event)
            if event["e"] == "executionReport":
                seen.append(event)
    assert [(each["x"], each["X"], each["z"]) for each in seen] == [
        ("NEW", "NEW", "0.00000000"),
        ("TRADE", "PARTIALLY_FILLED", "0.01000000"),
        ("CANCELED", "CANCELED", "0.01000000"),
    ]
    assert {each["i"] for each in seen} == {order["orderId"]}


if __name__ == "__main__":
    run_recipes(read)
