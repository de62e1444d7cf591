"""An engine that stops at any point of any Redis command leaves nothing that shows afterwards.

The dead engine's lease is deleted, as its expiry would do it: nothing else happens in that time,
and what could still come from the dead engine is stopped by the owner token, never by the lease.
"""

import json
import os
from collections.abc import Iterator
from types import SimpleNamespace
from typing import NamedTuple

import pytest

from engine import meter, service
from engine.audit.record import Record
from engine.audit.verify import verify_record
from engine.exchange.own_entries import make_configuration
from engine.service import Limits, Service
from engine.storage import order_queue, snapshots
from engine.storage.journal import read_journal
from protocol import channels
from protocol.journal import JournalEntry
from protocol.limits import TradingLimits
from tests.support.engine_service import make_clock
from tests.support.faults import CrashPoint, Moment, Stopped, connect_until
from tests.support.faults_flow import TIMER_SECONDS, Flow, draw_every_kind
from tests.support.instruments import make_instruments
from tests.support.ledgers import make_ledger
from tests.support.redis_client import open_redis

MONEY = [
    b'{"command":"credit","account":"alice","asset":"USDT","amount":"2.5","id":"one"}',
    b'{"command":"debit","account":"bob","asset":"BTC","amount":"0.5","id":"two"}',
    b'{"command":"credit","account":"alice","asset":"USDT","amount":"2.5","id":"one"}',
    b'{"command":"set_fees","account":"carol","maker":"0","taker":"0.25"}',
    b'{"command":"open_account","account":"dave"}',
    b'{"symbol":"BTC-USDT","side":"buy","order_type":"limit","quantity":"1000","price":"60000"}',
]
NOON = 1_767_268_800_000_000
LATER = NOON + TIMER_SECONDS * 1_000_000
# other limits than the settings' an engine would put right again, each at its start
FLOW = draw_every_kind(7, 52, LATER, TradingLimits())
# the ledger opens with an entry, not with the engine's settings, for the same reason
FLOW = Flow(
    [make_configuration(TradingLimits(), make_ledger(USDT="10000000")), *FLOW.first, *MONEY],
    FLOW.rest,
)
ENTRIES = [*FLOW.first, *FLOW.rest]
CLOSED_ORDERS = 100
END = b"end"
MOST = 64
ALWAYS_STOPPED = 6
"""At so many commands each engine of a long run is stopped in any case: the start is there."""
MARKS = [
    b"configure", b"halt", b"clear_queue", b"expire_timers", b"cancel_after",
    b"cancel_all", b'"amend"', b'"cancel"', b'"dead"', b'"fok"',
    b"queue_cleared", b"instrument_halted", b"fok_not_fillable", b"would_trade",
    b"duplicate_order", b"SET", b"XTRIM", b"balance_changed", b"insufficient_balance",
]  # fmt: skip
"""What a Redis command is about."""


class Outcome(NamedTuple):
    """All that a run leaves behind; of the feed, each message of each channel in order."""

    journal: list[JournalEntry]
    feed: list[tuple[bytes, bytes]]
    state: dict[bytes, bytes]
    dead: list[bytes]


class Bench:
    """Runs the fixed entries with engines that stop where they are told to."""

    def __init__(self, url: str, max_batch: int, snapshot_interval: int) -> None:
        self._url = url
        self._limits = Limits(max_batch, CLOSED_ORDERS, snapshot_interval)
        self._client = open_redis(url)
        self._feed = self._client.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
        self._feed.subscribe(*channels.EVENT_CHANNELS, END)

    def run(self, point: CrashPoint) -> None:
        """An exchange without a past takes all entries; what stops at `point` is started again."""
        self._prepare()
        for entries, now in ((FLOW.first, NOON), (FLOW.rest, LATER)):
            self._client.rpush(channels.ORDER_QUEUE, *entries)
            if not self._serve(point, now):
                point = CrashPoint()
                assert self._serve(point, now)

    def _prepare(self) -> None:
        """The journal is kept whole."""
        self._client.flushall()
        self._client.hset(channels.STATE, channels.STATE_ID_KEY, "00" * 32)
        self._client.hset(channels.STATE, channels.STATE_ARCHIVE_SEQUENCE, 0)

    def _serve(self, point: CrashPoint, now: int) -> bool:
        """Whether an engine got to the end of the list, and did not stop at `point`."""
        engine: Service | None = None

        def stop() -> None:
            if engine is not None:
                engine.stop()

        engine = Service(
            lambda: connect_until(self._url, point, stop), make_instruments(), make_clock(now),
            self._limits,
        )  # fmt: skip
        try:
            engine.run()
        except Stopped:
            self._client.delete(channels.LEASE)
            return False
        return True

    def collect(self) -> Outcome:
        """What there is now; the history has been verified."""
        report = verify_record(Record(self._client))
        assert report.findings == []
        assert report.sequence == len(ENTRIES)
        state: dict[bytes, bytes] = self._client.hgetall(channels.STATE)  # type: ignore[assignment]
        names = [b"sequence", *(f"last:{name}".encode() for name in channels.EVENT_CHANNELS)]
        return Outcome(
            list(read_journal(self._client, 0)),
            list(self._read_feed()),
            {name: state[name] for name in names},
            self._client.lrange(channels.DEAD, 0, -1),  # type: ignore[arg-type]
        )

    def _read_feed(self) -> Iterator[tuple[bytes, bytes]]:
        self._client.publish(END, b"")
        for message in self._feed.listen():
            if message["channel"] == END:
                return
            yield message["channel"], message["data"]

    def close(self) -> None:
        self._feed.close()
        self._client.close()


class PatientChildren(SimpleNamespace):
    """In the place of `os` for the snapshots: each is waited for, so that every run has the same
    Redis commands; `reap` waits for one that a dead engine has left behind."""

    WNOHANG = 0
    _exit = staticmethod(os._exit)

    def __init__(self) -> None:
        self._children: set[int] = set()

    def fork(self) -> int:
        child = os.fork()
        self._children.add(child)
        return child

    def waitpid(self, child: int, options: int) -> tuple[int, int]:
        self._children.discard(child)
        return os.waitpid(child, options)

    def reap(self) -> None:
        for child in list(self._children):
            self.waitpid(child, 0)


@pytest.fixture
def children(monkeypatch: pytest.MonkeyPatch) -> PatientChildren:
    children = PatientChildren()
    monkeypatch.setattr(snapshots, "os", children)
    return children


@pytest.fixture
def _nothing_by_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine is, every run has the same commands; none waits for entries."""
    monkeypatch.setattr(service, "ROUND_SECONDS", 600.0)
    monkeypatch.setattr(meter, "SECONDS_BETWEEN_WRITES", 600.0)
    monkeypatch.setattr(order_queue, "IDLE_SECONDS", 0.001)
    monkeypatch.setattr(service, "LEASE_MILLISECONDS", 600_000)


def choose_commands(sent: list[bytes], *, is_sparse: bool) -> list[int]:
    """Which commands to stop at, counted from 1: all, or of those that are alike the first."""
    chosen: dict[object, int] = {}
    for number, command in enumerate(sent, 1):
        words = tuple(command.split(b"\r\n")[2:5:2])
        marks = tuple(mark for mark in MARKS if mark in command)
        is_always = number <= ALWAYS_STOPPED or not is_sparse
        chosen.setdefault(number if is_always else (words, marks), number)
    return list(chosen.values())


def list_reasons(outcome: Outcome) -> set[str]:
    """Reasons of reports, and causes of changed balances."""
    messages = [entry.messages.get(channels.EXECUTION_REPORTS) for entry in outcome.journal]
    return {
        str(event.get("reason", event.get("cause")))
        for message in messages
        if message is not None
        for event in json.loads(message)["events"]
    }


@pytest.mark.usefixtures("_nothing_by_time")
@pytest.mark.parametrize("moment", Moment)
@pytest.mark.parametrize("max_batch", [1, 7, MOST])
def test_engine_stopped_at_redis_commands(
    redis_url: str, children: PatientChildren, max_batch: int, moment: Moment
) -> None:
    """At every one, or, where there are many commits, at one of each kind."""
    bench = Bench(redis_url, max_batch, snapshot_interval=40)
    try:
        undisturbed = CrashPoint()
        bench.run(undisturbed)
        expected = bench.collect()
        assert list_reasons(expected) >= {
            "cancel_after", "cancel_all", "credit", "debit", "duplicate_order",
            "fok_not_fillable", "instrument_halted", "insufficient_balance", "opening",
            "queue_cleared", "unreadable_entry", "would_trade",
        }  # fmt: skip
        assert len(expected.journal) >= len(ENTRIES) / max_batch
        assert len(expected.journal) > 2
        for command in choose_commands(undisturbed.sent, is_sparse=max_batch < MOST):
            bench.run(CrashPoint(command, moment))
            children.reap()
            assert bench.collect() == expected, f"stopped at Redis command {command}"
    finally:
        bench.close()
