"""Answers `/v1/candles`: from memory as far back as that goes, before that from the archive."""

from typing import NamedTuple

from market_data.history.async_archive import AsyncArchive
from market_data.history.unavailable import HistoryUnavailable
from market_data.market.candle_series import CandleSeries
from market_data.market.candles import MICROSECONDS, Candle
from market_data.market.market import SymbolView
from market_data.market.prices import format_moment


class Range(NamedTuple):
    """Candles that begin from `start` on and before `end`, in microseconds."""

    start: int
    end: int


class FoundCandles(NamedTuple):
    """Candles, and where they begin if what is before is not known; None: nothing is missing."""

    candles: list[Candle]
    since: int | None


def choose_range(
    series: CandleSeries, now: int, start: int | None, end: int | None, limit: int
) -> Range:
    """Return the newest `limit` intervals of those asked for; without `end` up to the open one."""
    last = series.align(now) + series.step
    if end is not None:
        last = min(last, series.align(end + series.step - 1))
    first = last - limit * series.step
    if start is not None:
        first = max(first, series.align(start + series.step - 1))
    return Range(first, last)


async def describe_candles(
    view: SymbolView, series: CandleSeries, asked: Range, now: int, archive: AsyncArchive | None
) -> dict[str, object]:
    """Return the answer's `candles` and `since`; raise HistoryUnavailable.

    If the archive does not answer, the answer begins where memory does, and `since` says so; one
    of which memory has nothing is refused.
    """
    found = await find_candles(view, series, asked, archive)
    open_start = series.align(now)
    return {
        "candles": [
            {**view.prices.describe_candle(each), "is_closed": each.start < open_start}
            for each in found.candles
        ],
        "since": format_moment(found.since),
    }


async def find_candles(
    view: SymbolView, series: CandleSeries, asked: Range, archive: AsyncArchive | None
) -> FoundCandles:
    """Find the candles of `asked`, without holes; raise HistoryUnavailable.

    If the archive does not answer, they begin where memory does; if that has none, it is refused.
    """
    from_memory = series.list_filled(asked.start, asked.end)
    if series.since <= asked.start:
        return FoundCandles(from_memory, None)
    older: list[Candle] | None = None
    if archive is not None:
        older = await _ask_archive(view, series, asked, archive)
        if older is None and not from_memory:
            raise HistoryUnavailable
    since = series.since if older is None else None
    return FoundCandles([*(older or []), *from_memory], since)


async def _ask_archive(
    view: SymbolView, series: CandleSeries, asked: Range, archive: AsyncArchive
) -> list[Candle] | None:
    """Return what is before memory; None if the archive cannot say, or both have a part of one."""
    if view.unseen_until and asked.end > series.align(series.since):
        return None
    seconds = series.step // MICROSECONDS
    end = min(asked.end, series.since)
    return await archive.list_candles(view.instrument, seconds, asked.start, end)
