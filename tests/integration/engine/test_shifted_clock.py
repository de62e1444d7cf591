"""An engine whose wall clock somebody sets: timers, stamps and what is verified of them."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest
from redis import Redis

from engine.audit.record import Record
from engine.audit.verify import verify_record
from engine.storage.journal import read_journal
from launcher.setup.environment import ROOT
from launcher.supervision.parent_death import make_child_setup
from protocol import channels
from protocol.figures import decode_figures
from protocol.timestamps import now_in_microseconds
from tests.support.engine_service import wait_until_drained
from tests.support.shifted_clock import HOUR, ShiftedClock
from tests.support.waiting import wait_until

BUY = (
    b'{"symbol":"BTC-USDT","side":"buy","order_type":"limit","quantity":"1","price":"60000",'
    b'"account":"alice"}'
)
SECONDS = 4
DAYS = 57 * HOUR
SECOND = 1_000_000


def arm(seconds: int) -> bytes:
    return b'{"command":"cancel_after","account":"alice","seconds":%d}' % seconds


@pytest.fixture
def clock(tmp_path: Path) -> ShiftedClock:
    return ShiftedClock(tmp_path)


@contextmanager
def run_engine(redis_url: str, folder: Path, clock: ShiftedClock) -> Iterator[None]:
    """An engine in a process of its own; it is killed at the end. It logs into `folder`."""
    settings = {"REDIS_URL": redis_url, "DATA_DIR": str(folder)}
    shift = {"LD_PRELOAD": clock.library, "CLOCK_OFFSET_FILE": clock.file}
    with (folder / "engine.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "engine"], cwd=ROOT, env=os.environ | settings | shift,
            stderr=log, preexec_fn=make_child_setup(),
        )  # fmt: skip
    try:
        yield
    finally:
        process.kill()
        process.wait()


def push(client: Redis, *entries: bytes) -> None:
    client.rpush(channels.ORDER_QUEUE, *entries)
    wait_until_drained(client)


def has_fired(client: Redis) -> bool:
    return any(
        b'"reason":"cancel_after"' in entry.messages.get(channels.EXECUTION_REPORTS, b"")
        for entry in read_journal(client, 0)
    )


def count_jumps(client: Redis) -> int:
    raw = client.hget(channels.STATE, channels.STATE_FIGURES)
    return decode_figures(raw).clock_jumps  # type: ignore[arg-type]


@pytest.mark.parametrize("offset", [-HOUR, HOUR])
def test_timer_fires_when_its_time_has_elapsed_whichever_way_the_clock_is_set(
    client: Redis, redis_url: str, tmp_path: Path, clock: ShiftedClock, offset: int
) -> None:
    with run_engine(redis_url, tmp_path, clock):
        push(client, BUY)
        began = time.monotonic()
        push(client, arm(SECONDS))
        clock.set(offset)
        wait_until(lambda: has_fired(client), "the timer fires")
        assert time.monotonic() - began >= SECONDS
        wait_until(lambda: count_jumps(client) == 1, "the jump is counted")
    log = (tmp_path / "engine.log").read_text()
    assert log.count("the wall clock jumped") == 1
    assert verify_record(Record(client)).findings == []


def test_timer_goes_on_through_a_restart_with_the_clock_set_in_between(
    client: Redis, redis_url: str, tmp_path: Path, clock: ShiftedClock
) -> None:
    began = time.monotonic()
    with run_engine(redis_url, tmp_path, clock):
        push(client, BUY, arm(SECONDS))
    clock.set(-HOUR)
    with run_engine(redis_url, tmp_path, clock):
        wait_until(lambda: has_fired(client), "the timer fires")
    assert time.monotonic() - began >= SECONDS
    assert verify_record(Record(client)).findings == []


def test_stamps_go_on_and_no_day_passes_though_the_clock_goes_two_days_ahead_and_back(
    client: Redis, redis_url: str, tmp_path: Path, clock: ShiftedClock
) -> None:
    began = time.monotonic()
    start = now_in_microseconds()
    with run_engine(redis_url, tmp_path, clock):
        push(client, BUY, arm(86_400))
        clock.set(DAYS)
        push(client, BUY)
        clock.set(0)
        push(client, BUY)
    with run_engine(redis_url, tmp_path, clock):
        push(client, BUY)
        push(client, BUY)
        clock.set(2 * DAYS)
        push(client, BUY)
    journal = list(read_journal(client, 0))
    passed = (time.monotonic() - began) * SECOND
    stamps = [entry.timestamp - start for entry in journal]
    assert all(later > earlier for earlier, later in pairwise(stamps))
    first, ahead, *back, far = stamps
    assert 0 < first < passed
    assert all(DAYS * SECOND < stamp < DAYS * SECOND + passed for stamp in (ahead, *back))
    assert 2 * DAYS * SECOND < far < 2 * DAYS * SECOND + passed
    assert 0 < sum(entry.elapsed or 0 for entry in journal) < passed
    assert not has_fired(client)
    assert verify_record(Record(client)).findings == []
