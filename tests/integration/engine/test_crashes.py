"""An entry that brings the process down is found, set aside and rejected; the rest is matched."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from redis import Redis

from engine.crash_mark import collect_crashes
from engine.storage.journal import read_journal
from engine.storage.lease import Lease
from engine.storage.owner_files import OwnerFiles
from launcher.setup.environment import ROOT
from launcher.supervision.parent_death import make_child_setup
from protocol import channels, codec
from tests.support.engine_service import wait_until_drained
from tests.support.waiting import DEADLINE_SECONDS, wait_until

BUY = b'{"symbol":"BTC-USDT","side":"buy","order_type":"limit","quantity":"1","price":"60000"}'
POISON = BUY.replace(b"BTC", b"ETH")
SELL = BUY.replace(b"buy", b"sell")


@contextmanager
def run_process(module: str, redis_url: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    environment = os.environ | {"REDIS_URL": redis_url, "DATA_DIR": str(folder)}
    process = subprocess.Popen(
        [sys.executable, "-m", module], cwd=ROOT, env=environment, stderr=subprocess.DEVNULL,
        preexec_fn=make_child_setup(),
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def crash(redis_url: str, client: Redis, folder: Path) -> None:
    """One life of an engine that ends in a crash. The lease ends with it, as it would by time."""
    client.delete(channels.LEASE)
    with run_process("tests.support.crashing_engine", redis_url, folder) as process:
        assert process.wait(30) == -signal.SIGABRT
    client.delete(channels.LEASE)


def test_entry_that_crashes_the_process_alone_twice_is_rejected(
    client: Redis, redis_url: str, tmp_path: Path
) -> None:
    client.rpush(channels.ORDER_QUEUE, BUY, POISON, SELL)
    for _ in range(3):  # with others once, alone twice
        crash(redis_url, client, tmp_path)
        assert client.lindex(channels.ORDER_QUEUE, -1) == SELL
    with run_process("tests.support.crashing_engine", redis_url, tmp_path):
        wait_until_drained(client)
    [dead] = client.lrange(channels.DEAD, 0, -1)
    assert json.loads(dead)["reason"] == "internal_error"
    assert json.loads(dead)["entry"].encode() == POISON
    taken = [
        command
        for entry in read_journal(client, 0)
        for command in codec.split_entries(entry.commands)
        if b'"configure"' not in command  # each life puts its own, until one is committed
    ]
    assert len(taken) == 3


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_engine_that_somebody_ended_is_under_no_suspicion(
    client: Redis, redis_url: str, tmp_path: Path, number: signal.Signals
) -> None:
    with run_process("engine", redis_url, tmp_path) as process:
        wait_until(lambda: client.exists(channels.LEASE), "an engine")
        process.send_signal(number)
        process.wait(DEADLINE_SECONDS)
    assert not collect_crashes(tmp_path)
    assert list(tmp_path.glob("engine-*.crash")) == []


def leave_lease(client: Redis) -> None:
    """The engine's, as it was, and it never ends by itself."""
    owner = client.hget(channels.STATE, channels.STATE_OWNER)
    assert isinstance(owner, bytes)
    client.set(channels.LEASE, owner)


def test_engine_that_was_killed_here_is_not_waited_for(
    client: Redis, redis_url: str, tmp_path: Path
) -> None:
    with run_process("engine", redis_url, tmp_path) as process:
        wait_until(lambda: client.hexists(channels.STATE, channels.STATE_READY), "an engine")
        process.kill()
        process.wait()
    leave_lease(client)
    with run_process("engine", redis_url, tmp_path):
        client.rpush(channels.ORDER_QUEUE, BUY)
        wait_until_drained(client)
    assert client.hget(channels.STATE, channels.STATE_EPOCH) == b"2"


def test_engine_that_lives_here_is_waited_for(
    client: Redis, redis_url: str, tmp_path: Path
) -> None:
    with run_process("engine", redis_url, tmp_path) as process:
        wait_until(lambda: client.hexists(channels.STATE, channels.STATE_READY), "an engine")
        process.send_signal(signal.SIGSTOP)
        leave_lease(client)
        dead = OwnerFiles(tmp_path).list_dead()
        assert dead == []
        assert not Lease(client).acquire(dead)
