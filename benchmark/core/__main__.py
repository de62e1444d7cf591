"""How long the matching core alone takes for a message, beside a bare C++ engine.

`python -m benchmark.core` runs the cases of the C++ speed limit where `../shared/yardstick` is
present, in turn with it, and prints the ratio of the medians; else flow of its own. Checks what
came out before it says how fast. Exit status 1 where trades, volume, notional, hash or open orders
are not as expected.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from benchmark.core.memory import LARGE_BATCH, report_memory, report_saving, report_small_memory
from benchmark.core.order_path import ASKED_NANOSECONDS, report_order_path
from benchmark.core.rounds import Rounds
from benchmark.core.workload import Workload, make_workload, read_workload, total_trades
from benchmark.replay.__main__ import replay_file
from benchmark.replay.__main__ import time_batches as commands_per_second
from benchmark.shared.figures import Figures, add_json_option, write_figures
from benchmark.shared.machine import describe_machine
from engine.core import COMMAND_RECORD, Command, EventRow, Matcher

SHARED = Path(__file__).resolve().parents[3] / "shared"
YARDSTICK = SHARED / "yardstick"
HOUR = SHARED / "data" / "AAPL_hour.commands.csv.xz"
CASES = ("A1k", "B50k", "C100x1k")
LARGE_CASE = "D100x50k"
OWN_CASES = {
    "A1k": (1, 1_000),
    "B50k": (1, 50_000),
    "C100x1k": (100, 1_000),
    LARGE_CASE: (100, 50_000),
}
MOST_RESTING = 6_000_000
SMALL_BATCH = 256
MOST_CALL_NANOSECONDS = 10 * ASKED_NANOSECONDS
"""Of one call, on the machine that the target is meant for."""


class CaseTimes(NamedTuple):
    """Nanoseconds a message: the core in large batches, in small ones, one call; the C++ limit."""

    core: Rounds
    batches: Rounds
    call: Rounds
    limit: Rounds | None


def split(commands: bytes, batch: int) -> list[memoryview]:
    """Batches of so many commands."""
    size, view = batch * COMMAND_RECORD.size, memoryview(commands)
    return [view[start : start + size] for start in range(0, len(view), size)]


def warmed(workload: Workload) -> Matcher:
    """A matcher after the workload's warm-up."""
    matcher = Matcher(workload.symbols, capacity=1 << 17)
    for part in split(workload.warm, LARGE_BATCH):
        matcher.apply(part)
    return matcher


def check(workload: Workload) -> bool:
    """Whether the timed part comes out as expected."""
    matcher = warmed(workload)
    events = b"".join(map(matcher.apply, split(workload.timed, LARGE_BATCH)))
    totals = total_trades(events, matcher.open_orders())
    verdict = "nothing to compare with" if workload.expected is None else "as expected"
    is_right = workload.expected in (None, totals)
    print(f"  {totals.trades:,} trades, {totals.live:,} open: {verdict if is_right else 'WRONG'}")
    return is_right


def time_batches(workload: Workload, batch: int) -> float:
    """Nanoseconds of CPU a message, batches of this size, a new matcher."""
    matcher, parts = warmed(workload), split(workload.timed, batch)
    started = time.thread_time_ns()
    for part in parts:
        matcher.apply(part)
    return (time.thread_time_ns() - started) / workload.messages


def time_limit(folder: Path, case: str) -> float:
    """Nanoseconds of CPU a message of the C++ limit, one run."""
    command = [str(folder / "yardstick"), str(folder / f"{case}.bin"), "1"]
    room = {"LIVECAP": str(MOST_RESTING)} if case == LARGE_CASE else {}
    environment = {**os.environ, **room}
    output = subprocess.check_output(command, env=environment, text=True)
    return float(json.loads(output)["ns_med"])


def time_case(workload: Workload, folder: Path | None, rounds: int) -> CaseTimes:
    """Rounds in which everything runs in turn."""
    core, batches, call, limit = [], [], [], []
    for _ in range(rounds):
        if folder:
            limit.append(time_limit(folder, workload.name))
        core.append(time_batches(workload, LARGE_BATCH))
        batches.append(time_batches(workload, SMALL_BATCH))
        call.append(time_simple_calls(workload))
    return CaseTimes(Rounds(core), Rounds(batches), Rounds(call), Rounds(limit) if limit else None)


def simple_calls(
    matcher: Matcher, commands: bytes
) -> list[tuple[Callable[..., Sequence[EventRow]], tuple[int, ...]]]:
    """Bound methods with the arguments that the packed commands stand for."""
    calls: list[tuple[Callable[..., Sequence[EventRow]], tuple[int, ...]]] = []
    for record in COMMAND_RECORD.iter_unpack(commands):
        kind, side, order_type, _, symbol, order_id, account, quantity, price, _ = record
        if kind == Command.CANCEL:
            calls.append((matcher.cancel, (order_id, account)))
        else:
            form = (symbol, order_id, account, side, order_type, quantity, price)
            calls.append((matcher.new, form))
    return calls


def time_simple_calls(workload: Workload) -> float:
    """Nanoseconds of CPU for one call, events as tuples; the loop around it included."""
    matcher = warmed(workload)
    calls = simple_calls(matcher, workload.timed)
    started = time.thread_time_ns()
    for method, arguments in calls:
        method(*arguments)
    return (time.thread_time_ns() - started) / len(calls)


def latencies(workload: Workload) -> tuple[float, float, float]:
    """p50, p99, p99.9 of one simple call in nanoseconds of wall time, clock included."""
    matcher = warmed(workload)
    clock = time.perf_counter_ns
    samples = []
    for method, arguments in simple_calls(matcher, workload.timed):
        started = clock()
        method(*arguments)
        samples.append(clock() - started)
    samples.sort()
    p50, p99, p999 = (samples[int(len(samples) * share)] for share in (0.5, 0.99, 0.999))
    return p50, p99, p999


def prepare(folder: Path, cases: list[str]) -> Path | None:
    """Builds the C++ limit and its files; None where it is not there or cannot be built."""
    runner = YARDSTICK / "run"
    if not runner.exists():
        print("../shared/yardstick is not there: flow of our own, no ratio")
        return None
    folder.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "LIVECAP": str(MOST_RESTING)}
    command = [str(runner), str(folder.resolve()), *cases]
    subprocess.run(command, check=True, capture_output=True, env=environment)
    return folder


def load(case: str, folder: Path | None) -> Workload:
    """A case from its file, or made here."""
    if folder:
        return read_workload(folder / f"{case}.bin")
    symbols, resting = OWN_CASES[case]
    return make_workload(case, symbols, resting, 1_000_000)


def report_case(case: str, folder: Path | None, rounds: int, figures: Figures) -> bool:
    """Checks and times one case, and prints it; whether it came out right."""
    workload = load(case, folder)
    print(f"{case}: {workload.messages:,} messages, {workload.symbols} symbols")
    is_right = check(workload)
    times = time_case(workload, folder, rounds)
    print(f"  core {times.core:.1f} ns a message", end="")
    if times.limit:
        print(f", C++ limit {times.limit:.1f}: {times.core.describe_ratio(times.limit)}", end="")
        figures[f"{case}: core x C++ limit"] = times.core.median / times.limit.median
    share = times.batches.describe_ratio(times.core)
    print(f"\n  batches of {SMALL_BATCH} from Python {times.batches:.1f} ns: {share} the core")
    _report_calls(case, times, workload)
    figures[f"{case}: core ns a message"] = times.core.median
    figures[f"{case}: batches x core"] = times.batches.median / times.core.median
    figures[f"{case}: one call ns"] = times.call.median
    return is_right


def _report_calls(case: str, times: CaseTimes, workload: Workload) -> None:
    print(f"  one call {times.call:.0f} ns")
    if times.limit and case == "A1k":
        there = times.call.median * ASKED_NANOSECONDS / times.limit.median
        verdict = "met" if there <= MOST_CALL_NANOSECONDS else "NOT met"
        print(
            f"    {there:.0f} ns where the C++ limit takes {ASKED_NANOSECONDS:.0f} ns on A1k;"
            f" at most {MOST_CALL_NANOSECONDS:.0f}: {verdict}"
        )
    p50, p99, p999 = latencies(workload)
    print(f"    with a clock around it p50 {p50} p99 {p99} p99.9 {p999} ns")


def report_hour(figures: Figures) -> bool:
    """Replays the recorded hour where it is at hand; whether all of it came out right."""
    if not HOUR.exists():
        return True
    outcome, records = replay_file(HOUR)
    speed = commands_per_second(records)
    figures["recorded hour: core ns a command"] = 1e9 / speed
    print(f"recorded hour: {outcome.commands:,} commands, {1e9 / speed:.0f} ns each; ", end="")
    print(f"{outcome.trades:,} of {outcome.trades_expected:,} trades, ", end="")
    print(f"{outcome.rows:,} of {outcome.rows_expected:,} book rows right")
    return not outcome.differences


def main() -> int:
    """Runs the command line; the exit status is 1 where a result is wrong."""
    parser = argparse.ArgumentParser(prog="python -m benchmark.core", description=__doc__)
    parser.add_argument("cases", nargs="*", default=list(CASES), help=" ".join(OWN_CASES))
    parser.add_argument("--rounds", type=int, default=5, help="the medians are over so many")
    parser.add_argument("--folder", type=Path, default=Path("build/yardstick"))
    parser.add_argument(
        "--large", action="store_true", help="5 million orders in 100 books (D100x50k), too"
    )
    add_json_option(parser)
    options = parser.parse_args()
    print(describe_machine())
    figures: Figures = {}
    report_small_memory(figures)
    report_saving(figures)
    names = [*options.cases, *([LARGE_CASE] if options.large else [])]
    folder = prepare(options.folder, names)
    results = [report_case(name, folder, options.rounds, figures) for name in names]
    limit = partial(time_limit, folder, "A1k") if folder and "A1k" in names else None
    report_order_path(options.rounds, limit, figures)
    results.append(report_hour(figures))
    if options.large:
        report_memory(5_000_000, 100)
    write_figures(options.json, figures)
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
