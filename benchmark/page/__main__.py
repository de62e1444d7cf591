"""The trading page before recorded flow: its memory over time, its ladder at the end."""

import argparse
import itertools
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmark.page.replay import PageOutcome, replay_before_page
from benchmark.shared.figures import Figures, add_json_option, write_figures
from benchmark.shared.machine import describe_machine, describe_redis
from participants.formats.commands import FileCommand, read_commands
from protocol.instrument import parse_instruments
from protocol.settings import Settings
from tests.support.browser import Screen, run_browser
from tests.support.launched_system import REAL, launch

SYMBOL = "SOL-USDT"
MAX_GROWTH = 1.25
"""The heap at the end over that in the middle, by when everything bounded is full."""
ROWS = 10


def main() -> int:
    """Replay a file through a system of its own; 1 if memory grows or the ladder is wrong.

    2 if the file cannot be read.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmark.page", description=__doc__)
    parser.add_argument("file", type=Path, help="recorded flow, as benchmark.replay reads it")
    parser.add_argument("--commands", type=int, help="only so many of them (all)")
    parser.add_argument("--rate", type=float, default=1_000, help="of them a second (1000)")
    add_json_option(parser)
    arguments = parser.parse_args()
    print(describe_machine())
    try:
        commands = list(itertools.islice(_read(arguments.file), arguments.commands))
    except (ValueError, OSError) as error:
        print(f"cannot replay: {error}")
        return 2
    print(f"{len(commands):,} commands, {arguments.rate:,.0f} a second, in {SYMBOL}", flush=True)
    outcome = replay(commands, arguments.rate)
    write_figures(arguments.json, list_figures(outcome))
    return report(outcome)


def _read(file: Path) -> Iterator[FileCommand]:
    instruments = parse_instruments(Settings().instruments_file.read_text())
    return read_commands(file, instruments[SYMBOL])


def replay(commands: list[FileCommand], rate: float) -> PageOutcome:
    """Replay with a browser and a system of its own."""
    with (
        tempfile.TemporaryDirectory() as folder,
        launch(REAL, Path(folder) / "data") as system,
        run_browser() as browser,
    ):
        screen = Screen(browser)
        record = system.wait_until_ready()
        print(describe_redis(record.redis.url))
        outcome = replay_before_page(screen.page, record, SYMBOL, commands, rate)
        screen.close()
        return outcome


def list_figures(outcome: PageOutcome) -> Figures:
    """List the figures by name."""
    samples = outcome.samples
    return {
        "trades": outcome.trades,
        "start: heap MB": samples[0].heap,
        "middle: heap MB": samples[len(samples) // 2].heap,
        "end: heap MB": samples[-1].heap,
    }


def report(outcome: PageOutcome) -> int:
    """Print what happened; return the exit status."""
    samples = outcome.samples
    middle, last = samples[len(samples) // 2], samples[-1]
    print(f"{outcome.trades:,} trades in {outcome.seconds:.0f} s")
    for sample in samples[:: max(1, len(samples) // ROWS)]:
        print(sample.describe())
    print(f"start, middle, end: {samples[0].heap:.1f}, {middle.heap:.1f}, {last.heap:.1f} MB")
    levels = sum(map(len, outcome.expected))
    print(f"ladder and book of {levels:,} levels: {'equal' if outcome.is_right else 'DIFFERENT'}")
    is_steady = last.heap <= MAX_GROWTH * middle.heap
    return 0 if outcome.is_right and is_steady else 1


if __name__ == "__main__":
    sys.exit(main())
