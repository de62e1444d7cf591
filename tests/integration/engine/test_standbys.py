"""Standby engines: they follow the journal, and serve when the one that served is gone."""

import json
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from redis import Redis

from engine.audit.record import open_record
from engine.audit.verify import verify_record
from engine.storage.follower import Follower
from engine.storage.journal import JournalDamaged, read_journal
from protocol import channels
from protocol.journal import entry_id
from protocol.standbys import Standby, decode_standbys
from tests.support.engine_service import run_engine, run_engine_process, wait_until_drained
from tests.support.instruments import make_instrument
from tests.support.waiting import wait_until

BUY = b'{"symbol":"BTC-USDT","side":"buy","order_type":"limit","quantity":"1","price":"60000"}'
NAMED = BUY.replace(b"}", b',"client_order_id":"%s"}')


def never() -> bool:
    """Return that there is no stop."""
    return False


def push(client: Redis, count: int) -> None:
    client.rpush(channels.ORDER_QUEUE, *[BUY] * count)
    wait_until_drained(client)


def read_sequence(client: Redis) -> int:
    return int(cast(bytes, client.hget(channels.STATE, channels.STATE_SEQUENCE) or b"0"))


def follow_to_the_end(follower: Follower, client: Redis) -> None:
    def is_there() -> bool:
        follower.follow(0.01, never)
        return follower.sequence == read_sequence(client)

    wait_until(is_there, "the standby has caught up")


def test_standby_takes_over_from_memory_what_it_has_followed(client: Redis, redis_url: str) -> None:
    follower = Follower(client)
    with run_engine(redis_url):
        push(client, 3)
        follow_to_the_end(follower, client)
        push(client, 5)
        follow_to_the_end(follower, client)
    memory = follower.take()
    assert memory is not None
    assert memory.exchange.sequence == read_sequence(client)
    assert len(memory.exchange.orders.open) == 8
    assert follower.take() is None


def test_difference_is_fatal_and_names_the_sequence(client: Redis, redis_url: str) -> None:
    follower = Follower(client)
    with run_engine(redis_url):
        push(client, 1)
        follow_to_the_end(follower, client)
        push(client, 1)
    [*_, last] = read_journal(client, follower.sequence)
    fields = last.to_fields()
    fields[fields.index(b"state_hash") + 1] = b"0" * 16
    client.xdel(channels.JOURNAL, entry_id(last.sequence))
    cast("Any", client).execute_command("XSETID", channels.JOURNAL, entry_id(last.previous))
    cast("Any", client).execute_command("XADD", channels.JOURNAL, entry_id(last.sequence), *fields)
    with pytest.raises(JournalDamaged, match=f"differs at journal entry {last.sequence}: state"):
        follower.follow(1, never)


def test_standby_behind_what_the_journal_keeps_loads_a_snapshot(
    client: Redis, redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    follower = Follower(client)
    with run_engine(redis_url, snapshot_interval=5):
        push(client, 1)
        follow_to_the_end(follower, client)
        for _ in range(4):
            before = client.hget(channels.STATE, channels.STATE_SNAPSHOTS)
            push(client, 6)
            wait_until(
                lambda: client.hget(channels.STATE, channels.STATE_SNAPSHOTS) != before,  # noqa: B023
                "a snapshot",
            )
        wait_until(
            lambda: next(iter(read_first(client)), 0) > follower.sequence, "the journal is trimmed"
        )
        follow_to_the_end(follower, client)
    assert "trimmed away: loading anew" in caplog.text
    memory = follower.take()
    assert memory is not None
    assert len(memory.exchange.orders.open) == 25


def read_first(client: Redis) -> list[int]:
    page = cast("list[tuple[bytes, dict[bytes, bytes]]]", client.xrange(channels.JOURNAL, count=1))
    return [int(fields[b"previous"]) for _, fields in page]


def test_standby_ahead_of_a_redis_that_came_back_with_less_loads_anew(
    client: Redis, redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    follower = Follower(client)
    with run_engine(redis_url):
        push(client, 1)
        push(client, 1)
        follow_to_the_end(follower, client)
    last = follower.sequence
    client.xdel(channels.JOURNAL, entry_id(last))
    cast("Any", client).execute_command("XSETID", channels.JOURNAL, entry_id(last - 1))
    client.hset(channels.STATE, channels.STATE_SEQUENCE, last - 1)
    with run_engine(redis_url):
        push(client, 2)
        follow_to_the_end(follower, client)
    assert "loading anew" in caplog.text
    memory = follower.take()
    assert memory is not None
    assert memory.exchange.sequence == last + 1


def test_memory_of_other_instruments_is_loaded_anew(client: Redis, redis_url: str) -> None:
    follower = Follower(client)
    known = [make_instrument("BTC-USDT", "0.01", "0.00001")]
    with run_engine(redis_url, instruments=known):
        push(client, 1)
        follow_to_the_end(follower, client)
    more = make_instrument("NEW-USDT", "0.01", "0.00001", 1)
    with run_engine(redis_url, instruments=[*known, more]):
        client.rpush(channels.ORDER_QUEUE, BUY.replace(b"BTC-USDT", b"NEW-USDT"))
        wait_until_drained(client)
        follow_to_the_end(follower, client)
    memory = follower.take()
    assert memory is not None
    assert len(memory.exchange.rules.instruments) == len(known) + 1


@pytest.fixture
def standbys(redis_url: str, tmp_path: Path) -> Iterator[dict[int, "subprocess.Popen[bytes]"]]:
    """Three engines by their pids; none finds another's owner file, as on machines of their own."""
    with ExitStack() as stack:
        found = [stack.enter_context(run_standby(redis_url, tmp_path / name)) for name in "abc"]
        yield {process.pid: process for process in found}


@contextmanager
def run_standby(url: str, folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    folder.mkdir()
    with run_engine_process(url, folder, "--standby", BALANCES="unlimited") as process:
        yield process


def list_standbys(client: Redis) -> list[Standby]:
    now = cast("Any", client).time()[0]
    fields = cast("dict[bytes, bytes]", client.hgetall(channels.STANDBYS))
    return decode_standbys(fields, now)


def find_serving(client: Redis, living: set[int]) -> int:
    """Return the pid of the one that is no standby among those that live."""
    others: list[int] = []

    def is_clear() -> bool:
        shown = {standby.pid for standby in list_standbys(client)}
        others[:] = living - shown
        owner = client.hget(channels.STATE, channels.STATE_READY)
        return len(others) == 1 and owner == client.get(channels.LEASE)

    wait_until(is_clear, "one serves, all others follow")
    return others[0]


def push_until(client: Redis, names: list[str], is_over: Callable[[], object]) -> None:
    """Go on pushing orders of new names until it is over, and for a few behind that."""
    left = 10
    while left:
        left -= bool(is_over())
        if client.llen(channels.ORDER_QUEUE) > 500:
            continue
        part = [f"n{len(names) + place}" for place in range(10)]
        names += part
        client.rpush(channels.ORDER_QUEUE, *(NAMED % name.encode() for name in part))


@pytest.mark.timeout(120)
def test_engines_killed_and_stopped_under_flow_lose_nothing_and_repeat_nothing(
    client: Redis, standbys: dict[int, "subprocess.Popen[bytes]"], redis_url: str
) -> None:
    names: list[str] = []
    living = set(standbys)
    for number in (signal.SIGSTOP, signal.SIGKILL):
        serving = find_serving(client, living)
        owner = client.hget(channels.STATE, channels.STATE_READY)
        push_until(client, names, lambda: read_sequence(client) > len(names) // 2)
        standbys[serving].send_signal(number)
        living.remove(serving)
        push_until(
            client,
            names,
            lambda: client.hget(channels.STATE, channels.STATE_READY) != owner,  # noqa: B023
        )
        wait_until_drained(client)
        if number == signal.SIGSTOP:  # what it was about to commit is fenced
            standbys[serving].send_signal(signal.SIGCONT)
            living.add(serving)
    reports = [entry.messages.get(channels.EXECUTION_REPORTS) for entry in read_journal(client, 0)]
    accepted = [
        event["client_order_id"]
        for message in filter(None, reports)
        for event in json.loads(message)["events"]
        if event["type"] == "execution_report"
    ]
    assert accepted == names
    with open_record(redis_url) as record:
        assert verify_record(record).findings == []
