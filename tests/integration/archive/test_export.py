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

from launcher.settings import read_settings
from launcher.setup.environment import ROOT
from launcher.setup.errors import LaunchError
from tests.support.archive_database import run_database, sqlite_url, write_entries
from tests.support.archive_journal import limit, list_entries, trade_once
from tests.support.exchange import Exchange
from tests.support.ledgers import make_ledger

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


@pytest.fixture
def money_url(tmp_path: Path) -> str:
    """Two trades of bob's with alice, a credit, and an open order."""
    exchange = Exchange(ledger=make_ledger(ETH="0", SOL="0"))
    for price in ("50000", "60000"):
        exchange.send(
            limit("sell", "0.1", price, account="bob"),
            limit("buy", "0.1", price, account="alice"),
        )
    exchange.send({"command": "credit", "account": "alice", "asset": "BTC", "amount": "3"} | ID)
    exchange.send(limit("buy", "0.1", "10", account="alice"))
    with run_database(sqlite_url(tmp_path)) as database:
        write_entries(database, list_entries(exchange.batches))
    return sqlite_url(tmp_path)


ID = {"id": "deposit-1"}


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
    assert (rows[3]["volume"], rows[4]["volume"]) == ("0.00000", "0.12345")


def test_csv_has_the_apis_words_for_flags(url: str, tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    assert export(url, "--table", "orders", path).returncode == 0
    with path.open() as file:
        rows = list(csv.DictReader(file))
    assert {(row["triggered"], row["is_uncertain"]) for row in rows} == {("", "false")}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--table", "trades", "--symbol", "NO-SUCH", "f.csv"), "it knows: BTC-USDT, ETH-USDT"),
        (("--table", "trades", "f.xls"), "say --format csv or --format parquet"),
        (("--table", "trades", "--from", "yesterday", "f.csv"), "is not a time such as 2026-01-31"),
        (("--table", "candles", "--interval", "1y", "f.csv"), "is not an interval such as"),
        (
            ("--table", "trades", "--from", "2026-01-02", "--to", "2026-01-01", "f.csv"),
            "--to must be after --from",
        ),
        (("--table", "fills", "--interval", "1m", "f.csv"), "--interval is for candles"),
        (("--table", "trades", "no/such/folder/f.csv"), "No such file or directory"),
        (("--table", "balances", "--symbol", "BTC-USDT", "f.csv"), "balances are of assets"),
        (("--table", "positions", "--from", "2026-01-01", "f.csv"), "positions are those of now"),
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


def list_names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def read_csv(url: str, table: str, *options: str) -> list[dict[str, str]]:
    done = export(url, "--table", table, *options, "-")
    assert done.returncode == 0, done.stderr
    return list(csv.DictReader(done.stdout.splitlines()))


def test_balances_positions_and_what_changed_them_in_csv(money_url: str) -> None:
    balances = read_csv(money_url, "balances")
    assert [tuple(row.values()) for row in balances] == [
        ("alice", "BTC", "1", "5.19980000", "0.00000000", "6"),
        ("alice", "USDT", "1", "88999.00000000", "1.00000000", "7"),
        ("bob", "BTC", "1", "1.80000000", "0.00000000", "5"),
        ("bob", "USDT", "1", "110989.00000000", "0.00000000", "5"),
        ("fees", "BTC", "1", "0.00020000", "0.00000000", "5"),
        ("fees", "USDT", "1", "11.00000000", "0.00000000", "5"),
    ]
    changes = read_csv(money_url, "balance_changes")
    assert len(changes) == 5
    assert changes[-1] == {
        "account": "alice",
        "asset": "BTC",
        "amount": "3.00000000",
        "cause": "credit",
        "id": "deposit-1",
        "sequence": "6",
        "timestamp": changes[-1]["timestamp"],
        "shard": "1",
        "other_shard": "",
        "transfer": "",
    }
    since = read_csv(money_url, "balance_changes", "--from", changes[-1]["timestamp"])
    assert since == changes[-1:]
    positions = read_csv(money_url, "positions", "--symbol", "BTC-USDT")
    assert [[*row.values()][2:] for row in positions] == [
        ["0.19980000", "11000.00000000", "0.00000000", "0.00020000", "0.00000000", "5"],
        ["-0.20000000", "-10989.00000000", "0.00000000", "0.00000000", "11.00000000", "5"],
    ]
    assert [row["account"] for row in positions] == ["alice", "bob"]
    fills = read_csv(money_url, "fills")
    assert [(row["commission"], row["commission_asset"]) for row in fills[:2]] == [
        ("0.00010000", "BTC"),
        ("5.00000000", "USDT"),
    ]


def test_amounts_in_parquet_have_the_decimals_of_the_assets(money_url: str, tmp_path: Path) -> None:
    for table, column in (("positions", "cost"), ("balances", "free"), ("fills", "commission")):
        path = tmp_path / f"{table}.parquet"
        assert export(money_url, "--table", table, path).returncode == 0
        assert parquet.read_schema(path).field(column).type == pa.decimal128(38, 8)
    frame = pd.read_parquet(tmp_path / "positions.parquet")
    assert list(frame["cost"]) == [Decimal("11000.00000000"), Decimal("-10989.00000000")]


def test_exchange_without_a_ledger_exports_no_money(url: str) -> None:
    for table in ("balances", "balance_changes", "positions"):
        assert read_csv(url, table) == []
    assert {row["commission"] for row in read_csv(url, "fills")} == {""}


def test_file_that_is_there_keeps_its_mode_and_nothing_else_appears(
    url: str, tmp_path: Path
) -> None:
    path = tmp_path / "trades.csv"
    path.write_text("old")
    path.chmod(0o600)
    before = list_names(tmp_path)
    assert export(url, "--table", "trades", path).returncode == 0
    assert path.read_text().startswith("symbol,trade_id,")
    assert path.stat().st_mode & 0o777 == 0o600
    assert list_names(tmp_path) - {"archive.sqlite3-wal", "archive.sqlite3-shm"} == before


def test_file_of_another_export_under_way_is_left_alone(url: str, tmp_path: Path) -> None:
    part = tmp_path / "trades.csv.part"
    part.write_text("somebody else's")
    assert export(url, "--table", "trades", tmp_path / "trades.csv").returncode == 0
    assert part.read_text() == "somebody else's"


@pytest.mark.parametrize("is_there", [True, False])
def test_what_a_link_leads_to_is_written(url: str, tmp_path: Path, is_there: bool) -> None:
    (tmp_path / "elsewhere").mkdir()
    target, link = tmp_path / "elsewhere" / "target.csv", tmp_path / "link.csv"
    if is_there:
        target.write_text("old")
    link.symlink_to(target)
    assert export(url, "--table", "trades", link).returncode == 0
    assert link.is_symlink()
    assert target.read_text().startswith("symbol,trade_id,")
    assert list_names(target.parent) == {"target.csv"}


def test_folder_pipe_and_circle_of_links_are_refused_and_left(url: str, tmp_path: Path) -> None:
    folder, pipe, circle = (tmp_path / f"{name}.csv" for name in ("folder", "pipe", "circle"))
    folder.mkdir()
    os.mkfifo(pipe)
    circle.symlink_to(circle)
    for path, said in (
        (folder, "is a folder: name a file in it"),
        (pipe, "is not a regular file"),
        (circle, "leads nowhere"),
    ):
        done = export(url, "--table", "trades", path)
        assert (done.returncode, done.stdout) == (1, "")
        assert said in done.stderr
        assert len(done.stderr.splitlines()) == 1
    assert folder.is_dir()
    assert pipe.is_fifo()
    assert circle.is_symlink()


def test_dash_is_standard_output_for_csv(url: str, tmp_path: Path) -> None:
    path = tmp_path / "trades.csv"
    assert export(url, "--table", "trades", path).returncode == 0
    done = export(url, "--table", "trades", "-")
    assert (done.returncode, done.stdout) == (0, path.read_text())
    assert "4 rows in standard output" in done.stderr
    assert not (ROOT / "-").exists()


def test_parquet_to_standard_output_is_refused(url: str) -> None:
    done = export(url, "--table", "trades", "--format", "parquet", "-")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == ("archive: Parquet goes to a file; only CSV goes to standard output\n")


def test_reader_that_has_seen_enough_is_no_trouble(url: str) -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as output:
        done = subprocess.run(
            [sys.executable, "-m", "archive", "export", "--table", "trades", "-"],
            cwd=ROOT, env={**os.environ, "DATABASE_URL": url}, stdout=output,
            stderr=subprocess.PIPE, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert "Error" not in done.stderr


@pytest.mark.parametrize("module", ["archive", "engine"])
@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("ARCHIVE_RETENTION_DAYS", "-1", "bad setting: ARCHIVE_RETENTION_DAYS='-1': Input should"),
        (
            "DATABASE_URL",
            "mysql://me:secret@host/name",
            "bad setting: DATABASE_URL: Value error",
        ),
    ],
)
def test_bad_setting_is_said_in_one_line_without_secrets(
    module: str, name: str, value: str, said: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", module], cwd=ROOT, env={**os.environ, name: value},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith(f"{module}: {said}")
    assert len(done.stderr.splitlines()) == 1
    assert "secret" not in done.stderr


def test_launcher_refuses_the_archives_bad_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARCHIVE_RETENTION_ROWS", "0")
    with pytest.raises(LaunchError, match=r"^bad setting: ARCHIVE_RETENTION_ROWS='0': Input"):
        read_settings()


def test_help_is_for_users() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "archive", "--help"], cwd=ROOT, capture_output=True, text=True,
        timeout=60, check=True,
    )  # fmt: skip
    assert "python -m archive export --table trades" in done.stdout
    assert "Wiring" not in done.stdout
