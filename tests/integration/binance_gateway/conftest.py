"""One exchange with a Binance gateway for the tests of this folder."""

from collections.abc import Iterator

import pytest

from tests.support.binance_process import Binance, run_binance
from tests.support.gateway_process import Exchange, run_exchange
from tests.support.redis_server import run_redis
from tests.support.trader import Trader


@pytest.fixture(scope="package")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exchange]:
    """Redis, engine, archive and order gateway."""
    folder = tmp_path_factory.mktemp("exchange")
    with run_redis(folder) as redis_url, run_exchange(redis_url, folder) as exchange:
        yield exchange


@pytest.fixture(scope="module")
def trader_of_module(exchange: Exchange) -> Iterator[Trader]:
    """Somebody who trades natively, for all tests of a module."""
    with Trader(exchange.url) as trader:
        yield trader
        trader.cancel_all()


@pytest.fixture
def trader(exchange: Exchange) -> Iterator[Trader]:
    """Somebody who trades natively, and leaves nothing behind."""
    with Trader(exchange.url) as trader:
        yield trader
        trader.cancel_all()


@pytest.fixture(scope="package")
def binance(exchange: Exchange) -> Iterator[Binance]:
    """Return the service under test."""
    settings = {"BINANCE_REQUEST_WEIGHT": "0", "BINANCE_CONNECTIONS": "0", "FAULTS": "on"}
    with run_binance(exchange.redis_url, exchange.database_url, **settings) as service:
        yield service
