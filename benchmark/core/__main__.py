"""How long the matching core alone takes for a message, beside a bare C++ engine.

If `../shared/yardstick` is present, `python -m benchmark.core` runs the cases of the C++ speed
limit in turn with it and prints the ratio of the medians; if not, it runs flow of its own. It
checks what came out before it says how fast. Exit status 1 if trades, volume, notional, hash or
open orders are not as expected, or if a message takes too much longer with a ledger, or a step of
an order with a hundred times as many others.

`--instructions` counts instead of timing (with valgrind), here and, with `--before FOLDER`, in
another checkout in which the core is built.
"""

import argparse
import sys
from functools import partial
from pathlib import Path

from benchmark.core.cases import CASES, LARGE_CASE, OWN_CASES, prepare, report_case, time_limit
from benchmark.core.entry_kinds import report_entry_kinds
from benchmark.core.instructions import report_instructions
from benchmark.core.kinds import report_kinds
from benchmark.core.memory import (
    report_accounts,
    report_memory,
    report_saving,
    report_small_memory,
)
from benchmark.core.order_path import report_order_path
from benchmark.replay.core import replay_commands, time_batches
from benchmark.shared.figures import Figures, add_json_option, write_figures
from benchmark.shared.machine import describe_machine
from participants.formats.commands import read_commands

HOUR = Path(__file__).resolve().parents[3] / "shared" / "data" / "AAPL_hour.commands.csv.xz"


def report_hour(figures: Figures) -> bool:
    """Replay the recorded hour, if it is at hand; return whether all of it came out right."""
    if not HOUR.exists():
        return True
    outcome, records = replay_commands(list(read_commands(HOUR)))
    speed = time_batches(records)
    figures["recorded hour: core ns a command"] = 1e9 / speed
    print(f"recorded hour: {outcome.commands:,} commands, {1e9 / speed:.0f} ns each; ", end="")
    print(f"{outcome.trades:,} of {outcome.trades_expected:,} trades, ", end="")
    print(f"{outcome.rows:,} of {outcome.rows_expected:,} book rows right")
    return not outcome.differences


def main() -> int:
    """Run the command line; exit status 1 if a result is wrong."""
    parser = argparse.ArgumentParser(prog="python -m benchmark.core", description=__doc__)
    parser.add_argument("cases", nargs="*", default=list(CASES), help=" ".join(OWN_CASES))
    parser.add_argument("--rounds", type=int, default=5, help="the medians are over so many")
    parser.add_argument("--folder", type=Path, default=Path("build/yardstick"))
    parser.add_argument(
        "--large", action="store_true", help="5 million orders in 100 books (D100x50k), too"
    )
    parser.add_argument("--instructions", action="store_true", help="count, do not time")
    parser.add_argument("--before", type=Path, help="a checkout to compare the instructions with")
    add_json_option(parser)
    options = parser.parse_args()
    print(describe_machine())
    figures: Figures = {}
    if options.instructions:
        folder = prepare(options.folder, options.cases)
        report_instructions(options.cases, folder, options.before, figures)
        write_figures(options.json, figures)
        return 0
    report_small_memory(figures)
    report_saving(figures)
    report_accounts(figures)
    names = [*options.cases, *([LARGE_CASE] if options.large else [])]
    folder = prepare(options.folder, names)
    results = [report_case(name, folder, options.rounds, figures) for name in names]
    results.append(report_kinds(options.rounds, figures))
    limit = partial(time_limit, folder, "A1k") if folder and "A1k" in names else None
    report_order_path(options.rounds, limit, figures)
    report_entry_kinds(options.rounds, figures)
    results.append(report_hour(figures))
    if options.large:
        report_memory(5_000_000, 100)
    write_figures(options.json, figures)
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
