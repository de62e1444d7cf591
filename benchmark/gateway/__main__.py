"""CPU of the gateways an order, beside a bare FastAPI endpoint; orders a second and latency."""

import argparse
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from benchmark.gateway import signed
from benchmark.gateway.comparison import (
    KEYS,
    measure_binance,
    measure_cpu,
    measure_latency,
)
from benchmark.gateway.instructions import report_instructions
from benchmark.gateway.process import run_engine, run_server
from benchmark.shared.figures import Figures, add_json_option, write_figures
from benchmark.shared.machine import describe_machine, describe_redis
from tests.support.redis_server import run_redis


def main() -> int:
    """Run the command line; exit status 1 if a ratio is above what is required."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=6000, help="requests a run (6,000)")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each, the median counts (5)")
    parser.add_argument(
        "--instructions", action="store_true", help="count instructions instead, by valgrind"
    )
    add_json_option(parser)
    arguments = parser.parse_args()
    figures: Figures = {}
    print(describe_machine())
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        options = ("--appendonly", "yes", "--appendfsync", "always")
        url = stack.enter_context(run_redis(folder, *options))
        print(describe_redis(url))
        if arguments.instructions:
            report_instructions(url, folder, figures)
            write_figures(arguments.json, figures)
            return 0
        stack.enter_context(run_engine(url, folder))
        bare = stack.enter_context(run_server("benchmark.gateway.bare", url, folder))
        gateway = stack.enter_context(run_server("order_gateway", url, folder))
        with_keys = {"API_KEYS": KEYS, "LOG_FORMAT": "json", "LOG_LEVEL": "info"}
        guarded = stack.enter_context(run_server("order_gateway", url, folder, **with_keys))
        is_met = measure_cpu(bare, gateway, guarded, arguments, figures)
        measure_latency(bare, gateway, arguments, figures)
        settings = signed.SETTINGS
        native = stack.enter_context(run_server("order_gateway", url, folder, **settings))
        binance = stack.enter_context(run_server("binance_gateway", url, folder, **settings))
        is_met &= measure_binance(native, binance, arguments, figures)
    write_figures(arguments.json, figures)
    return 0 if is_met else 1


if __name__ == "__main__":
    sys.exit(main())
