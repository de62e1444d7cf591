"""Orders from the ticket, through the real exchange, back onto the screen."""

import re

import pytest
from playwright.sync_api import Page, expect

from launcher.supervision.run_file import RunRecord
from tests.browser.conftest import read_book
from tests.support import http
from tests.support.browser import Screen
from tests.support.browser_ticket import expect_answer, expect_level, level, open_tab, send_order
from tests.support.trader import Trader
from tests.support.waiting import wait_until


def test_limit_order_stands_in_the_book_and_in_open_orders(page: Page) -> None:
    send_order(page, "buy", "0.5", "60000")
    expect(page.locator("#answer")).to_contain_text("In the book: buy 0.5 BTC at 60,000.00")
    expect_level(page, "bids", "60000.00", "0.50000")
    expect(level(page, "bids", "60000.00")).to_have_attribute("data-own", "")
    row = page.locator("#open-orders tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("60,000.00")
    expect(page.locator("#bid")).to_have_text("60,000.00")
    expect(page.locator("#answer-latency")).to_contain_text("ms")


def test_another_trader_hits_the_order_and_it_shows_as_own_fill(page: Page, trader: Trader) -> None:
    send_order(page, "buy", "0.5", "60010")
    expect_level(page, "bids", "60010.00", "0.50000")
    trader.order("sell", "0.2", "60010")
    tape = page.locator("#tape tr:not([hidden])").first
    expect(tape).to_contain_text("▼ 60,010.00")
    expect(tape).to_have_class("is-own")
    expect_level(page, "bids", "60010.00", "0.30000")
    expect(page.locator("#open-orders tr")).to_contain_text("0.20000")
    open_tab(page, "Fills")
    expect(page.locator("#fills tr").first).to_contain_text("maker")


def test_click_on_a_level_takes_its_price_and_crosses_it(page: Page, trader: Trader) -> None:
    trader.order("sell", "0.1", "60020")
    level(page, "asks", "60020.00").click()
    expect(page.locator("#price")).to_have_value("60020.00")
    page.locator("#quantity").fill("0.1")
    page.locator("#submit").click()
    expect_answer(page)
    expect(page.locator("#answer")).to_contain_text("Filled. Bought 0.1 BTC")
    expect(page.locator("#tape tr:not([hidden])").first).to_contain_text("▲ 60,020.00")
    expect(page.locator("#fill-latency")).to_contain_text("ms")
    page.locator("#waterfall-open").click()
    lines = page.locator("#waterfall-list li").first.locator(":scope > div")
    expect(lines).to_have_text(
        [
            re.compile(rf"^{part}\s*[\d.]+ ms$")
            for part in (
                "to the gateway",
                "gateway, to the list",
                "in the list",
                "engine and commit",
                "back to the page",
                "own stream",
                "market-data feed",
            )
        ]
    )
    page.keyboard.press("Escape")
    expect(page.locator("#last")).to_have_text("60,020.00")
    open_tab(page, "History")
    expect(page.locator("#history tr").first).to_contain_text("filled at 60,020")


def test_amend_moves_the_order(page: Page, exchange: RunRecord) -> None:
    send_order(page, "sell", "0.3", "60100")
    page.get_by_role("button", name="Amend").click()
    page.get_by_label("New price").fill("60090")
    page.get_by_label("New total quantity").fill("0.4")
    page.get_by_label("New total quantity").press("Enter")
    expect(page.locator("#answer")).to_contain_text("Amended")
    expect_level(page, "asks", "60090.00", "0.40000")
    expect(level(page, "asks", "60100.00")).to_have_count(0)
    expect(page.locator("#open-orders tr")).to_contain_text("60,090.00")
    assert read_book(exchange)["asks"] == [["60090.00", "0.40000"]]


def test_cancel_takes_the_order_out(page: Page, exchange: RunRecord) -> None:
    send_order(page, "buy", "0.3", "59000")
    expect_level(page, "bids", "59000.00", "0.30000")
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect(page.locator("#open-empty")).to_be_visible()
    expect(level(page, "bids", "59000.00")).to_have_count(0)
    wait_until(lambda: read_book(exchange)["bids"] == [], "the book is empty")


def test_all_orders_are_canceled_by_one_request(screen: Screen, page: Page) -> None:
    for price in ("59000", "59001", "59002"):
        send_order(page, "buy", "0.1", price)
        expect_level(page, "bids", f"{price}.00", "0.10000")
    before = len(screen.requests)
    page.get_by_role("button", name="Cancel orders").click()
    page.get_by_role("button", name="BTC-USDT: 3").click()
    expect(page.locator("#answer")).to_contain_text("Canceled 3 orders")
    expect(page.locator("#open-empty")).to_be_visible()
    sent = [url for url in screen.requests[before:] if "/v1/orders?symbol=BTC-USDT" in url]
    assert len(sent) == 1


def test_price_off_the_grid_is_refused_and_the_nearest_accepted_by_a_click(
    screen: Screen, page: Page
) -> None:
    screen.expect_errors(r"status of 422 .*/v1/orders\?response=full")
    send_order(page, "buy", "0.1", "60000.004")
    expect(page.locator("#answer")).to_contain_text("multiple of 0.01")
    expect(page.locator("#price")).to_have_attribute("aria-invalid", "true")
    page.get_by_role("button", name="Use 60000").click()
    expect(page.locator("#price")).to_have_value("60000.00")
    page.locator("#submit").click()
    expect_answer(page)
    expect_level(page, "bids", "60000.00", "0.10000")


def test_what_is_no_number_is_said_in_words_and_mended_by_a_click(page: Page) -> None:
    send_order(page, "buy", "0.1", "60,000")
    expect(page.locator("#answer")).to_contain_text("The price must be a plain number, such as")
    page.get_by_role("button", name="Use 60000").click()
    page.locator("#submit").click()
    expect_answer(page)
    expect_level(page, "bids", "60000.00", "0.10000")
    send_order(page, "buy", "0.1", "58 000")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#price")).to_have_value("58000")
    expect(page.locator("#submit")).to_be_focused()
    send_order(page, "buy", "", "59000")
    expect(page.locator("#answer")).to_have_text("A quantity is needed.")
    expect(page.locator("#quantity")).to_be_focused()


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("3000,5", ["3000.5"]), ("60,000", ["60000", "60.000"]), ("60.000,50", ["60000.50"]),
        ("60,000.50", ["60000.50"]), ("60 000", ["60000"]), ("0,5", ["0.5"]), ("1,2,3", []),
        ("3000 5", []), ("about 60", []),
    ],
)  # fmt: skip
def test_a_comma_is_read_in_every_way_that_it_may_be_meant(
    page: Page, text: str, readings: list[str]
) -> None:
    send_order(page, "buy", "0.1", text)
    expect(page.locator("#answer")).to_contain_text("must be a plain number")
    expect(page.locator("#answer button")).to_have_text([f"Use {reading}" for reading in readings])


def test_price_that_the_page_filled_in_changes_with_the_side(page: Page, trader: Trader) -> None:
    trader.order("buy", "0.1", "59000")
    trader.order("sell", "0.1", "61000")
    expect(page.locator("#price")).to_have_value("59000.00")
    expect_level(page, "asks", "61000.00", "0.10000")
    page.keyboard.press("b")
    expect(page.locator("#price")).to_have_value("59000.00")
    page.keyboard.press("Escape")
    page.keyboard.press("s")
    expect(page.locator("#price")).to_have_value("61000.00")
    page.keyboard.press("ArrowUp")
    page.locator(".sides [data-side=buy]").click()
    expect(page.locator("#price")).to_have_value("61000.01")


def test_stop_price_and_price_of_a_stop_limit_can_be_amended(page: Page) -> None:
    page.locator("#order-type").select_option("stop_limit")
    page.locator("#stop-price").fill("65000")
    send_order(page, "buy", "0.2", "65100")
    expect(page.locator("#open-orders tr")).to_contain_text("stop 65,000.00 → 65,100.00")
    page.get_by_role("button", name="Amend").click()
    page.get_by_label("New stop price").fill("64000")
    page.get_by_label("New price").fill("64100")
    page.get_by_label("New price").press("Enter")
    expect(page.locator("#answer")).to_contain_text("Amended")
    expect(page.locator("#open-orders tr")).to_contain_text("stop 64,000.00 → 64,100.00")
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect(page.locator("#open-empty")).to_be_visible()


def test_post_only_that_would_trade_is_offered_the_best_price_that_waits(
    page: Page, trader: Trader
) -> None:
    trader.order("sell", "0.1", "60050")
    expect_level(page, "asks", "60050.00", "0.10000")
    page.locator("#order-type").select_option("post_only")
    send_order(page, "buy", "0.1", "60060")
    expect(page.locator("#answer")).to_contain_text("Rejected: it would have traded at once")
    page.get_by_role("button", name="Use 60049.99").click()
    page.locator("#submit").click()
    expect_answer(page)
    expect_level(page, "bids", "60049.99", "0.10000")


def test_each_order_type_shows_just_the_fields_that_it_needs(page: Page) -> None:
    fields = {
        "limit": (True, False), "market": (False, False), "post_only": (True, False),
        "stop_loss": (False, True), "stop_limit": (True, True), "take_profit": (False, True),
    }  # fmt: skip
    for name, (has_price, has_stop_price) in fields.items():
        page.locator("#order-type").select_option(name)
        expect(page.locator("#price")).to_be_visible(visible=has_price)
        expect(page.locator("#stop-price")).to_be_visible(visible=has_stop_price)


def test_keys_choose_step_and_send(page: Page) -> None:
    page.keyboard.press("s")
    expect(page.locator(".sides [data-side=sell]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#price")).to_be_focused()
    page.keyboard.type("61000")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Shift+ArrowUp")
    expect(page.locator("#price")).to_have_value("61000.11")
    page.keyboard.press("Enter")
    expect_level(page, "asks", "61000.11", "0.10000")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#help")).to_be_hidden()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#symbols [aria-pressed=true]")).to_have_text("ETH-USDT")


def test_order_that_another_client_of_the_account_sends_shows_too(
    screen: Screen, page: Page, exchange: RunRecord
) -> None:
    def order(account: str, side: str) -> None:
        body = {
            "symbol": "BTC-USDT",
            "side": side,
            "order_type": "limit",
            "price": "60030",
            "quantity": "0.2",
        }
        url = f"{exchange.gateway_url}/v1/orders?response=result"
        http.post(url, json=body, headers={"X-Account": account}).raise_for_status()

    page.wait_for_function("() => privateFeed.isLive")
    order(screen.account, "buy")
    expect(page.locator("#open-orders tr")).to_contain_text("60,030.00")
    order("somebody-else", "sell")
    expect(page.locator("#open-empty")).to_be_visible()
    expect(page.locator("#fill-count")).to_have_text("1")
