"""`python -m archive export`: the file holds what the archive does, with the right types."""

import csv
import os
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from launcher.environment import ROOT
from tests.support.archive_database import run_database, sqlite_url, write_entries
from tests.support.archive_journal import limit, list_entries, trade_once
from tests.support.exchange import Exchange

MINUTE = 60_000_000
BEGIN = 1_700_000_040_000_000


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Three trades of BTC-USDT, a minute apart, one of SOL-USDT, and a rejected order."""
    exchange = Exchange()
    for minute in range(3):
        exchange.now = BEGIN + minute * MINUTE
        trade_once(exchange, f"{60_000 + minute}.5", "0.12345")
    exchange.send(
        limit("sell", "2.5", "20.125", symbol="SOL-USDT"),
        limit("buy", "2.5", "20.125", symbol="SOL-USDT"),
    )
    exchange.send(limit("buy", "0.1", "60000.123456789012345678", "bad"))
    with run_database(sqlite_url(tmp_path)) as database:
        write_entries(database, list_entries(exchange.batches))
    return sqlite_url(tmp_path)


def export(url: str, *arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "archive", "export", *map(str, arguments)],
        cwd=ROOT, env={**os.environ, "DATABASE_URL": url}, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip


def test_csv_has_the_very_decimals_and_utc_times(url: str, tmp_path: Path) -> None:
    path = tmp_path / "trades.csv"
    done = export(url, "--table", "trades", "--symbol", "BTC-USDT", path)
    assert done.returncode == 0, done.stderr
    assert "3 rows in" in done.stderr
    with path.open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["trade_id"], row["price"], row["quantity"]) for row in rows] == [
        ("1", "60000.50", "0.12345"),
        ("2", "60001.50", "0.12345"),
        ("3", "60002.50", "0.12345"),
    ]
    assert rows[0]["timestamp"] == "2023-11-14T22:14:00.000001Z"


def test_parquet_opens_in_pandas_with_exact_values_and_a_zone(url: str, tmp_path: Path) -> None:
    path = tmp_path / "trades.parquet"
    assert export(url, "--table", "trades", "--symbol", "BTC-USDT", path).returncode == 0
    frame = pd.read_parquet(path)
    assert list(frame["price"]) == [Decimal("60000.50"), Decimal("60001.50"), Decimal("60002.50")]
    assert str(frame["timestamp"].dtype) == "datetime64[us, UTC]"
    assert frame["timestamp"][0] == datetime(2023, 11, 14, 22, 14, 0, 1, tzinfo=UTC)
    assert str(frame["trade_id"].dtype) == "int64"


def test_parquet_opens_in_duckdb_with_exact_sums(url: str, tmp_path: Path) -> None:
    path = tmp_path / "trades.parquet"
    assert export(url, "--table", "trades", "--symbol", "BTC-USDT", path).returncode == 0
    with duckdb.connect() as database:
        trades = database.read_parquet(str(path))
        kinds = dict(zip(trades.columns, map(str, trades.types), strict=True))
        (total,) = trades.aggregate("sum(price * quantity)").fetchall()
    assert (kinds["price"], kinds["quantity"]) == ("DECIMAL(38,2)", "DECIMAL(38,5)")
    assert kinds["timestamp"] == "TIMESTAMP WITH TIME ZONE"
    assert total == (Decimal("0.12345") * Decimal("180004.50"),)


@pytest.mark.parametrize("table", ["orders", "fills", "trades", "candles"])
def test_every_table_is_exported_for_all_symbols_in_both_formats(
    url: str, tmp_path: Path, table: str
) -> None:
    paths = tmp_path / f"{table}.csv", tmp_path / f"{table}.parquet"
    for path in paths:
        done = export(url, "--table", table, path)
        assert done.returncode == 0, done.stderr
    with paths[0].open() as file:
        rows = list(csv.DictReader(file))
    table_read = parquet.read_table(paths[1])
    assert {row["symbol"] for row in rows} == {"BTC-USDT", "SOL-USDT"}
    assert (
        table_read.num_rows
        == len(rows)
        == {"orders": 9, "fills": 8, "trades": 4, "candles": 4}[table]
    )
    for name in table_read.column_names:
        values = table_read.column(name).to_pylist()
        if pa.types.is_decimal(table_read.schema.field(name).type):
            assert values == [Decimal(row[name]) if row[name] else None for row in rows]


def test_from_and_to_bound_the_time_and_the_end_is_not_included(url: str, tmp_path: Path) -> None:
    path = tmp_path / "part.csv"
    times = ("--from", "2023-11-14T22:15:00.000001Z", "--to", "2023-11-14T23:16:00.000001+01:00")
    assert export(url, "--table", "trades", "--symbol", "BTC-USDT", *times, path).returncode == 0
    with path.open() as file:
        assert [row["trade_id"] for row in csv.DictReader(file)] == ["2"]


def test_candles_of_an_interval_have_no_holes(url: str, tmp_path: Path) -> None:
    path = tmp_path / "candles.csv"
    arguments = ("--table", "candles", "--symbol", "BTC-USDT", "--interval", "15s")
    assert export(url, *arguments, path).returncode == 0
    with path.open() as file:
        rows = list(csv.DictReader(file))
    assert [row["trades"] for row in rows] == ["1", "0", "0", "0", "1", "0", "0", "0", "1"]
    assert rows[3]["close"] == "60000.50"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--table", "trades", "--symbol", "NO-SUCH", "f.csv"), "it knows: BTC-USDT, ETH-USDT"),
        (("--table", "trades", "f.xls"), "say --format csv or --format parquet"),
        (("--table", "trades", "--from", "yesterday", "f.csv"), "is not a time such as 2026-01-31"),
        (("--table", "candles", "--interval", "1y", "f.csv"), "is not an interval such as"),
        (("--table", "trades", "no/such/folder/f.csv"), "No such file or directory"),
    ],
)
def test_what_cannot_be_exported_is_said_in_one_line(
    url: str, arguments: tuple[str, ...], said: str
) -> None:
    done = export(url, *arguments)
    assert done.returncode != 0
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_archive_that_is_not_there_is_said_and_nothing_is_written(tmp_path: Path) -> None:
    done = export(sqlite_url(tmp_path), "--table", "trades", tmp_path / "f.csv")
    assert done.returncode == 1
    assert "cannot be opened" in done.stderr
    assert f"database {sqlite_url(tmp_path)}: " in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_relative_data_folder_is_the_repositorys_wherever_the_command_is_given(
    tmp_path: Path,
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "archive", "export", "--table", "trades", "f.csv"],
        cwd=tmp_path, env={**os.environ, "DATABASE_URL": "", "DATA_DIR": "no/such/folder",
                           "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert f"database sqlite:///{ROOT}/no/such/folder/archive.sqlite3: " in done.stderr
