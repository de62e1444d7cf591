"""Transfers between shards in the archive, whichever journal it reads first."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from archive.queries import Archive
from archive.writer import Writer
from protocol.enums import TransferState
from tests.support.archive_database import EXCHANGE, run_database, sqlite_url
from tests.support.archive_journal import list_entries
from tests.support.exchange import Exchange
from tests.support.instruments import make_instruments
from tests.support.ledgers import make_empty_ledger, make_ledger

MOVE = {"account": "alice", "asset": "USDT", "amount": "2.5", "id": "one"}


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Engine]:
    with run_database(sqlite_url(tmp_path)) as database:
        yield database


class Journals:
    """Those of two shards, written into one database when a test says so."""

    def __init__(self, database: Engine) -> None:
        self._exchanges = {
            1: Exchange(ledger=make_ledger()),
            2: Exchange(ledger=make_empty_ledger(), shard=2),
        }
        self._writers = {shard: Writer(database, shard) for shard in self._exchanges}
        self._positions = {shard: writer.begin(EXCHANGE) for shard, writer in self._writers.items()}
        self._written = dict.fromkeys(self._exchanges, 0)
        self._writers[1].write_instruments(each.specification for each in make_instruments())
        self._exchanges[1].send({"command": "transfer", "shard": 2, **MOVE})
        self._exchanges[2].send({"command": "receive_transfer", "shard": 1, "transfer": 1, **MOVE})

    def write(self, shard: int) -> None:
        """Write what a shard has committed."""
        batches = self._exchanges[shard].batches[self._written[shard] :]
        self._written[shard] += len(batches)
        entries = list_entries(batches)
        self._positions[shard] = self._writers[shard].write(entries, self._positions[shard])


def read_usdt(archive: Archive) -> tuple[str, str | None]:
    """What alice has on all shards, and what is on its way."""
    found = archive.read_balances("alice")
    [balance] = [each for each in found.balances or () if each.asset == "USDT"]
    return balance.free, found.on_way.get("USDT")


def test_what_is_sent_is_on_its_way_until_it_is_received(database: Engine) -> None:
    archive, journals = Archive(database), Journals(database)
    journals.write(1)
    assert read_usdt(archive) == ("99997.50000000", "2.50000000")
    [transfer] = archive.list_transfers("alice").items
    assert (transfer.id, transfer.amount, transfer.source, transfer.target, transfer.state) == (
        "one", "2.50000000", 1, 2, TransferState.SENT,
    )  # fmt: skip
    journals.write(2)
    assert read_usdt(archive) == ("100000.00000000", None)
    [transfer] = archive.list_transfers("alice").items
    assert transfer.state == TransferState.RECEIVED
    assert archive.list_transfers("bob").items == []


def test_receipt_that_is_read_first_is_less_than_nothing_on_its_way(database: Engine) -> None:
    archive, journals = Archive(database), Journals(database)
    journals.write(2)
    assert read_usdt(archive) == ("2.50000000", "-2.50000000")
    assert archive.list_transfers("alice").items == []
    journals.write(1)
    assert read_usdt(archive) == ("100000.00000000", None)
    [transfer] = archive.list_transfers("alice").items
    assert transfer.state == TransferState.RECEIVED
