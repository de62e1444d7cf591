"""Orders, fills and money, from the archive."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from redis.asyncio import Redis
from redis.exceptions import RedisError

from archive.prevented_query import PreventedOf
from archive.queries import (
    Archive,
    ArchiveUnavailable,
    FillFilter,
    InvalidCursor,
    LedgerFilter,
    OrderFilter,
)
from archive.records import (
    Balances,
    FeesRecord,
    FillRecord,
    LedgerRecord,
    OrderRecord,
    Page,
    Positions,
    PreventedMatchRecord,
    Reached,
    TransferRecord,
)
from order_gateway.errors import ArchiveBehind, archive_unavailable
from protocol.channels import STATE_ID_KEY, STATE_SEQUENCE
from protocol.enums import Reason
from protocol.events import Balance, ExecutionReport
from protocol.reasons import MEANINGS
from protocol.refusal import Refusal
from protocol.shards import FIRST, ShardNames

logger = logging.getLogger(__name__)

WAIT_SECONDS = 0.5
"""How long to wait for the archive to have an order."""
_POLL_SECONDS = 0.02
_FIRST_POLL_SECONDS = 0.002
"""Between the first two looks; each pause is twice the one before."""
MAX_WAITING = 64
"""Questions that wait for an order at the same time; one more is answered immediately."""

MAX_FILLS = 10_000
"""Fills in the answer to a repeat; with more they are left out, as in the engine's replies."""

Answered = TypeVar("Answered")
Described = TypeVar("Described")


@dataclass(frozen=True)
class Snapshot(Generic[Described]):
    """Open orders of an account, newest first, and what it has of every asset.

    They are at least as new as `sequence`, and none is newer than `reached`. Both are sequences of
    whole commits. `balances` is None if the exchange keeps no ledger.
    """

    sequence: int
    reached: int
    orders: list[Described]
    balances: list[Balance] | None


class Recalled(NamedTuple):
    """An order and its trades, oldest first; None if there are too many."""

    order: OrderRecord
    fills: list[FillRecord] | None


class History:
    """Asks the archive in other threads; every method raises Unavailable if it does not answer."""

    def __init__(
        self,
        archive: Archive | None,
        client: Redis,
        shards: Sequence[ShardNames] = (FIRST,),
        find_client: Callable[[ShardNames], Redis] | None = None,
    ) -> None:
        self._shards = shards
        self._archive = archive
        self._find_client: Callable[[ShardNames], Any] = find_client or (lambda _: client)
        self._waiting = 0
        self._trouble: str | None = None

    async def find_order(self, account: str, order_id: int) -> OrderRecord:
        """Return the account's order; raise Refusal if it has none of that id."""
        return await self._find(lambda archive: archive.find_order(order_id, account), "order_id")

    async def find_order_by_client_id(self, account: str, client_order_id: str) -> OrderRecord:
        """Return the account's order; raise Refusal if it has none of that client order id."""
        return await self._find(
            lambda archive: archive.find_order_by_client_id(account, client_order_id),
            "client_order_id",
        )

    async def find_accepted_order(
        self, account: str, client_order_id: str, shard: int | None = None
    ) -> OrderRecord:
        """Return the account's order, which was accepted; raise Refusal if it has none.

        Of several shards it may be one of a `shard`.
        """
        return await self._find(
            lambda archive: archive.find_accepted_order(account, client_order_id, shard),
            "client_order_id",
        )

    async def find_order_by_number(self, account: str, number: int) -> OrderRecord:
        """Return the account's order; raise Refusal if it has none of that number."""
        return await self._find(
            lambda archive: archive.find_order_by_number(account, number), "number"
        )

    async def find_list(
        self, account: str, list_id: int | None, name: str | None
    ) -> list[OrderRecord]:
        """Return the orders of the account's list; raise Refusal if it has none of that id or name.

        Of a name it is the latest list.
        """
        return await self._find(
            lambda archive: _read_list(archive, account, list_id, name) or None,
            "client_list_id" if list_id is None else "list_id",
            Reason.UNKNOWN_LIST,
        )

    async def list_orders(
        self, which: OrderFilter, limit: int, after: str | None
    ) -> tuple[Page[OrderRecord], int]:
        """Return a page of orders, newest first, and the sequence up to which it is complete.

        Raise Refusal for a bad cursor.
        """
        reached = await self._catch_up()
        page = await self._ask(lambda archive: archive.list_orders(which, limit, after))
        return page, reached.total

    async def list_fills(
        self, which: FillFilter, limit: int, after: str | None
    ) -> tuple[Page[FillRecord], int]:
        """Return a page of fills, newest first, and the sequence up to which it is complete.

        That is the shard's if only its fills are asked for. Raise Refusal for a bad cursor.
        """
        reached = await self._catch_up()
        page = await self._ask(lambda archive: archive.list_fills(which, limit, after))
        return page, reached.of(which.shard)

    async def list_prevented_matches(
        self, which: PreventedOf, limit: int, after: str | None
    ) -> tuple[Page[PreventedMatchRecord], int]:
        """Return a page of matches with own orders that were prevented, as `list_fills` does."""
        reached = await self._catch_up()
        page = await self._ask(lambda archive: archive.page_prevented_matches(which, limit, after))
        return page, reached.total

    async def ask(
        self, question: Callable[[Archive], Answered], least: Mapping[int, int] | None = None
    ) -> Answered:
        """Return the archive's answer once it has what is matched by now, or after WAIT_SECONDS.

        Raise Unavailable if it does not have the commands `least` then, sequences by shard.
        """
        _require(least or {}, await self._catch_up())
        return await self._ask(question)

    async def read_balances(self, account: str, least: Mapping[int, int] | None = None) -> Balances:
        """Return the account's balances as of the commands `least` or later.

        Raise Refusal if the exchange keeps none, as the questions below do.
        """
        if least:
            _require(least, await self._catch_up())
        found, _ = await self._ask_ledger(lambda archive: archive.read_balances(account))
        return found

    async def read_shards(self, account: str) -> Mapping[int, list[Balance]]:
        """Return what the account has on each shard; on those from 2 on if it ever had any."""
        found = await self.read_balances(account)
        return found.shards or {1: found.balances or []}

    async def read_positions(self, account: str) -> Positions:
        """Return the account's positions."""
        found, _ = await self._ask_ledger(lambda archive: archive.read_positions(account))
        return found

    async def read_fees(self, account: str) -> tuple[list[FeesRecord], int]:
        """Return the account's rates by symbol, and the sequence up to which they are set."""
        return await self._ask_ledger(lambda archive: archive.read_fees(account))

    async def list_ledger(
        self, which: LedgerFilter, limit: int, after: str | None
    ) -> tuple[Page[LedgerRecord], int]:
        """Return a page of changes of balances, as `list_fills` does of fills."""
        return await self._ask_ledger(lambda archive: archive.list_ledger(which, limit, after))

    async def list_transfers(
        self, account: str, limit: int, after: str | None
    ) -> tuple[Page[TransferRecord], int]:
        """Return a page of what the account has sent between shards, as `list_fills` does."""
        return await self._ask_ledger(lambda archive: archive.list_transfers(account, limit, after))

    async def read_snapshot(
        self, account: str, describe: Callable[[OrderRecord], Described], shard: int | None = None
    ) -> Snapshot[Described]:
        """Return the account's open orders, as `describe` makes them in another thread.

        Of one of several `shard`s they are those on it, and the balances what the account ever
        had there.
        """
        await self._catch_up()
        return await self._ask(lambda archive: _read_snapshot(archive, account, describe, shard))

    async def recall(self, account: str, known: Sequence[ExecutionReport]) -> dict[str, Recalled]:
        """Return the account's orders in the states that are `known`, or in later ones.

        If the archive is behind, wait for half a second at most; what it then does not have is left
        out.
        """
        recalled = await self._ask(lambda archive: _recall(archive, account, known))
        if len(recalled) < len(known):
            await self._catch_up()
            recalled = await self._ask(lambda archive: _recall(archive, account, known))
        return recalled

    async def _ask_ledger(self, question: Callable[[Archive], Answered]) -> tuple[Answered, int]:
        """Return the answer, and the sequence up to which it is complete."""
        sequence = (await self._catch_up()).total
        answer = await self._ask(
            lambda archive: question(archive) if archive.has_ledger() else None
        )
        if answer is not None:
            return answer, sequence
        behind = await self._read_target() - sequence
        if behind > 0:
            raise ArchiveBehind(behind)
        if await self._ask(Archive.list_gaps):
            raise archive_unavailable("what the journal said of the ledger was lost")
        raise Refusal(Reason.NO_LEDGER, None, "the exchange keeps no balances")

    async def _find(
        self,
        find: Callable[[Archive], Answered | None],
        field: str,
        code: Reason = Reason.UNKNOWN_ORDER,
    ) -> Answered:
        """Find an order, waiting for what the archive may still get: it is milliseconds behind."""
        await self._catch_up()
        found = await self._ask(find)
        if found is not None:
            return found
        target = await self._read_target()
        loop = asyncio.get_running_loop()
        deadline = loop.time() + (WAIT_SECONDS if self._waiting < MAX_WAITING else 0)
        self._waiting += 1
        try:
            while True:
                behind = target - await self._ask(Archive.last_sequence)
                found = await self._ask(find)
                if found is not None:
                    return found
                if behind <= 0:
                    raise Refusal(code, field, MEANINGS[code])
                if loop.time() >= deadline:
                    raise ArchiveBehind(behind)
                await asyncio.sleep(_POLL_SECONDS)
        finally:
            self._waiting -= 1

    async def _read_target(self) -> int:
        """Return the sequence at which everything that is queued now has been matched.

        With several shards, the sum of theirs.
        """
        try:
            return sum([await self._read_shard_target(names) for names in self._shards])
        except (RedisError, OSError):
            raise archive_unavailable("what is still on its way to it cannot be known") from None

    async def _read_shard_target(self, names: ShardNames) -> int:
        async with self._find_client(names).pipeline(transaction=True) as pipeline:
            pipeline.llen(names.order_queue)
            pipeline.hget(names.state, STATE_SEQUENCE)
            queued, sequence = await pipeline.execute()
        return int(queued) + int(sequence or 0)

    async def _read_sequences(self) -> tuple[bytes | None, dict[int, int]]:
        """Return the exchange's id key, and the last sequence of each shard."""
        sequences: dict[int, int] = {}
        key: bytes | None = None
        for names in self._shards:
            fields = STATE_ID_KEY, STATE_SEQUENCE
            id_key, sequence = await self._find_client(names).hmget(names.state, *fields)
            sequences[names.shard] = int(sequence or 0)
            if names.shard == 1:
                key = id_key
        return key, sequences

    async def _catch_up(self) -> Reached:
        """Wait until the archive has what is matched by now; return how far it is.

        Wait for half a second at most, so that the archive may still be behind. Raise Unavailable
        if it is the archive of another exchange.
        """
        try:
            id_key, sequences = await self._read_sequences()
        except (RedisError, OSError):
            return await self._ask(Archive.read_reached)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + WAIT_SECONDS
        pause = _FIRST_POLL_SECONDS
        while not (reached := await self._ask(Archive.read_reached)).has(sequences):
            if loop.time() >= deadline:
                break
            await asyncio.sleep(pause)
            pause = min(2 * pause, _POLL_SECONDS)
        if not reached.is_of(id_key):
            raise archive_unavailable("its database is that of another exchange")
        return reached

    async def _ask(self, question: Callable[[Archive], Answered]) -> Answered:
        if self._archive is None:
            raise archive_unavailable("there is none")
        try:
            answer = await asyncio.to_thread(question, self._archive)
        except ArchiveUnavailable as error:
            self._report(str(error))
            raise archive_unavailable("it does not answer, or has not begun yet") from None
        except InvalidCursor as error:
            raise Refusal(Reason.INVALID_CURSOR, "after", str(error)) from None
        self._report(None)
        return answer

    def _report(self, trouble: str | None) -> None:
        """Log one line when the archive stops answering, one when it answers again."""
        if trouble is not None and self._trouble is None:
            logger.error("the archive cannot be asked: %s", trouble)
        if trouble is None and self._trouble is not None:
            logger.info("the archive answers again")
        self._trouble = trouble


def _read_list(
    archive: Archive, account: str, list_id: int | None, name: str | None
) -> list[OrderRecord]:
    if list_id is None:
        list_id = archive.find_list(account, name or "")
    return [] if list_id is None else archive.list_list(account, list_id)


def _require(least: Mapping[int, int], reached: Reached) -> None:
    behind = sum(max(0, sequence - reached.of(shard)) for shard, sequence in least.items())
    if behind:
        raise ArchiveBehind(behind)


def _recall(
    archive: Archive, account: str, known: Sequence[ExecutionReport]
) -> dict[str, Recalled]:
    found = {}
    for report in known:
        order = archive.find_order(int(report.order_id), account)
        if order is not None and _is_as_new(order, report):
            found[order.order_id] = Recalled(order, _read_fills(archive, order))
    return found


def _is_as_new(order: OrderRecord, report: ExecutionReport) -> bool:
    if order.sequence > report.sequence:
        return True
    state = (order.status, order.filled_quantity, order.remaining_quantity)
    return state == (report.status, report.filled_quantity, report.remaining_quantity)


def _read_fills(archive: Archive, order: OrderRecord) -> list[FillRecord] | None:
    """Return the fills up to the state that `order` is in, None if there are too many."""
    which = FillFilter(order.account, order_id=int(order.order_id))
    fills: list[FillRecord] = []
    after: str | None = None
    while len(fills) <= MAX_FILLS:
        page = archive.list_fills(which, 1000, after)
        fills += [fill for fill in page.items if fill.sequence <= order.sequence]
        after = page.after
        if after is None:
            return fills[::-1]
    return None


def _read_snapshot(
    archive: Archive,
    account: str,
    describe: Callable[[OrderRecord], Described],
    shard: int | None,
) -> Snapshot[Described]:
    """Read the sequence first: what happens meanwhile is in the answers, or is reported again."""
    sequence = archive.read_reached().of(shard)
    balances = _choose_balances(archive.read_balances(account), shard)
    which = OrderFilter(account, is_open=True, shard=shard)
    orders: list[Described] = []
    after: str | None = None
    while True:
        page = archive.list_orders(which, 1000, after)
        orders += map(describe, page.items)
        after = page.after
        if after is None:
            return Snapshot(sequence, archive.read_reached().of(shard), orders, balances)


def _choose_balances(found: Balances, shard: int | None) -> list[Balance] | None:
    """Return what is on the shard; None: on all, or the exchange keeps no ledger."""
    if shard is None or found.balances is None:
        return found.balances
    by_shard = found.shards or {1: found.balances}
    return by_shard.get(shard, [])
