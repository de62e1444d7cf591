"""A reader that follows the book on the WebSocket and comes back after each disconnection."""

import asyncio
import json
from collections.abc import Callable
from typing import Any
from zlib import crc32

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

_CHECKSUM_LEVELS = 10
_PAUSE_SECONDS = 0.1


class FeedReader:
    """Follows the exact book of `symbol`, and keeps the trades that it saw."""

    def __init__(self, port: int, symbol: str) -> None:
        self.update_id = -1
        """Of the book; -1 as long as there is none."""
        self.bids: dict[str, str] = {}
        self.asks: dict[str, str] = {}
        self.trades: dict[int, dict[str, Any]] = {}
        self.connections = self.snapshots = self.gaps = self.bad_checksums = 0
        self.contradicted_trades = 0
        """How many trades came again with other values."""
        self._url = f"ws://127.0.0.1:{port}/ws/market-data"
        self.symbol = symbol
        self._read: dict[str, Callable[[dict[str, Any]], bool]] = {
            "book_snapshot": self._begin,
            "book_delta": self._change,
            "trade": self._remember,
        }

    async def run(self) -> None:
        """Follow the feed until canceled."""
        while True:
            try:
                await self._follow()
            except (OSError, WebSocketException, TimeoutError):
                await asyncio.sleep(_PAUSE_SECONDS)

    def levels(self) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
        """Return bids and asks, best first."""
        return (
            sorted(self.bids.items(), key=_price, reverse=True),
            sorted(self.asks.items(), key=_price),
        )

    async def _follow(self) -> None:
        """Follow one connection to its end, or to the first message that does not fit."""
        wish = {"action": "subscribe", "channels": ["book"], "symbols": [self.symbol]}
        async with connect(self._url, open_timeout=3, close_timeout=1, max_size=None) as socket:
            self.connections += 1
            self.update_id = -1
            await socket.send(json.dumps(wish))
            async for text in socket:
                message = json.loads(text)
                data = message.get("data", message)
                if data.get("symbol") == self.symbol and not self._take(message["type"], data):
                    return

    def _take(self, kind: str, data: dict[str, Any]) -> bool:
        """Apply a message; return whether it fits what came before."""
        read = self._read.get(kind)
        return read is None or read(data)

    def _begin(self, data: dict[str, Any]) -> bool:
        self.snapshots += 1
        self.update_id = data["last_update_id"]
        self.bids = dict(data["bids"])
        self.asks = dict(data["asks"])
        return self._has_checksum(data["checksum"])

    def _change(self, data: dict[str, Any]) -> bool:
        if data["first_update_id"] != self.update_id + 1:
            self.gaps += 1
            return False
        self.update_id = data["last_update_id"]
        for levels, changes in ((self.bids, data["bids"]), (self.asks, data["asks"])):
            for price, quantity in changes:
                levels[price] = quantity
                if float(quantity) == 0:
                    del levels[price]
        return self._has_checksum(data["checksum"])

    def _has_checksum(self, expected: int) -> bool:
        bids, asks = self.levels()
        top = asks[:_CHECKSUM_LEVELS] + bids[:_CHECKSUM_LEVELS]
        text = "".join(value.replace(".", "").lstrip("0") for level in top for value in level)
        is_right = crc32(text.encode()) == expected
        self.bad_checksums += not is_right
        return is_right

    def _remember(self, data: dict[str, Any]) -> bool:
        known = self.trades.setdefault(data["trade_id"], data)
        self.contradicted_trades += known != data
        return True


def _price(level: tuple[str, str]) -> float:
    return float(level[0])
