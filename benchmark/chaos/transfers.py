"""Move money between shards while engines and Redis are killed; then count what was lost or twice.

An engine a shard on one Redis with `appendfsync always`. A client pushes transfers onto the lists,
some of them twice, whenever Redis answers. In the end every transfer whose push was acknowledged
must be in its list's journal, sent at most once and received exactly as often; and the audit of all
shards must find that what they hold is what came in.
"""

import random
import sys
import threading
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from signal import SIGKILL, SIGTERM
from typing import NamedTuple

from redis import RedisError

from benchmark.chaos.fleet import Member
from engine.audit.findings import Findings
from engine.audit.record import open_records
from engine.audit.transfers import Crossing, compare_shards
from engine.audit.verify import verify_record
from engine.storage.redis_client import connect_redis
from launcher.environments import make_environment
from launcher.redis.access import make_access
from launcher.redis.binary import find_redis_binaries
from launcher.redis.server import is_serving, make_redis_service
from protocol import channels, codec
from protocol.commands import QueueEntry
from protocol.enums import BalanceCause, CommandType
from protocol.events import BalanceChanged
from protocol.journal import JournalEntry
from protocol.shards import name_shard
from tests.support.ports import find_free_port
from tests.support.shards import SYMBOLS, write_instruments

ACCOUNTS = ("alice", "bob", "carol")
REDIS_SHARE = 0.3
REPEATED_SHARE = 0.2
SETTLE_SECONDS = 180.0
QUIET_SECONDS = 10.0
"""Once the lists are empty for so long, no engine has anything to push again."""
_POLL_SECONDS = 0.05


class Name(NamedTuple):
    """A transfer as its client knows it."""

    account: str
    source: int
    id: str


class Bench:
    """Redis and the engines, each started again whenever it ends."""

    def __init__(self, folder: Path, generator: random.Random) -> None:
        self.kills: Counter[str] = Counter()
        self._generator = generator
        port = find_free_port()
        access = make_access(port, is_sharded=True)
        self.url = access.addresses.launcher
        logs = folder / "logs"
        for each in (logs, folder / "data"):
            each.mkdir()
        own = {
            "DATA_DIR": str(folder / "data"), "INSTRUMENTS_FILE": str(write_instruments(folder)),
            "SNAPSHOT_INTERVAL": "500", "MAX_BATCH": "16",
        }  # fmt: skip
        environment = make_environment("engine", access.addresses.of("engine")) | own
        service = make_redis_service(
            next(find_redis_binaries()), port, folder / "redis", "1gb", lambda _line: None,
            access.configuration,
        )  # fmt: skip
        self.redis = Member(
            "redis", service.command, service.environment, logs, prepare=service.prepare
        )
        self.engines = [
            Member(
                f"engine-{shard}", (sys.executable, "-m", "engine", "--shard", str(shard)),
                environment, logs,
            )
            for shard in SYMBOLS
        ]  # fmt: skip
        self.is_stopping = threading.Event()
        """Whether no more is pushed."""
        self.is_over = threading.Event()
        """Whether nothing is started again."""

    def start(self) -> None:
        """Start Redis, then the engines; the journals are kept whole."""
        self.redis.start()
        while not is_serving(self.url):
            time.sleep(_POLL_SECONDS)
        with connect_redis(self.url) as client:
            for shard in SYMBOLS:
                client.hset(name_shard(shard).state, channels.STATE_ARCHIVE_SEQUENCE, 0)
        for engine in self.engines:
            engine.start()

    def supervise(self) -> None:
        """Keep starting again what has ended."""
        while not self.is_over.wait(_POLL_SECONDS):
            for member in (self.redis, *self.engines):
                member.start_if_due(self._generator.uniform(0, 0.3))

    def kill_one(self) -> None:
        """Kill Redis or an engine, if it runs."""
        is_redis = self._generator.random() < REDIS_SHARE
        member = self.redis if is_redis else self._generator.choice(self.engines)
        if member.is_running:
            member.send(SIGKILL)
            self.kills[member.name] += 1

    def is_drained(self) -> bool:
        """Whether nothing waits in a list."""
        try:
            with connect_redis(self.url) as client:
                return not any(client.llen(name_shard(shard).order_queue) for shard in SYMBOLS)
        except RedisError:
            return False

    def restart_redis(self) -> None:
        """Stop the engines in order; then kill Redis once more, with all that it has kept."""
        self.is_over.set()
        for engine in self.engines:
            engine.send(SIGTERM)
            engine.wait()
        self.redis.send(SIGKILL)
        self.redis.wait()
        self.redis.start()
        while not is_serving(self.url):
            time.sleep(_POLL_SECONDS)

    def close(self) -> None:
        """Leave no process behind."""
        self.is_stopping.set()
        self.is_over.set()
        for member in (*self.engines, self.redis):
            member.send(SIGKILL)
            member.wait()


def push_transfers(
    bench: Bench, generator: random.Random, acknowledged: set[Name], pause: float
) -> None:
    """Push transfers until the end; one whose push was not answered is pushed again."""
    number = 0
    while not bench.is_stopping.is_set():
        number += 1
        source, target = generator.sample(list(SYMBOLS), 2)
        name = Name(generator.choice(ACCOUNTS), source, f"move-{number}")
        amount = f"{generator.randrange(1, 1000)}.{generator.randrange(10**8):08}"
        entry = QueueEntry(
            command=CommandType.TRANSFER, account=name.account, asset="USDT", amount=amount,
            id=name.id, shard=target,
        )  # fmt: skip
        for _ in range(1 + (generator.random() < REPEATED_SHARE)):
            while not _push(bench.url, source, codec.encode(entry)):
                if bench.is_stopping.wait(_POLL_SECONDS):
                    return
            acknowledged.add(name)
        bench.is_stopping.wait(pause)


def _push(url: str, shard: int, entry: bytes) -> bool:
    try:
        with connect_redis(url) as client:
            client.rpush(name_shard(shard).order_queue, entry)
    except RedisError:
        return False
    return True


def judge(url: str, acknowledged: set[Name]) -> tuple[dict[str, object], list[str]]:
    """Read all journals, and verify them; return rows of the table, and what is wrong."""
    commands: set[Name] = set()
    moves: Counter[tuple[BalanceCause, str, int, str]] = Counter()
    findings = Findings()
    with open_records(url) as records:
        for record in records:
            for entry in record.read_entries(0):
                commands |= set(_list_commands(entry, record.shard))
                moves.update(_list_moves(entry, record.shard))
        reports = [verify_record(record) for record in records]
        crossing = compare_shards(records, [report.verified for report in reports], findings)
    problems = [f"{each.rule}: {each.detail}" for each in findings.kept]
    for report in reports:
        problems += [f"{each.rule}: {each.detail}" for each in report.findings]
    problems += _compare_moves(moves)
    lost = acknowledged - commands
    problems += [f"lost: {name}" for name in sorted(lost)[:5]]
    if crossing.sent != crossing.received:
        problems.append(f"{crossing.sent} were sent, {crossing.received} received")
    return _make_rows(acknowledged, crossing, len(lost), moves), problems


def _list_commands(entry: JournalEntry, shard: int) -> list[Name]:
    commands = [codec.decode_entry(raw) for raw in codec.split_entries(entry.commands)]
    return [
        Name(each.account, shard, each.id or "")
        for each in commands
        if each.command is CommandType.TRANSFER
    ]


def _list_moves(entry: JournalEntry, shard: int) -> list[tuple[BalanceCause, str, int, str]]:
    """List the halves of transfers, each by the shard that it was sent from."""
    message = entry.messages.get(channels.EXECUTION_REPORTS)
    events = codec.decode_message(message).events if message else ()
    return [
        (
            event.cause,
            event.account,
            shard if event.cause is BalanceCause.SENT else event.shard,
            event.id or "",
        )
        for event in events
        if isinstance(event, BalanceChanged) and event.shard is not None
    ]


def _compare_moves(moves: Counter[tuple[BalanceCause, str, int, str]]) -> list[str]:
    sent = {each[1:] for each in moves if each[0] is BalanceCause.SENT}
    received = {each[1:] for each in moves if each[0] is BalanceCause.RECEIVED}
    twice = [each for each, count in moves.items() if count > 1]
    return [
        *(f"twice: {each}" for each in twice[:5]),
        *(f"sent and not received, or the reverse: {each}" for each in sorted(sent ^ received)[:5]),
    ]


def _make_rows(
    acknowledged: set[Name],
    crossing: Crossing,
    lost: int,
    moves: Counter[tuple[BalanceCause, str, int, str]],
) -> dict[str, object]:
    return {
        "transfers acknowledged": len(acknowledged),
        "lost": lost,
        "sent": crossing.sent,
        "received": crossing.received,
        "sent or received twice": sum(count > 1 for count in moves.values()),
        "still on the way": dict(crossing.on_way),
    }


def run_transfers(
    kills: int, seed: int, gap: float, folder: Path
) -> tuple[dict[str, object], list[str]]:
    """Run until there were so many kills; return rows of the table, and what is wrong."""
    generator = random.Random(seed)
    bench = Bench(folder, random.Random(generator.random()))
    acknowledged: set[Name] = set()
    with ExitStack() as stack:
        stack.callback(bench.close)
        bench.start()
        supervisor = threading.Thread(target=bench.supervise)
        supervisor.start()
        pusher = threading.Thread(
            target=push_transfers,
            args=(bench, random.Random(generator.random()), acknowledged, 0.01),
        )
        pusher.start()
        while sum(bench.kills.values()) < kills:
            time.sleep(generator.uniform(0.3, 1.7) * gap)
            bench.kill_one()
        bench.is_stopping.set()
        pusher.join()
        is_drained = _settle(bench)
        bench.restart_redis()
        supervisor.join()
        rows, problems = judge(bench.url, acknowledged)
    if not is_drained:
        problems.append("the lists were not drained")
    return {**{f"{name} kills": count for name, count in bench.kills.items()}, **rows}, problems


def _settle(bench: Bench) -> bool:
    """Wait until all lists have been empty for a while; return whether they were in time."""
    deadline, quiet_since = time.monotonic() + SETTLE_SECONDS, time.monotonic()
    while time.monotonic() < deadline:
        if not bench.is_drained():
            quiet_since = time.monotonic()
        if time.monotonic() > quiet_since + QUIET_SECONDS:
            return True
        time.sleep(_POLL_SECONDS)
    return False
