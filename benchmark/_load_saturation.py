"""The highest rate that the system carries, by bisection."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from benchmark._load_result import Result

HIGHEST_RATE = 200_000.0
CLOSE_ENOUGH = 0.08
"""Where the highest good and the lowest bad rate are so near, the search ends."""
_KEPT_SHARE = 0.95


class Trial(NamedTuple):
    """A rate with its result; `problem` is None where the system carried it."""

    rate: float
    result: Result
    problem: str | None


def find_problem(result: Result, bound: float) -> str | None:
    """Why this is too much; None where it is not."""
    if not result.is_complete:
        wrong = next(iter(result.refused), f"{result.lost} lost")
        return f"not complete ({wrong})"
    if result.order_to_feed_p99 > bound:
        return f"order to feed p99 {result.order_to_feed_p99:.1f} ms"
    if result.accepted_rate < _KEPT_SHARE * result.offered_rate:
        return f"only {result.accepted_rate:,.0f} a second were accepted"
    return None


def search(measure: Callable[[float], Result], first: float, bound: float) -> Iterator[Trial]:
    """Each trial as it ends.

    Doubled or halved until one good and one bad rate are known, then between them. A rate that
    fails is tried once more: a noisy moment is not the limit.
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


def _try(measure: Callable[[float], Result], rate: float, bound: float) -> Trial:
    result = measure(rate)
    return Trial(rate, result, find_problem(result, bound))


def find_best(trials: list[Trial]) -> Trial | None:
    """The highest rate that was carried."""
    return max((trial for trial in trials if trial.problem is None), default=None,
               key=lambda trial: trial.rate)  # fmt: skip


def find_lowest_failure(trials: list[Trial]) -> Trial | None:
    """The lowest rate above the best one, which was too much: there the limit shows."""
    best = find_best(trials)
    reached = best.rate if best else 0.0
    failures = [trial for trial in trials if trial.problem is not None and trial.rate > reached]
    return min(failures, default=None, key=lambda trial: trial.rate)
