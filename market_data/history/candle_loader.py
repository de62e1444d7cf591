"""Puts the archive's candles in front of the market's own, as soon as the archive has them."""

import asyncio
import logging

from market_data.history.async_archive import AsyncArchive
from market_data.market.market import SymbolView
from market_data.market.whole_market import AnyMarket

SECONDS_BETWEEN_TRIES = 2.0

logger = logging.getLogger(__name__)


class CandleLoader:
    """Works beside the feed. Until it is done, answers say `since` when candles are known."""

    def __init__(self, market: AnyMarket, archive: AsyncArchive) -> None:
        self._market = market
        self._archive = archive

    async def run(self) -> None:
        """Load what is missing after every build of the market, for ever."""
        while True:
            if self._market.is_complete:
                for symbol, view in list(self._market.views()):
                    if view.unseen_until:
                        await self._load(symbol, view)
            await asyncio.sleep(SECONDS_BETWEEN_TRIES)

    async def _load(self, symbol: str, view: SymbolView) -> None:
        found = await self._archive.read_before(
            view.instrument, view.unseen_trade_id, view.unseen_until
        )
        if found is None or self._market[symbol] is not view or not self._market.is_known(symbol):
            return
        view.prices.note_last_trade(found.last_timestamp, found.last_price)
        for name, series in view.prices.series.items():
            if series.since <= view.unseen_until:  # else it has as many of its own as it keeps
                series.prepend(*found.series[name])
        view.unseen_until = 0
        logger.info("%s: the candles before trade %d are here", symbol, view.unseen_trade_id + 1)
