r"""A reader of the feed: the exact book, verified, and every trade once.

    import asyncio
    from goquant.client.feed_reader import FeedReader

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
import logging
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from typing import Self

from websockets.exceptions import ConnectionClosed, WebSocketException

from goquant.client.book import BookOutOfStep, Json, ReaderBook
from goquant.client.feed_connection import FeedRefused, ReaderConnection, add_heartbeat
from goquant.client.pulse import Ids, ReaderPulse

__all__ = ["FeedReader", "FeedRefused"]

_LONGEST_PAUSE = 2.0
_SYMBOLS_A_FRAME = 32
"""A request of so many symbols is well below the longest frame that the feed reads."""

log = logging.getLogger(__name__)


class FeedReader:
    """Books and trades of `symbols`. Use as a context and iterate: each step is one message.

    Messages come after they were taken: `trade`, `book_snapshot` and `book_delta` as they are on
    the wire. `books` is by symbol. `counts` says what happened: `connections`, `snapshots`,
    `deltas`, `trades`, `repeated_trades`, `missing_trades`, `out_of_step` (a message that did
    not follow, or never came: the symbol was asked for again).
    """

    def __init__(self, url: str, symbols: Sequence[str], *, has_trades: bool = True) -> None:
        self.books = {symbol: ReaderBook() for symbol in symbols}
        self.last_trade_ids: dict[str, int] = {}
        """By symbol, once it is known where its trades begin for this reader."""
        self.counts: Counter[str] = Counter()
        self.closed_because = ""
        """What the server said when it last closed."""
        self._url = add_heartbeat(url)
        self._has_trades = has_trades
        self._connection: ReaderConnection | None = None
        self._pulse = ReaderPulse()
        self._has_asked = False
        self._is_in_sync = False
        self._exchange_id: str | None = None
        self._pause = 0.0

    @property
    def is_live(self) -> bool:
        """Whether what it has is the present.

        It is connected, the feed hears the engine, and no book waits to begin anew. A connection
        that has died silently is noticed after five seconds.
        """
        return (
            self._connection is not None
            and self._is_in_sync
            and not self._pulse.is_waiting
            and all(book.last_update_id is not None for book in self.books.values())
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._disconnect()

    async def __aiter__(self) -> AsyncIterator[Json]:
        """Every message that changed something.

        Waits for a server that is not there, with a warning in the log. Raises FeedRefused, a
        ValueError, for what no waiting mends: a URL that is not the feed's, a query that it
        refuses, a symbol that is not traded there.
        """
        while True:
            try:
                connection = await self._connect()
                message = await connection.receive()
                has_changed = await self._take(connection, message)
            except (OSError, WebSocketException, TimeoutError) as error:
                await self._recover(error)
            else:
                if has_changed:
                    self._pause = 0.0
                    yield message

    async def _connect(self) -> ReaderConnection:
        if self._connection is None:
            self._connection = await ReaderConnection.open(self._url)
            self._pulse = ReaderPulse()
            self._has_asked = False
            self._is_in_sync = False
            self.counts["connections"] += 1
        return self._connection

    async def _recover(self, error: Exception) -> None:
        if isinstance(error, ConnectionClosed) and error.rcvd is not None:
            self.closed_because = error.rcvd.reason
        if not self._pause:
            log.warning("%s: %s: connecting again", self._url, str(error) or type(error).__name__)
        await self._disconnect()
        await asyncio.sleep(self._pause)
        self._pause = min(_LONGEST_PAUSE, self._pause * 2 or 0.05)

    async def _disconnect(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            await connection.close()

    async def _take(self, connection: ReaderConnection, message: Json) -> bool:
        """Whether the message has changed something."""
        kind = message["type"]
        if kind == "heartbeat":
            await self._take_heartbeat(connection, message)
            return False
        self._pulse.take_other()
        if kind == "trade":
            return await self._take_trade(connection, message["data"])
        if kind in ("book_snapshot", "book_delta"):
            return await self._take_book(connection, kind, message)
        if kind == "pong":
            self._pulse.take_pong()
        elif kind == "trades_missing":
            first, last = message["first_trade_id"], message["last_trade_id"]
            self.counts["missing_trades"] += last - first + 1
            self.last_trade_ids[message["symbol"]] = last
        return False

    async def _take_heartbeat(self, connection: ReaderConnection, heartbeat: Json) -> None:
        """The first one of all says where trades begin, and of a connection that it is time to ask.

        A later one says whether something never came. Raises ConnectionError where another exchange
        has taken the place of the one before: what this connection had asked for is void.
        """
        if is_another := self._is_of_another(heartbeat):
            self._forget_exchange()
        if is_another or heartbeat["exchange_id"]:
            self._exchange_id = heartbeat["exchange_id"]
        if is_another and self._has_asked:
            raise ConnectionError("another exchange")
        self._is_in_sync = heartbeat["in_sync"]
        if self._has_asked:
            await self._seek_missed(connection, heartbeat)
        elif heartbeat["in_sync"]:
            self._begin_trades(heartbeat)
            await self._ask(connection, list(self.books))

    def _begin_trades(self, heartbeat: Json) -> None:
        if unknown := self.books.keys() - heartbeat["symbols"].keys():
            known = ", ".join(heartbeat["symbols"])
            raise FeedRefused(f"not traded here: {', '.join(unknown)}; symbols are {known}")
        for symbol in self.books:
            self.last_trade_ids.setdefault(symbol, heartbeat["symbols"][symbol]["trade_id"])

    async def _seek_missed(self, connection: ReaderConnection, heartbeat: Json) -> None:
        if missed := self._pulse.find_missed(heartbeat, self._list_ids()):
            log.warning("%s: something of %s never came", self._url, ", ".join(missed))
            await self._ask_again(connection, missed)

    def _list_ids(self) -> Ids:
        known = {
            (symbol, "update_id"): book.last_update_id or 0 for symbol, book in self.books.items()
        }
        if self._has_trades:
            known |= {(symbol, "trade_id"): last for symbol, last in self.last_trade_ids.items()}
        return known

    def _is_of_another(self, heartbeat: Json) -> bool:
        """Whether the exchange is another; one without an id yet is, where it is behind us."""
        if heartbeat["exchange_id"] is not None:
            return self._exchange_id not in (None, heartbeat["exchange_id"])
        symbols = heartbeat["symbols"]
        return heartbeat["in_sync"] and any(
            symbols[symbol][name] < last
            for (symbol, name), last in self._list_ids().items()
            if symbol in symbols
        )

    def _forget_exchange(self) -> None:
        """Every trade of the new one is wanted, where there was one before."""
        self.last_trade_ids = dict.fromkeys(self.last_trade_ids, 0)
        for book in self.books.values():
            book.forget()

    async def _ask(self, connection: ReaderConnection, symbols: Sequence[str]) -> None:
        """Continue where the reader is; begin a book where there is none."""
        self._has_asked = True
        self._pulse.ask()
        for first in range(0, len(symbols), _SYMBOLS_A_FRAME):
            some = symbols[first : first + _SYMBOLS_A_FRAME]
            if positions := {
                symbol: ids for symbol in some if (ids := self._find_position(symbol))
            }:
                await connection.send("resume", symbols=positions, exchange_id=self._exchange_id)
            if new := [each for each in some if self.books[each].last_update_id is None]:
                # a subscription gives a snapshot only where it is new
                await connection.send("unsubscribe", channels=["book"], symbols=new)
                await connection.send("subscribe", channels=["book"], symbols=new)
        await connection.send("ping")

    def _find_position(self, symbol: str) -> dict[str, int]:
        position = {"trade_id": self.last_trade_ids[symbol]} if self._has_trades else {}
        if (update_id := self.books[symbol].last_update_id) is not None:
            position["update_id"] = update_id
        return position

    async def _ask_again(self, connection: ReaderConnection, symbols: Sequence[str]) -> None:
        self.counts["out_of_step"] += len(symbols)
        await self._ask(connection, symbols)

    async def _take_trade(self, connection: ReaderConnection, trade: Json) -> bool:
        symbol, trade_id = trade["symbol"], trade["trade_id"]
        last = self.last_trade_ids[symbol]
        if trade_id <= last:
            self.counts["repeated_trades"] += 1
            return False
        if trade_id > last + 1:  # comes again, in its place
            if not self._pulse.is_waiting:
                await self._ask_again(connection, [symbol])
            return False
        self.counts["trades"] += 1
        self.last_trade_ids[symbol] = trade_id
        return True

    async def _take_book(self, connection: ReaderConnection, kind: str, message: Json) -> bool:
        symbol = message["symbol"]
        book = self.books[symbol]
        self.counts["snapshots" if kind == "book_snapshot" else "deltas"] += 1
        if kind == "book_delta" and book.last_update_id is None:
            return False  # from before the snapshot that was asked for
        try:
            (book.restart if kind == "book_snapshot" else book.apply)(message)
        except BookOutOfStep:
            book.forget()
            await self._ask_again(connection, [symbol])
            return False
        return True
