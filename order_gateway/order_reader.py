"""A reader of an account: which of its orders are open, and every fill of it once.

    import asyncio
    from order_gateway.client import GatewayClient
    from order_gateway.order_reader import OrderReader

    async def main() -> None:
        async with GatewayClient("http://localhost:8000", account="alice") as gateway:
            reader = OrderReader(gateway)
            async for update in reader:
                if update.fill:
                    print("traded", update.fill.quantity, "at", update.fill.price)
                print(len(reader.open_orders), "orders are open")

    asyncio.run(main())

It connects again by itself, and gets from the archive what traded meanwhile. What that has lost, or
no longer keeps (a retention of fills), nobody can tell.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from http import HTTPStatus
from typing import Any, NamedTuple

import httpx
import msgspec
from websockets.exceptions import WebSocketException

from order_gateway.client import GatewayClient
from order_gateway.client_answers import (
    AccountFill,
    FillPage,
    GatewayError,
    OrderState,
    Report,
    Update,
)
from order_gateway.order_connection import OrderConnection
from protocol.enums import Liquidity, Reason
from protocol.events import Fill

SILENT_SECONDS = 15.0
"""A connection that brings nothing for so long is dead: heartbeats come every five seconds."""
ARCHIVE_SECONDS = 30.0
"""How long the archive may take to come up to a snapshot, before all is tried anew."""
_LONGEST_PAUSE = 2.0
_POLL_SECONDS = 0.05
_PAGE = 1000
_OPEN = frozenset({"open", "partially_filled"})
_PASSING = {
    Reason.ARCHIVE_UNAVAILABLE,
    Reason.OVERLOADED,
    Reason.QUEUE_UNAVAILABLE,
    Reason.RATE_LIMITED,
    Reason.TIMESTAMP_OUT_OF_WINDOW,
    Reason.TOO_MANY_CONNECTIONS,
}
_PASSING_STATUS = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}

log = logging.getLogger(__name__)


class Position(NamedTuple):
    """How far a reader is: all fills of the sequences before `sequence`, and `fills` of its own.

    Plain values, to be kept where they outlive the program. Numbers are those of one exchange.
    """

    exchange_id: str | None
    sequence: int
    fills: int = 0


class OrderReader:
    """The orders and fills of `gateway`'s account. Iterate: each step is one update.

    `snapshot`: `open_orders` has been read anew; `execution_report` and `command_rejected` as on
    the wire; `missed_fill`: a fill of a time without a connection, its `data` a report that has
    the order's names, no state. Where a position is given as `after`, such fills come first.

    `open_orders` are by order id, `position` counts what has been told, `is_live` says whether
    both are the present (the connection is there, and the gateway hears the engine), `counts`
    what happened: `connections`, `snapshots`, `fills`, `missed_fills`.
    """

    def __init__(self, gateway: GatewayClient, *, after: Sequence[Any] | None = None) -> None:
        self.open_orders: dict[str, OrderState] = {}
        self.position = None if after is None else Position(*after)
        self.is_live = False
        self.counts: Counter[str] = Counter()
        self._gateway = gateway
        self._pause = 0.0
        self._seen_again = 0
        """Fills of the sequence that `position` is in, on this connection."""

    async def __aiter__(self) -> AsyncIterator[Update]:
        """Every update.

        Waits for a gateway that is not there, with a warning in the log. Raises GatewayError or
        ValueError for what no waiting mends: a wrong URL, a key that is none.
        """
        while True:
            try:
                async with await self._gateway.open_stream() as connection:
                    last: int | None = None
                    while True:
                        update = await self._receive(connection, last)
                        last = update.number
                        missed = await self._find_missed(update)
                        self._pause = 0.0
                        for news in self._take(update, missed):
                            yield news
            except (OSError, TimeoutError, WebSocketException, httpx.TransportError) as error:
                await self._recover(error)
            except GatewayError as error:
                if not _is_passing(error):
                    raise
                await self._recover(error)
            finally:
                self.is_live = False

    async def _recover(self, error: Exception) -> None:
        if not self._pause:
            log.warning("%s: following the orders again", error or type(error).__name__)
        await asyncio.sleep(self._pause)
        self._pause = min(_LONGEST_PAUSE, self._pause * 2 or 0.05)

    async def _receive(self, connection: OrderConnection, last: int | None) -> Update:
        """The next one; raises ConnectionError where it does not follow `last`."""
        try:
            async with asyncio.timeout(SILENT_SECONDS):
                update = await connection.receive()
        except BaseException:
            self.is_live = False  # what is left to do may take a second
            raise
        if last is not None and update.number != last + (update.type != "heartbeat"):
            raise ConnectionError("a message of the orders' stream is missing")
        return update

    async def _find_missed(self, update: Update) -> list[AccountFill]:
        """The fills before a snapshot that have not been told."""
        if update.type != "snapshot":
            return []
        self.is_live = False  # what it has now is old
        assert update.sequence is not None
        if self.position is None or self._is_behind(update, self.position):
            self.position = Position(update.exchange_id, update.sequence + 1)
        self._leave_another_exchange(update.exchange_id)
        return await self._list_missed(self.position, update.sequence)

    def _take(self, update: Update, missed: list[AccountFill]) -> Iterator[Update]:
        """What is news; `open_orders` and `position` are each time as they are after it."""
        for fill in missed:
            report = _to_report(fill)
            self._count_fill(report)
            self.counts["missed_fills"] += 1
            yield Update("missed_fill", update.number, update.sequence, data=report)
        is_news = update.type != "heartbeat"
        if update.type == "snapshot":
            self._take_snapshot(update)
        elif update.data:
            is_news = self._take_report(update.data)
        self.is_live = update.in_sync
        if is_news:
            yield update

    def _take_snapshot(self, snapshot: Update) -> None:
        assert self.position
        assert snapshot.sequence is not None
        if snapshot.sequence >= self.position.sequence:
            self.position = self.position._replace(sequence=snapshot.sequence + 1, fills=0)
        self._seen_again = 0
        self.open_orders = {order.order_id: order for order in snapshot.orders}
        self.counts["connections"] += not snapshot.number
        self.counts["snapshots"] += 1

    def _is_behind(self, snapshot: Update, position: Position) -> bool:
        """Whether the exchange has gone back, which a gateway tells those who are connected.

        Another gateway that is behind will only tell again what was told before.
        """
        assert snapshot.sequence is not None
        is_same = snapshot.exchange_id in (None, position.exchange_id)
        is_ahead = (snapshot.sequence + 1, 0) >= (position.sequence, position.fills)
        if not snapshot.number or not is_same or is_ahead:
            return False
        log.warning("the exchange is back at %d", snapshot.sequence)
        return True

    def _leave_another_exchange(self, exchange_id: str | None) -> None:
        """Every fill of a new exchange is wanted."""
        assert self.position
        if exchange_id is None or exchange_id == self.position.exchange_id:
            return
        if self.position.exchange_id is None:
            self.position = self.position._replace(exchange_id=exchange_id)
        else:
            log.warning("another exchange has taken the place of the one before")
            self.position = Position(exchange_id, 0)

    async def _list_missed(self, position: Position, up_to: int) -> list[AccountFill]:
        """Fills behind `position`, oldest first, once the archive has all of them."""
        if up_to < position.sequence:
            return []
        page = await self._read_first_page(up_to)
        missed = list(page.fills)
        while page.after is not None and missed[-1].sequence >= position.sequence:
            page = await self._gateway.list_fills(limit=_PAGE, after=page.after)
            missed += page.fills
        missed = [f for f in reversed(missed) if position.sequence <= f.sequence <= up_to]
        told = sum(1 for fill in missed if fill.sequence == position.sequence)
        return missed[min(told, position.fills) :]

    async def _read_first_page(self, up_to: int) -> FillPage:
        async with asyncio.timeout(ARCHIVE_SECONDS):
            while True:
                page = await self._gateway.list_fills(limit=_PAGE)
                if page.sequence >= up_to:
                    return page
                await asyncio.sleep(_POLL_SECONDS)

    def _take_report(self, report: Report) -> bool:
        """Whether it is news: not so a fill that was told before."""
        if report.status in _OPEN:
            assert report.order_id
            order = msgspec.convert(report, OrderState, from_attributes=True)
            self.open_orders[report.order_id] = order
        elif report.status is not None:
            self.open_orders.pop(report.order_id or "", None)
        if report.last_trade is None:
            return True
        if self._is_told(report):
            return False
        self._count_fill(report)
        return True

    def _is_told(self, report: Report) -> bool:
        """A gateway that is behind the one before sends what that has sent already."""
        assert self.position
        if report.sequence < self.position.sequence:
            return True
        if report.sequence > self.position.sequence:
            self._seen_again = 0
        self._seen_again += 1
        return report.sequence == self.position.sequence and self._seen_again <= self.position.fills

    def _count_fill(self, report: Report) -> None:
        position = self.position
        assert position
        told = position.fills if position.sequence == report.sequence else 0
        self.position = Position(position.exchange_id, report.sequence, told + 1)
        self.counts["fills"] += 1


def _to_report(fill: AccountFill) -> Report:
    return Report(
        sequence=fill.sequence,
        timestamp=fill.timestamp,
        order_id=fill.order_id,
        client_order_id=fill.client_order_id,
        account=fill.account,
        reason=None,
        symbol=fill.symbol,
        side=fill.side,
        last_trade=Fill(fill.trade_id, fill.price, fill.quantity, Liquidity(fill.liquidity)),
    )


def _is_passing(error: GatewayError) -> bool:
    return (
        error.code in _PASSING
        or error.status in _PASSING_STATUS
        or error.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    )
