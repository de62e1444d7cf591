"""Recorded order flow through the matching core, checked command by command."""

import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from engine.core import (
    COMMAND_RECORD,
    Command,
    Event,
    EventKind,
    EventRow,
    Matcher,
    OrderType,
    Side,
)
from participants.formats.commands import FileCommand, FileTrade

ACCOUNT = 1
BATCH = 4096
PASSES = 21
"""Of the same commands; each takes a few milliseconds."""


@dataclass
class Outcome:
    """How much was replayed, how much of it came out right, and each difference."""

    commands: int = 0
    trades: int = 0
    trades_expected: int = 0
    trades_seen: int = 0
    rows: int = 0
    rows_expected: int = 0
    differences: list[str] = field(default_factory=list)


class Replay:
    """A matcher that gets recorded commands; their text ids become numbers."""

    def __init__(self) -> None:
        self.matcher = Matcher(1)
        self.outcome = Outcome()
        self._ids: dict[str, int] = {}
        self._names = [""]

    def record(self, command: FileCommand) -> bytes:
        """Pack the command."""
        price, quantity = command.price, command.quantity
        if command.kind in ("N", "I"):
            self._ids[command.order_id] = len(self._names)
            self._names.append(command.order_id)
        order_id = self._ids.get(command.order_id, 0)
        if command.kind == "C":
            return COMMAND_RECORD.pack(Command.CANCEL, 0, 0, 0, 0, order_id, ACCOUNT, 0, 0, 0)
        if command.kind == "A":
            return COMMAND_RECORD.pack(Command.AMEND, 0, 0, 0, 0, order_id, ACCOUNT, quantity, 0, 0)
        side = Side.BUY if command.is_buy else Side.SELL
        order_type = OrderType.IOC if command.kind == "I" else OrderType.LIMIT
        head = (Command.NEW, side, order_type, 0, 0)
        return COMMAND_RECORD.pack(*head, order_id, ACCOUNT, quantity, price, 0)

    def check(
        self, command: FileCommand, rows: Iterator[EventRow], *, has_trades: bool = True
    ) -> None:
        """Compare the command's events and the book after it with what was recorded.

        Trades are compared only if the file `has_trades`: flow that was made has none to compare.
        """
        outcome = self.outcome
        outcome.commands += 1
        trades = [self._named(Event._make(row)) for row in rows if row[0] == EventKind.TRADE]
        outcome.trades_seen += len(trades)
        outcome.trades_expected += len(command.trades)
        outcome.trades += sum(map(FileTrade.__eq__, trades, command.trades))
        if has_trades and trades != command.trades:
            self._differ(command, f"trades {trades}, not {command.trades}")
        for book in command.books:
            outcome.rows_expected += 1
            bids, asks = self.matcher.l2(0, book.depth)
            if (bids, asks) == (book.bids, book.asks):
                outcome.rows += 1
            else:
                self._differ(command, f"bids {bids}, asks {asks}, not {book}")

    def _differ(self, command: FileCommand, text: str) -> None:
        place = f"command {self.outcome.commands} ({command.kind} {command.order_id})"
        self.outcome.differences.append(f"{place}: {text}")

    def _named(self, event: Event) -> FileTrade:
        maker, taker = self._names[event.other_id], self._names[event.order_id]
        return FileTrade(maker, taker, event.price, event.quantity)


def time_batches(records: list[bytes]) -> float:
    """Return commands a second of CPU of the core alone, in batches: the median of PASSES."""
    batches = [b"".join(records[start : start + BATCH]) for start in range(0, len(records), BATCH)]
    return len(records) / statistics.median(_time_pass(batches) for _ in range(PASSES))


def _time_pass(batches: list[bytes]) -> float:
    """Return seconds of CPU, with a new matcher."""
    matcher = Matcher(1)
    started = time.thread_time()
    for batch in batches:
        matcher.apply(batch)
    return time.thread_time() - started


def replay_commands(commands: Sequence[FileCommand]) -> tuple[Outcome, list[bytes]]:
    """Replay them through a new matcher; return the outcome and the packed commands."""
    replay = Replay()
    records = []
    has_trades = any(command.trades for command in commands)
    for command in commands:
        record = replay.record(command)
        records.append(record)
        rows = iter(run_record(replay.matcher, record))
        replay.check(command, rows, has_trades=has_trades)
    return replay.outcome, records


def run_record(matcher: Matcher, record: bytes) -> Sequence[EventRow]:
    """Run one packed command by a call of its own."""
    kind, side, order_type, mode, symbol, *numbers = COMMAND_RECORD.unpack(record)
    order_id, account, quantity, price, stop_price = numbers
    if kind == Command.NEW:
        prices = (quantity, price, stop_price, mode)
        return matcher.new(symbol, order_id, account, side, order_type, *prices)
    if kind == Command.CANCEL:
        return matcher.cancel(order_id, account)
    return matcher.amend(order_id, account, quantity)
