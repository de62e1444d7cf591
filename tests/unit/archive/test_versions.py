"""A database of an older version is brought to this one, with all that is in it."""

from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlalchemy import Column, Engine, Table, inspect, select

from archive import schema
from archive.versions import UPGRADES, prepare_schema, read_version
from engine.exchange.levels import Level
from engine.exchange.own_entries import make_configuration
from protocol.enums import BalanceMode
from protocol.limits import TradingLimits
from tests.support.archive_database import (
    go_back_to_version,
    run_database,
    run_queries,
    sqlite_url,
    write_entries,
)
from tests.support.archive_journal import list_entries, trade_once
from tests.support.exchange import Exchange
from tests.support.ledgers import make_ledger

ID = {"id": "deposit-1"}


def test_first_version_is_upgraded_with_its_rows(tmp_path: Path) -> None:
    exchange = Exchange()
    trade_once(exchange)
    with (
        run_database(sqlite_url(tmp_path)) as database,
        run_queries(sqlite_url(tmp_path)) as archive,
    ):
        write_entries(database, list_entries(exchange.batches))
        before = archive.list_candles("BTC-USDT", 60, 0, exchange.now)
        go_back_to_version(1, database)
        prepare_schema(database)
        with database.connect() as connection:
            assert read_version(connection) == schema.VERSION
        names = [column["name"] for column in inspect(database).get_columns("candles")]
        assert names == [column.name for column in schema.candles.columns]
        (after,) = archive.list_candles("BTC-USDT", 60, 0, exchange.now)
        assert after == replace(
            before[0],
            taker_buy_volume="0.00000",
            taker_buy_quote_volume="0.0000000",
            first_trade_id=0,
            last_trade_id=0,
        )
        assert after.quote_volume == "6000.0000000"


def read_layout(database: Engine) -> dict[str, object]:
    """Columns with what they hold, keys and indexes of every table."""
    found = inspect(database)
    return {
        table: (
            [
                (column["name"], str(column["type"]), column["nullable"])
                for column in found.get_columns(table)
            ],
            found.get_pk_constraint(table)["constrained_columns"],
            sorted(
                (index["name"] or "", index["column_names"]) for index in found.get_indexes(table)
            ),
        )
        for table in found.get_table_names()
    }


@pytest.mark.parametrize("version", UPGRADES)
def test_upgraded_tables_are_those_of_a_new_database(version: int, tmp_path: Path) -> None:
    with run_database(sqlite_url(tmp_path)) as database:
        layout = read_layout(database)
        go_back_to_version(version, database)
        assert read_layout(database) != layout
        prepare_schema(database)
        assert read_layout(database) == layout


def test_archive_from_before_the_ledger_goes_on_as_if_it_were_new(tmp_path: Path) -> None:
    exchange = Exchange(level=Level.ELAPSED)
    trade_once(exchange)
    earlier = list_entries(exchange.batches)
    exchange.send(make_configuration(TradingLimits(), make_ledger(BalanceMode.UNLIMITED)))
    trade_once(exchange)
    exchange.send({"command": "credit", "account": "carol", "asset": "BTC", "amount": "2"} | ID)
    entries = list_entries(exchange.batches)
    with run_database(sqlite_url(tmp_path)) as database:
        write_entries(database, earlier)
        go_back_to_version(2, database)
        prepare_schema(database)
        write_entries(database, entries[len(earlier) :])
        gone_on = read_rows(database)
    (tmp_path / "new").mkdir()
    with run_database(sqlite_url(tmp_path / "new")) as database:
        write_entries(database, entries)
        assert read_rows(database) == gone_on
    assert {len(gone_on[name]) for name in ("balances", "positions")} == {10, 1}


def read_rows(database: Engine) -> dict[str, list[tuple[object, ...]]]:
    """All but what an older version's rows do not have."""
    with database.connect() as connection:
        return {
            table.name: sorted(
                map(tuple, connection.execute(select(*list_kept_columns(table)))), key=repr
            )
            for table in schema.metadata.sorted_tables
        }


def list_kept_columns(table: Table) -> list[Column[object]]:
    new = [each for each in schema.candles.columns if each.nullable]
    new.append(schema.orders.c.working_since)
    return [each for each in table.columns if not any(each is one for one in new)]


def test_every_older_version_has_its_upgrade() -> None:
    assert sorted(UPGRADES) == list(range(1, schema.VERSION))
