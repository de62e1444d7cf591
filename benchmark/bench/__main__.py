"""Whether the exchange for tests does what it promises, and how fast.

`python -m benchmark.bench hour` replays the recorded hour into an exchange of its own while a bot
quotes inside the spread, and checks each of its fills, the ledger and the journal. `report` tells
how real the flow of a market of participants is, for several seeds. `start` starts ten exchanges,
`tests` runs two hundred small tests with a market each, `day` plays a day of a market of one order
a second with a bot in it, and compares its candles and last 24 hours with its trades.
"""

import argparse
import sys
from pathlib import Path

from benchmark.bench.day import play_day
from benchmark.bench.flows import report_seeds
from benchmark.bench.hour import play_hour
from benchmark.bench.start import measure_starts, measure_tests
from benchmark.shared.figures import Figures, add_json_option, write_figures
from benchmark.shared.machine import describe_machine
from launcher.setup.environment import ROOT

HOUR = ROOT.parent / "shared" / "data" / "AAPL_hour.commands.csv.xz"


def main() -> int:
    """Run the command line; exit status 1 if something is not as it should be."""
    parser = argparse.ArgumentParser(prog="python -m benchmark.bench", description=__doc__)
    parts = parser.add_subparsers(dest="part", required=True)
    hour = parts.add_parser("hour", help="a recorded hour with a bot in it")
    hour.add_argument("file", type=Path, nargs="?", default=HOUR, help="our own commands")
    hour.add_argument("--seconds", type=float, help="only so much of it")
    hour.set_defaults(run=run_hour)
    report = parts.add_parser("report", help="how real a flow is")
    report.add_argument("--market", default="demo", help="demo (default), quiet or volatile")
    report.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3], help="(1 2 3)")
    report.add_argument("--seconds", type=int, default=1800, help="of the market (1800)")
    report.add_argument("--picture", type=Path, metavar="FILE", help="write an SVG there")
    report.set_defaults(run=run_report)
    start = parts.add_parser("start", help="how fast it is ready, empty again, and gone")
    start.add_argument("--runs", type=int, default=10, help="(default 10)")
    start.set_defaults(run=lambda options: _print(options, measure_starts(options.runs)))
    tests = parts.add_parser("tests", help="small tests, each with a market of its own")
    tests.add_argument("--count", type=int, default=200, help="(default 200)")
    tests.set_defaults(run=lambda options: _print(options, measure_tests(options.count)))
    day = parts.add_parser("day", help="a market of an order a second, with a bot in it")
    day.add_argument("--hours", type=float, default=24, help="(default 24)")
    day.add_argument("--seed", type=int, default=1, help="(default 1)")
    day.set_defaults(run=run_day)
    for part in (hour, start, tests, day):
        add_json_option(part)
    options = parser.parse_args()
    print(describe_machine())
    status: int = options.run(options)
    return status


def run_hour(options: argparse.Namespace) -> int:
    """Replay with a bot; return 1 unless all is explained and the auditor finds nothing."""
    figures, is_right = play_hour(options.file, options.seconds)
    _print(options, figures)
    return 0 if is_right else 1


def run_report(options: argparse.Namespace) -> int:
    """Print the figures of each seed."""
    report_seeds(options.market, options.seeds, options.seconds, options.picture)
    return 0


def run_day(options: argparse.Namespace) -> int:
    """Play a day; return 1 unless candles and the last 24 hours are right."""
    figures, is_right = play_day(options.hours, options.seed)
    _print(options, figures)
    return 0 if is_right else 1


def _print(options: argparse.Namespace, figures: Figures) -> int:
    for name, value in figures.items():
        print(f"{name}: {value:,g}")
    write_figures(options.json, figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
