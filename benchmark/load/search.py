"""`--saturate`: try rates on a target, print each trial, and keep what they showed."""

import argparse
from collections.abc import Iterator, Sequence

from benchmark.load.options import Plan
from benchmark.load.reporting.result import Result, summarize
from benchmark.load.reporting.stages import ORDER_TO_FEED
from benchmark.load.run import run_load
from benchmark.load.saturation import Measure, Trial, confirm, find_best, search
from benchmark.load.system import Target
from benchmark.load.watching.settling import wait_for_archive
from participants.report.chart import Axis, Chart, choose_decades, choose_marks, render_charts

LONGER = 4
"""The best rate is confirmed by a trial that is so many times as long."""


def try_rates(target: Target, options: argparse.Namespace) -> Iterator[Trial]:
    """Search, then try the best rate for longer; print each trial as it ends."""
    trials = []
    short = _make_measure(target, options.plan._replace(seconds=options.trial))
    for trial in search(short, options.rate, options.bound):
        print(_format_trial(trial), flush=True)
        trials.append(trial)
        yield trial
    best = find_best(trials)
    if best is None:
        return
    seconds = LONGER * options.trial
    print(f"the best one for {seconds:g} s", flush=True)
    long = _make_measure(target, options.plan._replace(seconds=seconds))
    for trial in confirm(long, best.rate, options.bound):
        print(_format_trial(trial), flush=True)
        yield trial


def _make_measure(target: Target, plan: Plan) -> Measure:
    def measure(rate: float) -> Result:
        behind = wait_for_archive(target.redis_url) if target.redis_url else 0
        if behind:
            print(f"WARNING: the archive is {behind:,} commands behind the trial before")
        return summarize(run_load(target, plan._replace(rate=rate), is_quiet=True))

    return measure


def _format_trial(trial: Trial) -> str:
    told = f"{trial.rate:>10,.0f}/s  p99 {trial.result.order_to_feed_p99:8.1f} ms"
    own = f"   {trial.result.warning}" if trial.result.warning else ""
    return f"{told}  {trial.problem or 'good'}{own}"


def describe_trial(trial: Trial) -> dict[str, object]:
    """Return the trial as it goes into the JSON file."""
    result = trial.result
    histogram = result.stages.get(ORDER_TO_FEED)
    return {
        "rate": trial.rate,
        "seconds": result.orders / trial.rate,
        "problem": trial.problem,
        "accepted_rate": result.accepted_rate,
        "seen_rate": result.seen_rate,
        "order_to_feed_p50_ms": histogram.at(0.50) if histogram else None,
        "order_to_feed_p99_ms": histogram.at(0.99) if histogram else None,
        "limit": result.limit,
        "warning": result.warning,
    }


def draw_trials(heading: str, trials: Sequence[Trial]) -> str:
    """Draw latency over the rate, of what was carried and of what was too much, as SVG."""
    carried = [trial for trial in trials if trial.problem is None]
    failed = [trial for trial in trials if trial.problem is not None]
    lines = [
        ("p50, carried", _list_points(carried, 0.50)),
        ("p99, carried", _list_points(carried, 0.99)),
        ("p99, too much", _list_points(failed, 0.99)),
    ]
    values = [value for _, points in lines for _, value in points] or [1.0]
    low, high = min(values) / 2, max(values) * 2
    fastest = 1.05 * max((trial.rate for trial in trials), default=1.0)
    across = Axis(0.0, fastest, choose_marks(fastest, 6))
    up = Axis(low, high, choose_decades(low, high), is_logarithmic=True)
    title = "Order to feed, milliseconds, over the rate"
    return render_charts(heading, [Chart(title, across, up, lines, "orders a second")])


def _list_points(trials: Sequence[Trial], share: float) -> list[tuple[float, float]]:
    """List a point for each rate: that of its last trial."""
    latencies = {
        trial.rate: trial.result.stages[ORDER_TO_FEED].at(share)
        for trial in trials
        if ORDER_TO_FEED in trial.result.stages
    }
    return sorted(latencies.items())
