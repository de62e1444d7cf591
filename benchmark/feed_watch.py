"""Watches the public feed: when each order's trade arrived, and whether any message is missing."""

import asyncio
import time
from typing import Any

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed


class FeedWatch:
    """Arrival times of trades by order id. Use as an asynchronous context."""

    def __init__(self, url: str, symbol: str) -> None:
        self._url = url
        self._symbol = symbol
        self.arrivals: dict[str, float] = {}
        """Order id → when its trade was received (time.perf_counter)."""
        self.takers: list[str] = []
        """Order ids of the takers, whose arrival made the trade."""
        self.trade_ids: list[int] = []
        self._task: asyncio.Task[None] | None = None
        self._connection: ClientConnection | None = None

    async def __aenter__(self) -> "FeedWatch":
        self._connection = await connect(self._url, max_size=None)
        await self._connection.recv()
        self._task = asyncio.create_task(self._watch())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._connection is not None
        assert self._task is not None
        await self._connection.close()
        await self._task

    @property
    def missing_trades(self) -> int:
        """Trade ids of the symbol that never came, between the first and the last that did."""
        if not self.trade_ids:
            return 0
        return self.trade_ids[-1] - self.trade_ids[0] + 1 - len(set(self.trade_ids))

    @property
    def repeated_trades(self) -> int:
        """Trade ids that came more than once."""
        return len(self.trade_ids) - len(set(self.trade_ids))

    async def _watch(self) -> None:
        assert self._connection is not None
        try:
            async for text in self._connection:
                self._receive(msgspec.json.decode(text), time.perf_counter())
        except ConnectionClosed:
            return

    def _receive(self, message: dict[str, Any], now: float) -> None:
        if message["type"] != "trade" or message["data"]["symbol"] != self._symbol:
            return
        trade = message["data"]
        self.trade_ids.append(trade["trade_id"])
        self.takers.append(trade["taker_order_id"])
        self.arrivals[trade["maker_order_id"]] = now
        self.arrivals[trade["taker_order_id"]] = now
