"""Whether recorded order flow comes out of the core, or of the system, as it was recorded.

`python -m benchmark.replay FILE` checks each command in this process against the trades recorded
for it and the book recorded after it, then times all of them in batches. With `--system` it sends
them to the running system by REST, and reads trades and book from its WebSocket.
Exit status 1 on any difference.
"""

import argparse
import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx

from benchmark.replay.core import BATCH, Replay, replay_commands, run_record, time_batches
from benchmark.replay.system import SystemOutcome, find_empty_book, replay_through_system
from benchmark.shared.figures import add_json_option, write_figures
from benchmark.shared.machine import describe_machine
from engine.core import IMPLEMENTATION, Matcher
from participants.formats.commands import FileCommand, FileTrade, WholeNumbers, read_commands
from protocol.instrument import Instrument, parse_instruments
from protocol.settings import Settings

SYMBOL = "SOL-USDT"


def replay_core(options: argparse.Namespace) -> int:
    """Replay the file through a core of our own; return 1 on a difference."""
    instrument = _find_instrument(options.symbol) if options.symbol else None
    outcome, records = replay_commands(list(_read(options, instrument)))
    print(f"{options.symbol or options.file.name}: {outcome.commands:,} commands, {IMPLEMENTATION}")
    if outcome.trades_expected:
        print(f"trades right: {outcome.trades:,} of {outcome.trades_expected:,}")
    else:
        print(f"trades: {outcome.trades_seen:,}; the file has none to compare them with")
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


def replay_system(options: argparse.Namespace) -> int:
    """Send the file's commands to the running system; return 1 on a difference."""
    addresses = (options.gateway, options.market_data)
    instrument = find_empty_book(*addresses, options.symbol or SYMBOL)
    commands = list(_read(options, instrument))
    expected = Replay()
    for command in commands:
        run_record(expected.matcher, expected.record(command))
    outcome = asyncio.run(replay_through_system(commands, *addresses, instrument))
    write_figures(options.json, {"commands a second": len(commands) / outcome.seconds})
    return _report_system(commands, outcome, expected.matcher)


def _find_instrument(symbol: str) -> Instrument:
    """Return the instrument of the instruments file; raise LookupError if it has none."""
    instruments = parse_instruments(Settings().instruments_file.read_text())
    if symbol not in instruments:
        raise LookupError(f"no instrument {symbol}: choose one of {', '.join(instruments)}")
    return instruments[symbol]


def _read(options: argparse.Namespace, instrument: Instrument | None) -> Iterator[FileCommand]:
    whole = WholeNumbers(options.tick_size, options.lot_size)
    return read_commands(options.file, instrument, whole)


def _report_system(commands: list[FileCommand], outcome: SystemOutcome, expected: Matcher) -> int:
    trades = [trade for command in commands for trade in command.trades]
    right = sum(map(FileTrade.__eq__, outcome.trades, trades))
    are_right = outcome.trades == trades or not trades
    bids, asks = expected.l2(0)
    is_equal = (outcome.bids, outcome.asks) == (dict(bids), dict(asks))
    rate = len(commands) / outcome.seconds
    print(f"{len(commands):,} commands by REST, one after the other, {rate:,.0f} a second")
    if trades:
        print(f"trades right: {right:,} of {len(trades):,}, {len(outcome.trades):,} on the feed")
    else:
        print(f"trades: {len(outcome.trades):,}; the file has none to compare them with")
    print(f"final book: {len(bids) + len(asks):,} levels, {'equal' if is_equal else 'DIFFERENT'}")
    return 0 if is_equal and are_right else 1


def main() -> int:
    """Run the command line; exit status 1 on any difference, 2 if nothing could be compared."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmark.replay", description=__doc__,
        epilog="What a file looks like: benchmark/README.md, 'Recorded order flow'.",
    )  # fmt: skip
    parser.add_argument("file", type=Path, help="recorded flow, as benchmark/README.md has it")
    parser.add_argument(
        "--symbol", help=f"the instrument: of decimals, and for --system ({SYMBOL})"
    )
    parser.add_argument(
        "--tick-size", type=_positive, default=1, help="what whole prices are multiples of (1)"
    )
    parser.add_argument(
        "--lot-size", type=_positive, default=1, help="what whole quantities are multiples of (1)"
    )
    parser.add_argument("--system", action="store_true", help="drive the running system instead")
    settings = Settings()
    gateway = settings.gateway_url
    market_data = settings.market_data_url
    parser.add_argument("--gateway", default=gateway, help=f"for --system ({gateway})")
    parser.add_argument("--market-data", default=market_data, help=f"for --system ({market_data})")
    add_json_option(parser)
    options = parser.parse_args()
    print(describe_machine())
    try:
        return replay_system(options) if options.system else replay_core(options)
    except (httpx.HTTPError, OSError, LookupError, ValueError, RuntimeError) as error:
        print(f"cannot replay: {error or type(error).__name__}")
        return 2


def _positive(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number above 0")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
