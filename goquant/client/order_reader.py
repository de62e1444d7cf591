"""A reader of an account: which of its orders are open, what it has, and every fill of it once.

    import asyncio
    from goquant import GatewayClient, OrderReader

    async def main() -> None:
        async with GatewayClient("http://localhost:8000", account="alice") as gateway:
            reader = OrderReader(gateway)
            async for update in reader:
                if update.fill:
                    print("traded", update.fill.quantity, "at", update.fill.price)
                print(len(reader.open_orders), "orders are open")

    asyncio.run(main())

It connects again by itself, and asks the archive for what has traded meanwhile. Fills that the
archive has lost, or keeps no longer because of a retention, are not told.
"""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import AsyncGenerator, Iterator, Sequence
from time import monotonic
from typing import Any, NamedTuple

import msgspec
from websockets.exceptions import WebSocketException

from goquant.client.answers import (
    AccountFill,
    FillPage,
    OrderState,
    Report,
    Update,
    read_update,
)
from goquant.client.connection import StreamConnection
from goquant.client.errors import GatewayError
from goquant.client.gateway import GatewayClient
from goquant.client.passing_status import is_passing
from protocol.enums import OPEN_STATUSES, Liquidity, Reason
from protocol.events import Balance, Fill

SILENT_SECONDS = 15.0
"""A connection that brings nothing for so long is dead: heartbeats come every five seconds."""
ARCHIVE_SECONDS = 15.0
"""How long the archive may take to reach a snapshot's sequence, before the reader starts anew.

Shorter than the 20 seconds for which the gateway waits: nothing is received meanwhile.
"""
BEHIND_SECONDS = 10.0
"""How long a gateway may be behind what another gateway has told."""
SETTLING_SECONDS = 30.0
"""How long what a gateway has told is held, to be compared with the archive after a snapshot."""
_FIRST_PAUSE_SECONDS = 0.05
_PATIENCE_SECONDS = 2.0
"""How long it waits for the archive without a word."""
_MAX_PAUSE_SECONDS = 2.0
_POLL_SECONDS = 0.05
_PAGE = 1000
_PASSING = {
    Reason.ARCHIVE_UNAVAILABLE,
    Reason.OVERLOADED,
    Reason.QUEUE_UNAVAILABLE,
    Reason.RATE_LIMITED,
    Reason.TIMESTAMP_OUT_OF_WINDOW,
    Reason.TOO_MANY_CONNECTIONS,
}

logger = logging.getLogger(__name__)


class ExchangeWentBack(Exception):
    """The exchange has lost what it told, so that what was counted is void.

    Begin anew: `after=()` tells every fill that there is.
    """


class Position(NamedTuple):
    """How far a reader is: it has told all fills before `sequence`, and `fills` of that sequence.

    Plain values, which a program can write to a file. They are about the exchange `exchange_id`.
    """

    exchange_id: str | None
    sequence: int
    fills: int = 0


class _Told(NamedTuple):
    """What was told at the monotonic `time`: a fill, by `name`, or a snapshot; `before` it."""

    time: float
    before: Position
    name: tuple[Any, ...] | None


class OrderReader:
    """The orders and fills of `gateway`'s account. Iterate: each step is one update.

    An update's type is `snapshot` (`open_orders` and `balances` have been read anew),
    `execution_report`, `command_rejected`, `balance_changed` or `account_position` (as on the
    wire), or `missed_fill`: a fill from a time without a connection, whose `data` names the order
    and has no state of it. If `after` is a position, the fills after it come first; `after=()` is
    the beginning of the exchange.

    `open_orders` are by order id; `balances` by asset, None if the exchange keeps no ledger;
    `position` says how far the reader is; `is_live` says whether they are up to date: there is a
    connection, and the gateway hears the engine. `counts` says what has happened: `connections`,
    `snapshots`, `fills`, `missed_fills`.
    """

    def __init__(self, gateway: GatewayClient, *, after: Sequence[Any] | None = None) -> None:
        self.open_orders: dict[str, OrderState] = {}
        self.balances: dict[str, Balance] | None = None
        self.position = None if after is None else Position(*(after or (None, 0)))
        self.is_live = False
        self.counts: Counter[str] = Counter()
        self._gateway = gateway
        self._pause = 0.0
        self._behind_since: float | None = None
        self._told: deque[_Told] = deque()

    async def __aiter__(self) -> AsyncGenerator[Update]:
        """Give every update.

        Waits for a gateway that is not there, with a warning in the log. Raises GatewayError if
        waiting cannot help, as with a wrong path or an unknown key, and ExchangeWentBack if the
        exchange has lost what it told.
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
            except (OSError, TimeoutError, WebSocketException) as error:
                await self._recover(error)
            except GatewayError as error:
                if not _is_passing(error):
                    raise
                await self._recover(error)
            finally:
                self.is_live = False

    async def _recover(self, error: Exception) -> None:
        self.is_live = False
        if not self._pause:
            logger.warning("%s: following the orders again", str(error) or type(error).__name__)
        await asyncio.sleep(self._pause)
        self._pause = min(_MAX_PAUSE_SECONDS, self._pause * 2 or _FIRST_PAUSE_SECONDS)

    async def _receive(self, connection: StreamConnection, last: int | None) -> Update:
        """Return the next update; raises ConnectionError if its number does not follow `last`.

        A snapshot may take long as long as parts of it come.
        """
        async with asyncio.timeout(SILENT_SECONDS) as limit:
            message = await connection.receive(
                lambda: limit.reschedule(asyncio.get_running_loop().time() + SILENT_SECONDS)
            )
        update = read_update(message)
        if last is not None and update.number != last + (update.type != "heartbeat"):
            raise ConnectionError("a message of the orders' stream is missing")
        return update

    async def _find_missed(self, update: Update) -> list[AccountFill]:
        """Return the fills before a snapshot that have not been told."""
        if update.type != "snapshot":
            return []
        self.is_live = False  # until the snapshot is taken
        assert update.sequence is not None
        if self.position is None:
            self.position = Position(update.exchange_id, update.sequence + 1)
        self._leave_another_exchange(update.exchange_id)
        if not update.number:  # the gateway itself knows if it is back
            self._check_ahead(update.sequence, self.position)
        return await self._list_since(self._told[0].before if self._told else self.position, update)

    async def _list_since(self, settled: Position, snapshot: Update) -> list[AccountFill]:
        """Return the fills after `settled` up to the snapshot, the position of what was told.

        Raise ExchangeWentBack if one that was told is not among them: it was lost, or forged.
        """
        assert snapshot.sequence is not None
        assert self.position
        if (snapshot.sequence + 1, 0) < (settled.sequence, settled.fills):
            raise ExchangeWentBack(
                f"the exchange is at {snapshot.sequence}, behind {settled.sequence}, of which it"
                " had told: it has lost that (an old copy of its data?), so what was counted is"
                " void"
            )
        fills = await self._list_missed(settled, snapshot.sequence)
        if void := self._list_told() - {_name_fill(_to_report(fill)) for fill in fills}:
            raise ExchangeWentBack(
                f"the exchange has no record of {len(void)} fills that it had told, such as"
                f" {min(void)}: they were lost or forged, so what was counted is void"
            )
        self.position = settled._replace(exchange_id=self.position.exchange_id)
        return fills

    def _list_told(self) -> set[tuple[Any, ...]]:
        return {told.name for told in self._told if told.name is not None}

    def _take(self, update: Update, missed: list[AccountFill]) -> Iterator[Update]:
        """Give what is new; what the reader knows is up to each of them when it comes."""
        known = self._list_told() if missed else set()
        for fill in missed:
            report = _to_report(fill)
            if _name_fill(report) in known:
                self._move_past(report)
                continue
            self._count_fill(report)
            self.counts["missed_fills"] += 1
            yield Update("missed_fill", update.number, update.sequence, data=report)
        if update.type == "snapshot":
            self._take_snapshot(update)
        elif update.balances:
            self.balances = (self.balances or {}) | _by_asset(update.balances)
        elif update.data:
            self._take_report(update.data)
        self.is_live = update.in_sync
        if update.type != "heartbeat":
            yield update

    def _take_snapshot(self, snapshot: Update) -> None:
        assert self.position
        assert snapshot.sequence is not None
        if snapshot.sequence >= self.position.sequence:
            self._note(None)
            self.position = self.position._replace(sequence=snapshot.sequence + 1, fills=0)
        self.open_orders = {order.order_id: order for order in snapshot.orders}
        balances = snapshot.balances
        self.balances = None if balances is None else _by_asset(balances)
        self.counts["connections"] += not snapshot.number
        self.counts["snapshots"] += 1

    def _check_ahead(self, sequence: int, position: Position) -> None:
        """Raise ConnectionError if a snapshot of `sequence` is behind what was told.

        A gateway can be behind for a moment. If it stays so, nothing is raised.
        """
        if (sequence + 1, 0) >= (position.sequence, position.fills):
            self._behind_since = None
            return
        self._behind_since = self._behind_since or monotonic()
        if monotonic() - self._behind_since <= BEHIND_SECONDS:
            raise ConnectionError(f"the gateway is at {sequence}, behind {position.sequence}")

    def _leave_another_exchange(self, exchange_id: str | None) -> None:
        """Begin with the first fill if another exchange has taken the place of this one."""
        assert self.position
        if exchange_id is None or exchange_id == self.position.exchange_id:
            return
        if self.position.exchange_id is None:
            self.position = self.position._replace(exchange_id=exchange_id)
        else:
            logger.warning("another exchange has taken the place of the one before")
            self.position = Position(exchange_id, 0)
            self._told.clear()

    async def _list_missed(self, position: Position, up_to: int) -> list[AccountFill]:
        """Return the fills after `position`, oldest first, once the archive has all of them."""
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
            began, has_said = monotonic(), False
            while True:
                page = await self._gateway.list_fills(limit=_PAGE)
                if page.sequence >= up_to:
                    return page
                if not has_said and monotonic() - began > _PATIENCE_SECONDS:
                    logger.warning("the archive is at %d, not yet at %d", page.sequence, up_to)
                    has_said = True
                await asyncio.sleep(_POLL_SECONDS)

    def _take_report(self, report: Report) -> None:
        if report.status in OPEN_STATUSES:
            assert report.order_id
            order = msgspec.convert(report, OrderState, from_attributes=True)
            self.open_orders[report.order_id] = order
        elif report.status is not None:
            self.open_orders.pop(report.order_id or "", None)
        if report.last_trade:
            self._count_fill(report)

    def _count_fill(self, report: Report) -> None:
        self._note(_name_fill(report))
        self._move_past(report)
        self.counts["fills"] += 1

    def _move_past(self, report: Report) -> None:
        position = self.position
        assert position
        told = position.fills if position.sequence == report.sequence else 0
        self.position = Position(position.exchange_id, report.sequence, told + 1)

    def _note(self, name: tuple[Any, ...] | None) -> None:
        assert self.position
        now = monotonic()
        while self._told and now - self._told[0].time > SETTLING_SECONDS:
            self._told.popleft()
        self._told.append(_Told(now, self.position, name))


def _name_fill(report: Report) -> tuple[Any, ...]:
    """Name a fill by all that is in it and in the archive: another one may have its number."""
    fill = report.last_trade
    assert fill
    return report.sequence, fill.trade_id, report.order_id, fill.price, fill.quantity


def _by_asset(balances: Sequence[Balance]) -> dict[str, Balance]:
    return {balance.asset: balance for balance in balances}


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
        last_trade=Fill(
            fill.trade_id,
            fill.price,
            fill.quantity,
            Liquidity(fill.liquidity),
            fill.commission,
            fill.commission_asset,
        ),
    )


def _is_passing(error: GatewayError) -> bool:
    return error.code in _PASSING or is_passing(error.status)
