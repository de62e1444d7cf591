"""A database of an older version is brought to this one, with all that is in it."""

from pathlib import Path

from sqlalchemy import inspect

from archive import schema
from archive.versions import UPGRADES, prepare_schema, read_version
from tests.support.archive_database import (
    go_back_to_version_1,
    run_database,
    run_queries,
    sqlite_url,
    write_entries,
)
from tests.support.archive_journal import list_entries, trade_once
from tests.support.exchange import Exchange


def test_first_version_is_upgraded_with_its_rows(tmp_path: Path) -> None:
    exchange = Exchange()
    trade_once(exchange)
    with (
        run_database(sqlite_url(tmp_path)) as database,
        run_queries(sqlite_url(tmp_path)) as archive,
    ):
        write_entries(database, list_entries(exchange.batches))
        before = archive.list_candles("BTC-USDT", 60, 0, exchange.now)
        go_back_to_version_1(database)
        prepare_schema(database)
        with database.connect() as connection:
            assert read_version(connection) == schema.VERSION
        names = [column["name"] for column in inspect(database).get_columns("candles")]
        assert names == [column.name for column in schema.candles.columns]
        assert archive.list_candles("BTC-USDT", 60, 0, exchange.now) == before
        assert before[0].quote_volume == "6000.0000000"


def test_every_older_version_has_its_upgrade() -> None:
    assert sorted(UPGRADES) == list(range(1, schema.VERSION))
