"""For random command streams the archive has the money of the core, to the last unit."""

import tempfile
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from archive.queries import Archive, LedgerFilter
from archive.records import LedgerRecord
from protocol.assets import FEE_UNIT
from tests.support.archive_accountant import Accountant, list_core_balances, list_core_fees
from tests.support.archive_database import run_database, sqlite_url
from tests.support.archive_journal import list_entries
from tests.support.archive_kills import kills, write_with_kills
from tests.support.archive_postgresql import empty_database, run_postgresql
from tests.support.archive_replay import Replay, assert_same
from tests.support.archive_streams import make_exchange, money_batches, pauses
from tests.support.exchange import Exchange, Json

PAGE = 3


def check_money(
    url: str, stream: list[list[Json]], pause: int, kills: list[tuple[int, int]]
) -> None:
    exchange = make_exchange(stream, pause)
    entries = list_entries(exchange.batches)
    with run_database(url) as database:
        write_with_kills(database, entries, kills)
        assert_same(database, Replay(entries))
        archive = Archive(database)
        assert_balances(archive, exchange)
        assert_positions(archive, exchange, Accountant(entries, exchange.state.ledger.assets))
        assert_fees(archive, exchange)


def assert_balances(archive: Archive, exchange: Exchange) -> None:
    """Those of the core, and the sum of what the ledger lists."""
    core = list_core_balances(exchange)
    for name in exchange.state.ledger.names:
        found = archive.read_balances(name)
        assert found.sequence == exchange.state.sequence
        assert found.balances is not None
        expected = [
            (asset, *core[name, asset]) for asset in (each.asset for each in found.balances)
        ]
        assert [(each.asset, each.free, each.locked) for each in found.balances] == expected
        listed = list_ledger(archive, name)
        assert [int(each.cursor) for each in listed] == sorted(
            {int(each.cursor) for each in listed}, reverse=True
        )
        moved: Counter[str] = Counter()
        for each in listed:
            moved[each.asset] += Fraction(each.amount)  # type: ignore[assignment]
        for asset, free, locked in expected:
            assert moved[asset] == Fraction(free) + Fraction(locked)


def list_ledger(archive: Archive, account: str) -> list[LedgerRecord]:
    found: list[LedgerRecord] = []
    after = None
    while True:
        page = archive.list_ledger(LedgerFilter(account), PAGE, after)
        found += page.items
        after = page.after
        if after is None:
            return found


def assert_positions(archive: Archive, exchange: Exchange, accountant: Accountant) -> None:
    for name in exchange.state.ledger.names:
        positions = archive.read_positions(name).positions
        assert [each.symbol for each in positions] == sorted(
            symbol for account, symbol in accountant.positions if account == name
        )
        quotes = Fraction(0)
        for each in positions:
            held = accountant.positions[name, each.symbol]
            quantity, cost, realized = map(Fraction, (each.quantity, each.cost, each.realized))
            assert (quantity, cost, realized) == held[:3]
            told = Fraction(each.base_commission), Fraction(each.quote_commission)
            assert told == held.commissions
            quotes += realized - cost
            assert quantity == accountant.moved[name, each.symbol.split("-")[0]]
            assert (each.average_entry_price is None) == (quantity == 0)
            worth = quantity * Fraction(each.last_price) - cost
            assert abs(worth - Fraction(each.unrealized)) <= Fraction(1, 2 * 10**9)
        assert quotes == accountant.moved[name, "USDT"]


def assert_fees(archive: Archive, exchange: Exchange) -> None:
    for name in exchange.state.ledger.names:
        found = [
            (
                each.symbol,
                int(Fraction(each.maker) * FEE_UNIT),
                int(Fraction(each.taker) * FEE_UNIT),
            )
            for each in archive.read_fees(name)
        ]
        assert found == list_core_fees(exchange, name)


@given(stream=money_batches, pause=pauses, kills=kills)
@settings(max_examples=150, deadline=None)
def test_sqlite_has_the_cores_money(
    stream: list[list[Json]], pause: int, kills: list[tuple[int, int]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        check_money(sqlite_url(Path(folder)), stream, pause, kills)


@pytest.fixture(scope="module")
def postgresql() -> Iterator[str]:
    with run_postgresql() as url:
        yield url


@given(stream=money_batches, pause=pauses, kills=kills)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_postgresql_has_the_cores_money(
    postgresql: str, stream: list[list[Json]], pause: int, kills: list[tuple[int, int]]
) -> None:
    empty_database(postgresql)
    check_money(postgresql, stream, pause, kills)
