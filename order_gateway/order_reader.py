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

It connects again by itself, and gets from the archive what traded meanwhile.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from http import HTTPStatus
from typing import Any, NamedTuple

import httpx
import msgspec
from websockets.exceptions import WebSocketException

from order_gateway.client import GatewayClient
from order_gateway.client_answers import AccountFill, GatewayError, OrderState, Report, Update
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
    the connection is there and the gateway hears the engine, `counts` what happened:
    `connections`, `snapshots`, `fills`, `missed_fills`.
    """

    def __init__(self, gateway: GatewayClient, *, after: Sequence[Any] | None = None) -> None:
        self.open_orders: dict[str, OrderState] = {}
        self.position = None if after is None else Position(*after)
        self.is_live = False
        self.counts: Counter[str] = Counter()
        self._gateway = gateway
        self._pause = 0.0

    async def __aiter__(self) -> AsyncIterator[Update]:
        """Every update.

        Waits for a gateway that is not there, with a warning in the log. Raises GatewayError or
        ValueError for what no waiting mends: a wrong URL, a key that is none.
        """
        while True:
            try:
                async with aclosing(self._follow()) as updates:
                    async for update in updates:
                        self._pause = 0.0
                        yield update
            except (OSError, TimeoutError, WebSocketException, httpx.TransportError) as error:
                await self._recover(error)
            except GatewayError as error:
                if not _is_passing(error):
                    raise
                await self._recover(error)

    async def _recover(self, error: Exception) -> None:
        if not self._pause:
            log.warning("%s: following the orders again", error or type(error).__name__)
        await asyncio.sleep(self._pause)
        self._pause = min(_LONGEST_PAUSE, self._pause * 2 or 0.05)

    async def _follow(self) -> AsyncGenerator[Update]:
        """One connection; raises ConnectionError where it ends or something is missing."""
        last: int | None = None
        try:
            async with aclosing(self._gateway.stream_orders()) as stream:
                while update := await _read_next(stream):
                    is_heartbeat = update.type == "heartbeat"
                    if last is not None and update.number != last + (not is_heartbeat):
                        raise ConnectionError("a message of the orders' stream is missing")
                    last = update.number
                    self.is_live = update.in_sync
                    if update.type == "snapshot":
                        self.counts["connections"] += not update.number
                        async for missed in self._take_snapshot(update):
                            yield missed
                    elif update.data:
                        self._take_report(update.data)
                    if not is_heartbeat:
                        yield update
        finally:
            self.is_live = False
        raise ConnectionError("the orders' stream has ended")

    async def _take_snapshot(self, snapshot: Update) -> AsyncIterator[Update]:
        """The fills before it that have not been told; then it stands."""
        assert snapshot.sequence is not None
        if self.position is not None:
            self._leave_another_exchange(self.position, snapshot.exchange_id)
            for fill in await self._list_missed(self.position, snapshot.sequence):
                report = _to_report(fill)
                self._count_fill(report)
                self.counts["missed_fills"] += 1
                yield Update("missed_fill", snapshot.number, snapshot.sequence, data=report)
        self.position = Position(snapshot.exchange_id, snapshot.sequence + 1)
        self.open_orders = {order.order_id: order for order in snapshot.orders}
        self.counts["snapshots"] += 1

    def _leave_another_exchange(self, position: Position, exchange_id: str | None) -> None:
        """Every fill of a new exchange is wanted."""
        if None not in (exchange_id, position.exchange_id) and exchange_id != position.exchange_id:
            log.warning("another exchange has taken the place of the one before")
            self.position = Position(exchange_id, 0)

    async def _list_missed(self, position: Position, up_to: int) -> list[AccountFill]:
        """Fills behind `position`, oldest first, once the archive has all of them."""
        missed: list[AccountFill] = []
        after: str | None = None
        async with asyncio.timeout(ARCHIVE_SECONDS):
            while True:
                page = await self._gateway.list_fills(limit=_PAGE, after=after)
                if after is None and page.sequence < up_to:
                    await asyncio.sleep(_POLL_SECONDS)
                    continue
                missed += [f for f in page.fills if position.sequence <= f.sequence <= up_to]
                after = page.after
                if after is None or page.fills[-1].sequence < position.sequence:
                    break
        missed.reverse()
        told = sum(1 for fill in missed if fill.sequence == position.sequence)
        return missed[min(told, position.fills) :]

    def _take_report(self, report: Report) -> None:
        if report.last_trade:
            self._count_fill(report)
        if report.status in _OPEN:
            assert report.order_id
            order = msgspec.convert(report, OrderState, from_attributes=True)
            self.open_orders[report.order_id] = order
        elif report.status is not None:
            self.open_orders.pop(report.order_id or "", None)

    def _count_fill(self, report: Report) -> None:
        position = self.position
        assert position
        told = position.fills if position.sequence == report.sequence else 0
        self.position = Position(position.exchange_id, report.sequence, told + 1)
        self.counts["fills"] += 1


async def _read_next(stream: AsyncIterator[Update]) -> Update | None:
    async with asyncio.timeout(SILENT_SECONDS):
        return await anext(stream, None)


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
