r"""A reader of the feed: the exact book, verified, and every trade once.

    import asyncio
    from market_data.client import FeedReader

    async def main() -> None:
        url = "ws://localhost:8001/ws/market-data"
        async with FeedReader(url, ["BTC-USDT"]) as reader:
            async for _ in reader:
                book = reader.books["BTC-USDT"]
                print("\033[2J\033[H" f"BTC-USDT at update {book.last_update_id}")
                for price, quantity in reversed(book.asks(8)):
                    print(f"{'':14} {price:>14} {quantity:>14}")
                for price, quantity in book.bids(8):
                    print(f"{quantity:>14} {price:>14}")

    asyncio.run(main())

It connects again by itself, asks for what it has missed, and starts a book anew where an id or a
checksum does not fit.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from types import TracebackType
from typing import Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from market_data.reader_book import BookOutOfStep, Json, ReaderBook

_LONGEST_PAUSE = 2.0
_SILENT_SECONDS = 5.0


class FeedReader:
    """Books and trades of `symbols`. Use as a context and iterate: each step is one message.

    Messages come after they were taken: `trade`, `book_snapshot` and `book_delta` as they are on
    the wire. `books` is by symbol. `counts` says what happened: `connections`, `snapshots`,
    `deltas`, `trades`, `repeated_trades`, `missing_trades`, `out_of_step` (books started anew).
    """

    def __init__(self, url: str, symbols: Sequence[str], *, has_trades: bool = True) -> None:
        self.books = {symbol: ReaderBook() for symbol in symbols}
        self.last_trade_ids: dict[str, int] = {}
        """By symbol, once it is known where its trades begin for this reader."""
        self.counts: Counter[str] = Counter()
        self.closed_because = ""
        """What the server said when it last closed."""
        self._url = f"{url}?channels=heartbeat"
        self._has_trades = has_trades
        self._connection: ClientConnection | None = None
        self._has_asked = False
        self._pause = 0.0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._disconnect()

    async def __aiter__(self) -> AsyncIterator[Json]:
        """Every message that changed something."""
        while True:
            try:
                message = await self._receive()
                has_changed = await self._take(message)
            except (OSError, WebSocketException, TimeoutError) as error:
                await self._recover(error)
            else:
                if has_changed:
                    self._pause = 0.0
                    yield message

    async def _receive(self) -> Json:
        if self._connection is None:
            self._connection = await connect(self._url, max_size=None, compression=None)
            self._has_asked = False
            self.counts["connections"] += 1
        async with asyncio.timeout(_SILENT_SECONDS):  # heartbeats come every second
            message: Json = json.loads(await self._connection.recv())
        return message

    async def _recover(self, error: Exception) -> None:
        if isinstance(error, ConnectionClosed) and error.rcvd is not None:
            self.closed_because = error.rcvd.reason
        await self._disconnect()
        await asyncio.sleep(self._pause)
        self._pause = min(_LONGEST_PAUSE, self._pause * 2 or 0.05)

    async def _disconnect(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            connection.transport.abort()
            await connection.wait_closed()

    async def _take(self, message: Json) -> bool:
        """Whether the message has changed something."""
        kind = message["type"]
        if kind == "trade":
            return self._take_trade(message["data"])
        if kind in ("book_snapshot", "book_delta"):
            return await self._take_book(kind, message)
        if kind == "heartbeat" and message["in_sync"]:
            await self._take_heartbeat(message["symbols"])
        elif kind == "trades_missing":
            self.counts["missing_trades"] += (
                message["last_trade_id"] - message["first_trade_id"] + 1
            )
            self.last_trade_ids[message["symbol"]] = message["last_trade_id"]
        elif kind == "error":
            raise ConnectionError(message["message"])
        return False

    async def _take_heartbeat(self, symbols: dict[str, dict[str, int]]) -> None:
        """The first one says where trades begin; a later one, whether all began anew."""
        began_anew = False
        for symbol in self.books:
            trade_id = symbols[symbol]["trade_id"]
            if trade_id < self.last_trade_ids.setdefault(symbol, trade_id):
                self.last_trade_ids[symbol] = 0
                began_anew = True
        if began_anew or not self._has_asked:
            await self._ask()

    async def _ask(self) -> None:
        """Continue where the reader is; begin a book where there is none."""
        self._has_asked = True
        positions: dict[str, dict[str, int]] = {}
        for symbol, book in self.books.items():
            if self._has_trades:
                positions[symbol] = {"trade_id": self.last_trade_ids[symbol]}
            if book.last_update_id is not None:
                positions.setdefault(symbol, {})["update_id"] = book.last_update_id
        if positions:
            await self._send("resume", symbols=positions)
        if missing := [
            symbol for symbol, each in self.books.items() if each.last_update_id is None
        ]:
            await self._send("subscribe", channels=["book"], symbols=missing)

    async def _send(self, action: str, **fields: object) -> None:
        assert self._connection is not None
        await self._connection.send(json.dumps({"action": action, **fields}))

    def _take_trade(self, trade: Json) -> bool:
        symbol, trade_id = trade["symbol"], trade["trade_id"]
        last = self.last_trade_ids[symbol]
        if trade_id <= last:
            self.counts["repeated_trades"] += 1
            return False
        self.counts["missing_trades"] += trade_id - last - 1
        self.counts["trades"] += 1
        self.last_trade_ids[symbol] = trade_id
        return True

    async def _take_book(self, kind: str, message: Json) -> bool:
        symbol = message["symbol"]
        book = self.books[symbol]
        self.counts["snapshots" if kind == "book_snapshot" else "deltas"] += 1
        if kind == "book_delta" and book.last_update_id is None:
            return False  # from before the snapshot that was asked for
        try:
            (book.restart if kind == "book_snapshot" else book.apply)(message)
        except BookOutOfStep:
            self.counts["out_of_step"] += 1
            book.forget()
            await self._send("unsubscribe", channels=["book"], symbols=[symbol])
            await self._send("subscribe", channels=["book"], symbols=[symbol])
            return False
        return True
