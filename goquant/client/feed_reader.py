r"""A reader of the feed: the exact book, verified, and every trade once.

    import asyncio
    from goquant import FeedReader

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

It connects again by itself and asks for what it has missed. If an id or a checksum does not fit, it
starts that book anew; if the exchange is another one than before, it starts everything anew.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Self

from websockets.exceptions import ConnectionClosed, WebSocketException

from goquant.client.book import BookOutOfStep, Json, ReaderBook
from goquant.client.connection import SYMBOLS_A_FRAME, StreamConnection
from goquant.client.feed_stream import FeedRefused, open_feed
from goquant.client.heartbeats import HeartbeatMonitor, Ids
from goquant.client.price_streams import PriceStreams
from goquant.client.prices import BestPrices, Candle, Ticker

SILENT_SECONDS = 5.0
"""A connection that brings nothing for so long is dead: heartbeats come every second."""
_FIRST_PAUSE_SECONDS = 0.05
_MAX_PAUSE_SECONDS = 2.0

logger = logging.getLogger(__name__)


class FeedReader:
    """Books and trades of `symbols`. Use as a context and iterate: each step is one message.

    A step gives a `trade`, `book_snapshot` or `book_delta` as it is on the wire; `books`, by
    symbol, have it by then. `counts` says what has happened: `connections`, `snapshots`, `deltas`,
    `trades`, `repeated_trades`, `missing_trades` (the feed has them no more) and `out_of_step` (a
    message that did not follow or never came, so that the symbol was asked for again). With
    `has_trades` false it asks for no trades.

    `channels` may name `bbo`, `ticker` and `candles_1s` to `candles_1d`. Their messages are steps
    too, and `bbos` and `tickers`, by symbol, and `candles`, by symbol and interval, have what the
    last one told. After a lost connection they go on with the present: a candle that was closed
    meanwhile is not told.
    """

    def __init__(
        self,
        url: str,
        symbols: Sequence[str],
        *,
        has_trades: bool = True,
        channels: Sequence[str] = (),
    ) -> None:
        if isinstance(symbols, str) or isinstance(channels, str):
            raise TypeError("symbols and channels are lists of texts, such as ['BTC-USDT']")
        self.books = {symbol: ReaderBook() for symbol in symbols}
        self.last_trade_ids: dict[str, int] = {}
        """By symbol, as soon as the feed has said where the trades of this reader begin."""
        self.counts: Counter[str] = Counter()
        self.closed_because = ""
        """The reason that the server gave when it last closed a connection."""
        self._url = url
        self._has_trades = has_trades
        self._prices = PriceStreams(channels)
        self._connection: StreamConnection | None = None
        self._heartbeats = HeartbeatMonitor()
        self._has_asked = False
        self._is_in_sync = False
        self._exchange_id: str | None = None
        self._pause = 0.0

    @property
    def bbos(self) -> Mapping[str, BestPrices]:
        """The best bid and offer, by symbol."""
        return self._prices.bbos

    @property
    def tickers(self) -> Mapping[str, Ticker]:
        """The last 24 hours, by symbol."""
        return self._prices.tickers

    @property
    def candles(self) -> Mapping[tuple[str, str], Candle]:
        """The candle that was told last, by symbol and interval."""
        return self._prices.candles

    @property
    def is_live(self) -> bool:
        """Whether the books and trades are up to date.

        They are if the reader is connected, the feed hears the engine, and no book waits to begin
        anew. A connection that has died silently is noticed after five seconds.
        """
        return (
            self._connection is not None
            and self._is_in_sync
            and not self._heartbeats.is_waiting
            and all(book.last_update_id is not None for book in self.books.values())
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._disconnect()

    async def __aiter__(self) -> AsyncIterator[Json]:
        """Give every message that changes something.

        Waits for a server that is not there, with a warning in the log. Raises FeedRefused, a
        ValueError, if waiting cannot help: the URL is not the feed's, the feed refuses its query,
        or a symbol is not traded there.
        """
        while True:
            try:
                connection = await self._connect()
                async with asyncio.timeout(SILENT_SECONDS):
                    message = await connection.receive()
                has_changed = await self._take(connection, message)
            except (OSError, WebSocketException, TimeoutError) as error:
                await self._recover(error)
            else:
                if self.is_live and message["type"] != "pong":  # the feed may close right after it
                    self._pause = 0.0
                if has_changed:
                    yield message

    async def _connect(self) -> StreamConnection:
        if self._connection is None:
            self._connection = await open_feed(self._url)
            self._heartbeats = HeartbeatMonitor()
            self._has_asked = False
            self._is_in_sync = False
            self.counts["connections"] += 1
        return self._connection

    async def _recover(self, error: Exception) -> None:
        if isinstance(error, ConnectionClosed) and error.rcvd is not None:
            self.closed_because = error.rcvd.reason
        if not self._pause:
            logger.warning(
                "%s: %s: connecting again", self._url, str(error) or type(error).__name__
            )
        await self._disconnect()
        await asyncio.sleep(self._pause)
        self._pause = min(_MAX_PAUSE_SECONDS, self._pause * 2 or _FIRST_PAUSE_SECONDS)

    async def _disconnect(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            await connection.close()

    async def _take(self, connection: StreamConnection, message: Json) -> bool:
        """Take `message`, and say whether it has changed something."""
        kind = message["type"]
        if kind == "heartbeat":
            await self._take_heartbeat(connection, message)
            return False
        self._heartbeats.take_message()
        if kind == "trade":
            return await self._take_trade(connection, message["data"])
        if kind in ("book_snapshot", "book_delta"):
            return await self._take_book(connection, kind, message)
        if self._prices.take(message):
            return True
        if kind == "pong":
            self._heartbeats.take_pong()
        elif kind == "trades_missing":
            first, last = message["first_trade_id"], message["last_trade_id"]
            self.counts["missing_trades"] += last - first + 1
            self.last_trade_ids[message["symbol"]] = last
        return False

    async def _take_heartbeat(self, connection: StreamConnection, heartbeat: Json) -> None:
        """Learn where trades begin, when to ask, and later whether a message never came.

        Trades begin where the reader's first heartbeat says, and the reader asks at the first one
        of each connection. Raises ConnectionError if another exchange has taken the place of the
        one before: what this connection has asked for is void then.
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
            await self._prices.subscribe(connection, list(self.books))
            await self._ask(connection, list(self.books))

    def _begin_trades(self, heartbeat: Json) -> None:
        if unknown := self.books.keys() - heartbeat["symbols"].keys():
            known = ", ".join(heartbeat["symbols"])
            raise FeedRefused(f"not traded here: {', '.join(unknown)}; symbols are {known}")
        for symbol in self.books:
            self.last_trade_ids.setdefault(symbol, heartbeat["symbols"][symbol]["trade_id"])

    async def _seek_missed(self, connection: StreamConnection, heartbeat: Json) -> None:
        known = self._list_ids()
        if heartbeat["in_sync"]:  # what has not begun lacks even an empty snapshot
            known |= {
                (symbol, "update_id"): -1
                for symbol, book in self.books.items()
                if book.last_update_id is None
            }
        if missed := self._heartbeats.find_missed(heartbeat, known):
            logger.warning("%s: something of %s never came", self._url, ", ".join(missed))
            await self._ask_again(connection, missed)

    def _list_ids(self) -> Ids:
        known = {
            (symbol, "update_id"): book.last_update_id or 0 for symbol, book in self.books.items()
        }
        if self._has_trades:
            known |= {(symbol, "trade_id"): last for symbol, last in self.last_trade_ids.items()}
        return known

    def _is_of_another(self, heartbeat: Json) -> bool:
        """Whether the exchange is another one; if it has no id yet, whether it is behind us."""
        if heartbeat["exchange_id"] is not None:
            return self._exchange_id not in (None, heartbeat["exchange_id"])
        symbols = heartbeat["symbols"]
        return heartbeat["in_sync"] and any(
            symbols[symbol][name] < last
            for (symbol, name), last in self._list_ids().items()
            if symbol in symbols
        )

    def _forget_exchange(self) -> None:
        """Begin with the first trade of the new exchange, and drop all books."""
        self.last_trade_ids = dict.fromkeys(self.last_trade_ids, 0)
        self._prices.forget()
        for book in self.books.values():
            book.forget()

    async def _ask(self, connection: StreamConnection, symbols: Sequence[str]) -> None:
        """Ask to go on where the reader is, and for each book that has to begin."""
        self._has_asked = True
        self._heartbeats.start_waiting()
        for first in range(0, len(symbols), SYMBOLS_A_FRAME):
            some = symbols[first : first + SYMBOLS_A_FRAME]
            if positions := {
                symbol: ids for symbol in some if (ids := self._find_position(symbol))
            }:
                await connection.send("resume", symbols=positions, exchange_id=self._exchange_id)
            if new := [each for each in some if self.books[each].last_update_id is None]:
                # only a new subscription brings a snapshot
                await connection.send("unsubscribe", channels=["book"], symbols=new)
                await connection.send("subscribe", channels=["book"], symbols=new)
        await connection.send("ping")

    def _find_position(self, symbol: str) -> dict[str, int]:
        position = {"trade_id": self.last_trade_ids[symbol]} if self._has_trades else {}
        if (update_id := self.books[symbol].last_update_id) is not None:
            position["update_id"] = update_id
        return position

    async def _ask_again(self, connection: StreamConnection, symbols: Sequence[str]) -> None:
        self.counts["out_of_step"] += len(symbols)
        await self._ask(connection, symbols)

    async def _take_trade(self, connection: StreamConnection, trade: Json) -> bool:
        symbol, trade_id = trade["symbol"], trade["trade_id"]
        last = self.last_trade_ids[symbol]
        if trade_id <= last:
            self.counts["repeated_trades"] += 1
            return False
        if trade_id > last + 1:  # it will come again, after the missing ones
            if not self._heartbeats.is_waiting:
                await self._ask_again(connection, [symbol])
            return False
        self.counts["trades"] += 1
        self.last_trade_ids[symbol] = trade_id
        return True

    async def _take_book(self, connection: StreamConnection, kind: str, message: Json) -> bool:
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
