"""Verify all that is stored: replay it and audit it."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.audit.answers import AnswerAudit
from engine.audit.balances import BalanceAudit
from engine.audit.book import BookAudit
from engine.audit.chain import ChainAudit
from engine.audit.clock import ClockAudit
from engine.audit.findings import Finding, Findings, Rule
from engine.audit.orders import OrderAudit
from engine.audit.record import Record
from engine.audit.replay import ReplayAudit
from engine.audit.timers import TimerAudit
from engine.audit.transfers import TransferAudit, Verified
from engine.core import OpenOrder
from engine.exchange.exchange import Exchange
from engine.storage.journal import JournalDamaged
from protocol import channels
from protocol.enums import Side
from protocol.events import ChannelMessage, PrivateEvent
from protocol.journal import JournalEntry
from protocol.snapshot import Snapshot


@dataclass(frozen=True)
class Report:
    """What was verified, and what was found; `findings` are the first of `findings_total`."""

    start: int
    sequence: int
    seconds: float
    commits: int
    accepted: int
    rejected: int
    refused: int
    ended: int
    open: int
    trades: int
    updates: int
    snapshots: int
    findings: Sequence[Finding]
    findings_total: int
    verified: Verified


def verify_record(record: Record) -> Report:
    """Replay and audit all that is stored, from the oldest sequence from which that is possible.

    Raises RecordUnavailable if a serving engine trims the journal meanwhile.
    """
    began = time.perf_counter()
    verification = Verification(record)
    verification.run()
    return verification.make_report(time.perf_counter() - began)


class Verification:
    """One pass over the journal. Its memory: the open orders, one page of the journal."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._findings = Findings()
        self._start, exchange, books = self._begin()
        self._chain = ChainAudit(
            exchange.sequence, exchange.timestamp, books.last_published if books else {},
            self._findings,
        )  # fmt: skip
        self._replay = ReplayAudit(exchange, self._findings)
        self._answers = AnswerAudit(self._findings)
        self._clock = ClockAudit(exchange, record.clock, self._findings)
        self._timers = TimerAudit(exchange, self._findings)
        self._orders = OrderAudit(record.instruments, record.closed_limit, self._findings)
        self._balances = BalanceAudit(record.instruments, self._findings)
        self._transfers = TransferAudit(self._findings)
        self._books = BookAudit(record.instruments, self._orders.queues, self._findings)
        self._snapshots = set(record.snapshots)
        if books is not None:
            self._orders.begin(exchange.orders.open.values(), _list_by_priority(exchange))
            self._books.begin(books.books)
            self._balances.begin(exchange)
            self._transfers.begin(exchange.transfers)

    def run(self) -> None:
        """Read the whole journal, and check its end."""
        if self._record.sequence and self._start == 0 and self._record.journal_start:
            self._findings.add(Rule.SEQUENCE, "no snapshot to start from, and no journal from 0 on")
            return
        try:
            for entry in self._record.read_entries(self._start):
                self._findings.sequence = entry.sequence
                self._read(entry)
        except JournalDamaged as damage:
            self._findings.add(Rule.SEQUENCE, str(damage))
        self._check_end()

    def make_report(self, seconds: float) -> Report:
        """Make the report, after the run."""
        orders = self._orders
        return Report(
            self._start, self._chain.sequence, seconds, self._chain.commits,
            orders.accepted, orders.rejected, orders.refused, orders.ended, len(orders.open),
            self._books.trades, self._books.updates, self._replay.snapshots,
            self._findings.kept, self._findings.total, self._make_verified(),
        )  # fmt: skip

    def _make_verified(self) -> Verified:
        balances = self._balances
        return Verified(self._transfers, balances.there, balances.outside, balances.places)

    def _begin(self) -> tuple[int, Exchange, Snapshot | None]:
        start = self._record.choose_start()
        if start:
            for sequence in self._record.snapshots:
                try:
                    snapshot = self._record.read_snapshot(sequence)
                    exchange = self._record.make_exchange(snapshot)
                except ValueError as error:
                    self._findings.add(Rule.SNAPSHOT, f"at {sequence}: {error}")
                else:
                    return sequence, exchange, snapshot
        return 0, self._record.make_exchange(None), None

    def _read(self, entry: JournalEntry) -> None:
        messages = self._chain.read(entry)
        self._replay.read(entry)
        trades = _events(messages, channels.TRADE_EVENTS)
        events = _events(messages, channels.EXECUTION_REPORTS)
        reports = [event for event in events if isinstance(event, PrivateEvent)]
        self._answers.read(entry, reports)
        self._clock.read(entry, reports)
        self._timers.read(entry, reports)
        self._orders.read(reports, trades)
        self._balances.read(entry, events)
        self._transfers.read(events)
        self._books.read(
            trades,
            _events(messages, channels.ORDER_BOOK_UPDATES),
            _events(messages, channels.BBO_UPDATES),
        )
        if entry.sequence in self._snapshots:
            self._compare_snapshot(entry.sequence)
            self._balances.compare_holds(self._orders.open.values())

    def _compare_snapshot(self, sequence: int) -> None:
        try:
            self._replay.compare(self._record.read_snapshot(sequence))
        except ValueError as error:
            self._findings.add(Rule.SNAPSHOT, f"at {sequence}: {error}")

    def _check_end(self) -> None:
        stored = {name: self._record.last_published(name) for name in channels.EVENT_CHANNELS}
        self._chain.read_end(self._record.sequence, stored)
        for sequence in self._snapshots:
            self._findings.expect(
                sequence <= self._record.sequence, Rule.SNAPSHOT, f"{sequence} is in the future"
            )
        if self._replay.is_intact:
            self._compare_open_orders(self._replay.exchange)
            self._transfers.read_end(self._replay.exchange.transfers)
            self._balances.compare_holds(self._orders.open.values())
            self._compare_books(self._replay.exchange.export())

    def _compare_open_orders(self, exchange: Exchange) -> None:
        engine = {str(order.order_id): order.remaining for order in exchange.orders.open.values()}
        reported = {order.order_id: order.remaining for order in self._orders.open.values()}
        core = {
            str(order.order_id): order.remaining
            for instrument in self._record.instruments
            for order in exchange.matcher.orders(instrument.index)
        }
        for name, others in (("engine", engine), ("core", core)):
            different = dict(reported.items() ^ others.items())
            self._findings.expect(
                not different,
                Rule.OPEN_ORDERS,
                f"reports and {name} differ about {list(different)[:5]}",
            )

    def _compare_books(self, snapshot: Snapshot) -> None:
        for expected in snapshot.books:
            book = self._books.books[expected.symbol]
            levels = book.levels(Side.BUY), book.levels(Side.SELL)
            is_same = levels == (expected.bids, expected.asks)
            numbers = book.update_id, book.trade_id
            self._findings.expect(
                is_same and numbers == (expected.last_update_id, expected.last_trade_id),
                Rule.LEVEL,
                f"{expected.symbol}: the feed's book is not the engine's",
            )


def _list_by_priority(exchange: Exchange) -> list[OpenOrder]:
    """List the orders in the books by priority; those that wait for a stop price have no place."""
    return [
        order
        for symbol in range(exchange.matcher.symbols)
        for order in exchange.matcher.orders(symbol)
        if not order.waiting
    ]


def _events(messages: dict[str, ChannelMessage], channel: str) -> Any:
    """Return the events on `channel`; the replay has compared every byte, so the type is known."""
    message = messages.get(channel)
    return message.events if message is not None else ()
