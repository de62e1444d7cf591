"""The highest rate that the system carries, by bisection, and then for longer."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from benchmark.load.reporting.result import Result

HIGHEST_RATE = 200_000.0
CLOSE_ENOUGH = 0.08
"""The search ends when the highest good and the lowest bad rate are so near each other."""
MAX_CONFIRMATIONS = 6
_KEPT_SHARE = 0.95

Measure = Callable[[float], Result]


class Trial(NamedTuple):
    """A rate with its result; `problem` is None if the system carried it."""

    rate: float
    result: Result
    problem: str | None
    is_long: bool = False


def find_problem(result: Result, bound: float) -> str | None:
    """Say why a rate was too much; None if it was not."""
    if result.is_complete and result.order_to_feed_p99 > bound:
        return f"order to feed p99 {result.order_to_feed_p99:.1f} ms"
    return find_shortfall(result, bound)


def find_shortfall(result: Result, bound: float) -> str | None:
    """Do the same, however late the latest hundredth of the orders was seen."""
    if not result.is_complete:
        return f"not complete ({_name_fault(result)})"
    if _is_behind(result, result.accepted_rate, bound):
        return f"only {result.accepted_rate:,.0f} a second were accepted"
    if _is_behind(result, result.seen_rate, bound):
        return f"only {result.seen_rate:,.0f} a second were seen"
    return None


def _is_behind(result: Result, rate: float, bound: float) -> bool:
    """Return whether the last order came later than a moment after the end of the sending."""
    sending = result.orders / result.offered_rate
    return result.orders > rate * (sending / _KEPT_SHARE + bound / 1000)


def _name_fault(result: Result) -> str:
    faults = {
        "lost": result.lost,
        "matched twice": result.matched_twice,
        "missing": result.missing_trade_ids + result.missing_reports,
        "repeated": result.repeated_trade_ids + result.repeated_reports,
    }
    told = (f"{count} {name}" for name, count in faults.items() if count)
    return next(iter(result.refused), None) or ", ".join(told)


def search(measure: Measure, first: float, bound: float) -> Iterator[Trial]:
    """Search the highest good rate; yield each trial as it ends.

    The rate is doubled or halved until one good and one bad rate are known, then bisected. A rate
    that fails is tried once more: a noisy moment is not the limit.
    """
    good, bad, rate = 0.0, 0.0, first
    while True:
        trial = _try(measure, rate, bound)
        if trial.problem:
            yield trial
            trial = _try(measure, rate, bound)
        yield trial
        good, bad = (good, rate) if trial.problem else (rate, bad)
        if not bad and good >= HIGHEST_RATE:
            return
        if (bad and bad - good <= CLOSE_ENOUGH * bad) or (bad and bad < 10):
            return
        rate = (good + bad) / 2 if good and bad else good * 2 if good else bad / 2


def confirm(measure: Measure, rate: float, bound: float) -> Iterator[Trial]:
    """Yield longer trials from `rate` on, each a step lower, until one is carried."""
    for _ in range(MAX_CONFIRMATIONS):
        trial = _try(measure, rate, bound)._replace(is_long=True)
        yield trial
        if trial.problem is None:
            return
        rate *= 1 - CLOSE_ENOUGH


def _try(measure: Measure, rate: float, bound: float) -> Trial:
    result = measure(rate)
    return Trial(rate, result, find_problem(result, bound))


def find_best(trials: Sequence[Trial], *, is_long: bool = False) -> Trial | None:
    """Find the highest rate that was carried in a trial of this length."""
    carried = (trial for trial in trials if trial.problem is None and trial.is_long == is_long)
    return max(carried, default=None, key=lambda trial: trial.rate)


def find_carried_late(trials: Sequence[Trial], bound: float) -> Trial | None:
    """Find the highest rate of which all was seen in the longer trial, but not below the bound."""
    carried = (each for each in trials if each.is_long and not find_shortfall(each.result, bound))
    return max(carried, default=None, key=lambda trial: trial.rate)


def find_lowest_failure(trials: Sequence[Trial], best: Trial | None) -> Trial | None:
    """Find the lowest rate above the best one that was too much: there the limit shows.

    If there is no best one, it is the lowest among the longest trials.
    """
    if best is None:
        trials = [trial for trial in trials if trial.is_long] or trials
    reached = best.rate if best else 0.0
    failures = [trial for trial in trials if trial.problem is not None and trial.rate > reached]
    return min(failures, default=None, key=lambda trial: trial.rate)
