"""What a reader of an account knows of one shard: open orders, balances, and how far it is."""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from time import monotonic
from typing import Any, NamedTuple

import msgspec

from goquant.client.answers import AccountFill, FillPage, OrderState, Report, Update
from goquant.client.gateway import GatewayClient
from protocol.enums import OPEN_STATUSES, Liquidity
from protocol.events import Balance, Fill

ARCHIVE_SECONDS = 15.0
"""How long the archive may take to reach a snapshot's sequence, before the reader starts anew.

Shorter than the 20 seconds for which the gateway waits: nothing is received meanwhile.
"""
BEHIND_SECONDS = 10.0
"""How long a gateway may be behind what another gateway has told."""
SETTLING_SECONDS = 30.0
"""How long what a gateway has told is held, to be compared with the archive after a snapshot."""
_PATIENCE_SECONDS = 2.0
"""How long it waits for the archive without a word."""
_POLL_SECONDS = 0.05
_PAGE = 1000

logger = logging.getLogger("goquant.client.order_reader")


class ExchangeWentBack(Exception):
    """The exchange has lost what it told, so that what was counted is void.

    Begin anew: `after=()` tells every fill that there is.
    """


class Place(NamedTuple):
    """How far a reader is on a shard: all fills before `sequence`, and `fills` of that sequence."""

    sequence: int
    fills: int = 0


BEGINNING = Place(0)


class _Told(NamedTuple):
    """What was told at the monotonic `time`: a fill, by `name`, or a snapshot; `before` it."""

    time: float
    before: Place
    name: tuple[Any, ...] | None


class ShardReader:
    """One shard's part of an `OrderReader`, whose `counts` it keeps; None: there is no other.

    `place` is how far it is; None: the first snapshot says where it begins.
    """

    def __init__(self, shard: int | None, place: Place | None, counts: Counter[str]) -> None:
        self.open_orders: dict[str, OrderState] = {}
        self.balances: dict[str, Balance] | None = None
        self.place = place
        self.is_live = False
        self._shard = shard
        self._counts = counts
        self._is_first = True
        """Whether the next snapshot is the connection's first."""
        self._behind_since: float | None = None
        self._told: deque[_Told] = deque()

    def begin_connection(self) -> None:
        """Note that there is another connection, or none."""
        self.is_live = False
        self._is_first = True

    async def find_missed(self, update: Update, gateway: GatewayClient) -> list[AccountFill]:
        """Return the fills before a snapshot that have not been told.

        Raise ConnectionError if the gateway is behind, ExchangeWentBack, and what the archive does.
        """
        if update.type != "snapshot":
            return []
        self.is_live = False  # until the snapshot is taken
        assert update.sequence is not None
        if self.place is None:
            self.place = Place(update.sequence + 1)
        if self._is_first:  # the gateway itself knows if it is back
            self._check_ahead(update.sequence, self.place)
        settled = self._told[0].before if self._told else self.place
        missed = await self._list_since(settled, update.sequence, gateway)
        self._is_first = False
        return missed

    async def _list_since(
        self, settled: Place, sequence: int, gateway: GatewayClient
    ) -> list[AccountFill]:
        """Return the fills after `settled` up to a snapshot, the place of what was told.

        Raise ExchangeWentBack if one that was told is not among them: it was lost, or forged.
        """
        if (sequence + 1, 0) < settled:
            raise ExchangeWentBack(
                f"the exchange is at {sequence}, behind {settled.sequence}, of which it"
                " had told: it has lost that (an old copy of its data?), so what was counted is"
                " void"
            )
        fills = await self._list_missed(settled, sequence, gateway)
        if void := self._list_told() - {_name_fill(_to_report(fill)) for fill in fills}:
            raise ExchangeWentBack(
                f"the exchange has no record of {len(void)} fills that it had told, such as"
                f" {min(void)}: they were lost or forged, so what was counted is void"
            )
        self.place = settled
        return fills

    def _list_told(self) -> set[tuple[Any, ...]]:
        return {told.name for told in self._told if told.name is not None}

    def take(self, update: Update, missed: list[AccountFill]) -> Iterator[Update]:
        """Give what is new; what the reader knows is up to each of them when it comes."""
        known = self._list_told() if missed else set()
        for fill in missed:
            report = _to_report(fill)
            if _name_fill(report) in known:
                self._move_past(report)
                continue
            self._count_fill(report)
            self._counts["missed_fills"] += 1
            yield Update(
                "missed_fill", update.number, update.sequence, data=report, shard=self._shard
            )
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
        assert self.place
        assert snapshot.sequence is not None
        if snapshot.sequence >= self.place.sequence:
            self._note(None)
            self.place = Place(snapshot.sequence + 1)
        self.open_orders = {order.order_id: order for order in snapshot.orders}
        self._counts["connections"] += not snapshot.number
        self._counts["snapshots"] += 1
        balances = snapshot.balances
        self.balances = None if balances is None else _by_asset(balances)

    def _check_ahead(self, sequence: int, place: Place) -> None:
        """Raise ConnectionError if a snapshot of `sequence` is behind what was told.

        A gateway can be behind for a moment. If it stays so, nothing is raised.
        """
        if (sequence + 1, 0) >= place:
            self._behind_since = None
            return
        self._behind_since = self._behind_since or monotonic()
        if monotonic() - self._behind_since <= BEHIND_SECONDS:
            raise ConnectionError(f"the gateway is at {sequence}, behind {place.sequence}")

    async def _list_missed(
        self, place: Place, up_to: int, gateway: GatewayClient
    ) -> list[AccountFill]:
        """Return the fills after `place`, oldest first, once the archive has all of them."""
        if up_to < place.sequence:
            return []
        page = await self._read_first_page(up_to, gateway)
        missed = list(page.fills)
        while page.after is not None and missed[-1].sequence >= place.sequence:
            page = await gateway.list_fills(limit=_PAGE, after=page.after, shard=self._shard)
            missed += page.fills
        missed = [f for f in reversed(missed) if place.sequence <= f.sequence <= up_to]
        told = sum(1 for fill in missed if fill.sequence == place.sequence)
        return missed[min(told, place.fills) :]

    async def _read_first_page(self, up_to: int, gateway: GatewayClient) -> FillPage:
        async with asyncio.timeout(ARCHIVE_SECONDS):
            began, has_said = monotonic(), False
            while True:
                page = await gateway.list_fills(limit=_PAGE, shard=self._shard)
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
        self._counts["fills"] += 1

    def _move_past(self, report: Report) -> None:
        assert self.place
        told = self.place.fills if self.place.sequence == report.sequence else 0
        self.place = Place(report.sequence, told + 1)

    def _note(self, name: tuple[Any, ...] | None) -> None:
        assert self.place
        now = monotonic()
        while self._told and now - self._told[0].time > SETTLING_SECONDS:
            self._told.popleft()
        self._told.append(_Told(now, self.place, name))


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
