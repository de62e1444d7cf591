"""The ladder stands still under the pointer, and tells what it would cost to trade through it."""

import pytest
from playwright.sync_api import Browser, Page, expect

from launcher.supervision.run_file import RunRecord
from tests.browser.conftest import read_book
from tests.support.browser import Screen
from tests.support.browser_ticket import expect_level, level, send_order
from tests.support.trader import Trader
from tests.support.waiting import wait_until


def test_what_one_points_at_does_not_move(page: Page, exchange: RunRecord, trader: Trader) -> None:
    for price in ("60010", "60020", "60030"):
        trader.order("sell", "0.1", price)
    expect_level(page, "asks", "60030.00", "0.10000")
    row = level(page, "asks", "60010.00")
    row.hover()
    before = row.bounding_box()
    trader.order("sell", "0.1", "60005")
    trader.order("buy", "0.15", "60010")
    wait_until(lambda: len(read_book(exchange)["asks"]) == 3, "the book has changed")
    expect_level(page, "asks", "60010.00", "0.05000")
    expect(page.locator("#book-held")).to_be_visible()
    assert row.bounding_box() == before
    row.click()
    expect(page.locator("#price")).to_have_value("60010.00")
    trader.order("buy", "0.05", "60010")
    expect(row).to_have_attribute("data-gone", "")
    page.mouse.move(2, 2)
    expect(row).to_have_count(0)
    expect(page.locator("#book-held")).to_be_hidden()


def test_where_the_pointer_rests_its_row_alone_stands_still(page: Page, trader: Trader) -> None:
    for price in ("60010", "60020", "60030"):
        trader.order("sell", "0.1", price)
    expect_level(page, "asks", "60030.00", "0.10000")
    row = level(page, "asks", "60020.00")
    row.hover()
    before = row.bounding_box()
    trader.order("sell", "0.2", "60015")
    trader.order("buy", "0.2", "59990")
    expect_level(page, "asks", "60015.00", "0.20000")
    expect_level(page, "bids", "59990.00", "0.20000")
    expect(page.locator("#book-held")).to_be_visible()
    trader.order("buy", "0.5", "60030")
    expect(row).to_have_attribute("data-gone", "")
    for price in ("60010.00", "60015.00", "60030.00"):
        expect(level(page, "asks", price)).to_have_count(0)
    assert row.bounding_box() == before


def test_an_enter_in_the_ladder_takes_the_price_that_was_seen(page: Page, trader: Trader) -> None:
    trader.order("buy", "0.1", "59000")
    expect_level(page, "bids", "59000.00", "0.10000")
    page.keyboard.press("l")
    expect(level(page, "bids", "59000.00")).to_be_focused()
    trader.order("buy", "0.1", "59010")
    expect(page.locator("#bid")).to_have_text("59,010.00")
    page.keyboard.press("Enter")
    expect(page.locator("#price")).to_have_value("59000.00")


def test_it_tells_what_it_costs_to_trade_through(page: Page, trader: Trader) -> None:
    trader.order("sell", "0.1", "60000")
    trader.order("sell", "0.3", "60100")
    expect_level(page, "asks", "60100.00", "0.30000")
    level(page, "asks", "60100.00").hover()
    expect(page.locator("#sweep-cost")).to_have_text(
        "Buy through: 0.4 BTC at 60,075 on average, 24,030 USDT, 12.5 bp"
    )


def test_prices_are_put_together_by_steps_and_own_size_with_them(
    page: Page, trader: Trader
) -> None:
    trader.order("sell", "0.1", "60000.12")
    trader.order("sell", "0.2", "60000.99")
    send_order(page, "sell", "0.3", "60000.50")
    expect_level(page, "asks", "60000.50", "0.30000")
    page.locator("#book-step").select_option(label="1")
    expect_level(page, "asks", "60001.00", "0.60000")
    expect(level(page, "asks", "60001.00")).to_have_attribute("title", "Yours: 0.30000")
    page.reload()
    expect_level(page, "asks", "60001.00", "0.60000")


def test_at_four_times_the_size_nothing_covers_the_page(
    browser: Browser, exchange: RunRecord
) -> None:
    screen = Screen(browser, viewport={"width": 320, "height": 200})
    screen.open_live(exchange.market_data_url)
    screen.page.locator("#quantity").scroll_into_view_if_needed()
    for covering in ("header", "#sections"):
        expect(screen.page.locator(covering)).to_have_css("position", "static")
    assert screen.page.evaluate("() => document.documentElement.scrollWidth") <= 320
    send_order(screen.page, "buy", "0.1", "57000")
    expect_level(screen.page, "bids", "57000.00", "0.10000")
    screen.close()


@pytest.mark.parametrize("side", ["buy", "sell"])
def test_buy_and_sell_differ_in_forced_colours(
    browser: Browser, exchange: RunRecord, side: str
) -> None:
    screen = Screen(browser, forced_colors="active")
    screen.open_live(exchange.market_data_url)
    page = screen.page
    page.locator(f".sides [data-side={side}]").click()
    back = [
        page.locator(f".sides [data-side={each}]").evaluate(
            "node => getComputedStyle(node).backgroundColor"
        )
        for each in ("buy", "sell")
    ]
    assert back[0] != back[1]
    mark = page.locator("#submit").evaluate("node => getComputedStyle(node, '::before').content")
    assert mark == {"buy": '"▲ "', "sell": '"▼ "'}[side]
    screen.close()
