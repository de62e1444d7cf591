"""All readers of streams, and the clock by which the streams that have one are told."""

import asyncio
import logging
from collections.abc import Callable, Iterable

from binance_gateway.market.board import Board
from binance_gateway.streams.announcer import Announcer
from binance_gateway.streams.connection import BinanceWebSocket
from binance_gateway.streams.depth_announcer import TURNS_A_SECOND, DepthAnnouncer
from binance_gateway.streams.kline_announcer import KlineAnnouncer
from binance_gateway.streams.names import EVERY_SYMBOL, parse_name
from binance_gateway.streams.publisher import Form, Publisher, frame_payload
from binance_gateway.streams.ticker_announcer import TickerAnnouncer
from market_data.fanout.hub import Hub
from market_data.fanout.hub_stats import HubStats
from market_data.fanout.subscriber import Subscriber
from protocol.codec import encode

SHUTDOWN_STREAM = "!serverShutdown"
_SERVICE_RESTART = 1012

logger = logging.getLogger(__name__)


class Readers:
    """Who reads which stream; the feed of each shard tells an announcer of its own."""

    def __init__(self, board: Board, max_held_bytes: int) -> None:
        self.stats = HubStats()
        self._board = board
        self.hub = Hub(_call_soon, lambda _: None, self.stats, max_held_bytes)
        self._publisher = publisher = Publisher(self.hub)
        self._depth = DepthAnnouncer(board, publisher)
        self._tickers = TickerAnnouncer(board, publisher)
        self._klines = KlineAnnouncer(board, publisher)
        self._connections: set[BinanceWebSocket] = set()

    def make_announcer(self) -> Announcer:
        """Make one for a feed."""
        return Announcer(self._board, self._publisher, self._depth, self._close_all)

    async def run(self) -> None:
        """Tell what has a clock, for ever."""
        loop = asyncio.get_running_loop()
        begun, turn = loop.time(), 0
        while True:
            turn = max(turn + 1, int((loop.time() - begun) * TURNS_A_SECOND))
            await asyncio.sleep(begun + turn / TURNS_A_SECOND - loop.time())
            try:
                self.tell(turn)
            except Exception:  # no stream may end all others
                logger.exception("a turn of the streams failed")

    def tell(self, turn: int) -> None:
        """Tell what is due in the turn of that number, of which a second has ten."""
        if not self._board.market.is_complete:
            return
        second, part = divmod(turn, TURNS_A_SECOND)
        self._depth.announce(is_second=part == 0)
        if part == 0:
            self._tickers.announce()
            self._klines.announce(is_even=second % 2 == 0)

    def enter(self, connection: BinanceWebSocket) -> None:
        """Note a connection, to be closed if what it has been told becomes void."""
        self._connections.add(connection)

    def add(self, subscriber: Subscriber, form: Form, names: Iterable[str]) -> None:
        """Add a reader."""
        self.hub.add(subscriber, [])
        self.subscribe(subscriber, form, names)

    def subscribe(self, subscriber: Subscriber, form: Form, names: Iterable[str]) -> None:
        """Let a reader have more streams; names of which nothing is ever told are left out."""
        told = [name for name in names if self._is_told(name)]
        self.hub.subscribe(subscriber, [form.stream(name) for name in told])
        self._note_reader(told)

    def unsubscribe(self, subscriber: Subscriber, form: Form, names: Iterable[str]) -> None:
        """Let a reader have fewer streams."""
        told = [name for name in names if self._is_told(name)]
        self.hub.unsubscribe(subscriber, [form.stream(name) for name in told])

    def flush(self) -> None:
        """Write what was published until now."""
        self.hub.flush()

    def leave(self, connection: BinanceWebSocket, subscriber: Subscriber) -> None:
        """Remove a reader."""
        self._connections.discard(connection)
        self.hub.remove(subscriber)
        self.stats.closed[connection.end_reason] += 1

    def render_farewell(self, form: Form) -> bytes:
        """Return the frame that tells that the service stops."""
        event = {"e": "serverShutdown", "E": form.unit.of(self._board.market.clock.now())}
        return frame_payload(SHUTDOWN_STREAM, form, encode(event))

    def _is_told(self, name: str) -> bool:
        parsed = parse_name(name)
        if parsed is None:
            return False
        return parsed.symbol == EVERY_SYMBOL or self._board.find(parsed.symbol) is not None

    def _note_reader(self, names: Iterable[str]) -> None:
        for name in names:
            self._depth.note_reader(name)
            self._tickers.note_reader(name)

    def _close_all(self) -> None:
        for connection in list(self._connections):
            connection.end(_SERVICE_RESTART, "the book was built anew: begin again")


def _call_soon(flush: Callable[[], None]) -> None:
    asyncio.get_running_loop().call_soon(flush)
