"""A feed in the test's hands: it answers requests, and sends messages, as the test says."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeAlias

from websockets.asyncio.server import ServerConnection, serve

from protocol.checksum import compute_checksum
from protocol.events import Level
from tests.support.market_data import Json

BTC = "BTC-USDT"
Answer: TypeAlias = Callable[["StandInFeed", Json], Awaitable[None]]


class StandInFeed:
    """A connection; its heartbeats carry `update_id` and `trade_id`."""

    def __init__(self, connection: ServerConnection, update_id: int, trade_id: int) -> None:
        self.update_id = update_id
        self.trade_id = trade_id
        self.requests: list[Json] = []
        self._connection = connection

    async def send(self, **message: object) -> None:
        await self._connection.send(json.dumps(message))

    async def beat(self) -> None:
        ids = {"update_id": self.update_id, "trade_id": self.trade_id}
        await self.send(
            type="heartbeat", timestamp="", in_sync=True, exchange_id="e", sequence=1,
            symbols={BTC: ids},
        )  # fmt: skip

    async def send_snapshot(self, update_id: int, bids: list[Level]) -> None:
        await self.send(
            type="book_snapshot", symbol=BTC, last_update_id=update_id, bids=bids, asks=[],
            checksum=compute_checksum(bids, []), reason="subscribed", timestamp=None,
        )  # fmt: skip

    async def send_trade(self, trade_id: int) -> None:
        await self.send(type="trade", data={"symbol": BTC, "trade_id": trade_id})

    async def run(self, answer: Answer) -> None:
        beating = asyncio.create_task(self._beat_often())
        try:
            async for frame in self._connection:
                request = json.loads(frame)
                self.requests.append(request)
                await answer(self, request)
        finally:
            beating.cancel()

    async def _beat_often(self) -> None:
        while True:
            await self.beat()
            await asyncio.sleep(0.02)


@asynccontextmanager
async def run_stand_in_feed(
    answer: Answer, *, update_id: int = 0, trade_id: int = 0
) -> AsyncIterator[tuple[str, list[StandInFeed]]]:
    """Run a feed; gives its URL, and its connections so far."""
    feeds: list[StandInFeed] = []

    async def accept(connection: ServerConnection) -> None:
        feeds.append(StandInFeed(connection, update_id, trade_id))
        await feeds[-1].run(answer)

    async with serve(accept, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        yield f"ws://127.0.0.1:{port}/ws/market-data", feeds
