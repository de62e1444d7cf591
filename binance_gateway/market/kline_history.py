"""Klines of one symbol: from memory as far back as that goes, before that from the archive."""

from typing import NamedTuple

from binance_gateway.market.board import Listing
from binance_gateway.market.figures import Figures, sum_up
from binance_gateway.market.intervals import Interval
from binance_gateway.market.klines import choose_range, fold_klines, shorten
from market_data.history.async_archive import AsyncArchive
from market_data.history.candle_request import Range, find_candles
from market_data.market.candle_series import CandleSeries
from market_data.market.candles import Candle

MAX_CANDLES = 50_000
"""Read for one answer; it has fewer klines if it would need more. A month of minutes is less."""


class KlineQuery(NamedTuple):
    """At most `limit` klines that begin from `start` on and up to `end`: microseconds, or None."""

    interval: Interval
    shift: int
    start: int | None
    end: int | None
    limit: int


class KlineHistory:
    """Every method raises HistoryUnavailable if the archive is needed and does not answer."""

    def __init__(self, listing: Listing, archive: AsyncArchive | None) -> None:
        self._view = listing.view
        self._archive = archive

    async def list_klines(self, asked: KlineQuery, now: int) -> list[Candle]:
        """Return the klines asked for, without holes; none before the first trade."""
        interval, shift, start, end, limit = asked
        base = interval.choose_base(shift)
        if start is not None:
            start = max(start, interval.align(await self._find_beginning(base), shift))
        chosen = choose_range(interval, shift, now, start, end, limit)
        if chosen.first >= chosen.end:
            return []
        series = self._view.prices.series[base]
        longest = MAX_CANDLES * series.step
        chosen = shorten(chosen, interval, shift, longest, keeps_first=start is not None)
        finer = await self._read(series, *chosen, now)
        close = finer[0].close if finer and not finer[0].trades else None
        return list(fold_klines(finer, interval, shift, chosen, close))

    async def read_window(self, start: int, now: int) -> Figures:
        """Return the figures from the minute of `start` on, which may be some days ago."""
        minutes, hours = (self._view.prices.series[name] for name in ("1m", "1h"))
        start, end = minutes.align(start), minutes.align(now) + minutes.step
        middle = end if end - start <= 48 * hours.step else hours.align(start) + hours.step
        found = await self._read(minutes, start, middle, now)
        if middle < end:
            found += await self._read(hours, middle, hours.align(now) + hours.step, now)
        before = found[0].close if found and not found[0].trades else None
        if before is None and start >= minutes.since:
            before = minutes.find_close(start)
        return sum_up([each for each in found if each.trades], before)

    async def _read(self, series: CandleSeries, start: int, end: int, now: int) -> list[Candle]:
        end = min(end, series.align(now) + series.step)
        found = await find_candles(self._view, series, Range(start, end), self._archive)
        return found.candles

    async def _find_beginning(self, base: str) -> int:
        """Return when the first candle was, from which on there are klines; 0 before it."""
        series = self._view.prices.series[base]
        if not series.since:
            traded = series.list_traded(0, self._view.prices.last_timestamp or 0)
            return traded[0].start if traded else 0
        if self._archive is None:
            return series.since
        resolution = 1 if base == "1s" else 60  # of the archive's base candles
        symbol = self._view.instrument.symbol
        return await self._archive.find_first_candle(symbol, resolution) or 0
