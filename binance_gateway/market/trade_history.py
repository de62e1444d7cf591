"""Trades of one symbol: from memory as far back as that goes, before that from the archive."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import TypeAlias

from binance_gateway.market.aggregates import Aggregate, AnyTrade, aggregate, continues
from market_data.history.async_archive import AsyncArchive
from market_data.history.unavailable import HistoryUnavailable
from market_data.market.market import SymbolView
from protocol.timestamps import format_timestamp

AnyTrades: TypeAlias = Sequence[AnyTrade]
_TRADES_A_PAGE = 1_000
_PAGES = 20
"""Pages of trades read for one answer: aggregates of very many trades may be fewer than asked."""


class TradeHistory:
    """Every method raises HistoryUnavailable if the archive is needed and does not answer."""

    def __init__(self, view: SymbolView, archive: AsyncArchive | None) -> None:
        self._view = view
        self._symbol = view.instrument.symbol
        self._archive = archive

    async def list_newest(self, limit: int, before: int | None = None) -> AnyTrades:
        """Return the newest `limit` trades with an id below `before`, oldest first."""
        view = self._view
        found: list[AnyTrade] = [*view.trades_before(before, limit)]
        end = view.last_trade_id + 1
        oldest = found[-1].trade_id if found else min(before or end, end)
        missing = limit - len(found)
        if missing and oldest > 1 and self._archive is not None:
            until = view.unseen_until
            older = await self._archive.list_trades_before(self._symbol, oldest, missing, until)
            if older is None:
                raise HistoryUnavailable
            found += older
        return found[::-1]

    async def list_from(self, trade_id: int, limit: int) -> AnyTrades:
        """Return the oldest `limit` trades with an id of at least `trade_id`, oldest first."""
        view = self._view
        first = max(1, trade_id)
        found: list[AnyTrade] = []
        if first < view.first_trade_id and self._archive is not None:
            older = await self._archive.list_trades_after(self._symbol, first - 1, limit)
            if older is None:
                raise HistoryUnavailable
            found += older
            first = older[-1].trade_id + 1 if older else view.first_trade_id
        return [*found, *view.next_trades(first - 1, limit - len(found))]

    async def find_id_from(self, moment: int) -> int:
        """Return the id of the first trade from `moment` on; of the next one if there is none."""
        trades = self._view.trades
        stamps = [trade.timestamp for trade in trades]
        at = bisect_left(stamps, format_timestamp(moment))
        if at or self._view.first_trade_id == 1 or self._archive is None:
            return self._view.first_trade_id + at
        found = await self._archive.find_trade_from(self._symbol, moment)
        return self._view.first_trade_id if found is None else found

    async def list_newest_aggregates(
        self, limit: int, before: int | None = None
    ) -> list[Aggregate]:
        """Return the newest `limit` aggregates of trades below the id `before`, oldest first."""
        trades: list[AnyTrade] = []
        found: list[Aggregate] = []
        for _ in range(_PAGES):
            page = await self.list_newest(_TRADES_A_PAGE, before)
            trades[:0] = page
            found = list(aggregate(trades, self._view.instrument.lot))
            if len(page) < _TRADES_A_PAGE:
                return found[-limit:]
            if len(found) > limit:  # the oldest may be the end of one
                break
            before = page[0].trade_id
        return found[1:][-limit:]

    async def list_aggregates_from(
        self, trade_id: int, limit: int, before: int | None = None
    ) -> list[Aggregate]:
        """Return the oldest `limit` aggregates with an id of at least `trade_id`, oldest first.

        Trades with an id from `before` on are left out.
        """
        first = max(1, trade_id)
        earlier = await self.list_from(first - 1, 1) if first > 1 else []
        trades: list[AnyTrade] = []
        found: list[Aggregate] = []
        for _ in range(_PAGES):
            page = await self.list_from(first, _TRADES_A_PAGE)
            trades += page
            whole = _leave_out_begun(trades, earlier)
            inside = [each for each in whole if before is None or each.trade_id < before]
            found = list(aggregate(inside, self._view.instrument.lot))
            if len(page) < _TRADES_A_PAGE or len(inside) < len(whole):
                return found[:limit]
            if len(found) > limit:  # the newest may be the beginning of one
                break
            first = page[-1].trade_id + 1
        return found[:-1][:limit]


def _leave_out_begun(trades: AnyTrades, earlier: AnyTrades) -> AnyTrades:
    """Return `trades` without those that belong to the aggregate of the trade before them."""
    if not earlier:
        return trades
    before = earlier[-1]
    for at, trade in enumerate(trades):
        if not continues(trade, before):
            return trades[at:]
        before = trade
    return []
