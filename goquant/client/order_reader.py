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
from collections import Counter
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Annotated, Any, NamedTuple

import msgspec
from websockets.exceptions import WebSocketException

from goquant.client.answers import OrderState, Update, read_update
from goquant.client.connection import StreamConnection
from goquant.client.errors import GatewayError
from goquant.client.gateway import GatewayClient
from goquant.client.passing_status import is_passing
from goquant.client.shard_reader import BEGINNING, ExchangeWentBack, Place, ShardReader
from protocol.decimals import format_amount, scale
from protocol.enums import Reason
from protocol.events import Balance

__all__ = ["ExchangeWentBack", "OrderReader", "Position"]

SILENT_SECONDS = 15.0
"""A connection that brings nothing for so long is dead: heartbeats come every five seconds."""
_FIRST_PAUSE_SECONDS = 0.05
_MAX_PAUSE_SECONDS = 2.0
_FIRST = 1
_PASSING = {
    Reason.ARCHIVE_UNAVAILABLE,
    Reason.OVERLOADED,
    Reason.QUEUE_UNAVAILABLE,
    Reason.RATE_LIMITED,
    Reason.TIMESTAMP_OUT_OF_WINDOW,
    Reason.TOO_MANY_CONNECTIONS,
}

logger = logging.getLogger(__name__)


_Count = Annotated[int, msgspec.Meta(ge=0)]


class Position(NamedTuple):
    """How far a reader is: it has told all fills before `sequence`, and `fills` of that sequence.

    Plain values, which a program can write to a file. They are about the exchange `exchange_id`. If
    that has several shards, they are about the first one, and `others` has a shard, its sequence
    and its fills for each of the others.
    """

    exchange_id: str | None
    sequence: _Count
    fills: _Count = 0
    others: tuple[tuple[int, _Count, _Count], ...] = ()


class OrderReader:
    """The orders and fills of `gateway`'s account. Iterate: each step is one update.

    An update's type is `snapshot` (what is open, and the balances, have been read anew),
    `execution_report`, `command_rejected`, `balance_changed` or `account_position` (as on the
    wire), or `missed_fill`: a fill from a time without a connection, whose `data` names the order
    and has no state of it. If `after` is a position, the fills after it come first; `after=()` is
    the beginning of the exchange. If the exchange has several shards, an update's `shard` is the
    one that it is of, and each shard has snapshots of its own. Raises ValueError if `after` is no
    position.

    `open_orders` are by order id; `balances` by asset, None if the exchange keeps no ledger, and
    sums over the shards, of which `shard_balances` has each one's; `position` says how far the
    reader is; `is_live` says whether they are up to date: there is a connection, and the gateway
    hears the engine. `counts` says what has happened: `connections`, `snapshots`, `fills`,
    `missed_fills`.
    """

    def __init__(self, gateway: GatewayClient, *, after: Sequence[Any] | None = None) -> None:
        self.counts: Counter[str] = Counter()
        self._gateway = gateway
        self._given = None if after is None else _read_position(after)
        self._exchange_id = self._given and self._given.exchange_id
        self._parts: dict[int, ShardReader] = {}
        self._pause = 0.0

    @property
    def open_orders(self) -> Mapping[str, OrderState]:
        """What is open, by order id."""
        if len(self._parts) == 1:
            return self._parts[_FIRST].open_orders
        return {
            order_id: order
            for part in self._parts.values()
            for order_id, order in part.open_orders.items()
        }

    @property
    def balances(self) -> Mapping[str, Balance] | None:
        """What the account has, by asset, on all shards together."""
        if len(self._parts) == 1:
            return self._parts[_FIRST].balances
        sums: dict[str, Balance] = {}
        for balances in self.shard_balances.values():
            for asset, balance in balances.items():
                sums[asset] = _add(sums[asset], balance) if asset in sums else balance
        return sums or None

    @property
    def shard_balances(self) -> Mapping[int, Mapping[str, Balance]]:
        """What the account has on each shard, by asset."""
        return {
            shard: part.balances for shard, part in self._parts.items() if part.balances is not None
        }

    @property
    def position(self) -> Position | None:
        """How far the reader is; None as long as it has no snapshot of each shard to begin with."""
        if not self._parts:
            return self._given
        places = {shard: part.place for shard, part in self._parts.items() if part.place}
        if len(places) < len(self._parts):
            return None
        others = tuple((shard, *place) for shard, place in places.items() if shard != _FIRST)
        return Position(self._exchange_id, *places[_FIRST], others)

    @property
    def is_live(self) -> bool:
        """Whether orders and balances are up to date."""
        return bool(self._parts) and all(part.is_live for part in self._parts.values())

    async def __aiter__(self) -> AsyncGenerator[Update]:
        """Give every update.

        Waits for a gateway that is not there, with a warning in the log. Raises GatewayError if
        waiting cannot help, as with a wrong path or an unknown key, ExchangeWentBack if the
        exchange has lost what it told, and ValueError if it has not the shards of `after`.
        """
        while True:
            try:
                async with await self._gateway.open_stream() as connection:
                    self._begin()
                    last: int | None = None
                    while True:
                        update = await self._receive(connection, last)
                        last = update.number
                        part = self._find_part(update)
                        missed = await part.find_missed(update, self._gateway)
                        self._pause = 0.0
                        for news in part.take(update, missed):
                            yield news
            except (OSError, TimeoutError, WebSocketException) as error:
                await self._recover(error)
            except GatewayError as error:
                if not _is_passing(error):
                    raise
                await self._recover(error)
            finally:
                self._begin()

    def _begin(self) -> None:
        for part in self._parts.values():
            part.begin_connection()

    async def _recover(self, error: Exception) -> None:
        self._begin()
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

    def _find_part(self, update: Update) -> ShardReader:
        """Return the part of the update's shard, with which a snapshot may have to begin anew."""
        if update.type == "snapshot":
            self._leave_another_exchange(update.exchange_id)
            self._meet_shards(update.shards or [_FIRST])
        return self._parts[update.shard or _FIRST]

    def _leave_another_exchange(self, exchange_id: str | None) -> None:
        """Begin with the first fill if another exchange has taken the place of this one."""
        if exchange_id is None or exchange_id == self._exchange_id:
            return
        if self._exchange_id is not None:
            logger.warning("another exchange has taken the place of the one before")
            self._given = Position(exchange_id, 0)
            self._parts = {}
        self._exchange_id = exchange_id

    def _meet_shards(self, shards: Sequence[int]) -> None:
        """Make the parts of the exchange's shards; one that is new has told nothing yet."""
        if self._parts.keys() == set(shards):
            return
        given = _split(self._given)
        if not self._parts and (unknown := given.keys() - set(shards)):
            raise ValueError(
                f"after is a position on shard {min(unknown)}, which the exchange has not:"
                f" it has {', '.join(map(str, shards))}"
            )
        begins = BEGINNING if self._parts or self._given else None
        is_one = len(shards) == 1
        for shard in shards:
            if shard not in self._parts:
                place = given.get(shard, begins)
                self._parts[shard] = ShardReader(None if is_one else shard, place, self.counts)
        self._parts = {shard: self._parts[shard] for shard in shards}


def _read_position(after: Sequence[Any]) -> Position:
    try:
        return msgspec.convert(tuple(after) or (None, 0), Position)
    except (TypeError, msgspec.ValidationError) as error:
        raise ValueError(f"after must be the position of a reader, or (): {error}") from None


def _split(position: Position | None) -> dict[int, Place]:
    """Return the place on each shard that a position says."""
    if position is None:
        return {}
    others = {shard: Place(*place) for shard, *place in position.others}
    return {_FIRST: Place(position.sequence, position.fills), **others}


def _add(one: Balance, other: Balance) -> Balance:
    """Add what two shards have of an asset, which has as many decimals on both."""
    places = len(one.free.partition(".")[2])
    free, locked = (
        format_amount(sum(scale(text, places) for text in texts), places)
        for texts in ((one.free, other.free), (one.locked, other.locked))
    )
    return Balance(one.asset, free, locked)


def _is_passing(error: GatewayError) -> bool:
    return error.code in _PASSING or is_passing(error.status)
