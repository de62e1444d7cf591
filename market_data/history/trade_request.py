"""Answers `/v1/trades`: from memory as far back as that goes, before that from the archive."""

import msgspec

from market_data.history.async_archive import AsyncArchive
from market_data.history.unavailable import HistoryUnavailable
from market_data.market.market import SymbolView
from protocol.timestamps import parse_timestamp

FIRST_TRADE_ID = 1


async def describe_trades(
    view: SymbolView, before: int | None, limit: int, archive: AsyncArchive | None
) -> dict[str, object]:
    """Return the answer's `trades` and `next_before`; raise HistoryUnavailable.

    If the archive does not answer, the page ends where memory does and says that there is more;
    memory has nothing for a page further back, and that one is refused.
    """
    trades = [msgspec.structs.asdict(trade) for trade in view.trades_before(before, limit)]
    end = view.last_trade_id + 1
    oldest = trades[-1]["trade_id"] if trades else min(before or end, end)
    has_more = oldest > (FIRST_TRADE_ID if archive is not None else view.first_trade_id)
    if has_more and archive is not None and len(trades) < limit:
        missing = limit - len(trades)
        until = _find_beginning(view)
        older = await archive.list_trades_before(view.instrument.symbol, oldest, missing, until)
        if older is None and not trades:
            raise HistoryUnavailable
        if older is not None:
            trades += map(msgspec.structs.asdict, older)
            has_more = len(older) == missing and older[-1].trade_id > FIRST_TRADE_ID
    return {"trades": trades, "next_before": trades[-1]["trade_id"] if has_more else None}


def _find_beginning(view: SymbolView) -> int:
    """Return the moment from which on memory has every trade."""
    return parse_timestamp(view.trades[0].timestamp) if view.trades else view.unseen_until
