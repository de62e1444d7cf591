"""The pytest plugin: an exchange for the whole session, and an empty one for each test."""

from collections.abc import Iterator

import pytest

from goquant.testing.exchange import Exchange
from goquant.testing.launching import exchange as run_exchange


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the setting of the ini file."""
    parser.addini("goquant_clock", "the exchange's clock: manual, real, or 60x", default="manual")


@pytest.fixture(scope="session")
def exchange(pytestconfig: pytest.Config) -> Iterator[Exchange]:
    """An exchange that all tests share."""
    with run_exchange(clock=pytestconfig.getini("goquant_clock")) as running:
        yield running


@pytest.fixture
def market(exchange: Exchange) -> Exchange:
    """The same exchange, empty."""
    exchange.reset()
    return exchange
