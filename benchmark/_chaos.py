"""The run of `benchmark.chaos`: load, faults, recovery, verdict."""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from benchmark._chaos_clients import Accepted, Client
from benchmark._chaos_feed import FeedReader
from benchmark._chaos_fleet import Fleet
from benchmark._chaos_verdict import (
    compare_books,
    count_archive_differences,
    count_invented_trades,
    count_lost,
    read_archived_sequence,
)
from benchmark._chaos_witness import Witness
from benchmark.machine import describe_machine, describe_redis
from engine.connection import connect_redis
from engine.history import History, HistoryUnavailable, open_history
from engine.verify import Report, verify_history
from protocol import channels

SYMBOL = "BTC-USDT"
CLOSED_ORDERS = 1_000_000
"""More than a run can close, so that no repeat is forgotten."""
SETTINGS = {"CLOSED_ORDERS": str(CLOSED_ORDERS), "SNAPSHOT_INTERVAL": "2500", "MAX_BATCH": "64"}
SETTLE_SECONDS = 30.0
LEASE_SECONDS = 3.0
FAULTS = {
    "kill redis": 36,
    "kill engine": 36,
    "pause engine": 8,
    "kill gateway": 10,
    "kill feed": 6,
    "kill archive": 6,
}
"""How often each, of a hundred or so."""
KINDS = ("redis", "engine", "gateway", "feed", "archive")


@dataclass(frozen=True)
class Options:
    """Of the command line."""

    seconds: float
    seed: int
    clients: int
    rate: float
    gap: float
    folder: Path | None


@dataclass(frozen=True)
class Result:
    """Rows of the table, and what speaks against the exchange."""

    rows: dict[str, object]
    findings: list[str]


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 1 where anything was lost, matched twice or wrong."""
    options = _parse(arguments)
    print(describe_machine())
    with tempfile.TemporaryDirectory(prefix="goquant-chaos-") as temporary:
        result = asyncio.run(run_chaos(options, options.folder or Path(temporary)))
    for name, value in result.rows.items():
        print(f"{name:<34}{value!s:>12}")
    for finding in result.findings:
        print(f"FINDING: {finding}")
    print(f"seed {options.seed}: {'FAILED' if result.findings else 'nothing lost, nothing twice'}")
    return 1 if result.findings else 0


async def run_chaos(options: Options, folder: Path) -> Result:
    """Start a system, hurt it for a while, let it recover, judge."""
    generator = random.Random(options.seed)
    fleet = Fleet(folder, random.Random(generator.random()), SETTINGS)
    try:
        return await _run(fleet, generator, options)
    finally:
        fleet.close()


async def _run(fleet: Fleet, generator: random.Random, options: Options) -> Result:
    await fleet.start()
    print(describe_redis(fleet.redis_url))
    supervisor = asyncio.create_task(fleet.supervise())
    accepted = Accepted()
    gateway_port = fleet.gateway.getsockname()[1]
    pause = options.clients / options.rate
    clients = [
        Client(number, gateway_port, random.Random(generator.random()), pause, accepted)
        for number in range(options.clients)
    ]
    reader = FeedReader(fleet.market_data.getsockname()[1], SYMBOL)
    witness = Witness(fleet.redis_url, SYMBOL)
    watching = [asyncio.create_task(watcher.run()) for watcher in (reader, witness)]
    trading = [asyncio.create_task(client.run(SETTLE_SECONDS)) for client in clients]
    await hurt(fleet, generator, options)
    for client in clients:
        client.is_stopping = True
    await asyncio.gather(*trading)
    is_drained = await fleet.drain(SETTLE_SECONDS)
    have_caught_up = await _wait_for_readers(fleet, reader)
    await fleet.stop_all_but_redis()
    for task in (supervisor, *watching):
        task.cancel()
    await fleet.restart_redis(times=2)
    await asyncio.to_thread(witness.catch_up)
    with open_history(fleet.redis_url) as history:
        result = judge(history, fleet, accepted, reader, witness)
    if not is_drained:
        result.findings.append("the list was not drained")
    if not have_caught_up:
        result.findings.append("the feed or the archive did not catch up")
    return result


async def hurt(fleet: Fleet, generator: random.Random, options: Options) -> None:
    """One fault after the other; what is paused goes on before this returns."""
    deadline = time.monotonic() + options.seconds
    pauses = []
    while time.monotonic() < deadline:
        await asyncio.sleep(generator.uniform(0.3, 1.7) * options.gap)
        [fault] = generator.choices(list(FAULTS), list(FAULTS.values()))
        verb, kind = fault.split()
        if verb == "kill":
            fleet.kill(kind)
        else:
            seconds = LEASE_SECONDS * generator.uniform(1.1, 2.0)
            pauses.append(asyncio.create_task(fleet.pause(kind, seconds)))
    await asyncio.gather(*pauses)


async def _wait_for_readers(fleet: Fleet, reader: FeedReader) -> bool:
    """Whether the feed's reader and the archive came to the journal's end in time."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < deadline:
        with suppress(HistoryUnavailable), open_history(fleet.redis_url) as history:
            is_archived = read_archived_sequence(fleet.database) == history.sequence
            if is_archived and compare_books(reader, history, SYMBOL):
                return True
        await asyncio.sleep(0.5)
    return False


def judge(
    history: History, fleet: Fleet, accepted: Accepted, reader: FeedReader, witness: Witness
) -> Result:
    """Everything counted, from what Redis has on disk."""
    report = verify_history(history)
    wrong = {
        "lost": count_lost(accepted, witness),
        "matched twice": witness.twice,
        "findings of verify": report.findings_total,
        "commits that changed afterwards": witness.count_changed(history),
        "trades that the feed invented": count_invented_trades(reader, witness),
        "trades that the feed contradicted": reader.contradicted_trades,
        "wrong checksums on the feed": reader.bad_checksums,
        "feed's book differs": int(not compare_books(reader, history, SYMBOL)),
        "archive's orders, trades differ": count_archive_differences(
            fleet.database, witness, SYMBOL
        ),
    }
    rows = _list_rows(fleet, accepted, reader, report) | {
        "trades": len(witness.trades), "duplicates refused": witness.duplicates,
        "takeovers": _read_epoch(fleet), **wrong,
    }  # fmt: skip
    findings = [f"{name}: {count}" for name, count in wrong.items() if count]
    findings += [f"{item.sequence} {item.rule}: {item.detail}" for item in report.findings]
    findings += [f"the journal could not be followed: {witness.gap}"] if witness.gap else []
    return Result(rows, findings + fleet.list_failures())


def _list_rows(
    fleet: Fleet, accepted: Accepted, reader: FeedReader, report: Report
) -> dict[str, object]:
    return {
        "orders acknowledged": len(accepted.order_ids),
        "orders never settled": accepted.unsettled,
        "requests by answer": dict(sorted(accepted.statuses.items())),
        "commands in the journal": report.sequence,
        "verified from sequence": report.start,
        "snapshots compared": report.snapshots,
        "verified in seconds": round(report.seconds, 1),
        **{f"{kind} kills": fleet.kills[kind] for kind in KINDS},
        "engine pauses beyond the lease": fleet.pauses["engine"],
        "feed connections": reader.connections,
        "feed snapshots": reader.snapshots,
        "feed gaps seen by the reader": reader.gaps,
        "trades seen on the feed": len(reader.trades),
    }


def _read_epoch(fleet: Fleet) -> int:
    with connect_redis(fleet.redis_url) as client:
        return int(cast(bytes, client.hget(channels.STATE, channels.STATE_EPOCH)) or 0)


def _parse(arguments: Sequence[str] | None) -> Options:
    parser = argparse.ArgumentParser(prog="python -m benchmark.chaos", description=__doc__)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--clients", type=int, default=24)
    parser.add_argument("--rate", type=float, default=300, help="orders a second, all clients")
    parser.add_argument("--gap", type=float, default=1.6, help="seconds between faults, on average")
    parser.add_argument("--folder", type=Path, help="keep the data and the logs here")
    return Options(**vars(parser.parse_args(arguments)))


if __name__ == "__main__":
    sys.exit(main())
