"""One running exchange and one browser for all tests of the page."""

from collections.abc import Iterator
from decimal import Decimal

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from launcher.supervision.run_file import RunRecord
from tests.support.browser import Screen, run_browser
from tests.support.launched_system import REAL, LaunchedSystem, launch
from tests.support.market_rest import read_market
from tests.support.ports import find_free_port
from tests.support.trader import Trader
from tests.support.waiting import wait_until

expect.set_options(timeout=30_000)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A browser, ended with this folder: Playwright's event loop would disturb other tests."""
    with run_browser() as browser:
        yield browser


@pytest.fixture(scope="package")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LaunchedSystem]:
    """A running exchange."""
    folder = tmp_path_factory.mktemp("venue") / "data"
    ports = {"GATEWAY_PORT": str(find_free_port()), "MARKET_DATA_PORT": str(find_free_port())}
    ports["BINANCE_PORT"] = "0"
    with launch(REAL, folder, ALLOWED_ORIGINS="null", **ports) as system:
        wait_until_answered(system.wait_until_ready())
        yield system


@pytest.fixture
def exchange(venue: LaunchedSystem) -> Iterator[RunRecord]:
    """Its addresses; the books are empty again after the test."""
    yield venue.record
    for symbol in ("BTC-USDT", "ETH-USDT"):
        clear_book(venue.record, symbol)


@pytest.fixture
def screen(browser: Browser, exchange: RunRecord) -> Iterator[Screen]:
    """The page, served and live."""
    screen = Screen(browser)
    screen.open_live(exchange.market_data_url)
    yield screen
    screen.close()


@pytest.fixture
def page(screen: Screen) -> Page:
    """The page."""
    return screen.page


@pytest.fixture
def trader(exchange: RunRecord) -> Iterator[Trader]:
    """Somebody else."""
    with Trader(exchange.gateway_url) as trader:
        yield trader


def wait_until_answered(record: RunRecord, **headers: str) -> None:
    """A system is ready without its archive: until the page's questions to that are answered."""

    def is_answered() -> bool:
        answer = httpx.get(f"{record.gateway_url}/v1/fills?limit=1", headers=headers, timeout=20)
        return answer.status_code == httpx.codes.OK

    wait_until(is_answered, "the archive answers")


def clear_book(exchange: RunRecord, symbol: str = "BTC-USDT") -> None:
    """Trade everything away, whoever's it is."""
    with Trader(exchange.gateway_url) as sweeper:
        book = read_book(exchange, symbol)
        for side, levels in (("buy", book["asks"]), ("sell", book["bids"])):
            if levels:
                quantity = sum(Decimal(quantity) for _, quantity in levels)
                sweeper.order(side, str(quantity), levels[-1][0], symbol, order_type="ioc")


def read_book(exchange: RunRecord, symbol: str = "BTC-USDT") -> dict[str, list[list[str]]]:
    """The whole book by REST."""
    return read_market(exchange.market_data_url, f"/v1/orderbook/{symbol}?depth=10000")
