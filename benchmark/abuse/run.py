"""One attack after the other on an exchange of our own, ordinary traders beside each."""

import argparse
import asyncio
import json
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from benchmark.abuse.attacks import ATTACKS, CONTROL, MAX_CONNECTIONS
from benchmark.abuse.traders import Traders
from benchmark.abuse.verdict import Comparison, Seen, compare, find_limit, is_met
from benchmark.shared.child_process import start_python
from benchmark.shared.figures import Figures
from benchmark.shared.machine import describe_redis
from benchmark.shared.memory import Growth, MemoryWatch
from goquant.testing.launching import find_memory
from launcher.supervision.run_file import RunRecord
from tests.support.launched_system import REAL, launch

_TRADER, _HOG = "key-of-the-traders-01", "key-of-the-hog-0123456"
_RATE = 1_000_000_000
_KEYS = [
    {"key": key, "account": account, "scopes": ["read", "trade"], "rate_limit": _RATE}
    for key, account in ((_TRADER, "traders"), (_HOG, "hog"))
]
_WATCHED = ("gateway", "market-data")
_SECONDS_TO_CONNECT = 0.5
_SECONDS_TO_RECOVER = 1.0
_SECONDS_TO_END = 30.0


def run_attacks(arguments: argparse.Namespace, figures: Figures) -> int:
    """Run the attacks that are named; return 1 if one costs the traders more than it may.

    The exchange is in memory if it may be: a stall of the disk would count as an attack's.
    """
    settings = {
        "AUTH": "on",
        "API_KEYS": json.dumps(_KEYS),
        "MAX_CONNECTIONS": str(MAX_CONNECTIONS),
        "MAX_OPEN_ORDERS": "10000000",
    }
    with (
        tempfile.TemporaryDirectory(prefix="goquant-abuse-", dir=find_memory()) as folder,
        launch(REAL, Path(folder) / "data", **settings) as system,
    ):
        record = system.wait_until_ready()
        print(describe_redis(record.redis.url))
        return asyncio.run(_run_all(record, arguments, figures))


async def _run_all(record: RunRecord, arguments: argparse.Namespace, figures: Figures) -> int:
    processes = {
        item.name: item.process.pid
        for item in record.services
        if item.process and item.name in _WATCHED
    }
    traders = Traders(record.gateway_url, record.market_data_url, {"X-API-Key": _TRADER})
    await traders.open()
    await traders.trade(1.0)  # to warm up
    _print_head()
    status = 0
    control: Mapping[str, Comparison] = {}
    for name in arguments.attacks or ATTACKS:
        with MemoryWatch(processes, record.redis.url) as watch:
            comparisons, count = await _attack(name, record, traders, arguments.seconds)
        limit = find_limit(needs_key=ATTACKS[name].needs_key)
        if name == CONTROL:
            control = comparisons
        has_passed = is_met(comparisons, limit, control)
        status |= not has_passed
        growths = dict(watch.list_growths())
        _print_row(name, count, comparisons, growths, f"{'' if has_passed else '> '}{limit:g} x")
        figures |= {f"{name}: {what} x": each.ratio for what, each in comparisons.items()}
    print(f"\nof the traders' requests, {traders.failures:,} failed or had no free connection")
    traders.close()
    return status


async def _attack(
    name: str, record: RunRecord, traders: Traders, seconds: float
) -> tuple[Mapping[str, Comparison], int]:
    """Trade before, beside and after the attack; both quiet stretches count as one."""
    before = await traders.trade(seconds / 2)
    attacker = start_python(
        ["-m", "benchmark.abuse.attacker", name, record.gateway_url, record.market_data_url, _HOG,
         str(seconds + 2 * _SECONDS_TO_CONNECT)],
        stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        await asyncio.sleep(_SECONDS_TO_CONNECT)
        beside = await traders.trade(seconds)
        output, _ = await asyncio.to_thread(attacker.communicate, timeout=_SECONDS_TO_END)
    finally:
        attacker.kill()
        attacker.wait()
    await asyncio.sleep(_SECONDS_TO_RECOVER)
    after: Seen = await traders.trade(seconds / 2)
    return compare(before.add(after), beside), int(output)


def _print_head() -> None:
    print(
        f"\n{'':<20}{'':>9} {'order p50':>19} {'order p99':>19} {'feed p50':>19} {'feed p99':>19}"
        f"   {'gateway MB':>13} {'feed MB':>13}  at most"
    )


def _print_row(
    name: str,
    count: int,
    comparisons: Mapping[str, Comparison],
    growths: Mapping[str, Growth],
    limit: str,
) -> None:
    times = " ".join(
        f"{each.quiet:5.1f} {each.beside:6.1f} {each.ratio:4.1f} x" for each in comparisons.values()
    )
    memory = " ".join(
        f"{each.start:4.0f} {max(each.first_half, each.second_half):4.0f} {each.end:4.0f}"
        for each in (growths[watched] for watched in _WATCHED)
    )
    print(f"{name:<20}{count:>9,} {times}   {memory}  {limit}", flush=True)
