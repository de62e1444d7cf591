"""An account's open orders and balances on a shard, at one sequence.

They are the archive's, brought up to date from the journal.
"""

import asyncio
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple
from weakref import WeakValueDictionary

from msgspec import UNSET

from archive.records import OrderRecord
from order_gateway.account.history import History
from order_gateway.account.report_feed import ReportFeed
from order_gateway.account.report_journal import JournalTrimmed
from order_gateway.account.report_listener import Listener
from order_gateway.errors import archive_unavailable
from protocol.codec import encode
from protocol.enums import OPEN_STATUSES
from protocol.events import AccountPosition, Balance, ExecutionReport
from protocol.special_terms import SPECIAL_FIELDS

MAX_BEHIND = 200_000
"""Commands that the archive may be behind; with more, reading the journal takes too long."""
ORDERS_A_PAGE = 128

_FIELDS = (
    "order_id", "number", "execution_number", "client_order_id", "account", "symbol", "side",
    "order_type", "price", "stop_price", "triggered", "quantity",
    "filled_quantity", "remaining_quantity", "filled_notional", "average_price", "status",
    "reason", "sequence", *SPECIAL_FIELDS,
)  # fmt: skip


class _Encoded(NamedTuple):
    """An order in the state that the command at `sequence` left it in."""

    order_id: str
    sequence: int
    text: bytes


class OpenOrders:
    """Open orders at a shard's `sequence`, oldest first: pages of encoded orders, with commas.

    `balances` are those of the account then, None if the exchange keeps no ledger. `losses` is the
    feed's, so that nothing that was lost lies behind them.
    """

    def __init__(
        self,
        sequence: int,
        losses: int,
        orders: Iterable[_Encoded],
        balances: list[Balance] | None,
    ) -> None:
        self.sequence = sequence
        self.losses = losses
        self.balances = balances
        listed = list(orders)
        self.count = len(listed)
        self.pages = list(_join_pages(order.text for order in listed))


class OpenOrdersReader:
    """Reads the open orders of accounts.

    Streams of an account that begin while the same orders are still being sent to another one get
    these, not a copy: what an account's streams can hold does not grow with their number.
    """

    def __init__(self, history: History, feed: ReportFeed, shard: int | None = None) -> None:
        """Take the feed of a `shard`; None: there is no other."""
        self._history = history
        self._feed = feed
        self._shard = shard
        self._held = WeakValueDictionary[str, OpenOrders]()
        self._locks = WeakValueDictionary[str, asyncio.Lock]()

    async def read(self, listener: Listener) -> OpenOrders:
        """Return the open orders of the listener's account at some sequence.

        If that is before the listener's start, the journal has the reports between. Raise
        Unavailable, RedisError or OSError if the archive or the journal cannot be read.
        """
        account = listener.account
        async with self._locks.setdefault(account, asyncio.Lock()):
            orders = self._held.get(account)
            if orders is None or not self._is_usable(orders, listener):
                orders = self._held[account] = await self._read_anew(listener)
            return orders

    def _is_usable(self, orders: OpenOrders, listener: Listener) -> bool:
        """Whether the reports since then are read sooner than the orders anew."""
        missing = listener.start - orders.sequence
        return orders.losses == self._feed.losses and missing <= orders.count

    async def _read_anew(self, listener: Listener) -> OpenOrders:
        losses = self._feed.losses
        snapshot = await self._history.read_snapshot(listener.account, _encode_record, self._shard)
        sequence = max(snapshot.reached, listener.start)
        if sequence - snapshot.sequence > MAX_BEHIND:
            raise archive_unavailable("it is too far behind")
        orders = {order.order_id: order for order in reversed(snapshot.orders)}
        known = snapshot.balances
        balances = None if known is None else {balance.asset: balance for balance in known}
        try:
            async for news in self._feed.read_reports(snapshot.sequence, sequence):
                if news.report.account != listener.account:
                    continue
                if isinstance(news.report, ExecutionReport):
                    _apply(orders, news.report)
                elif isinstance(news.report, AccountPosition):
                    changed = {balance.asset: balance for balance in news.report.balances}
                    balances = (balances or {}) | changed
        except JournalTrimmed:
            raise archive_unavailable("the journal begins behind it") from None
        listed = None if balances is None else list(balances.values())
        return await asyncio.to_thread(OpenOrders, sequence, losses, orders.values(), listed)


def _apply(orders: dict[str, _Encoded], report: ExecutionReport) -> None:
    known = orders.get(report.order_id)
    if known and known.sequence > report.sequence:
        return
    if report.status in OPEN_STATUSES:
        orders[report.order_id] = _encode(report, report.timestamp)
    else:
        orders.pop(report.order_id, None)


def _encode_record(order: OrderRecord) -> _Encoded:
    return _encode(order, order.updated_at)


def _encode(order: OrderRecord | ExecutionReport, timestamp: str) -> _Encoded:
    values = ((field, getattr(order, field)) for field in _FIELDS)
    described = {field: None if value is UNSET else value for field, value in values}
    described["timestamp"] = timestamp
    return _Encoded(order.order_id, order.sequence, encode(described))


def _join_pages(orders: Iterator[bytes]) -> Iterator[bytes]:
    comma = b""
    while page := b",".join(islice(orders, ORDERS_A_PAGE)):
        yield comma + page
        comma = b","
