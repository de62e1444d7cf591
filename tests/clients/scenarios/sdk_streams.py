"""binance-sdk-spot: its models read streams, answers of the WebSocket API, and user events."""

import asyncio
from typing import Any

from tests.clients.scenarios.recipes import Names, run_recipes

SYMBOL = "BTCUSDT"
SECONDS = 30.0


def read(mine: Names, other: Names) -> None:
    """Run everything, one part after the other."""
    asyncio.run(_read(mine["client"], other["client"].rest_api))


async def _read(client: Any, counterparty: Any) -> None:
    async with asyncio.timeout(6 * SECONDS):
        await check_streams(client.websocket_streams, counterparty)
        await check_api(client.websocket_api, counterparty)


def place(api: Any, side: str, price: float) -> Any:
    return api.new_order(
        symbol=SYMBOL, side=side, type="LIMIT", time_in_force="GTC", quantity=0.01, price=price
    ).data()


async def check_streams(streams: Any, counterparty: Any) -> None:
    """Read several streams, each in its model."""
    await streams.create_connection()
    try:
        handles = {
            "trade": await streams.trade(symbol=SYMBOL.lower()),
            "depth": await streams.diff_book_depth(symbol=SYMBOL.lower(), update_speed="100ms"),
            "kline": await streams.kline(symbol=SYMBOL.lower(), interval="1m"),
            "best": await streams.book_ticker(symbol=SYMBOL.lower()),
            "ticker": await streams.ticker(symbol=SYMBOL.lower()),
        }
        found: dict[str, Any] = {}
        for name, handle in handles.items():
            handle.on("message", lambda message, name=name: found.setdefault(name, message))
        while len(found) < len(handles):
            await asyncio.to_thread(place, counterparty, "SELL", 60_700)
            await asyncio.to_thread(place, counterparty, "BUY", 60_700)
            await asyncio.sleep(0.2)
        assert float(found["trade"].p) > 0
        assert found["depth"].s == SYMBOL
    finally:
        await streams.close_connection(close_session=True)


async def check_api(api: Any, counterparty: Any) -> None:
    """Place, find and cancel by WebSocket, and be told as an account."""
    await api.create_connection()
    try:
        told: asyncio.Queue[Any] = asyncio.Queue()
        following = await api.user_data_stream_subscribe_signature()
        following.stream.on("message", told.put_nowait)
        placed = await api.order_place(
            symbol=SYMBOL,
            side="BUY",
            type="LIMIT",
            time_in_force="GTC",
            quantity=0.02,
            price=60_800,
        )
        order = placed.data().result
        await asyncio.to_thread(place, counterparty, "SELL", 60_800)
        found = await api.order_status(symbol=SYMBOL, order_id=order.order_id)
        assert found.data().result.executed_qty == "0.01000000"
        canceled = await api.order_cancel(symbol=SYMBOL, order_id=order.order_id)
        assert canceled.data().result.status == "CANCELED"
        account = await api.account_status()
        assert account.data().result.account_type == "SPOT"
        for _ in range(3):
            assert await told.get()
    finally:
        await api.close_connection(close_session=True)


if __name__ == "__main__":
    run_recipes(read)
