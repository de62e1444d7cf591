"""One started exchange for all clients; each test has accounts of its own."""

from collections.abc import Iterator
from itertools import count

import pytest

from launcher.supervision.run_file import RunRecord
from tests.support.binance import BinanceClient
from tests.support.launched_system import REAL, launch

_accounts = count()


@pytest.fixture(scope="session")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunRecord]:
    """An exchange that runs as long as the tests."""
    folder = tmp_path_factory.mktemp("exchange")
    limits = dict.fromkeys(
        ("BINANCE_ORDERS_10S", "BINANCE_ORDERS_DAY", "BINANCE_REQUEST_WEIGHT"), "1000000"
    )
    with launch(REAL, folder, **limits) as system:
        yield system.wait_until_ready()


@pytest.fixture(scope="session")
def exchange_url(exchange: RunRecord) -> str:
    """URL of its Binance gateway."""
    assert exchange.binance_url is not None
    return exchange.binance_url


@pytest.fixture
def account() -> str:
    """An account that nobody had before."""
    return f"client{next(_accounts)}"


@pytest.fixture
def client(exchange_url: str, account: str) -> Iterator[BinanceClient]:
    """Asks as `account`; leaves nothing on the book."""
    client = BinanceClient(exchange_url, account)
    yield client
    client.cancel_all()
    client.close()


@pytest.fixture
def other(exchange_url: str) -> Iterator[BinanceClient]:
    """Trades with `client`, under an account of its own."""
    client = BinanceClient(exchange_url, f"other{next(_accounts)}")
    yield client
    client.cancel_all()
    client.close()
