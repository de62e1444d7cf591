"""Find orders that were matched twice."""

from collections import Counter
from collections.abc import Collection
from decimal import Decimal

from benchmark.load.watching.ledger import Ledger
from benchmark.load.watching.reports import ReportWatch
from benchmark.shared.feed_watch import SeenTrade

_ENDED_BY_RULE = "expired"


def count_doubled_orders(trades: Collection[SeenTrade], order_ids: Collection[str]) -> int:
    """Count those of `order_ids` with more than one trade; each is to trade once.

    A trade that came twice under one id is one trade.
    """
    own = set(order_ids)
    distinct = {(trade.symbol, trade.trade_id): trade for trade in trades}.values()
    times = Counter(side for trade in distinct for side in (trade.maker, trade.taker))
    return sum(count > 1 and order_id in own for order_id, count in times.items())


def count_surplus_orders(reports: ReportWatch, ledger: Ledger) -> int:
    """Count orders with too many reports for their commands, or filled beyond their quantity.

    For flow in which an order may trade any number of times.
    """
    return sum(
        _count_surplus(reports, ledger, order_id) > 0 or _is_overfilled(reports, order_id)
        for order_id in ledger.order_ids.values()
    )


def _count_surplus(reports: ReportWatch, ledger: Ledger, order_id: str) -> int:
    """Count reports without a trade beyond the order's, its changes' and its own end's."""
    seen = reports.by_order.get(order_id, ())
    ends = min(1, sum(report.status == _ENDED_BY_RULE for report in seen))
    return len(seen) - 1 - len(ledger.changes.get(order_id, ())) - ends


def _is_overfilled(reports: ReportWatch, order_id: str) -> bool:
    fills = reports.fills.get(order_id, ())
    filled = sum((Decimal(fill.quantity) for fill in fills), Decimal())
    return any(filled > Decimal(fill.order_quantity) for fill in fills[-1:])
