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

It connects again by itself, asks for what it has missed, starts a book anew where an id or a
checksum does not fit, and everything where the exchange is another one than before.
"""

import asyncio
import json
import logging
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from types import TracebackType
from typing import Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from market_data.reader_book import BookOutOfStep, Json, ReaderBook

_LONGEST_PAUSE = 2.0
_SILENT_SECONDS = 5.0

log = logging.getLogger(__name__)


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
        self._exchange_id: str | None = None
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
        """Every message that changed something; ValueError for a symbol that is not traded there.

        Waits for a server that is not there, with a warning in the log.
        """
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
        if not self._pause:
            log.warning("%s: %s: connecting again", self._url, error or type(error).__name__)
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
        if kind == "heartbeat":
            await self._take_heartbeat(message)
        elif kind == "trades_missing":
            self.counts["missing_trades"] += (
                message["last_trade_id"] - message["first_trade_id"] + 1
            )
            self.last_trade_ids[message["symbol"]] = message["last_trade_id"]
        elif kind == "error":
            raise ConnectionError(message["message"])
        return False

    async def _take_heartbeat(self, heartbeat: Json) -> None:
        """The first one of all says where trades begin, and of a connection that it is time to ask.

        Raises ConnectionError where another exchange has taken the place of the one before: what
        this connection had asked for is void.
        """
        if is_another := self._is_of_another(heartbeat):
            self._forget_exchange()
        if is_another or heartbeat["exchange_id"]:
            self._exchange_id = heartbeat["exchange_id"]
        if is_another and self._has_asked:
            raise ConnectionError("another exchange")
        if heartbeat["in_sync"] and not self._has_asked:
            if unknown := self.books.keys() - heartbeat["symbols"].keys():
                known = ", ".join(heartbeat["symbols"])
                raise ValueError(f"not traded here: {', '.join(unknown)}; symbols are {known}")
            for symbol in self.books:
                trade_id = heartbeat["symbols"][symbol]["trade_id"]
                self.last_trade_ids.setdefault(symbol, trade_id)
            await self._ask()

    def _is_of_another(self, heartbeat: Json) -> bool:
        """Whether the exchange is another; one without an id yet is, where it is behind us."""
        if heartbeat["exchange_id"] is not None:
            return self._exchange_id not in (None, heartbeat["exchange_id"])
        symbols = heartbeat["symbols"]
        return heartbeat["in_sync"] and any(
            symbols[symbol]["trade_id"] < last for symbol, last in self.last_trade_ids.items()
        )

    def _forget_exchange(self) -> None:
        """Every trade of the new one is wanted, where there was one before."""
        self.last_trade_ids = dict.fromkeys(self.last_trade_ids, 0)
        for book in self.books.values():
            book.forget()

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
            await self._send("resume", symbols=positions, exchange_id=self._exchange_id)
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
