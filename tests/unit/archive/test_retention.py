"""Retention: what is too old or too much goes, open orders stay, nothing else is touched."""

import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, func, select

from archive import retention as retention_module
from archive import schema
from archive.queries import Archive, LedgerFilter
from archive.retention import Retention
from tests.support.archive_database import run_database, sqlite_url, write_entries
from tests.support.archive_journal import limit, list_entries, trade_once
from tests.support.exchange import Exchange
from tests.support.ledgers import make_ledger

DAY = 86_400_000_000


def fill_days(database: Engine, days: int) -> None:
    """An order that stays open, then a trade a day."""
    exchange = Exchange()
    exchange.send(limit("buy", "0.1", "10", "stays"))
    trade_days(exchange, days)
    write_entries(database, list_entries(exchange.batches))


def trade_days(exchange: Exchange, days: int) -> None:
    for _ in range(days):
        exchange.now += DAY
        trade_once(exchange)


def count(database: Engine) -> dict[str, int]:
    tables = (schema.orders, schema.fills, schema.trades)
    with database.connect() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in tables
        }


def count_candles(database: Engine, resolution: int) -> int:
    query = select(func.count()).where(schema.candles.c.resolution == resolution)
    with database.connect() as connection:
        return connection.execute(query).scalar_one()


def test_nothing_goes_by_default(tmp_path: Path) -> None:
    with run_database(sqlite_url(tmp_path)) as database:
        fill_days(database, 10)
        assert Retention(database, None, None).apply() == 0
        assert count(database) == {"orders": 21, "fills": 20, "trades": 10}


def test_what_is_older_goes_but_open_orders_and_minutes_stay(tmp_path: Path) -> None:
    with run_database(sqlite_url(tmp_path)) as database:
        fill_days(database, 10)
        Retention(database, 2.5, None).apply()
        assert count(database) == {"orders": 7, "fills": 6, "trades": 3}
        assert (count_candles(database, 1), count_candles(database, 60)) == (3, 10)


def test_what_is_too_much_goes(tmp_path: Path) -> None:
    with run_database(sqlite_url(tmp_path)) as database:
        fill_days(database, 10)
        Retention(database, None, 4).apply()
        assert count(database) == {"orders": 5, "fills": 4, "trades": 4}


@pytest.mark.parametrize(("days", "rows"), [(2.5, None), (None, 6)])
def test_balances_and_positions_stay_when_what_led_to_them_goes(
    tmp_path: Path, days: float | None, rows: int | None
) -> None:
    exchange = Exchange(ledger=make_ledger())
    with run_database(sqlite_url(tmp_path)) as database:
        trade_days(exchange, 10)
        write_entries(database, list_entries(exchange.batches))
        archive = Archive(database)
        before = archive.read_balances("default"), archive.read_positions("default")
        assert len(archive.list_ledger(LedgerFilter("default")).items) == 4 + 10 * 6
        Retention(database, days, rows, lambda: exchange.now).apply()
        assert (archive.read_balances("default"), archive.read_positions("default")) == before
        assert len(archive.list_ledger(LedgerFilter("default")).items) == 3 * 6
        trade_days(exchange, 1)
        write_entries(database, list_entries(exchange.batches[-1:]))
        positions = archive.read_positions("default").positions
    assert [position.base_commission for position in positions] == ["0.00110000"]


def test_much_goes_a_little_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention_module, "ROWS_AT_ONCE", 3)
    with run_database(sqlite_url(tmp_path)) as database:
        fill_days(database, 10)
        retention = Retention(database, 2.5, None)
        deleted = [retention.apply() for _ in range(8)]
        assert max(deleted) <= 12
        assert deleted[-1] == 0
        assert count(database) == {"orders": 7, "fills": 6, "trades": 3}


def test_it_looks_again_after_a_pause(tmp_path: Path) -> None:
    now = 100.0
    with run_database(sqlite_url(tmp_path)) as database:
        retention = Retention(database, None, 4, lambda: now)
        assert retention.apply() == 0
        fill_days(database, 10)
        now += 9
        assert retention.apply() == 0
        now += 1
        assert retention.apply() > 0


@pytest.mark.parametrize(("days", "rows"), [(2.5, None), (None, 4)])
def test_pass_reads_only_what_is_due(tmp_path: Path, days: float | None, rows: int | None) -> None:
    plans: list[str] = []

    def keep_plan(
        connection: Connection, _cursor: object, statement: str, values: Any, *_: object
    ) -> None:
        if statement.startswith("DELETE"):
            raw = connection.connection.cursor()
            raw.execute(f"EXPLAIN QUERY PLAN {statement}", values)
            plans.extend(row[3] for row in raw.fetchall())

    with run_database(sqlite_url(tmp_path)) as database:
        fill_days(database, 10)
        event.listen(database, "before_cursor_execute", keep_plan)
        Retention(database, days, rows).apply()
    assert any("SEARCH trades USING" in plan for plan in plans)
    assert [plan for plan in plans if re.search(r"SCAN|TEMP B-TREE|ANY\(", plan)] == []
