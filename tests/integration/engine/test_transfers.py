"""Transfers between the engines of two shards, which may stop at any Redis command.

The engines run in turns, each until its list is empty, so that every run has the same commands.
"""

import json
from collections.abc import Iterator

import pytest
from redis import Redis

from engine import meter, service
from engine.audit.findings import Findings
from engine.audit.record import Record
from engine.audit.transfers import Crossing, Verified, compare_shards
from engine.audit.verify import verify_record
from engine.service import Limits, Service
from engine.storage import order_queue
from engine.storage.recovery import recover_exchange
from engine.storage.redis_client import connect_redis
from protocol import channels
from protocol.assets import LedgerSettings
from protocol.shards import name_shard
from tests.support.engine_service import make_clock
from tests.support.faults import CrashPoint, Moment, Stopped, connect_until
from tests.support.instruments import make_instrument
from tests.support.ledgers import make_empty_ledger, make_ledger
from tests.support.redis_client import open_redis

INSTRUMENTS = {
    1: make_instrument("BTC-USDT", "0.01", "0.00001"),
    2: make_instrument("ETH-USDT", "0.01", "0.0001", shard=2),
}
NOON = 1_767_268_800_000_000
MOVES = {
    1: [("alice", "USDT", "70000", "a"), ("alice", "BTC", "0.5", "b"), ("bob", "USDT", "1", "a")],
    2: [("alice", "USDT", "0.00000001", "back"), ("alice", "USDT", "90000", "too much")],
}
"""What each shard is asked to send to the other one: the last one is refused."""
UNIT = 10**8
EXPECTED = {
    (1, "alice", "USDT"): 30_000 * UNIT + 1,
    (2, "alice", "USDT"): 70_000 * UNIT - 1,
    (1, "alice", "BTC"): 150_000_000,
    (2, "alice", "BTC"): 50_000_000,
    (1, "bob", "USDT"): 99_999 * UNIT,
    (2, "bob", "USDT"): UNIT,
    (1, "bob", "BTC"): 2 * UNIT,
    (2, "bob", "BTC"): 0,
}
MOST_TURNS = 4
"""Turns of each engine after which all is received and closed, whatever has happened to one."""


def choose_ledger(shard: int) -> LedgerSettings:
    return make_ledger() if shard == 1 else make_empty_ledger()


def ask(client: Redis, shard: int, moves: list[tuple[str, str, str, str]]) -> None:
    for account, asset, amount, name in moves:
        entry = (
            f'{{"command":"transfer","account":"{account}","asset":"{asset}","amount":"{amount}",'
            f'"id":"{name}","shard":{3 - shard}}}'
        )
        client.rpush(name_shard(shard).order_queue, entry)


class Bench:
    """Two shards on one Redis, served in turns."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._client = open_redis(url)

    def run(self, shard: int, point: CrashPoint) -> CrashPoint:
        """Have all moved from an empty exchange; `shard`'s engine stops at `point`, once.

        The engines take turns until nothing is on its way.
        """
        self._client.flushall()
        for each in (1, 2):
            names = name_shard(each)
            self._client.hset(names.state, channels.STATE_ARCHIVE_SEQUENCE, 0)
        ask(self._client, 1, MOVES[1])
        points = {shard: point, 3 - shard: CrashPoint()}
        for turn in range(2 * MOST_TURNS):
            each = turn % 2 + 1
            if not self._serve(each, points[each]):
                points[each] = CrashPoint()
                self._serve(each, points[each])
            if turn == 1:
                ask(self._client, 2, MOVES[2])
        return point

    def _serve(self, shard: int, point: CrashPoint) -> bool:
        """Whether the shard's engine got to the end of its list, and did not stop at `point`."""
        names = name_shard(shard)
        engine: Service | None = None

        def stop() -> None:
            if engine is not None:
                engine.stop()

        engine = Service(
            lambda: connect_until(self._url, point, stop), [INSTRUMENTS[shard]], make_clock(NOON),
            Limits(max_batch=2), ledger=choose_ledger(shard), names=names,
        )  # fmt: skip
        try:
            engine.run()
        except Stopped:
            self._client.delete(names.lease)
            return False
        return True

    def _count_received(self, shard: int) -> int:
        """Return how much a shard shows to have received from the other one."""
        shown = self._client.hget(name_shard(shard).state, channels.STATE_TRANSFERS)
        return int(json.loads(shown or "{}").get(str(3 - shard), 0))

    def check(self) -> None:
        """Every transfer was made once, and the money is where it was sent."""
        crossing, verified = verify_all(self._url)
        assert (crossing.sent, crossing.received) == (4, 4)
        assert [each.transfers.closed for each in verified] == [{2: 3}, {1: 1}]
        assert read_free(self._url, 1) | read_free(self._url, 2) == EXPECTED

    def close(self) -> None:
        self._client.close()


def verify_all(url: str) -> tuple[Crossing, list[Verified]]:
    """Verify both shards, and what is between them."""
    with connect_redis(url) as client:
        records = [Record(client, name_shard(shard)) for shard in (1, 2)]
        reports = [verify_record(record) for record in records]
        assert [list(report.findings) for report in reports] == [[], []]
        findings = Findings()
        verified = [report.verified for report in reports]
        crossing = compare_shards(records, verified, findings)
        assert findings.kept == []
    return crossing, verified


def read_free(url: str, shard: int) -> dict[tuple[int, str, str], int]:
    """Read what alice and bob have of USDT and BTC on a shard."""
    names = name_shard(shard)
    with connect_redis(url) as client:
        exchange = recover_exchange(client, [INSTRUMENTS[shard]], 1000, names=names)
    return {
        (shard, account, name): exchange.matcher.balance(number, asset.index)[0]
        for account, number in exchange.accounts.items()
        for name in ("USDT", "BTC")
        for asset in [exchange.ledger.find_asset(name)]
    }


@pytest.fixture
def bench(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """However slow the machine is, every run has the same commands; none waits for entries."""
    monkeypatch.setattr(meter, "SECONDS_BETWEEN_WRITES", 600.0)
    monkeypatch.setattr(order_queue, "IDLE_SECONDS", 0.001)
    monkeypatch.setattr(service, "LEASE_MILLISECONDS", 600_000)
    bench = Bench(redis_url)
    yield bench
    bench.close()


MARKS = (b'"command":"transfer"', b"receive_transfer", b"close_transfers", b"\r\ntransfers\r\n")
"""What a Redis command is about: commits, pushes, what is shown and what is looked at."""
LEAST = 6


def choose_commands(sent: list[bytes]) -> list[int]:
    """Which commands to stop at, counted from 1: of those about transfers, of each kind the first.

    The others are stopped at in `test_crash_points.py`.
    """
    chosen: dict[object, int] = {}
    for number, command in enumerate(sent, 1):
        marks = tuple(mark for mark in MARKS if mark in command)
        if marks:
            words = tuple(command.split(b"\r\n")[2:5:2])
            chosen.setdefault((words, marks), number)
    return list(chosen.values())


@pytest.mark.parametrize("moment", Moment)
@pytest.mark.parametrize("shard", [1, 2])
def test_engine_stopped_at_any_redis_command_moves_each_amount_once(
    bench: Bench, shard: int, moment: Moment
) -> None:
    undisturbed = bench.run(shard, CrashPoint())
    bench.check()
    commands = choose_commands(undisturbed.sent)
    assert len(commands) >= LEAST
    for command in commands:
        bench.run(shard, CrashPoint(command, moment))
        bench.check()
