"""Somebody who reads the whole journal as it grows, and remembers what it said."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress

from redis import RedisError

from engine.connection import connect_redis
from engine.history import History
from engine.journal import JournalDamaged, read_journal
from protocol import channels, codec
from protocol.enums import Reason, Status
from protocol.events import CommandRejected, ExecutionReport, Trade
from protocol.journal import JournalEntry

_PAUSE_SECONDS = 0.1


class Witness:
    """What the journal has said of the orders, and of the trades of `symbol`."""

    def __init__(self, redis_url: str, symbol: str) -> None:
        self.sequence = 0
        self.gap: str | None = None
        """Why the journal could not be read on; everything that follows is unknown."""
        self.states: dict[str, tuple[str, str]] = {}
        """Order id → status and filled quantity, the last that was reported."""
        self.trades: dict[int, Trade] = {}
        self.duplicates = 0
        self._redis_url = redis_url
        self._symbol = symbol
        self._hashes: dict[int, bytes] = {}
        self._opened: Counter[str] = Counter()
        self._overfilled: set[str] = set()
        self._repeated_trades = 0

    @property
    def twice(self) -> int:
        """Orders that were opened twice or filled beyond their quantity, trades that came twice."""
        opened_twice = sum(count > 1 for count in self._opened.values())
        return opened_twice + len(self._overfilled) + self._repeated_trades

    async def run(self) -> None:
        """Read on until canceled."""
        while True:
            await asyncio.to_thread(self.catch_up)
            await asyncio.sleep(_PAUSE_SECONDS)

    def catch_up(self) -> None:
        """Read what is new; where Redis is away, the rest comes another time."""
        with suppress(RedisError), connect_redis(self._redis_url) as client:
            try:
                for entry in read_journal(client, self.sequence):
                    self._read(entry)
            except JournalDamaged as damage:
                self.gap = self.gap or str(damage)

    def count_changed(self, history: History) -> int:
        """Commits that the journal has otherwise now than when they were read."""
        start = history.journal_start
        return sum(
            self._hashes.get(entry.sequence) != entry.state_hash
            for entry in history.read_entries(start)
        )

    def _read(self, entry: JournalEntry) -> None:
        for event in _list_events(entry):
            if isinstance(event, ExecutionReport):
                self._read_report(event)
            elif isinstance(event, CommandRejected):
                self.duplicates += event.reason is Reason.DUPLICATE_ORDER
            elif isinstance(event, Trade) and event.symbol == self._symbol:
                self._repeated_trades += event.trade_id in self.trades
                self.trades[event.trade_id] = event
        self._hashes[entry.sequence] = entry.state_hash
        self.sequence = entry.sequence

    def _read_report(self, report: ExecutionReport) -> None:
        is_first = report.last_trade is None and report.status is Status.OPEN
        self._opened[report.order_id] += is_first
        self.states[report.order_id] = (report.status.value, report.filled_quantity)
        if float(report.filled_quantity) > float(report.quantity or "0"):
            self._overfilled.add(report.order_id)


def _list_events(entry: JournalEntry) -> Iterator[object]:
    for channel in (channels.EXECUTION_REPORTS, channels.TRADE_EVENTS):
        if channel in entry.messages:
            yield from codec.decode_message(entry.messages[channel]).events
