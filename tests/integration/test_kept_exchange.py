"""An exchange that an earlier version left behind is the same exchange today, to the last byte.

A test that fails here has found a change of what is stored: `tests/fixtures/README.md` says what
to do, and that the files are not made anew.
"""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from engine.exchange.levels import NEWEST
from engine.storage.journal import read_journal
from engine.storage.state import decode_instruments
from protocol import channels, codec
from protocol.snapshot import decode_snapshot, encode_snapshot
from tests.support.archive_database import sqlite_url
from tests.support.archive_service import (
    run_follower,
    wait_until_archive_is_there,
    wait_until_archived,
)
from tests.support.core_implementations import CORES, matcher_class
from tests.support.kept_exchange.figures import (
    count_kinds,
    measure_archive,
    measure_books,
    measure_journal,
    measure_state,
    measure_verification,
)
from tests.support.kept_exchange.files import (
    ARCHIVE,
    INSTRUMENTS,
    KEPT,
    SETTINGS,
    History,
    Json,
    read_figures,
    read_history,
    unpack_exchange,
    write_journal,
)
from tests.support.kept_exchange.replay import make_exchange, read_stored_engine, run_replay
from tests.support.launched_system import REAL, launch
from tests.support.redis_client import open_redis
from tests.support.redis_server import DURABLE, run_redis

FIGURES = read_figures()
BY_CLIENT_ID = "/v1/orders/by-client-id"
FULL = "/v1/orders?response=full"
FOLLOWED = "archive_state"
"""The archive's table of how far it has come."""


@pytest.fixture(scope="module")
def kept_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where they are unpacked; for tests that only read."""
    folder = tmp_path_factory.mktemp("kept")
    unpack_exchange(folder)
    return folder


@pytest.fixture(scope="module")
def history(kept_files: Path) -> History:
    """All that was committed."""
    return read_history(kept_files)


@pytest.fixture
def data_folder(tmp_path: Path) -> Path:
    """The data folder as it was left; for one test to go on with."""
    return unpack_exchange(tmp_path)


@pytest.fixture
def kept_redis(data_folder: Path) -> Iterator[str]:
    """A server on the data folder's append-only file."""
    with run_redis(data_folder / "redis", *DURABLE) as url:
        yield url


def test_files_are_those_that_were_kept(history: History, kept_files: Path) -> None:
    assert measure_journal(history) == FIGURES["journal"]
    assert count_kinds(history) == FIGURES["kinds"]
    file = kept_files / "data" / ARCHIVE
    assert measure_archive(file, FIGURES["archive"]) == FIGURES["archive"]


@pytest.mark.parametrize("core", CORES)
def test_every_command_leads_to_the_same_bytes(kept_files: Path, core: str) -> None:
    replay = run_replay(kept_files, core)
    assert replay.pop("core") == core
    assert bool(replay.pop("compiled")) == (core == "cython")
    assert replay == FIGURES["saved"]


def test_snapshots_are_read_and_written_again_as_they_were(history: History) -> None:
    assert len(history.snapshots) == len(FIGURES["journal"]["snapshots"])
    for raw in history.snapshots.values():
        assert encode_snapshot(decode_snapshot(raw)) == raw
        exchange = make_exchange(history)
        exchange.restore(decode_snapshot(raw))
        assert encode_snapshot(exchange.export()) == raw


@pytest.mark.parametrize("core", CORES)
def test_saved_core_is_read_and_saved_again_as_it_was(history: History, core: str) -> None:
    for raw in history.snapshots.values():
        saved = read_stored_engine(raw).core
        assert matcher_class(core).load(saved).save() == saved


def test_snapshots_have_what_is_not_settled(history: History) -> None:
    for raw in history.snapshots.values():
        stored = read_stored_engine(raw)
        assert stored.entries_to_clear
        assert stored.timers
        assert stored.halted
        assert stored.open
        assert len(stored.closed) == int(SETTINGS["CLOSED_ORDERS"])


def test_kept_data_folder_is_found_to_be_right(kept_redis: str) -> None:
    with open_redis(kept_redis) as client:
        found = measure_verification(client, FIGURES["verification"])
        assert found == FIGURES["verification"]


def test_archive_made_anew_from_the_whole_journal_has_the_same_rows(
    history: History, redis_url: str, tmp_path: Path
) -> None:
    with open_redis(redis_url) as client:
        write_journal(client, history)
        client.hdel(channels.STATE, channels.STATE_ARCHIVE_SEQUENCE)
        with run_follower(redis_url, sqlite_url(tmp_path)):
            wait_until_archived(client, history.sequence)
    assert measure_archive(tmp_path / ARCHIVE, FIGURES["archive"]) == FIGURES["archive"]


def test_exchange_on_the_kept_data_folder_goes_on_where_it_was_left(
    data_folder: Path, kept_redis: str, history: History
) -> None:
    settings = {**SETTINGS, "REDIS_URL": kept_redis, "INSTRUMENTS_FILE": str(KEPT / INSTRUMENTS)}
    with (
        launch(REAL, data_folder, **settings) as system,
        open_redis(kept_redis) as client,
    ):
        record = system.wait_until_ready()
        wait_until_archive_is_there(client)
        # one commit more: the newest level begins, and accounts are told what they have
        moved = (
            channels.STATE_SEQUENCE,
            channels.STATE_ARCHIVE_SEQUENCE,
            channels.last_sequence_field(channels.EXECUTION_REPORTS),
        )
        begun = dict.fromkeys(moved, str(history.sequence + 1))
        kept = decode_instruments(FIGURES["state"][channels.STATE_INSTRUMENTS].encode())
        begun[channels.STATE_INSTRUMENTS] = codec.encode(kept).decode()
        assert measure_state(client) == FIGURES["state"] | begun
        [beginning] = read_journal(client, history.sequence)
        assert b'"command":"configure"' in beginning.commands
        assert b'"level":%d' % NEWEST in beginning.commands
        assert measure_books(record.market_data_url, history) == FIGURES["books"]
        rows = {name: table for name, table in FIGURES["archive"].items() if name != FOLLOWED}
        assert measure_archive(data_folder / ARCHIVE, rows) == rows
        found = measure_verification(client, FIGURES["verification"])
        more = {name: FIGURES["verification"][name] + 1 for name in ("sequence", "commits")}
        assert found == FIGURES["verification"] | more
        with httpx.Client(base_url=record.gateway_url, timeout=30) as gateway:
            trade_with_kept_orders(gateway)
            wait_until_archive_is_there(client)
            order = ask(gateway, "mover", "GET", f"{BY_CLIENT_ID}/change-1", 200)
            assert (order["status"], order["filled_quantity"]) == ("partially_filled", "3.000")
        verification = measure_verification(client)
        assert verification["findings"] == []
        assert verification["trades"] == FIGURES["verification"]["trades"] + 2


def trade_with_kept_orders(gateway: httpx.Client) -> None:
    """Orders of today meet the book of then: its places, its names and its halt."""
    order = {"symbol": "SOL-USDT", "side": "sell", "order_type": "limit", "quantity": "3"}
    sold = ask(gateway, "newcomer", "POST", FULL, 201, order | {"price": "7.5"})
    assert [(fill["price"], fill["quantity"]) for fill in sold["fills"]] == [
        ("15.800", "2.000"), ("7.500", "1.000"),
    ]  # fmt: skip
    canceled = ask(gateway, "mover", "DELETE", f"{BY_CLIENT_ID}/change-4", 200)
    assert canceled["status"] == "canceled"
    once = {"symbol": "SOL-USDT", "side": "buy", "order_type": "limit", "quantity": "2",
            "price": "5", "client_order_id": "once"}  # fmt: skip
    assert ask(gateway, "repeater", "POST", FULL, 200, once)["status"] == "open"
    halted = ask(gateway, "newcomer", "POST", FULL, 201, once | {"symbol": "LTC-USDT"})
    assert (halted["status"], halted["reason"]) == ("rejected", "instrument_halted")


def ask(
    gateway: httpx.Client, account: str, method: str, path: str, status: int,
    body: Json | None = None,
) -> Json:  # fmt: skip
    """The answer, which has this status."""
    headers = {"X-Account": account, "Prefer": "wait=15"}
    answer = gateway.request(method, path, json=body, headers=headers)
    assert answer.status_code == status, answer.text
    content: Json = answer.json()
    return content
