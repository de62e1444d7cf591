"""Whether recorded order flow comes out of the core, or of the system, as it was recorded.

`python -m benchmark.replay FILE` checks each command in this process against the trades recorded
for it and the book recorded after it, then times all of them in batches. With `--system` it sends
them to the running system by REST, and reads trades and book from its WebSocket.
Exit status 1 on any difference.
"""

import argparse
import asyncio
import sys
from dataclasses import replace
from pathlib import Path

import httpx

from benchmark.replay.core import BATCH, Replay, replay_file, run_record, time_batches
from benchmark.replay.system import SystemOutcome, find_empty_book, replay_through_system
from benchmark.shared.commands_file import FileCommand, FileTrade, read_commands
from benchmark.shared.figures import add_json_option, write_figures
from benchmark.shared.machine import describe_machine
from engine.core import IMPLEMENTATION, Matcher
from protocol.settings import Settings


def replay_system(options: argparse.Namespace) -> int:
    """Send the file's commands to the running system; return 1 on a difference, 2 if it fails."""
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
    """Return the command with its amounts in ticks and lots."""
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
    """Run the command line; exit status 1 on any difference."""
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
