"""Exchanges with several shards on one Redis."""

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from msgspec.structs import replace

from engine.service import Service
from protocol.assets import LedgerSettings
from protocol.instrument import parse_instruments
from protocol.shards import name_shard
from tests.support import http
from tests.support.archive_service import run_follower
from tests.support.engine_service import run_engine
from tests.support.gateway_process import Exchange, run_workers, wait_for_archive
from tests.support.ledgers import make_ledger
from tests.support.redis_server import run_redis

INSTRUMENTS = """
[[instrument]]
symbol = "BTC-USDT"
base_asset = "BTC"
quote_asset = "USDT"
tick_size = "0.01"
lot_size = "0.00001"

[[instrument]]
symbol = "ETH-USDT"
base_asset = "ETH"
quote_asset = "USDT"
tick_size = "0.01"
lot_size = "0.0001"
shard = 2

[[instrument]]
symbol = "SOL-USDT"
base_asset = "SOL"
quote_asset = "USDT"
tick_size = "0.001"
lot_size = "0.001"
shard = 3
"""
"""The instruments of the shipped file, each on a shard of its own."""
SYMBOLS = {1: "BTC-USDT", 2: "ETH-USDT", 3: "SOL-USDT"}


def write_instruments(folder: Path) -> Path:
    """Write the file with these instruments into a folder; return its path."""
    path = folder / "instruments.toml"
    path.write_text(INSTRUMENTS)
    return path


@contextmanager
def run_sharded_exchange(folder: Path) -> Iterator[Exchange]:
    """Run engines, archive and a gateway, whose accounts open on shard 1 with what tests have."""
    database_url = f"sqlite:///{folder / 'archive.sqlite3'}"
    file = str(write_instruments(folder))
    with (
        run_redis(folder) as redis_url,
        run_engines(redis_url, ledger=make_ledger()),
        run_follower(redis_url, database_url, shards=SYMBOLS),
        wait_for_archive(database_url),
        run_workers(redis_url, DATABASE_URL=database_url, INSTRUMENTS_FILE=file) as (url, workers),
    ):
        yield Exchange(url, workers, database_url, redis_url)


def make_account(url: str) -> str:
    """Make an account with 1000 USDT on each of the shards from 2 on."""
    account = f"account-{secrets.token_hex(4)}"
    for shard in (2, 3):
        body = {"account": account, "asset": "USDT", "amount": "1000", "id": f"{account}-{shard}"}
        answer = http.post(f"{url}/v1/admin/credit", json=body | {"shard": shard})
        assert answer.status_code == 201, answer.text
    return account


@contextmanager
def run_engines(
    url: str, snapshot_interval: int = 100_000, ledger: LedgerSettings | None = None
) -> Iterator[list[Service]]:
    """Run an engine for each shard as long as the context; accounts open on the first."""
    instruments = parse_instruments(INSTRUMENTS)
    with ExitStack() as stack:
        yield [
            stack.enter_context(
                run_engine(
                    url,
                    snapshot_interval=snapshot_interval,
                    ledger=_choose_part(ledger, symbol, shard),
                    instruments=[instruments[symbol]],
                    names=name_shard(shard),
                )
            )
            for shard, symbol in SYMBOLS.items()
        ]


def _choose_part(ledger: LedgerSettings | None, symbol: str, shard: int) -> LedgerSettings | None:
    """Return what a shard's engine knows of the ledger."""
    if ledger is None:
        return None
    assets = ledger.assets
    if shard != 1:
        assets = [replace(asset, starting_balance="0") for asset in assets]
    return replace(ledger, assets=assets, fees={symbol: ledger.fees[symbol]})
