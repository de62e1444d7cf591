"""The command line of the load test, behind `performance_test.py`."""

import argparse
import json
import signal
from pathlib import Path

import httpx
from redis import RedisError

from benchmark.load.options import parse_arguments
from benchmark.load.reporting.picture import draw_load
from benchmark.load.reporting.result import Result, summarize
from benchmark.load.reporting.table import describe_flow, describe_plan, format_result, to_json
from benchmark.load.run import run_load
from benchmark.load.saturation import Trial, find_best, find_carried_late, find_lowest_failure
from benchmark.load.search import describe_trial, draw_trials, try_rates
from benchmark.load.sending.floor import measure_push
from benchmark.load.system import Target, check_access, open_target
from benchmark.shared.machine import describe_machine, describe_redis


def main() -> int:
    """Run the load test. Exit status 0 if the requirement is met, 1 if it is not or was not tested.

    2 if nothing was measured.
    """
    options = parse_arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a system of its own ends with it
    try:
        with open_target(options) as target:
            check_access(target, options.plan.headers)
            _introduce(target)
            return _saturate(target, options) if options.saturate else _measure(target, options)
    except KeyboardInterrupt:
        print("\ninterrupted")
    except LookupError as error:
        print(f"cannot measure: {error}")
    except ValueError as error:
        print(f"cannot measure: {error}")
    except (httpx.HTTPError, RedisError, OSError) as error:
        print(f"cannot measure: {error or type(error).__name__}")
        print(
            "Is the system running? Start it with: python start_system.py\n"
            "or let the test start one of its own: python benchmark/performance_test.py --start"
        )
    return 2


def _introduce(target: Target) -> None:
    print(describe_machine())
    if target.redis_url:
        print(describe_redis(target.redis_url))
    if target.is_own:
        print(f"floor: one RPUSH after the other, confirmed: {measure_push(target.redis_url)}")
    if not target.processes:
        print("the system's processes are not known (another DATA_DIR): no CPU shares of theirs")


def _measure(target: Target, options: argparse.Namespace) -> int:
    print(f"\n{describe_plan(options.plan)}", flush=True)
    run = run_load(target, options.plan)
    result = summarize(run)
    print(format_result(result, options.plan.mode))
    _write(options.picture, draw_load(run, result))
    _write(options.json, _to_text(_describe(result, options, target)))
    print(f"written: {options.json}, {options.picture}")
    return 0 if result.passes else 1


def _saturate(target: Target, options: argparse.Namespace) -> int:
    """Search the highest rate; return 0 if one was found and carried for longer."""
    print(f"\n{describe_plan(options.plan._replace(seconds=options.trial))}, and more", flush=True)
    print(f"the highest rate with nothing lost and order to feed p99 below {options.bound:g} ms")
    trials = list(try_rates(target, options))
    best = find_best(trials, is_long=True)
    failure = find_lowest_failure(trials, best)
    if best:
        print(f"\nhighest: {best.rate:,.0f} orders a second")
        print(format_result(best.result, options.plan.mode))
    else:
        _tell_late(find_carried_late(trials, options.bound))
    if failure:
        print(f"at {failure.rate:,.0f} a second the limit is {failure.result.limit}")
    shown = {
        "best": best and _describe(best.result, options, target),
        "failure": failure and _describe(failure.result, options, target),
        "trials": [describe_trial(trial) for trial in trials],
    }
    _write(options.json, _to_text(shown))
    _write(options.picture, draw_trials(describe_flow(options.plan), trials))
    print(f"written: {options.json}, {options.picture}")
    return 0 if best else 1


def _tell_late(late: Trial | None) -> None:
    """Print the highest rate that was carried, if none had p99 below the bound."""
    print(
        "\nno rate had p99 below the bound for longer: that needs a machine with less else to do,"
    )
    print("a disk without stalls (the floor above shows them), or a lower --rate")
    if late:
        p99 = late.result.order_to_feed_p99
        print(f"with p99 {p99:.1f} ms, nothing lost, nothing behind: {late.rate:,.0f} a second")


def _describe(result: Result, options: argparse.Namespace, target: Target) -> dict[str, object]:
    redis = describe_redis(target.redis_url) if target.redis_url else None
    plan = options.plan._replace(rate=result.offered_rate)
    return {"machine": describe_machine(), "redis": redis, **to_json(result, plan)}


def _to_text(shown: object) -> str:
    return json.dumps(shown, indent=2, allow_nan=False) + "\n"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
