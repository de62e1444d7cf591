"""The archive's queries for use in the event loop, each in a thread."""

import asyncio
import logging
from collections.abc import Callable
from typing import TypeVar

from archive.presence import Presence
from archive.queries import Archive, ArchiveUnavailable
from archive.records import TradeRecord
from edge.rare_log import RareLog
from market_data.history.archived_candles import (
    ArchivedPrices,
    read_archived_candles,
    read_archived_prices,
)
from market_data.market.candles import Candle
from protocol.instrument import Instrument

MAX_QUERIES = 4
"""Queries that run at the same time; others wait for their turn."""

logger = logging.getLogger(__name__)
_Answer = TypeVar("_Answer")


class AsyncArchive:
    """Asks the archive. Every answer is None if the archive does not answer.

    So is one about the time before a moment `until` that the archive has not reached yet: it would
    end too early without a sign of it.
    """

    def __init__(self, archive: Archive) -> None:
        self.failures = 0
        self.presence = Presence(archive)
        self._archive = archive
        self._turns = asyncio.Semaphore(MAX_QUERIES)
        self._rare_log = RareLog(logger)

    def close(self) -> None:
        """Close the connections."""
        self._archive.close()

    async def list_trades_before(
        self, symbol: str, trade_id: int, limit: int, until: int
    ) -> list[TradeRecord] | None:
        """Return the newest `limit` trades with an id below `trade_id`, newest first.

        All of them traded until the moment `until`.
        """

        def ask() -> list[TradeRecord] | None:
            has_reached = self._has_reached(until)
            trades = self._archive.list_trades(symbol, limit, before=trade_id)
            has_last = bool(trades) and trades[0].trade_id == trade_id - 1
            return trades if has_last or has_reached else None

        return await self._ask(ask)

    async def list_trades_after(
        self, symbol: str, trade_id: int, limit: int
    ) -> list[TradeRecord] | None:
        """Return the oldest `limit` trades with an id above `trade_id`, oldest first."""
        return await self._ask(lambda: self._archive.list_trades(symbol, limit, after=trade_id))

    async def find_trade_from(self, symbol: str, moment: int) -> int | None:
        """Return the id of the first trade from `moment` on; None also if there is none."""
        return await self._ask(lambda: self._archive.find_trade_from(symbol, moment))

    async def list_candles(
        self, instrument: Instrument, seconds: int, start: int, end: int
    ) -> list[Candle] | None:
        """Return the candles that begin from `start` on and before `end`, without holes."""

        def ask() -> list[Candle] | None:
            has_reached = self._has_reached(end)  # before the look: it may get there meanwhile
            candles = read_archived_candles(self._archive, instrument, seconds, start, end)
            return candles if has_reached else None

        return await self._ask(ask)

    async def find_first_candle(self, symbol: str, seconds: int) -> int | None:
        """Return where the first candle of `seconds` begins; None also if nothing has traded."""
        return await self._ask(lambda: self._archive.find_first_candle(symbol, seconds))

    async def read_before(
        self, instrument: Instrument, trade_id: int, until: int
    ) -> ArchivedPrices | None:
        """Return every interval's candles up to the trade `trade_id`, which is not after `until`.

        None also if the archive does not have that trade yet.
        """
        return await self._ask(
            lambda: read_archived_prices(self._archive, instrument, trade_id, until)
        )

    def _has_reached(self, moment: int) -> bool:
        return self._archive.read_moment() >= moment

    async def _ask(self, query: Callable[[], _Answer]) -> _Answer | None:
        async with self._turns:
            try:
                return await asyncio.to_thread(query)
            except ArchiveUnavailable as error:
                self.failures += 1
                self._rare_log.warn(f"the archive does not answer: {error}")
                return None
