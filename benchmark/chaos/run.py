"""One run of `benchmark.chaos`: load, faults, recovery, verdict."""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from benchmark.chaos.binance_clients import BinanceClient
from benchmark.chaos.clients import Client
from benchmark.chaos.cluster_fleet import ClusterFleet
from benchmark.chaos.faults import CLUSTER_FAULTS, FAULTS, count_faults, inject_faults
from benchmark.chaos.feed import FeedReader
from benchmark.chaos.fleet import Fleet
from benchmark.chaos.orders import PRICES
from benchmark.chaos.recoveries import list_recoveries, read_recoveries
from benchmark.chaos.told import Told, count_within, find_disjoint
from benchmark.chaos.transfers import run_transfers
from benchmark.chaos.verdict import (
    count_archive_differences,
    count_differing_books,
    count_invented_trades,
    count_lost_changes,
    count_lost_orders,
    count_open_in_vain,
    count_repeated_changes,
    count_repeated_orders,
    read_archived_sequence,
)
from benchmark.chaos.witness import Witness
from benchmark.shared.latency import Latency
from benchmark.shared.machine import describe_machine, describe_redis
from engine.audit.record import Record, RecordUnavailable, open_record
from engine.audit.verify import Report, verify_record
from engine.storage.redis_client import connect_redis
from protocol import channels

CLOSED_ORDERS = 1_000_000
"""More than a run can close, so that no closed order is forgotten."""
SETTINGS = {
    "CLOSED_ORDERS": str(CLOSED_ORDERS), "SNAPSHOT_INTERVAL": "2500", "MAX_BATCH": "64",
    "BINANCE_REQUEST_WEIGHT": "0", "BINANCE_ORDERS_10S": "0", "BINANCE_ORDERS_DAY": "0",
}  # fmt: skip
BINANCE_SHARE = 4
"""For so many clients there is one more at the Binance gateway."""
SETTLE_SECONDS = 120.0
GAP_SECONDS = 1.6
CLUSTER_GAP_SECONDS = 4.0
"""A cluster needs time to heal: it outlives one node at a time."""


@dataclass(frozen=True)
class Options:
    """The options of the command line."""

    seconds: float
    seed: int
    clients: int
    rate: float
    gap: float
    folder: Path | None
    json: Path | None
    transfers: bool
    kills: int
    cluster: bool


@dataclass(frozen=True)
class Result:
    """The rows of the table, and each fault of the exchange that was found."""

    rows: dict[str, object]
    findings: list[str]


@dataclass(frozen=True)
class Observers:
    """Everyone who has seen something."""

    told: Told
    readers: list[FeedReader]
    witness: Witness


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; exit status 1 if anything was lost, matched twice or wrong."""
    options = _parse(arguments)
    print(describe_machine())
    with tempfile.TemporaryDirectory(prefix="goquant-chaos-") as temporary:
        folder = options.folder or Path(temporary)
        if options.transfers:
            result = Result(
                *run_transfers(
                    options.kills, options.seed, options.gap, folder, is_clustered=options.cluster
                )
            )
        else:
            result = asyncio.run(run_chaos(options, folder))
    for name, value in result.rows.items():
        print(f"{name:<36}{value!s:>12}")
    for finding in result.findings:
        print(f"FINDING: {finding}")
    print(f"seed {options.seed}: {'FAILED' if result.findings else 'nothing lost, nothing twice'}")
    if options.json is not None:
        _write_json(options.json, options, result)
    return 1 if result.findings else 0


async def run_chaos(options: Options, folder: Path) -> Result:
    """Start a system, inject faults for a while, let it recover, judge."""
    generator = random.Random(options.seed)
    kind = ClusterFleet if options.cluster else Fleet
    fleet = kind(folder, random.Random(generator.random()), SETTINGS)
    try:
        return await _run(fleet, generator, options)
    finally:
        fleet.close()


async def _run(fleet: Fleet, generator: random.Random, options: Options) -> Result:
    await fleet.start()
    print("a local cluster 3x3" if options.cluster else describe_redis(fleet.redis_url))
    supervisor = asyncio.create_task(fleet.supervise())
    told = Told()
    gateway_port = fleet.gateway.getsockname()[1]
    pause = options.clients / options.rate
    clients: list[Client | BinanceClient] = [
        Client(number, gateway_port, random.Random(generator.random()), pause, told)
        for number in range(options.clients)
    ]
    binance_port = fleet.binance.getsockname()[1]
    clients += [
        BinanceClient(number, binance_port, random.Random(generator.random()), pause, told)
        for number in range(options.clients // BINANCE_SHARE)
        if fleet.binance_workers
    ]
    readers = [FeedReader(fleet.market_data.getsockname()[1], symbol) for symbol in PRICES]
    witness = Witness(fleet.redis_url)
    watching = [asyncio.create_task(reader.run()) for reader in readers]
    watching.append(asyncio.create_task(witness.run()))
    trading = [asyncio.create_task(client.run(SETTLE_SECONDS)) for client in clients]
    faults = CLUSTER_FAULTS if options.cluster else FAULTS
    await inject_faults(fleet, generator, options.seconds, options.gap, faults)
    for client in clients:
        client.is_stopping = True
    await asyncio.gather(*trading)
    is_drained = await fleet.drain(SETTLE_SECONDS)
    observers = Observers(told, readers, witness)
    have_caught_up = await _wait_for_readers(fleet, observers)
    await fleet.stop_all_but_redis()
    for task in (supervisor, *watching):
        task.cancel()
    await fleet.restart_redis(times=2)
    await asyncio.to_thread(witness.catch_up)
    with open_record(fleet.redis_url) as history:
        result = judge(history, fleet, observers)
    if not is_drained:
        result.findings.append("the list was not drained")
    if not have_caught_up:
        result.findings.append("the feed or the archive did not catch up")
    return result


async def _wait_for_readers(fleet: Fleet, observers: Observers) -> bool:
    """Wait for the last timers, the feed and the archive; return whether they were in time."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < deadline:
        is_over = not count_open_in_vain(observers.told, observers.witness)
        with suppress(RecordUnavailable), open_record(fleet.redis_url) as history:
            is_archived = read_archived_sequence(fleet.database) == history.sequence
            if is_over and is_archived and not count_differing_books(observers.readers, history):
                return True
        await asyncio.sleep(0.5)
    return False


def judge(history: Record, fleet: Fleet, observers: Observers) -> Result:
    """Count everything, from what Redis has on disk."""
    told, readers, witness = observers.told, observers.readers, observers.witness
    report = verify_record(history)
    wrong = {
        "lost": count_lost_orders(told, witness),
        "matched twice": witness.twice,
        "accepted twice": count_repeated_orders(told, witness),
        "cancels, amends, timers lost": count_lost_changes(told, witness),
        "cancels, amends, timers done twice": count_repeated_changes(told, witness),
        "orders open behind their cancel": count_open_in_vain(told, witness),
        "amends without their report": len(told.amended - witness.amended),
        "orders, changes never settled": told.unsettled,
        "answered with 500": len(told.faults),
        "acknowledged while Redis stood still": count_within(
            told.moments,
            find_disjoint(fleet.list_standstills("redis"), fleet.list_standstills("gateway")),
        ),
        "findings of verify": report.findings_total,
        "commits that changed afterwards": witness.count_changed(history),
        "trades that the feed invented": sum(
            count_invented_trades(one, witness) for one in readers
        ),
        "trades that the feed contradicted": sum(one.contradicted_trades for one in readers),
        "wrong checksums on the feed": sum(one.bad_checksums for one in readers),
        "feed's books that differ": count_differing_books(readers, history),
        "archive's orders, trades differ": count_archive_differences(fleet.database, witness),
    }
    rows = _list_rows(fleet, observers, report) | wrong
    findings = [f"{name}: {count}" for name, count in wrong.items() if count]
    findings += [f"{item.sequence} {item.rule}: {item.detail}" for item in report.findings]
    findings += told.faults
    findings += [f"the journal could not be followed: {witness.gap}"] if witness.gap else []
    return Result(rows, findings + fleet.list_failures())


def _list_rows(fleet: Fleet, observers: Observers, report: Report) -> dict[str, object]:
    told, readers, witness = observers.told, observers.readers, observers.witness
    acknowledged = {
        f"{command} acknowledged": sum(
            count for change, count in told.acknowledged.items() if change.command == command
        )
        for command in sorted({change.command for change in told.asked})
    }
    return {
        "orders acknowledged": len(told.order_ids),
        "orders told of by Binance's names": len(told.numbers),
        **acknowledged,
        "changes forgotten": told.forgotten,
        "requests by answer": dict(sorted(told.statuses.items())),
        "failed while Redis stood still": count_within(
            told.failures, fleet.list_standstills("redis")
        ),
        "commands in the journal": report.sequence,
        "verified from sequence": report.start,
        "snapshots compared": report.snapshots,
        "verified in seconds": round(report.seconds, 1),
        **count_faults(fleet),
        **list_recoveries(read_recoveries(fleet.engine_logs)),
        **_list_failovers(fleet, told),
        "feed connections": sum(reader.connections for reader in readers),
        "feed snapshots": sum(reader.snapshots for reader in readers),
        "feed gaps seen by the readers": sum(reader.gaps for reader in readers),
        "trades seen on the feed": sum(len(reader.trades) for reader in readers),
        "trades": len(witness.trades),
        "duplicates refused": witness.duplicates,
        "takeovers": _read_epoch(fleet),
    }


def _list_failovers(fleet: Fleet, told: Told) -> dict[str, object]:
    """Return how long it took after a primary's death until an order was acknowledged again."""
    if not isinstance(fleet, ClusterFleet):
        return {}
    recoveries = fleet.list_recoveries(told.moments)
    latency = Latency.of(recoveries)
    return {
        **{f"{kind}s": count for kind, count in sorted(fleet.kills.items()) if " (" in kind},
        "replica kills": fleet.kills["replica"],
        "primary kills": fleet.kills["primary"],
        "failures of a primary": len(fleet.failures),
        "a primary's death to the next accepted order p50, ms": round(latency.p50),
        "the same, p99, ms": round(latency.p99),
    }


def _read_epoch(fleet: Fleet) -> int:
    with connect_redis(fleet.redis_url) as client:
        return int(cast(bytes, client.hget(channels.STATE, channels.STATE_EPOCH)) or 0)


def _write_json(path: Path, options: Options, result: Result) -> None:
    figures = {
        "machine": describe_machine(),
        "options": {"seconds": options.seconds, "seed": options.seed, "clients": options.clients,
                    "rate": options.rate, "gap": options.gap},
        "rows": result.rows,
        "findings": result.findings,
    }  # fmt: skip
    path.write_text(json.dumps(figures, indent=2) + "\n")


def _parse(arguments: Sequence[str] | None) -> Options:
    parser = argparse.ArgumentParser(prog="python -m benchmark.chaos", description=__doc__)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--clients", type=int, default=24)
    parser.add_argument("--rate", type=float, default=300, help="requests a second, all clients")
    parser.add_argument("--gap", type=float, help="seconds between faults, on average")
    parser.add_argument("--folder", type=Path, help="keep the data and the logs here")
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument(
        "--transfers",
        action="store_true",
        help="three shards between which money moves, and nothing else; ends after so many --kills",
    )
    parser.add_argument("--kills", type=int, default=60, help="of engines and Redis, in all")
    parser.add_argument(
        "--cluster",
        action="store_true",
        help="on a Redis Cluster of nine nodes, whose primaries are killed; with --transfers, too",
    )
    options = parser.parse_args(arguments)
    if options.gap is None:
        options.gap = CLUSTER_GAP_SECONDS if options.cluster else GAP_SECONDS
    return Options(**vars(options))


if __name__ == "__main__":
    sys.exit(main())
