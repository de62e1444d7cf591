"""An account's open orders at one sequence: the archive's, brought up to date from the journal."""

import asyncio
from collections.abc import Sequence
from typing import Any

from archive.records import OrderRecord
from order_gateway.account.history import History
from order_gateway.account.report_feed import Listener, ReportFeed
from order_gateway.account.report_journal import JournalTrimmed
from order_gateway.errors import archive_unavailable
from protocol.enums import OPEN_STATUSES
from protocol.events import ExecutionReport

MAX_BEHIND = 200_000
"""Commands that the archive may be behind; with more, reading the journal takes too long."""

_FIELDS = (
    "order_id", "client_order_id", "account", "symbol", "side", "order_type", "price",
    "stop_price", "triggered", "quantity", "filled_quantity", "remaining_quantity",
    "filled_notional", "average_price", "status", "reason", "sequence",
)  # fmt: skip


async def read_open_orders(
    history: History, feed: ReportFeed, listener: Listener
) -> tuple[int, list[dict[str, Any]]]:
    """Return a sequence, and the open orders of the listener's account at it, oldest first.

    The listener's reports after that sequence continue from there without a gap. Raise Unavailable,
    RedisError or OSError if the archive or the journal cannot be read.
    """
    snapshot = await history.read_snapshot(listener.account)
    sequence = max(snapshot.reached, listener.start)
    if sequence - snapshot.sequence > MAX_BEHIND:
        raise archive_unavailable("it is too far behind")
    # in a thread, because an account may have a hundred thousand
    orders = await asyncio.to_thread(_describe_all, snapshot.orders[::-1])
    try:
        async for news in feed.read_reports(snapshot.sequence, sequence):
            if isinstance(news.report, ExecutionReport):
                _apply(orders, news.report, listener.account)
    except JournalTrimmed:
        raise archive_unavailable("the journal begins behind it") from None
    return sequence, list(orders.values())


def _describe_all(orders: Sequence[OrderRecord]) -> dict[str, dict[str, Any]]:
    return {order.order_id: _describe(order, order.updated_at) for order in orders}


def _apply(orders: dict[str, dict[str, Any]], report: ExecutionReport, account: str) -> None:
    known = orders.get(report.order_id)
    if report.account != account or (known and known["sequence"] > report.sequence):
        return
    if report.status in OPEN_STATUSES:
        orders[report.order_id] = _describe(report, report.timestamp)
    else:
        orders.pop(report.order_id, None)


def _describe(order: OrderRecord | ExecutionReport, timestamp: str) -> dict[str, Any]:
    return {field: getattr(order, field) for field in _FIELDS} | {"timestamp": timestamp}
