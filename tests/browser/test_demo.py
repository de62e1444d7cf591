"""The demo flow: made-up traders of this window alone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from launcher.supervision.run_file import RunRecord
from tests.browser.conftest import read_book
from tests.support.browser import Screen
from tests.support.waiting import wait_until


@pytest.fixture
def other(browser: Browser, exchange: RunRecord) -> Iterator[Page]:
    """A second window."""
    screen = Screen(browser)
    screen.open_live(exchange.market_data_url)
    yield screen.page
    screen.close()


def test_demo_flow_moves_the_market_and_stop_takes_its_orders_out(page: Page) -> None:
    page.locator("#demo-start").click()
    expect(page.locator("#demo-start")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#tape tr:not([hidden])").nth(2)).to_be_visible()
    expect(page.locator("#welcome")).to_be_hidden()
    expect(page.locator("#candles canvas")).to_be_visible()
    expect(page.locator("#open-orders tr")).to_have_count(0)
    page.locator("#demo-stop").click()
    expect(page.locator("#demo-stop")).to_be_disabled()
    expect(page.locator("#book-size")).to_have_text("0 levels")


def test_stopping_the_demo_in_one_window_leaves_anothers_orders(
    page: Page, other: Page, exchange: RunRecord
) -> None:
    for window in (page, other):
        window.locator("#demo-start").click()
        window.wait_for_function("() => demo.orders.size > 10")
        window.evaluate("() => clearInterval(demo.timer)")  # nothing more is sent
        window.wait_for_function("() => demo.inFlight === 0")
    assert page.evaluate("() => DEMO_MAKER") != other.evaluate("() => DEMO_MAKER")
    page.locator("#demo-stop").click()
    kept = other.evaluate("() => demo.orders.size")
    wait_until(lambda: 0 < count_levels(exchange) <= kept, "one window's orders are gone")
    other.locator("#demo-stop").click()
    wait_until(lambda: count_levels(exchange) == 0, "the other's are gone too")


def test_demo_flow_knows_its_market_while_the_page_shows_another(page: Page) -> None:
    page.locator("#demo-start").click()
    page.wait_for_function("() => demo.orders.size > 10")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#status")).to_have_text("Live")
    expect(page.locator("#symbols [aria-pressed=true]")).to_have_text("ETH-USDT")
    before = page.evaluate("() => markets.get('BTC-USDT').tradeId")
    page.wait_for_function(
        "before => markets.get('BTC-USDT').tradeId > before + 5", arg=before, timeout=30_000
    )
    assert page.evaluate("() => markets.get('BTC-USDT').bbo.update_id") > 0
    page.wait_for_function(  # the next heartbeat tells of a book that this page does not follow
        "() => markets.get('BTC-USDT').book.updateId < feed.lastIds['BTC-USDT'].update_id"
    )
    expect(page.locator("#tape tr:not([hidden])")).to_have_count(0)
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#status")).to_have_text("Live")
    page.locator("#demo-stop").click()
    expect(page.locator("#book-size")).to_have_text("0 levels")


def count_levels(exchange: RunRecord) -> int:
    book = read_book(exchange)
    return len(book["bids"]) + len(book["asks"])
