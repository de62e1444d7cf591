"""Move money between shards while engines and Redis are killed; then count what was lost or twice.

An engine a shard on one Redis with `appendfsync always`, or on a cluster with a primary for each
shard. A client pushes transfers onto the lists,
some of them twice, whenever Redis answers. In the end every transfer whose push was acknowledged
must be in its list's journal, sent at most once and received exactly as often; and the audit of all
shards must find that what they hold is what came in.
"""

import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from signal import SIGKILL, SIGTERM
from typing import Any, NamedTuple

from redis import RedisError

from benchmark.chaos import cluster_nodes
from benchmark.chaos.cluster_nodes import ClusterNodes, find_recoveries
from benchmark.chaos.fleet import Member
from benchmark.shared.latency import Latency
from cluster.address import is_cluster
from cluster.replication import Replication
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
from protocol.shards import ShardNames, name_shard
from tests.support.ports import find_free_port
from tests.support.shards import SYMBOLS, write_instruments

ACCOUNTS = ("alice", "bob", "carol")
REDIS_SHARE = 0.3
REPEATED_SHARE = 0.2
SETTLE_SECONDS = 180.0
ARCHIVED = channels.STATE_ARCHIVE_SEQUENCE
"""What keeps the journal whole: written like an order, or it dies with the first primary."""
CLUSTER_FAULTS = {"primary": 50, "failover": 20, "engine": 30}
"""How often each on a cluster, of a hundred."""
LONGEST_DOWN_SECONDS = 0.3
KEPT_QUESTIONS = 5
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

    engine_arguments: Sequence[str] = ()
    longest_down = LONGEST_DOWN_SECONDS

    def __init__(self, folder: Path, generator: random.Random) -> None:
        self.kills: Counter[str] = Counter()
        self.deaths: dict[int, list[float]] = {shard: [] for shard in SYMBOLS}
        """When the primary of a shard was killed."""
        self.moments: dict[int, list[float]] = {shard: [] for shard in SYMBOLS}
        """When a push onto the list of a shard was acknowledged."""
        self._generator = generator
        self._folder = folder
        self._logs = folder / "logs"
        for each in (self._logs, folder / "data"):
            each.mkdir()
        url = self._make_servers()
        own = {
            "DATA_DIR": str(folder / "data"), "INSTRUMENTS_FILE": str(write_instruments(folder)),
            "SNAPSHOT_INTERVAL": "500", "MAX_BATCH": "16",
        }  # fmt: skip
        command = (sys.executable, "-m", "engine", *self.engine_arguments, "--shard")
        environment = make_environment("engine", url) | own
        self.engines = [
            Member(f"engine-{shard}", (*command, str(shard)), environment, self._logs)
            for shard in SYMBOLS
        ]
        self.is_stopping = threading.Event()
        """Whether no more is pushed."""
        self.is_over = threading.Event()
        """Whether nothing is started again."""

    def _make_servers(self) -> str:
        """Prepare Redis; return the URL for its engines."""
        port = find_free_port()
        access = make_access(port, is_sharded=True)
        self.url = access.addresses.launcher
        service = make_redis_service(
            next(find_redis_binaries()), port, self._folder / "redis", "1gb", lambda _line: None,
            access.configuration,
        )  # fmt: skip
        self.servers = [
            Member("redis", service.command, service.environment, self._logs,
                   prepare=service.prepare)
        ]  # fmt: skip
        return access.addresses.of("engine")

    def name(self, shard: int) -> ShardNames:
        """Return the names of a shard."""
        return name_shard(shard, is_clustered=is_cluster(self.url))

    def wait_for_redis(self) -> None:
        """Wait until Redis serves."""
        while not is_serving(self.url):
            time.sleep(_POLL_SECONDS)

    def start(self) -> None:
        """Start Redis, then the engines; the journals are kept whole."""
        for server in self.servers:
            server.start()
        self.wait_for_redis()
        for names in map(self.name, SYMBOLS):
            while not _write(self.url, names, "HSET", names.state, ARCHIVED, "0"):
                time.sleep(_POLL_SECONDS)
        for engine in self.engines:
            engine.start()

    def supervise(self) -> None:
        """Keep starting again what has ended."""
        while not self.is_over.wait(_POLL_SECONDS):
            for member in (*self.servers, *self.engines):
                longest = self.longest_down if member in self.servers else LONGEST_DOWN_SECONDS
                member.start_if_due(self._generator.uniform(0, longest))

    def kill_one(self) -> None:
        """Kill Redis or an engine, if it runs."""
        is_redis = self._generator.random() < REDIS_SHARE
        self._kill(self._generator.choice(self.servers if is_redis else self.engines))

    def _kill(self, member: Member) -> None:
        if member.is_running:
            member.send(SIGKILL)
            self.kills[member.name] += 1

    def is_drained(self) -> bool:
        """Whether nothing waits in a list."""
        try:
            for names in map(self.name, SYMBOLS):
                with connect_redis(self.url, names) as client:
                    if client.llen(names.order_queue):
                        return False
        except RedisError:
            return False
        return True

    def restart_redis(self) -> None:
        """Stop the engines in order; then kill Redis once more, with all that it has kept."""
        self.is_over.set()
        for engine in self.engines:
            engine.send(SIGTERM)
            engine.wait()
        for server in self.servers:
            server.send(SIGKILL)
        for server in self.servers:
            server.wait()
            server.start()
        self.wait_for_redis()

    def close(self) -> None:
        """Leave no process behind."""
        self.is_stopping.set()
        self.is_over.set()
        for member in (*self.engines, *self.servers):
            member.send(SIGKILL)
            member.wait()


class ClusterBench(Bench):
    """The same on the nodes of a cluster, of which the primary of one shard is killed at a time."""

    engine_arguments = ("--standby",)
    longest_down = cluster_nodes.LONGEST_DOWN_SECONDS

    def _make_servers(self) -> str:
        self._nodes = ClusterNodes(self._folder, self._logs, self._generator)
        self.url, self.servers = self._nodes.url, self._nodes.members
        return self.url

    def wait_for_redis(self) -> None:
        """Wait until the nodes are one cluster."""
        self._nodes.form()

    def kill_one(self) -> None:
        """Kill an engine, or the primary of a shard, or have it replaced while it lives."""
        fault, shard = self._choose_fault(), self._generator.choice(list(SYMBOLS))
        if fault == "engine":
            self._kill(self.engines[shard - 1])
            return
        key = self.name(shard).order_queue
        if fault == "failover":
            self.kills["primary (failover)"] += self._nodes.fail_over(key)
            return
        primary = self._nodes.find("primary", key)
        if primary is not None and primary.is_running and not self._nodes.is_shaken():
            self.deaths[shard].append(time.monotonic())
            primary.send(SIGKILL)
            self.kills["primary"] += 1

    def _choose_fault(self) -> str:
        [fault] = self._generator.choices(list(CLUSTER_FAULTS), list(CLUSTER_FAULTS.values()))
        return fault


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
            names = bench.name(source)
            while not _write(bench.url, names, "RPUSH", names.order_queue, codec.encode(entry)):
                if bench.is_stopping.wait(_POLL_SECONDS):
                    return
            bench.moments[source].append(time.monotonic())
            acknowledged.add(name)
        bench.is_stopping.wait(pause)


def _write(url: str, names: ShardNames, *command: str | bytes) -> bool:
    """Write as a gateway does; return whether it is acknowledged."""
    try:
        with connect_redis(url, names) as client, client.client() as connection:
            connection.execute_command(*command)
            return not names.is_clustered or _is_kept(connection, names.order_queue)
    except RedisError:
        return False


def _is_kept(connection: Any, key: str) -> bool:
    """Whether the replicas have what was written on this very connection, after a few questions."""
    replication = Replication(key)
    return any(
        replication.is_kept([connection.execute_command(*each) for each in replication.questions])
        for _ in range(KEPT_QUESTIONS)
    )


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
    kills: int, seed: int, gap: float, folder: Path, *, is_clustered: bool = False
) -> tuple[dict[str, object], list[str]]:
    """Run until there were so many kills; return rows of the table, and what is wrong."""
    generator = random.Random(seed)
    kind = ClusterBench if is_clustered else Bench
    bench = kind(folder, random.Random(generator.random()))
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
    counts = {f"{name} kills": count for name, count in bench.kills.items()}
    return {**counts, **_list_recoveries(bench), **rows}, problems


def _list_recoveries(bench: Bench) -> dict[str, object]:
    """Return how long it took from a primary's death to the next push that was acknowledged."""
    seconds = [
        each
        for shard in SYMBOLS
        for each in find_recoveries(bench.deaths[shard], bench.moments[shard])
    ]
    if not seconds:
        return {}
    latency = Latency.of(seconds)
    return {
        "a primary's death to the next push p50, ms": round(latency.p50),
        "the same, p99, ms": round(latency.p99),
    }


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
