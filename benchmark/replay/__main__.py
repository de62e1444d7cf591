"""Whether recorded order flow comes out of the core, or of the system, as it was recorded.

`python -m benchmark.replay FILE`: in process every command is checked against the trades recorded
for it and the book recorded after it; then all of them run in batches against the clock. With
`--system` they go to the running system by REST, and trades and book are read from its WebSocket.
Exit status 1 on any difference.
"""

import argparse
import asyncio
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx

from benchmark.replay.system import SystemOutcome, find_empty_book, replay_through_system
from benchmark.shared.commands_file import FileCommand, FileTrade, read_commands
from benchmark.shared.figures import add_json_option, write_figures
from benchmark.shared.machine import describe_machine
from engine.core import (
    COMMAND_RECORD,
    IMPLEMENTATION,
    Command,
    Event,
    EventKind,
    EventRow,
    Matcher,
    OrderType,
    Side,
)
from protocol.settings import Settings

ACCOUNT = 1
BATCH = 4096
PASSES = 21
"""Each takes a few milliseconds."""


@dataclass
class Outcome:
    """What came out right, out of how much."""

    commands: int = 0
    trades: int = 0
    trades_expected: int = 0
    rows: int = 0
    rows_expected: int = 0
    differences: list[str] = field(default_factory=list)


class Replay:
    """Drives a matcher with recorded commands; text ids become numbers."""

    def __init__(self, tick_size: int, lot_size: int) -> None:
        self.matcher = Matcher(1)
        self.outcome = Outcome()
        self._tick_size = tick_size
        self._lot_size = lot_size
        self._ids: dict[str, int] = {}
        self._names = [""]

    def record(self, command: FileCommand) -> bytes:
        """The command as the core takes it; ValueError for an amount that is off the grid."""
        price, quantity = self._to_ticks(command.price), self._to_lots(command.quantity)
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

    def check(self, command: FileCommand, rows: Iterator[EventRow]) -> None:
        """Compares the command's events and the book after it with what was recorded."""
        outcome = self.outcome
        outcome.commands += 1
        trades = [self._named(Event._make(row)) for row in rows if row[0] == EventKind.TRADE]
        outcome.trades_expected += len(command.trades)
        outcome.trades += sum(map(FileTrade.__eq__, trades, command.trades))
        if trades != command.trades:
            self._differ(command, f"trades {trades}, not {command.trades}")
        for book in command.books:
            outcome.rows_expected += 1
            bids, asks = self.matcher.l2(0, book.depth)
            if self._in_file_units(bids) == book.bids and self._in_file_units(asks) == book.asks:
                outcome.rows += 1
            else:
                self._differ(command, f"bids {bids}, asks {asks}, not {book}")

    def _differ(self, command: FileCommand, text: str) -> None:
        place = f"command {self.outcome.commands} ({command.kind} {command.order_id})"
        self.outcome.differences.append(f"{place}: {text}")

    def _to_ticks(self, price: int) -> int:
        if price % self._tick_size:
            raise ValueError(f"price {price} is no multiple of the tick size {self._tick_size}")
        return price // self._tick_size

    def _to_lots(self, quantity: int) -> int:
        if quantity % self._lot_size:
            raise ValueError(f"quantity {quantity} is no multiple of the lot {self._lot_size}")
        return quantity // self._lot_size

    def _in_file_units(self, levels: list[tuple[int, int]]) -> list[tuple[int, int]]:
        return [(p * self._tick_size, q * self._lot_size) for p, q in levels]

    def _named(self, event: Event) -> FileTrade:
        maker, taker = self._names[event.other_id], self._names[event.order_id]
        return FileTrade(
            maker, taker, event.price * self._tick_size, event.quantity * self._lot_size
        )


def time_batches(records: list[bytes]) -> float:
    """Commands in a second of CPU of the core alone, in batches: the median of some passes."""
    batches = [b"".join(records[start : start + BATCH]) for start in range(0, len(records), BATCH)]
    return len(records) / statistics.median(_time_pass(batches) for _ in range(PASSES))


def _time_pass(batches: list[bytes]) -> float:
    """Seconds of CPU, with a new matcher."""
    matcher = Matcher(1)
    started = time.thread_time()
    for batch in batches:
        matcher.apply(batch)
    return time.thread_time() - started


def replay_file(
    path: Path, *, tick_size: int = 1, lot_size: int = 1
) -> tuple[Outcome, list[bytes]]:
    """Replays a file through a new matcher; also returns the packed commands."""
    replay = Replay(tick_size, lot_size)
    records = []
    for command in read_commands(path):
        record = replay.record(command)
        records.append(record)
        replay.check(command, iter(run_record(replay.matcher, record)))
    return replay.outcome, records


def run_record(matcher: Matcher, record: bytes) -> Sequence[EventRow]:
    """One packed command by the simple calls."""
    kind, side, order_type, mode, symbol, *numbers = COMMAND_RECORD.unpack(record)
    order_id, account, quantity, price, stop_price = numbers
    if kind == Command.NEW:
        prices = (quantity, price, stop_price, mode)
        return matcher.new(symbol, order_id, account, side, order_type, *prices)
    if kind == Command.CANCEL:
        return matcher.cancel(order_id, account)
    return matcher.amend(order_id, account, quantity)


def replay_system(options: argparse.Namespace) -> int:
    """Sends the file's commands to the running system; 1 on any difference, 2 without a system."""
    sizes = (options.tick_size, options.lot_size)
    commands = [_to_steps(command, *sizes) for command in read_commands(options.file)]
    expected = Replay(1, 1)
    for command in commands:
        run_record(expected.matcher, expected.record(command))
    addresses = (options.gateway, options.market_data)
    try:
        instrument = find_empty_book(*addresses, options.symbol or "SOL-USDT")
        outcome = asyncio.run(replay_through_system(commands, *addresses, instrument))
    except (httpx.HTTPError, OSError, LookupError) as error:
        print(f"cannot replay: {error or type(error).__name__}")
        return 2
    write_figures(options.json, {"commands a second": len(commands) / outcome.seconds})
    return _report_system(commands, outcome, expected.matcher)


def _to_steps(command: FileCommand, tick_size: int, lot_size: int) -> FileCommand:
    """The command with its amounts in ticks and lots."""
    trades = [
        trade._replace(price=trade.price // tick_size, quantity=trade.quantity // lot_size)
        for trade in command.trades
    ]
    price, quantity = command.price // tick_size, command.quantity // lot_size
    return replace(command, price=price, quantity=quantity, trades=trades)


def _report_system(commands: list[FileCommand], outcome: SystemOutcome, expected: Matcher) -> int:
    trades = [trade for command in commands for trade in command.trades]
    right = sum(map(FileTrade.__eq__, outcome.trades, trades))
    bids, asks = expected.l2(0)
    is_equal = (outcome.bids, outcome.asks) == (dict(bids), dict(asks))
    rate = len(commands) / outcome.seconds
    print(f"{len(commands):,} commands by REST, one after the other, {rate:,.0f} a second")
    print(f"trades right: {right:,} of {len(trades):,}, {len(outcome.trades):,} seen on the feed")
    print(f"final book: {len(bids) + len(asks):,} levels, {'equal' if is_equal else 'DIFFERENT'}")
    return 0 if is_equal and outcome.trades == trades else 1


def main() -> int:
    """Runs the command line; the exit status is 1 on any difference."""
    parser = argparse.ArgumentParser(prog="python -m benchmark.replay", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--symbol", default="", help="a name for the report")
    parser.add_argument("--tick-size", type=int, default=1, help="in the file's price units")
    parser.add_argument("--lot-size", type=int, default=1, help="in the file's quantity units")
    parser.add_argument("--system", action="store_true", help="drive the running system instead")
    settings = Settings()
    gateway = f"http://{settings.gateway_host}:{settings.gateway_port}"
    market_data = f"http://{settings.market_data_host}:{settings.market_data_port}"
    parser.add_argument("--gateway", default=gateway, help=f"for --system ({gateway})")
    parser.add_argument("--market-data", default=market_data, help=f"for --system ({market_data})")
    add_json_option(parser)
    options = parser.parse_args()
    print(describe_machine())
    if options.system:
        return replay_system(options)
    sizes = {"tick_size": options.tick_size, "lot_size": options.lot_size}
    outcome, records = replay_file(options.file, **sizes)
    print(f"{options.symbol or options.file.name}: {outcome.commands:,} commands, {IMPLEMENTATION}")
    print(f"trades right: {outcome.trades:,} of {outcome.trades_expected:,}")
    print(f"book rows equal: {outcome.rows:,} of {outcome.rows_expected:,}")
    speed = time_batches(records)
    print(f"commands per second of CPU, core alone, batches of {BATCH}: {speed:,.0f}")
    for difference in outcome.differences[:10]:
        print(difference)
    figures = {
        "trades right": outcome.trades,
        "book rows equal": outcome.rows,
        "core ns a command": 1e9 / speed,
    }
    write_figures(options.json, figures)
    return 1 if outcome.differences else 0


if __name__ == "__main__":
    sys.exit(main())
