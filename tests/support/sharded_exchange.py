"""An exchange with several shards, as clients see it."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support import http
from tests.support.archive_service import run_follower
from tests.support.binance import BinanceClient
from tests.support.engine_service import run_engines
from tests.support.gateway_process import Exchange, run_workers, wait_for_archive
from tests.support.ledgers import make_ledger
from tests.support.redis_server import run_redis
from tests.support.shards import SYMBOLS, write_instruments


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


def trade_over_binance(url: str, shard: int) -> str:
    """Trade with ourselves on a shard; return the status of the second order."""
    client = BinanceClient(url, "trader")
    order = {"symbol": SYMBOLS[shard].replace("-", ""), "price": "100.00", "quantity": "1"}
    try:
        for side in ("SELL", "BUY"):
            placed = client.place(side, "LIMIT", timeInForce="GTC", **order)
    finally:
        client.close()
    status: str = placed["status"]
    return status
