"""The real clients' sockets: streams, the WebSocket API, and books that are kept under flow."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from market_data.following.engine_state import PUBLIC_CHANNELS
from tests.clients.recipes import run_scenario
from tests.support.binance_process import run_binance
from tests.support.gateway_process import run_exchange
from tests.support.redis_client import open_redis
from tests.support.redis_server import run_redis

STREAMS = [
    ("ccxt", "ccxt", "ccxt_streams"),
    ("connector", "binance-connector", "connector_streams"),
    ("python-binance", "python-binance", "python_binance_streams"),
    ("sdk", "binance-sdk-spot", "sdk_streams"),
    ("unicorn", "unicorn-binance-websocket-api", "unicorn_streams"),
]
BOOKS = [
    ("ccxt", "ccxt", "ccxt_books"),
    ("python-binance", "python-binance", "python_binance_books"),
]
BOOK_SECONDS = float(os.environ.get("BOOK_SECONDS", "30"))
CUTS = 2


@pytest.mark.parametrize(("client", "heading", "scenario"), STREAMS)
def test_client_reads(
    exchange_url: str, tmp_path: Path, client: str, heading: str, scenario: str
) -> None:
    run_scenario(client, heading, scenario, exchange_url, tmp_path)


@pytest.mark.timeout(2 * BOOK_SECONDS + 300)
@pytest.mark.parametrize(("client", "heading", "scenario"), BOOKS)
def test_book_equals_the_exchanges_after_the_feed_was_cut(
    tmp_path: Path, client: str, heading: str, scenario: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_books(tmp_path, client, heading, scenario, BOOK_SECONDS, monkeypatch.setenv)


def keep_books(
    folder: Path, client: str, heading: str, scenario: str, seconds: float, setenv: object
) -> None:
    """Run a scenario that keeps a book for so long, and cut the feed meanwhile."""
    assert callable(setenv)
    setenv("BOOK_SECONDS", str(seconds))
    limits = ("BINANCE_REQUEST_WEIGHT", "BINANCE_ORDERS_10S", "BINANCE_ORDERS_DAY")
    unlimited = dict.fromkeys(limits, "0")
    with (
        run_redis(folder) as redis_url,
        run_exchange(redis_url, folder) as exchange,
        run_binance(redis_url, exchange.database_url, **unlimited) as binance,
        cutting_feed(redis_url, seconds / (CUTS + 1)),
    ):
        run_scenario(client, heading, scenario, binance.url, folder, 2 * seconds + 120)


@contextmanager
def cutting_feed(redis_url: str, seconds: float) -> Iterator[None]:
    """Cut whatever follows the market, again and again."""
    has_ended = threading.Event()

    def cut() -> None:
        while not has_ended.wait(seconds):
            with open_redis(redis_url) as client:
                for each in client.client_list(_type="pubsub"):
                    if int(each["sub"]) == len(PUBLIC_CHANNELS):
                        client.client_kill_filter(_id=each["id"])

    thread = threading.Thread(target=cut)
    thread.start()
    try:
        yield
    finally:
        has_ended.set()
        thread.join()
