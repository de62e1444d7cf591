"""`python -m engine verify` and `show`: what is right passes, what was tampered with is named."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
from redis import Redis

from engine.audit.findings import Rule
from engine.audit.record import Record, RecordUnavailable
from engine.audit.verify import Report, Verification, verify_record
from engine.exchange.rejects import to_command_rejected
from engine.storage.snapshot_store import read_snapshot
from launcher.setup.environment import ROOT
from protocol import channels
from protocol.events import CommandRejected
from protocol.journal import JournalEntry
from protocol.run_file import RedisRecord, RunFile, identify_place
from protocol.snapshot import encode_snapshot
from tests.support.engine_service import run_engine, wait_until_drained
from tests.support.faults_flow import draw_flow
from tests.support.waiting import wait_until

COMMANDS = 1000
SNAPSHOTS = [200, 400, 600]
LATER_SNAPSHOTS = [800, 1000]


def make_history(client: Redis, url: str, *, is_whole: bool = True) -> None:
    """600 commands, snapshots at 400 and 600; the journal goes back to the start if `is_whole`."""
    if is_whole:
        client.hset(channels.STATE, channels.STATE_ARCHIVE_SEQUENCE, 0)
    carry_on(client, url, SNAPSHOTS)


def carry_on(client: Redis, url: str, snapshots: list[int]) -> None:
    """Run commands up to each of `snapshots`, and wait until it is there."""
    entries = draw_flow(3, COMMANDS)
    with run_engine(url, max_batch=20, snapshot_interval=200):
        for sequence in snapshots:
            client.rpush(channels.ORDER_QUEUE, *entries[sequence - 200 : sequence])
            wait_until_drained(client)
            wait_until(lambda: Record(client).snapshots[-1:] == [sequence], "snapshot")  # noqa: B023


def verify(client: Redis) -> Report:
    return verify_record(Record(client))


def list_rules(report: Report) -> set[Rule]:
    return {finding.rule for finding in report.findings}


def test_whole_history_is_replayed_from_the_start(client: Redis, redis_url: str) -> None:
    make_history(client, redis_url)
    report = verify(client)
    assert report.findings == []
    assert (report.start, report.sequence, report.commits, report.snapshots) == (0, 600, 30, 2)
    assert report.trades > 50
    assert report.accepted == report.ended + report.open


def test_trimmed_history_is_replayed_from_the_oldest_snapshot(
    client: Redis, redis_url: str
) -> None:
    make_history(client, redis_url, is_whole=False)
    report = verify(client)
    assert report.findings == []
    assert (report.start, report.sequence, report.snapshots) == (400, 600, 1)


@pytest.mark.parametrize("is_begun", [False, True])
def test_history_that_is_trimmed_while_it_is_read_is_said_to_be_so(
    client: Redis, redis_url: str, is_begun: bool
) -> None:
    make_history(client, redis_url, is_whole=False)
    record = Record(client)
    verification = Verification(record) if is_begun else None
    carry_on(client, redis_url, LATER_SNAPSHOTS)
    with pytest.raises(RecordUnavailable, match="trimmed the journal while it was read"):
        (verification or Verification(record)).run()


def test_history_that_has_not_begun_has_no_findings(client: Redis) -> None:
    assert verify(client).findings == []


def test_serving_engine_can_be_verified(client: Redis, redis_url: str) -> None:
    with run_engine(redis_url, max_batch=5):
        client.rpush(channels.ORDER_QUEUE, *draw_flow(4, 400))
        wait_until(lambda: client.xlen(channels.JOURNAL) > 3, "commits")
        assert verify(client).findings == []
        wait_until_drained(client)


def rewrite(client: Redis, sequence: int, change: Callable[[JournalEntry], JournalEntry]) -> None:
    """The journal with one entry changed."""
    items = cast(list[tuple[bytes, dict[bytes, bytes]]], client.xrange(channels.JOURNAL))
    client.delete(channels.JOURNAL)
    for entry_id, fields in items:
        entry = JournalEntry.from_stream(entry_id, fields)
        if entry.sequence == sequence:
            entry = change(entry)
        client.execute_command("XADD", channels.JOURNAL, entry_id, *entry.to_fields())  # type: ignore[no-untyped-call]


def replace_in(channel: str, old: bytes, new: bytes) -> Callable[[JournalEntry], JournalEntry]:
    def change(entry: JournalEntry) -> JournalEntry:
        message = entry.messages[channel]
        assert old in message
        changed = message.replace(old, new, 1)
        return entry._replace(messages={**entry.messages, channel: changed})

    return change


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda entry: entry._replace(state_hash=b"0" * 16), Rule.REPLAY),
        (lambda entry: entry._replace(commands=b"[]"), Rule.REPLAY),
        (lambda entry: entry._replace(previous=0), Rule.SEQUENCE),
        (lambda entry: entry._replace(timestamp=entry.timestamp - 10**12), Rule.TIMESTAMP),
        (replace_in(channels.TRADE_EVENTS, b'"previous":', b'"previous":1'), Rule.CHAIN),
        (replace_in(channels.TRADE_EVENTS, b'"trade_id":', b'"trade_id":1'), Rule.TRADE_ID),
        (replace_in(channels.TRADE_EVENTS, b'"quantity":"', b'"quantity":"1'), Rule.BOTH_SIDES),
        (replace_in(channels.ORDER_BOOK_UPDATES, b'_id":', b'_id":1'), Rule.UPDATE_ID),
        (replace_in(channels.EXECUTION_REPORTS, b'filled_quantity":"', b'filled_quantity":"1'),
         Rule.QUANTITY),
    ],
)  # fmt: skip
def test_changed_entry_is_found_by_sequence_and_rule(
    client: Redis, redis_url: str, change: Callable[[JournalEntry], JournalEntry], rule: Rule
) -> None:
    make_history(client, redis_url)
    rewrite(client, 200, change)
    report = verify(client)
    assert rule in list_rules(report)
    assert {finding.sequence for finding in report.findings if finding.rule is rule} >= {200} - (
        {200} if rule is Rule.SEQUENCE else set()
    )


def drop_report(entry: JournalEntry) -> JournalEntry:
    """The entry without the last report of its last command."""
    message = json.loads(entry.messages[channels.EXECUTION_REPORTS])
    assert message["events"].pop()["sequence"] == entry.sequence
    changed = json.dumps(message, separators=(",", ":")).encode()
    return entry._replace(messages={**entry.messages, channels.EXECUTION_REPORTS: changed})


def test_command_without_a_report_is_found(client: Redis, redis_url: str) -> None:
    make_history(client, redis_url)
    rewrite(client, 200, drop_report)
    findings = [finding for finding in verify(client).findings if finding.rule is Rule.ANSWER]
    assert [finding.sequence for finding in findings] == [200]
    assert "answered with nothing" in findings[0].detail


def test_answer_that_the_replay_gives_as_wrongly_is_found(
    client: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer_somebody_else(*refused: Any) -> CommandRejected:
        return msgspec.structs.replace(to_command_rejected(*refused), account="somebody-else")

    monkeypatch.setattr("engine.order_path.handler.to_command_rejected", answer_somebody_else)
    make_history(client, redis_url)
    assert list_rules(verify(client)) == {Rule.ANSWER}


def test_missing_entry_is_found(client: Redis, redis_url: str) -> None:
    make_history(client, redis_url)
    client.xdel(channels.JOURNAL, "300-0")
    assert Rule.SEQUENCE in list_rules(verify(client))


def test_state_that_does_not_fit_the_journal_is_found(client: Redis, redis_url: str) -> None:
    make_history(client, redis_url)
    client.hset(channels.STATE, "last:trade_events", 1)
    assert list_rules(verify(client)) == {Rule.STATE}
    client.hset(channels.STATE, "sequence", 601)
    [first, *_] = verify(client).findings
    assert (first.rule, first.detail) == (
        Rule.STATE, "the state is at 601, the journal ends at 600",
    )  # fmt: skip


def test_wrong_or_missing_snapshot_is_found(client: Redis, redis_url: str) -> None:
    make_history(client, redis_url)
    key = channels.snapshot_key(400)
    snapshot = read_snapshot(client, 400)
    changed = msgspec.structs.replace(snapshot.books[0], last_trade_id=9999)
    for books in ([], [changed, *snapshot.books[1:]]):
        client.delete(key)
        client.rpush(key, encode_snapshot(msgspec.structs.replace(snapshot, books=books)))
        assert list_rules(verify(client)) == {Rule.SNAPSHOT}
    client.delete(key)
    assert list_rules(verify(client)) == {Rule.SNAPSHOT}


def run(
    url: str, *arguments: str, folder: Path = ROOT / "data"
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "engine", *arguments],
        env={**os.environ, "REDIS_URL": url, "REDIS_HOST": "", "DATA_DIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_verify_command_reports_and_exits_with_0_or_1(client: Redis, redis_url: str) -> None:
    make_history(client, redis_url)
    clean = run(redis_url, "verify")
    assert clean.returncode == 0, clean.stderr
    assert "sequences 1 to 600, replayed from the start" in clean.stdout
    assert "0 findings" in clean.stdout
    client.hset(channels.STATE, "last:bbo_updates", 1)
    damaged = run("redis://127.0.0.1:1/0", "verify", "--redis", redis_url)
    assert damaged.returncode == 1
    assert "FINDING at sequence 600: state: last:bbo_updates is 1" in damaged.stdout


def test_verify_command_without_a_server_says_so() -> None:
    answer = run("redis://user:secret@127.0.0.1:1/0", "verify")
    assert answer.returncode == 2
    assert answer.stderr.startswith("engine: no answer from Redis at redis://127.0.0.1:1/0 (")
    assert "the system may not be running" in answer.stderr
    assert "secret" not in answer.stderr


def test_verify_command_finds_the_system_on_the_data_folder(
    client: Redis, redis_url: str, tmp_path: Path
) -> None:
    make_history(client, redis_url)
    redis = RedisRecord(redis_url, "Redis 7.0.15", is_own=True)
    record = RunFile(place=identify_place(tmp_path), redis=redis)
    (tmp_path / "run.json").write_bytes(msgspec.json.encode(record))
    answer = run("", "verify", folder=tmp_path)
    assert answer.returncode == 0, answer.stderr
    assert "sequences 1 to 600" in answer.stdout


def test_unreadable_run_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{")
    answer = run("", "verify", folder=tmp_path)
    assert answer.returncode == 2
    assert answer.stderr.startswith(f"engine: {tmp_path}/run.json is not a run file: ")


def test_show_prints_the_book_as_it_was(client: Redis, redis_url: str) -> None:
    orders = [
        b'{"side":"%b","order_type":"limit","quantity":"%d","price":"%d","symbol":"ETH-USDT"}' % row
        for row in ((b"buy", 1, 99), (b"buy", 2, 98), (b"sell", 3, 101), (b"buy", 3, 101))
    ]
    with run_engine(redis_url, max_batch=3):
        client.rpush(channels.ORDER_QUEUE, *orders)
        wait_until_drained(client)
    shown = run(redis_url, "show", "--sequence", "3", "--symbol", "ETH-USDT", "--depth", "1")
    assert shown.stdout.splitlines()[1:] == [
        "bid quantity    bid     ask  ask quantity",
        "      1.0000  99.00  101.00        3.0000",
        "and 1 bids, 0 asks farther away",
    ]
    within_a_commit = run(redis_url, "show", "--sequence", "2", "--symbol", "ETH-USDT")
    assert within_a_commit.stdout.splitlines()[2:] == [
        "      1.0000  99.00",
        "      2.0000  98.00",
    ]
    after = run(redis_url, "show", "--sequence", "4", "--symbol", "ETH-USDT")
    assert "at sequence 4" in after.stdout
    assert "trade 1, last price 101.00" in after.stdout


def test_show_names_what_there_is(client: Redis, redis_url: str) -> None:
    make_history(client, redis_url, is_whole=False)
    early = run(redis_url, "show", "--sequence", "7", "--symbol", "BTC-USDT")
    assert early.returncode == 2
    assert early.stderr == "engine: no sequence 7; there are 400 to 600\n"
    unknown = run(redis_url, "show", "--sequence", "600", "--symbol", "XYZ")
    assert unknown.returncode == 2
    assert "there are BTC-USDT, ETH-USDT, SOL-USDT" in unknown.stderr
