"""The demo button: simulated traders, whom any window starts and stops for all."""

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from launcher.supervision.run_file import RunRecord
from tests.browser.conftest import read_book
from tests.support.browser import Screen
from tests.support.waiting import wait_until


@pytest.fixture
def exchange(exchange: RunRecord) -> Iterator[RunRecord]:
    """The exchange; the traders have ended after the test, with nothing left in the book."""
    yield exchange
    httpx.delete(f"{exchange.gateway_url}/v1/admin/market", timeout=20).raise_for_status()
    symbols = ("BTC-USDT", "ETH-USDT")
    wait_until(
        lambda: not any(count_levels(exchange, symbol) for symbol in symbols),
        "they have taken their orders out",
    )


@pytest.fixture
def other(browser: Browser, exchange: RunRecord) -> Iterator[Page]:
    """A second window."""
    screen = Screen(browser)
    screen.open_live(exchange.market_data_url)
    yield screen.page
    screen.close()


def test_any_window_starts_and_stops_the_traders_for_all(page: Page, other: Page) -> None:
    expect(page.locator("#demo-stop")).to_be_disabled()
    page.locator("#demo-start").click()
    expect(page.locator("#demo-start")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#tape tr:not([hidden])").nth(2)).to_be_visible()
    expect(page.locator("#welcome")).to_be_hidden()
    expect(page.locator("#candles canvas").first).to_be_visible()
    expect(page.locator("#open-orders tr")).to_have_count(0)
    expect(other.locator("#demo-start")).to_have_text("Demo on BTC")
    other.locator("#demo-stop").click()
    expect(page.locator("#demo-start")).to_have_text("▶ Demo flow")
    expect(page.locator("#demo-stop")).to_be_disabled()
    expect(page.locator("#book-size")).to_have_text("0 levels")


def test_traders_go_on_where_nobody_looks(page: Page, exchange: RunRecord) -> None:
    page.keyboard.press("ArrowRight")
    expect(page.locator("#symbols [aria-pressed=true]")).to_have_text("ETH-USDT")
    expect(page.locator("#status")).to_have_text("Live")
    page.locator("#demo-start").click()
    expect(page.locator("#demo-start")).to_have_text("Demo on ETH")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#symbols [aria-pressed=true]")).to_have_text("BTC-USDT")
    expect(page.locator("#demo-start")).to_have_text("Demo on ETH")
    wait_until(lambda: count_levels(exchange, "ETH-USDT") > 20, "they quote")
    assert 2_000 < float(read_book(exchange, "ETH-USDT")["bids"][0][0]) < 4_000
    page.close()
    before = read_book(exchange, "ETH-USDT")
    wait_until(lambda: read_book(exchange, "ETH-USDT") != before, "the book goes on")


def test_page_says_where_traders_are_started_if_not_here(page: Page) -> None:
    def refuse(route: Route) -> None:
        answer = {"is_available": False, "name": None, "symbol": None}
        headers = {"Access-Control-Allow-Origin": "*"}
        route.fulfill(json=answer, headers=headers)

    page.route("**/v1/admin/market", refuse)
    expect(page.locator("#demo-start")).to_have_attribute("title", re.compile("start_system.py"))
    expect(page.locator("#demo-start")).to_be_disabled()
    expect(page.locator("#demo-stop")).to_be_disabled()


def count_levels(exchange: RunRecord, symbol: str = "BTC-USDT") -> int:
    book = read_book(exchange, symbol)
    return len(book["bids"]) + len(book["asks"])
