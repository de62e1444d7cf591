"""Follows what happens to an account, without a gap."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress

from archive.records import OrderRecord
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

    def __init__(self, listener: Listener, questions: Questions, events: ReportEvents) -> None:
        self._listener = listener
        self._questions = questions
        self._events = events
        self._recalled_up_to = 0
        """Sequence of the newest report that what was recalled may have taken in."""

    async def recall(self) -> None:
        """Learn since when the account's open orders are there, if the archive comes to tell."""
        account, start = self._listener.account, self._listener.start
        with suppress(BinanceError):
            orders, self._recalled_up_to = await self._questions.recall(account, start)
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


class UserStreams:
    """Opens streams; an account that the engine does not know has nothing to tell."""

    def __init__(
        self,
        reports: ReportFeed,
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
    ) -> AsyncIterator[UserStream]:
        """Follow an account while the context lasts; raise Unavailable if that cannot be done.

        `count_unsent` returns the bytes that the reader's connection holds unsent.
        """
        async with self._reports.listen(account, count_unsent) as listener:
            events = ReportEvents(self._symbols, self.read_clock)
            yield UserStream(listener, self._questions, events)
