"""Questions about money: to an archive that has lost a part, and while it goes on."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from archive.queries import Archive, LedgerFilter
from archive.writer import Writer
from protocol.events import Balance
from tests.support.archive_database import EXCHANGE, run_database, sqlite_url, write_entries
from tests.support.archive_journal import limit, list_entries, trade_once
from tests.support.exchange import Exchange
from tests.support.instruments import make_instruments
from tests.support.ledgers import make_ledger


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Engine]:
    with run_database(sqlite_url(tmp_path)) as database:
        yield database


@pytest.fixture
def exchange() -> Exchange:
    return Exchange(ledger=make_ledger(ETH="0", SOL="0"))


def write_last(database: Engine, exchange: Exchange, commits: int) -> None:
    write_entries(database, list_entries(exchange.batches[-commits:]))


def test_archive_before_its_first_commit_knows_nothing(database: Engine) -> None:
    archive = Archive(database)
    assert not archive.has_ledger()
    assert archive.read_balances("alice").balances is None
    assert archive.read_positions("alice").positions == []
    assert archive.read_fees("alice") == []
    assert archive.list_ledger(LedgerFilter("alice")).items == []


def test_balance_is_uncertain_from_a_gap_until_it_is_told_again(
    database: Engine, exchange: Exchange
) -> None:
    archive = Archive(database)
    exchange.send(limit("buy", "0.1", "10", account="alice"))
    write_last(database, exchange, 2)
    assert not archive.read_balances("alice").is_uncertain
    exchange.send(limit("buy", "0.1", "20", account="alice"))
    exchange.send(limit("buy", "0.1", "10", account="bob"))
    write_last(database, exchange, 1)
    found = archive.read_balances("alice")
    assert (found.is_uncertain, found.is_open) == (True, True)
    assert archive.read_positions("alice").is_uncertain
    exchange.send({"command": "credit", "account": "alice", "asset": "USDT", "amount": "1"} | ID)
    write_last(database, exchange, 1)
    usdt = next(iter(archive.read_balances("alice").balances or []))
    assert usdt == Balance("USDT", "99998.00000000", "3.00000000")


ID = {"id": "deposit-1"}


def test_archive_that_began_behind_the_settings_knows_no_ledger(
    database: Engine, exchange: Exchange
) -> None:
    trade_once(exchange)
    write_last(database, exchange, 1)
    archive = Archive(database)
    assert not archive.has_ledger()
    assert archive.read_balances("default").is_uncertain
    assert archive.read_positions("default").positions == []
    assert len(archive.list_gaps()) == 1


def test_fees_that_were_pushed_in_escapes_are_in_force(
    database: Engine, exchange: Exchange
) -> None:
    exchange.send(
        b'{"command":"set\\u005ffees","account":"alice","maker":"0","taker":"0.25"}',
        b'{"command":"set_fees","account":"bob","maker":"0","taker":"2"}',
        b'{"command":"set_fees","account":5,"maker":"0","taker":"0.5"}',
        b"set_fees",
    )
    write_entries(database, list_entries(exchange.batches))
    archive = Archive(database)
    assert {fee.taker for fee in archive.read_fees("alice")} == {"0.25000000"}
    assert {fee.taker for fee in archive.read_fees("bob")} == {"0.00100000"}


def test_page_of_the_ledger_leaves_out_what_comes_in_while_it_is_read(
    database: Engine, exchange: Exchange
) -> None:
    trade_once(exchange)
    write_entries(database, list_entries(exchange.batches))
    archive = Archive(database)
    before = archive.list_ledger(LedgerFilter("default")).items
    trade_once(exchange)
    exchange.send({"command": "credit", "account": "default", "asset": "BTC", "amount": "1"} | ID)
    later = list_entries(exchange.batches[-2:])

    def commit_more(*arguments: object) -> None:
        if "FROM balance_changes" in str(arguments[2]) and later:
            write_entries(database, [later.pop(0), later.pop(0)])

    event.listen(database, "before_cursor_execute", commit_more)
    assert archive.list_ledger(LedgerFilter("default")).items == before
    assert not later
    causes = [entry.cause for entry in archive.list_ledger(LedgerFilter("default"), 4).items]
    assert causes == ["credit", "commission", "trade", "trade"]


def test_first_settings_and_first_fills_may_come_in_one_page(
    database: Engine, exchange: Exchange
) -> None:
    trade_once(exchange)
    writer = Writer(database)
    writer.write_instruments(item.specification for item in make_instruments())
    writer.write(list_entries(exchange.batches), writer.begin(EXCHANGE))
    (position,) = Archive(database).read_positions("default").positions
    assert (position.quantity, position.quote_commission) == ("-0.00010000", "6.00000000")
