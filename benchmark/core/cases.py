"""The cases: each checked, then timed in turn with the C++ limit, if that is at hand."""

import json
import os
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmark.core import money
from benchmark.core.memory import LARGE_BATCH
from benchmark.core.order_path import ASKED_NANOSECONDS
from benchmark.core.rounds import Rounds
from benchmark.core.workload import (
    ACCOUNTS,
    Totals,
    Workload,
    make_workload,
    read_workload,
    total_trades,
)
from benchmark.shared.figures import Figures
from engine.core import COMMAND_RECORD, Command, EventRow, Matcher

YARDSTICK = Path(__file__).resolve().parents[3] / "shared" / "yardstick"
CASES = ("A1k", "B50k", "C100x1k")
LARGE_CASE = "D100x50k"
OWN_CASES = {
    "A1k": (1, 1_000),
    "B50k": (1, 50_000),
    "C100x1k": (100, 1_000),
    LARGE_CASE: (100, 50_000),
}
MAX_RESTING = 6_000_000
SMALL_BATCH = 256
MAX_CALL_NANOSECONDS = 10 * ASKED_NANOSECONDS
"""The target for one call, on the machine that it is meant for."""


class CaseTimes(NamedTuple):
    """Nanoseconds a message: the core in large batches, in small ones, one call; the C++ limit.

    `ledger`: in large batches with a ledger; `told`: and each batch's changed balances as a list.
    """

    core: Rounds
    ledger: Rounds
    told: Rounds
    batches: Rounds
    call: Rounds
    limit: Rounds | None


def split(commands: bytes, batch: int) -> list[memoryview]:
    """Split packed commands into batches of so many."""
    size, view = batch * COMMAND_RECORD.size, memoryview(commands)
    return [view[start : start + size] for start in range(0, len(view), size)]


def warmed(workload: Workload, *, has_ledger: bool = False) -> Matcher:
    """Return a matcher after the workload's warm-up."""
    matcher = Matcher(workload.symbols, capacity=1 << 17)
    if has_ledger:
        money.open_ledger(matcher)
    for part in split(workload.warm, LARGE_BATCH):
        matcher.apply(part)
    return matcher


def check(workload: Workload) -> bool:
    """Run the timed part once; print and return whether it comes out as expected.

    A ledger in which nobody lacks anything must change nothing, and its sums must come out.
    """
    _, totals = _run(workload, has_ledger=False)
    verdict = "nothing to compare with" if workload.expected is None else "as expected"
    is_right = workload.expected in (None, totals)
    print(f"  {totals.trades:,} trades, {totals.live:,} open: {verdict if is_right else 'WRONG'}")
    matcher, with_ledger = _run(workload, has_ledger=True)
    is_settled = with_ledger == totals and money.is_balanced(matcher)
    print(f"  with a ledger: {'the same, its sums come out' if is_settled else 'WRONG'}")
    return is_right and is_settled


def _run(workload: Workload, *, has_ledger: bool) -> tuple[Matcher, Totals]:
    matcher = warmed(workload, has_ledger=has_ledger)
    events = b"".join(map(matcher.apply, split(workload.timed, LARGE_BATCH)))
    return matcher, total_trades(events, matcher.open_orders())


def time_batches(workload: Workload, batch: int, *, has_ledger: bool = False) -> float:
    """Return nanoseconds of CPU a message, in batches of this size, on a new matcher."""
    matcher = warmed(workload, has_ledger=has_ledger)
    parts = split(workload.timed, batch)
    started = time.thread_time_ns()
    for part in parts:
        matcher.apply(part)
    return (time.thread_time_ns() - started) / workload.messages


def time_told(workload: Workload) -> float:
    """Return nanoseconds of CPU a message, if changed balances are listed after each batch."""
    matcher, parts = warmed(workload, has_ledger=True), split(workload.timed, LARGE_BATCH)
    started = time.thread_time_ns()
    for part in parts:
        matcher.apply(part)
        matcher.take_changed()
    return (time.thread_time_ns() - started) / workload.messages


def time_limit(folder: Path, case: str) -> float:
    """Return nanoseconds of CPU a message of one run of the C++ limit."""
    command = [str(folder / "yardstick"), str(folder / f"{case}.bin"), "1"]
    room = {"LIVECAP": str(MAX_RESTING)} if case == LARGE_CASE else {}
    environment = {**os.environ, **room}
    output = subprocess.check_output(command, env=environment, text=True)
    return float(json.loads(output)["ns_med"])


def time_case(workload: Workload, folder: Path | None, rounds: int) -> CaseTimes:
    """Measure in rounds in which everything runs in turn."""
    core, batches, call, limit = [], [], [], []
    ledger, told = [], []
    for _ in range(rounds):
        if folder:
            limit.append(time_limit(folder, workload.name))
        core.append(time_batches(workload, LARGE_BATCH))
        ledger.append(time_batches(workload, LARGE_BATCH, has_ledger=True))
        told.append(time_told(workload))
        batches.append(time_batches(workload, SMALL_BATCH))
        call.append(time_simple_calls(workload))
    return CaseTimes(
        Rounds(core), Rounds(ledger), Rounds(told), Rounds(batches), Rounds(call),
        Rounds(limit) if limit else None,
    )  # fmt: skip


def simple_calls(
    matcher: Matcher, commands: bytes
) -> list[tuple[Callable[..., Sequence[EventRow]], tuple[int, ...]]]:
    """Return the calls, as bound method and arguments, that the packed commands stand for."""
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
    """Return nanoseconds of CPU for one call, including the loop around it."""
    matcher = warmed(workload)
    calls = simple_calls(matcher, workload.timed)
    started = time.thread_time_ns()
    for method, arguments in calls:
        method(*arguments)
    return (time.thread_time_ns() - started) / len(calls)


def latencies(workload: Workload) -> tuple[float, float, float]:
    """Return p50, p99, p99.9 of one call in nanoseconds of wall time, including the clock."""
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
    """Build the C++ limit and its files; return None if it is not there."""
    runner = YARDSTICK / "run"
    if not runner.exists():
        print("../shared/yardstick is not there: flow of our own, no ratio")
        return None
    folder.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "LIVECAP": str(MAX_RESTING)}
    command = [str(runner), str(folder.resolve()), *cases]
    subprocess.run(command, check=True, capture_output=True, env=environment)
    return folder


def load(case: str, folder: Path | None) -> Workload:
    """Read a case from its file, or make one."""
    if folder:
        return read_workload(folder / f"{case}.bin")
    symbols, resting = OWN_CASES[case]
    return make_workload(case, symbols, resting, 1_000_000)


def report_case(case: str, folder: Path | None, rounds: int, figures: Figures) -> bool:
    """Check, time and print one case; return whether it came out right, its ledger in time."""
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
    is_in_time = _report_ledger(case, times, figures)
    _report_calls(case, times, workload)
    figures[f"{case}: core ns a message"] = times.core.median
    figures[f"{case}: batches x core"] = times.batches.median / times.core.median
    figures[f"{case}: one call ns"] = times.call.median
    return is_right and is_in_time


def _report_ledger(case: str, times: CaseTimes, figures: Figures) -> bool:
    ratio = times.ledger.median / times.core.median
    figures[f"{case}: with a ledger x core"] = ratio
    figures[f"{case}: with changed balances listed ns"] = times.told.median
    print(
        f"  with a ledger of {ACCOUNTS:,} accounts {times.ledger:.1f} ns:"
        f" {times.ledger.describe_ratio(times.core)} the core;"
        f" at most {money.LIMIT}: {'met' if ratio <= money.LIMIT else 'NOT met'}"
    )
    print(f"    and with a list of the balances that each batch of {LARGE_BATCH} changed", end="")
    print(f" {times.told:.1f} ns")
    return ratio <= money.LIMIT


def _report_calls(case: str, times: CaseTimes, workload: Workload) -> None:
    print(f"  one call {times.call:.0f} ns")
    if times.limit and case == "A1k":
        there = times.call.median * ASKED_NANOSECONDS / times.limit.median
        verdict = "met" if there <= MAX_CALL_NANOSECONDS else "NOT met"
        print(
            f"    {there:.0f} ns where the C++ limit takes {ASKED_NANOSECONDS:.0f} ns on A1k;"
            f" at most {MAX_CALL_NANOSECONDS:.0f}: {verdict}"
        )
    p50, p99, p999 = latencies(workload)
    print(f"    with a clock around it p50 {p50} p99 {p99} p99.9 {p999} ns")
