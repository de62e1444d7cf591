"""How long nobody matches when an engine dies and a standby takes over: killed, and stopped."""

import argparse
import signal
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmark.shared.figures import Figures, add_json_option, name_latency, write_figures
from benchmark.shared.latency import Latency
from benchmark.shared.machine import describe_machine, describe_redis
from benchmark.takeover.engines import Engines
from benchmark.takeover.flow import Flow
from benchmark.takeover.watch import Takeover, watch_takeover
from engine.audit.record import open_record
from engine.audit.verify import verify_record
from tests.support.redis_client import open_redis
from tests.support.redis_server import DURABLE, run_redis

MAX_SECONDS_AFTER_LEASE = 0.5
"""So long after the end of the lease orders flow again, as the README says."""


def main() -> int:
    """Measure; return 1 if an order was lost or matched twice, or one takeover was too late."""
    parser = argparse.ArgumentParser(prog="python -m benchmark.takeover", description=__doc__)
    parser.add_argument("--takeovers", type=int, default=20, help="how many (20)")
    parser.add_argument("--rate", type=float, default=500, help="orders a second (500)")
    parser.add_argument("--open", type=int, default=10_000, help="open orders in memory (10,000)")
    add_json_option(parser)
    arguments = parser.parse_args()
    print(describe_machine())
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(run_redis(folder, *DURABLE))
        print(f"{describe_redis(url)}; {arguments.rate:g} orders a second, {arguments.open:,} open")
        client = stack.enter_context(open_redis(url))
        engines = stack.enter_context(Engines(url, folder))
        flow = Flow(url, arguments.rate)
        flow.fill(arguments.open)
        with flow:
            takeovers = [
                watch_takeover(client, engines, _choose_signal(number))
                for number in range(arguments.takeovers)
            ]
        faults = flow.count_faults()
        with open_record(url) as record:
            findings = verify_record(record).findings_total
    figures = _report(takeovers)
    print(f"{flow.sent:,} orders: {faults} lost or matched twice; findings of verify: {findings}")
    write_figures(arguments.json, figures)
    late = max(one.after_lease for one in takeovers) > MAX_SECONDS_AFTER_LEASE
    return 1 if faults or findings or late else 0


def _choose_signal(number: int) -> signal.Signals:
    return signal.SIGSTOP if number % 2 else signal.SIGKILL


def _report(takeovers: Sequence[Takeover]) -> Figures:
    rows = {
        "death to the next commit": [one.after_death for one in takeovers],
        "end of the lease to the next commit": [one.after_lease for one in takeovers],
    }
    figures: Figures = {}
    for name, seconds in rows.items():
        latency = Latency.of(seconds)
        print(f"{name:<36} {latency}")
        figures |= name_latency(name, latency)
    return figures


if __name__ == "__main__":
    sys.exit(main())
