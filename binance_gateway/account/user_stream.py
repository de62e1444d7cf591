"""Follows what happens to an account, without a gap."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from typing import TypeAlias

from archive.records import OrderRecord
from binance_gateway.account.balance_sums import BalanceSums
from binance_gateway.account.list_events import Event
from binance_gateway.account.questions import Questions
from binance_gateway.account.report_events import ReportEvents
from binance_gateway.signing.keys import Signers
from binance_gateway.words.errors import BinanceError
from binance_gateway.words.symbols import Symbols
from order_gateway.account.report_feed import ReportFeed
from order_gateway.account.report_listener import Listener, Report

SECONDS_TO_WAIT = 30.0


class EventsLost(Exception):
    """Something that has happened cannot be told any more: the reader must begin anew."""


class UserStream:
    """The events of one account from its beginning on."""

    def __init__(
        self,
        listener: Listener,
        questions: Questions,
        events: ReportEvents,
        shard: int | None = None,
    ) -> None:
        """Take those of a `shard`; None: there is no other."""
        self._listener = listener
        self._questions = questions
        self._events = events
        self._shard = shard
        self._recalled_up_to = 0
        """Sequence of the newest report that what was recalled may have taken in."""

    async def recall(self) -> None:
        """Learn since when the account's open orders are there, if the archive comes to tell."""
        account, start = self._listener.account, self._listener.start
        with suppress(BinanceError):
            orders, self._recalled_up_to = await self._questions.recall(account, start, self._shard)
            self._note(orders)

    async def take(self) -> list[Event]:
        """Wait for what happens next; raise EventsLost."""
        while True:
            told = await self._listener.take(SECONDS_TO_WAIT)
            if self._listener.is_lost:
                raise EventsLost("too much waits for the reader")
            if told is None:
                continue
            if told.report is None:
                raise EventsLost("reports cannot be followed without a gap")
            if told.sequence > self._listener.start:
                if told.sequence <= self._recalled_up_to:
                    await self._recall_ended(told.report)
                return self._events.translate(told.report)

    async def _recall_ended(self, report: Report) -> None:
        """Learn of orders that have ended between the stream's beginning and the recall."""
        for order_id in self._events.find_unknown(report):
            with suppress(BinanceError):
                self._note(await self._questions.recall_one(self._listener.account, order_id))

    def _note(self, orders: Sequence[OrderRecord]) -> None:
        for order in orders:
            self._events.recall(order, self._listener.start)


class ShardedUserStream:
    """The events of one account on several shards: those of each in their order.

    What the account has is told as the sum over all shards, as of `starts` or later.
    """

    def __init__(
        self,
        account: str,
        starts: Mapping[int, int],
        parts: Mapping[int, UserStream],
        sums: BalanceSums,
        questions: Questions,
    ) -> None:
        self._account = account
        self._starts = starts
        self._parts = parts
        self._sums = sums
        self._questions = questions
        self._taking: dict[int, asyncio.Task[list[Event]]] = {}

    async def recall(self) -> None:
        """Learn what each shard has; raise EventsLost if it cannot be told what the account has."""
        await asyncio.gather(*(part.recall() for part in self._parts.values()))
        if not self._sums.has_begun:
            await self.recall_balances()
        if not self._sums.has_begun:
            raise EventsLost("what the account has on each shard is not known")

    async def recall_balances(self) -> None:
        """Learn what the account has, if the archive tells: the sooner, the less happens since."""
        with suppress(BinanceError):
            found = await self._questions.recall_balances(self._account, self._starts)
            self._sums.begin(*found)

    async def take(self) -> list[Event]:
        """Wait for what happens next on any shard; raise EventsLost."""
        for shard, part in self._parts.items():
            if shard not in self._taking:
                self._taking[shard] = asyncio.create_task(part.take())
        await asyncio.wait(self._taking.values(), return_when=asyncio.FIRST_COMPLETED)
        done = [shard for shard, task in self._taking.items() if task.done()]
        return [event for shard in done for event in self._taking.pop(shard).result()]

    async def aclose(self) -> None:
        """Wait for nothing any more."""
        for task in self._taking.values():
            task.cancel()
        await asyncio.gather(*self._taking.values(), return_exceptions=True)


AccountStream: TypeAlias = UserStream | ShardedUserStream


class UserStreams:
    """Opens streams; an account that the engine does not know has nothing to tell."""

    def __init__(
        self,
        reports: Mapping[int, ReportFeed],
        symbols: Symbols,
        questions: Questions,
        read_clock: Callable[[], int],
        signers: Signers,
    ) -> None:
        self._reports = reports
        self._symbols = symbols
        self._questions = questions
        self.read_clock = read_clock
        self.signers = signers

    @asynccontextmanager
    async def open(
        self, account: str, count_unsent: Callable[[], int]
    ) -> AsyncIterator[AccountStream]:
        """Follow an account while the context lasts; raise Unavailable if that cannot be done.

        `count_unsent` returns the bytes that the reader's connection holds unsent.
        """
        async with AsyncExitStack() as stack:
            listeners = {
                shard: await stack.enter_async_context(feed.listen(account, count_unsent))
                for shard, feed in self._reports.items()
            }
            if len(listeners) == 1:
                events = ReportEvents(self._symbols, self.read_clock)
                yield UserStream(listeners[1], self._questions, events)
                return
            stream = self._join(listeners)
            stack.push_async_callback(stream.aclose)
            await stream.recall_balances()
            yield stream

    def _join(self, listeners: Mapping[int, Listener]) -> ShardedUserStream:
        sums = BalanceSums()
        parts = {
            shard: UserStream(
                listener,
                self._questions,
                ReportEvents(self._symbols, self.read_clock, partial(sums.take, shard)),
                shard,
            )
            for shard, listener in listeners.items()
        }
        starts = {shard: listener.start for shard, listener in listeners.items()}
        return ShardedUserStream(listeners[1].account, starts, parts, sums, self._questions)
