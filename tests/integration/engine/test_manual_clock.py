"""A clock that commands move: all that is due happens at its own time, and again in a replay."""

from collections.abc import Iterator
from typing import Any

import pytest
from redis import Redis

from engine.audit.record import Record
from engine.audit.verify import verify_record
from engine.exchange.own_entries import make_advance
from engine.storage.journal import read_journal
from engine.storage.state import Birth
from protocol import channels, codec
from protocol.enums import CommandType, Reason
from protocol.events import CommandRejected, ExecutionReport
from protocol.exchange_clock import MANUAL_START, ClockMode
from tests.integration.engine.test_verify import rewrite
from tests.support.engine_service import run_engine, wait_until_drained

SECOND = 1_000_000
MANUAL = Birth(ClockMode.parse("manual"))


@pytest.fixture
def engine(client: Redis, redis_url: str) -> Iterator[None]:
    with run_engine(redis_url, birth=MANUAL):
        wait_until_drained(client)
        yield


def push(client: Redis, *entries: dict[str, Any] | bytes) -> None:
    texts = [each if isinstance(each, bytes) else codec.encode(each) for each in entries]
    client.rpush(channels.ORDER_QUEUE, *texts)
    wait_until_drained(client)


def list_reports(client: Redis) -> list[tuple[int, str, str | None]]:
    """The seconds since the start, the status or reason, and the account's name of each report."""
    found: list[tuple[int, str, str | None]] = []
    for entry in read_journal(client, 0):
        raw = entry.messages.get(channels.EXECUTION_REPORTS)
        for event in codec.decode_message(raw).events if raw else ():
            seconds = (entry.timestamp - MANUAL_START) // SECOND
            if isinstance(event, ExecutionReport):
                found.append((seconds, str(event.status), event.account))
            elif isinstance(event, CommandRejected):
                found.append((seconds, str(event.reason), None))
    return found


def order(account: str) -> dict[str, Any]:
    return {
        "symbol": "BTC-USDT", "side": "buy", "order_type": "limit", "quantity": "1", "price": "9",
        "account": account, "order_id": str(len(account) + ord(account[0])),
    }  # fmt: skip


def arm(account: str, seconds: int) -> dict[str, Any]:
    return {"command": "cancel_after", "account": account, "seconds": seconds}


def assert_verified(client: Redis) -> None:
    report = verify_record(Record(client))
    assert list(report.findings) == []


@pytest.mark.usefixtures("engine")
def test_timers_ring_at_their_own_times_within_one_advance(client: Redis) -> None:
    push(client, order("late"), order("early"), arm("late", 50), arm("early", 20))
    push(client, make_advance(60 * SECOND), order("after"))
    assert list_reports(client) == [
        (0, "open", "late"),
        (0, "open", "early"),
        (20, "canceled", "early"),
        (50, "canceled", "late"),
        (60, "open", "after"),
    ]
    assert_verified(client)


@pytest.mark.usefixtures("engine")
def test_several_advances_in_one_batch_are_commits_of_their_own(client: Redis) -> None:
    push(client, order("a"), make_advance(SECOND), order("b"), make_advance(SECOND), order("c"))
    assert list_reports(client) == [(0, "open", "a"), (1, "open", "b"), (2, "open", "c")]
    assert_verified(client)


@pytest.mark.usefixtures("engine")
def test_time_stands_without_an_advance_and_a_bad_one_is_refused(client: Redis) -> None:
    push(client, order("a"), {"command": CommandType.ADVANCE, "elapsed": -1}, order("b"))
    assert list_reports(client) == [
        (0, "open", "a"),
        (0, Reason.INVALID_DURATION, None),
        (0, "open", "b"),
    ]
    assert_verified(client)


def test_next_engine_goes_on_where_the_clock_stood(client: Redis, redis_url: str) -> None:
    with run_engine(redis_url, birth=MANUAL):
        push(client, order("a"), arm("a", 30), make_advance(10 * SECOND))
    unread = [make_advance(15 * SECOND), codec.encode(order("b")), make_advance(15 * SECOND)]
    client.rpush(channels.ORDER_QUEUE, *unread)
    with run_engine(redis_url):  # whatever its settings say by now
        wait_until_drained(client)
    assert list_reports(client) == [(0, "open", "a"), (25, "open", "b"), (30, "canceled", "a")]
    assert_verified(client)


def test_real_clock_is_not_moved(client: Redis, redis_url: str) -> None:
    with run_engine(redis_url):
        push(client, make_advance(3600 * SECOND), order("a"))
    _, (_, status, _) = list_reports(client)
    assert status == "open"
    assert next(reason for _, reason, _ in list_reports(client)) == Reason.CLOCK_NOT_MANUAL
    assert_verified(client)


def test_stamps_that_do_not_follow_the_advances_are_found(client: Redis, redis_url: str) -> None:
    with run_engine(redis_url, birth=MANUAL):
        push(client, order("a"), make_advance(SECOND))
    last = Record(client).sequence
    rewrite(client, last, lambda entry: entry._replace(timestamp=entry.timestamp + 1))
    rules = {finding.rule for finding in verify_record(Record(client)).findings}
    assert "clock" in rules
