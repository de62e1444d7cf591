"""What the tests of the feed begin with; a file that needs another `service` has its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from tests.support.gateway_process import Exchange, run_exchange
from tests.support.market_data import MarketData, run_market_data
from tests.support.publisher import Publisher
from tests.support.redis_client import open_redis
from tests.support.redis_server import run_redis


@pytest.fixture(autouse=True)
def patient_gateway(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gateway in this process is as slow as the test: that is no outage of Redis."""
    for name in (
        "queueing.redis_client.CONNECT_SECONDS",
        "queueing.redis_client.READ_SECONDS",
        "queueing.replies.CONNECT_SECONDS",
        "queueing.replies.PONG_SECONDS",
        "account.report_feed.CONNECT_SECONDS",
    ):
        monkeypatch.setattr(f"order_gateway.{name}", 10.0)


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exchange]:
    """Engine, archive and gateway for the tests of a file, each of which leaves the books empty."""
    folder: Path = tmp_path_factory.mktemp("exchange")
    with run_redis(folder) as redis_url, run_exchange(redis_url, folder) as exchange:
        yield exchange


@pytest.fixture(scope="module")
def shared_publisher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Publisher]:
    """An exchange for those tests of a file to which it matters little what was before."""
    with run_redis(tmp_path_factory.mktemp("shared")) as url:
        publisher = Publisher(url)
        yield publisher
        publisher.close()


@pytest.fixture(scope="module")
def shared_service(shared_publisher: Publisher) -> Iterator[MarketData]:
    """The service that follows `shared_publisher`."""
    with run_market_data(shared_publisher.url) as service:
        yield service


@pytest.fixture
def publisher(redis_url: str) -> Iterator[Publisher]:
    """An exchange that has just begun."""
    publisher = Publisher(redis_url)
    yield publisher
    publisher.close()


@pytest.fixture
def service(redis_url: str, publisher: Publisher) -> Iterator[MarketData]:
    """The service that follows `publisher`."""
    assert publisher.sequence == 0
    with run_market_data(redis_url) as service:
        yield service


@pytest.fixture
def client(redis_url: str) -> Iterator[Redis]:
    """Somebody who looks at the suite's own server, and puts things there."""
    with open_redis(redis_url) as client:
        yield client
