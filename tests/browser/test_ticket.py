"""What the ticket tells of an order, what it asks about, and that a draft is sent once."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from launcher.supervision.run_file import RunRecord
from tests.browser.conftest import read_book
from tests.support import http
from tests.support.browser import Screen
from tests.support.browser_ticket import expect_answer, expect_level, level, send_order
from tests.support.trader import Trader

PASTE = """(node, text) => { const clipboard = new DataTransfer();
  clipboard.setData('text', text);
  node.focus(); node.select();
  const event = new ClipboardEvent('paste',
    {clipboardData: clipboard, bubbles: true, cancelable: true});
  if (node.dispatchEvent(event)) document.execCommand('insertText', false, text); }"""


def count_orders(exchange: RunRecord, screen: Screen) -> int:
    answer = http.get(
        f"{exchange.gateway_url}/v1/orders?status=open", headers={"X-Account": screen.account}
    )
    return len(answer.json()["orders"])


def fill_ticket(page: Page, side: str, quantity: str, price: str | None = None) -> None:
    page.locator(f".sides [data-side={side}]").click()
    page.locator("#order-type").select_option("limit" if price else "market")
    if price:
        page.locator("#price").fill(price)
    page.locator("#quantity").fill(quantity)


def test_five_times_enter_is_one_order_and_so_is_a_double_click(
    screen: Screen, page: Page, exchange: RunRecord
) -> None:
    fill_ticket(page, "buy", "0.1", "59000")
    for _ in range(5):
        page.locator("#quantity").press("Enter")
    expect_level(page, "bids", "59000.00", "0.10000")
    page.locator("#quantity").fill("0.2")
    page.locator("#submit").dblclick()
    expect_level(page, "bids", "59000.00", "0.30000")
    page.locator("#quantity").fill("0.4")
    page.locator("#quantity").press("Enter")
    expect_level(page, "bids", "59000.00", "0.70000")
    assert count_orders(exchange, screen) == 3


def test_a_sweep_of_the_book_is_asked_about(
    page: Page, exchange: RunRecord, trader: Trader
) -> None:
    for price in ("59000", "58990", "58000"):
        trader.order("buy", "0.1", price)
    expect_level(page, "bids", "58000.00", "0.10000")
    fill_ticket(page, "sell", "50")
    page.locator("#submit").click()
    expect(page.locator("#answer")).to_contain_text("The whole book has 0.3 BTC")
    expect(page.locator("#answer")).to_contain_text("169 bp from the best")
    assert len(read_book(exchange)["bids"]) == 3
    page.locator("#quantity").fill("0.2")
    expect(page.locator("#answer")).to_be_empty()
    expect(page.locator("#type-hint")).to_be_visible()
    page.locator("#quantity").fill("50")
    page.locator("#submit").click()
    page.get_by_role("button", name="Send it: sell 50 market").click()
    expect(page.locator("#answer")).to_contain_text("Sold 0.3 BTC")
    assert read_book(exchange)["bids"] == []


def test_a_stop_that_is_reached_and_a_limit_far_through_are_asked_about(
    page: Page, trader: Trader
) -> None:
    trader.order("buy", "0.1", "60000")
    trader.order("sell", "0.1", "60000")
    trader.order("sell", "0.1", "60000")
    expect(page.locator("#last")).to_have_text("60,000.00")
    fill_ticket(page, "buy", "0.1", "66000")
    page.locator("#submit").click()
    expect(page.locator("#answer")).to_contain_text("10.0 % through the best price 60,000.00")
    page.locator("#order-type").select_option("stop_loss")
    page.locator("#stop-price").fill("59000")
    page.locator("#submit").click()
    expect(page.locator("#answer")).to_contain_text("has reached this stop price already")


def test_the_future_of_an_order_is_shown_from_the_exact_book(page: Page, trader: Trader) -> None:
    for quantity, price in (("0.1", "60000"), ("0.2", "60010"), ("0.3", "60100")):
        trader.order("sell", quantity, price)
    expect_level(page, "asks", "60100.00", "0.30000")
    fill_ticket(page, "buy", "0.2")
    expect(page.locator("#meets")).to_have_text("60,005, worst 60,010, 0.8 bp")
    expect(page.locator("#total")).to_have_text("12,001 USDT")
    expect(page.locator("#fee")).to_have_text("0.0002 BTC")
    expect(level(page, "asks", "60010.00")).to_have_attribute("data-swept", "")
    expect(level(page, "asks", "60100.00")).not_to_have_attribute("data-swept", "")
    fill_ticket(page, "buy", "0.2", "59000")
    expect(page.locator("#meets")).to_have_text("waits, first at its price")


def test_a_share_of_what_is_available_becomes_the_quantity(page: Page) -> None:
    expect(page.locator("#available")).to_have_text("10,000,000 USDT")
    fill_ticket(page, "buy", "0.1", "50000")
    page.locator("#shares").get_by_role("button", name="25 %").click()
    expect(page.locator("#quantity")).to_have_value("50.00000")
    page.locator(".sides [data-side=sell]").click()
    expect(page.locator("#available")).to_have_text("100 BTC")
    page.locator("#shares").get_by_role("button", name="50 %").click()
    expect(page.locator("#quantity")).to_have_value("50.00000")
    send_order(page, "sell", "1", "61000")
    expect(page.locator("#available")).to_have_text("99 BTC")


@pytest.mark.parametrize(
    ("text", "value"), [("50,000.00", "50000.00"), ("60,000", "60,000"), ("0.5", "0.5")]
)
def test_what_is_pasted_becomes_a_plain_number_if_it_can_mean_one_alone(
    page: Page, text: str, value: str
) -> None:
    page.locator("#price").evaluate(PASTE, text)
    expect(page.locator("#price")).to_have_value(value)


def test_another_quantity_is_never_offered_as_a_repair(screen: Screen, page: Page) -> None:
    screen.expect_errors(r"status of 422 .*/v1/orders\?response=full")
    send_order(page, "buy", "9999999999", "59000")
    expect(page.locator("#answer")).to_contain_text("Refused")
    expect(page.locator("#answer button")).to_have_count(0)


def test_a_stop_gets_its_price_by_key_and_from_the_book(page: Page, trader: Trader) -> None:
    trader.order("sell", "0.1", "61000")
    expect_level(page, "asks", "61000.00", "0.10000")
    page.locator("#order-type").select_option("stop_loss")
    page.locator("#order-type").blur()
    page.keyboard.press("b")
    expect(page.locator("#stop-price")).to_be_focused()
    page.locator("#order-type").select_option("stop_limit")
    page.locator("#price").fill("58000")
    level(page, "asks", "61000.00").click(modifiers=["Shift"])
    expect(page.locator("#stop-price")).to_have_value("61000.00")
    expect(page.locator("#price")).to_have_value("58000")
    page.locator("#order-type").select_option("limit")
    level(page, "asks", "61000.00").click(modifiers=["Shift"])
    expect(page.locator("#order-type")).to_have_value("stop_loss")


def test_an_arrow_on_a_button_leaves_the_symbol_and_a_draft_outlives_a_look_elsewhere(
    page: Page,
) -> None:
    fill_ticket(page, "buy", "0.7", "58123.45")
    page.locator(".sides [data-side=buy]").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#symbols [aria-pressed=true]")).to_have_text("BTC-USDT")
    page.locator("#symbols").get_by_role("button", name="ETH-USDT").click()
    expect(page.locator("#price")).not_to_have_value("58123.45")
    page.locator("#symbols").get_by_role("button", name="BTC-USDT").click()
    expect(page.locator("#price")).to_have_value("58123.45")
    expect(page.locator("#quantity")).to_have_value("0.7")


def test_an_order_does_not_trade_with_an_own_one_unless_that_is_chosen(page: Page) -> None:
    send_order(page, "sell", "0.1", "60000")
    expect_level(page, "asks", "60000.00", "0.10000")
    send_order(page, "buy", "0.1", "60000")
    expect(page.locator("#answer")).to_contain_text("Canceled: it met an order of your own")
    page.locator("#self-trade").select_option("none")
    send_order(page, "buy", "0.1", "60000.00")
    expect_answer(page)
    expect(page.locator("#answer")).to_contain_text(re.compile("Filled"))


def read_terms(exchange: RunRecord, screen: Screen) -> dict[str, Any]:
    """The newest of the account's orders."""
    answer = http.get(
        f"{exchange.gateway_url}/v1/orders?limit=1", headers={"X-Account": screen.account}
    )
    order: dict[str, Any] = answer.json()["orders"][0]
    return order


def test_an_order_says_for_how_long_it_is_in_force(page: Page) -> None:
    for force in ("gtd", "day", "ioc"):
        fill_ticket(page, "buy", "0.1", "58000")
        page.locator("#time-in-force").select_option(force)
        expect(page.locator("#expires-at")).to_be_visible(visible=force == "gtd")
        page.locator("#submit").click()
        expect(page.locator("#answer")).to_have_text(
            re.compile("without a trade" if force == "ioc" else "In the book")
        )
        expect(page.locator("#display-quantity")).to_be_visible(visible=force != "ioc")
    rows = page.locator("#open-orders tr")
    expect(rows.filter(has_text="Buy limit · till")).to_have_count(1)
    expect(rows.filter(has_text="Buy limit · day")).to_have_count(1)
    for name in ("post_only", "stop_limit", "take_profit_limit"):
        page.locator("#order-type").select_option(name)
        expect(page.locator("#time-in-force option")).to_have_count(3 if name == "post_only" else 5)
    page.locator("#time-in-force").select_option("gtd")
    page.locator("#stop-price").fill("65000")
    page.locator("#price").fill("58000")
    page.locator("#expires-at").fill("")
    page.locator("#submit").click()
    expect(page.locator("#answer")).to_contain_text("day and time are needed")
    expect(page.locator("#expires-at")).to_have_attribute("aria-invalid", "true")


def test_an_iceberg_shows_a_part_and_a_bad_part_is_marked(screen: Screen, page: Page) -> None:
    screen.expect_errors(r"status of 422 .*/v1/orders\?response=full")
    fill_ticket(page, "buy", "1", "58000")
    page.locator("#display-quantity").fill("0.001")
    page.locator("#submit").click()
    expect(page.locator("#answer")).to_contain_text("Refused: Display quantity must be less")
    expect(page.locator("#display-quantity")).to_have_attribute("aria-invalid", "true")
    page.locator("#display-quantity").fill("0.2")
    page.locator("#submit").click()
    expect_level(page, "bids", "58000.00", "0.20000")
    expect(page.locator("#open-orders tr")).to_contain_text("Buy limit · shows 0.2")
    expect(page.locator("#display-quantity")).to_have_value("")


def test_a_size_may_be_an_amount_of_the_quote_asset(
    screen: Screen, page: Page, exchange: RunRecord, trader: Trader
) -> None:
    trader.order("sell", "0.1", "60000")
    trader.order("sell", "0.2", "60100")
    expect_level(page, "asks", "60100.00", "0.20000")
    fill_ticket(page, "buy", "0.2", "59000")
    page.locator("#quantity-unit").select_option("quote")
    expect(page.locator("#quantity")).to_have_value("11800.00")
    expect(page.locator("#total")).to_have_text("0.2 BTC, 11,800 USDT")
    page.locator("#submit").click()
    expect_level(page, "bids", "59000.00", "0.20000")
    page.locator("#order-type").select_option("market")
    page.locator("#quantity").fill("9005")
    expect(page.locator("#total")).to_have_text("0.15 BTC, 9,005 USDT")
    page.locator("#submit").click()
    expect(page.locator("#answer")).to_contain_text("Bought 0.15 BTC")
    assert read_terms(exchange, screen)["quote_quantity"] == "9005.0000000"


def test_a_slider_takes_a_share_of_what_is_available_and_shows_it(page: Page) -> None:
    expect(page.locator("#available")).to_have_text("10,000,000 USDT")
    fill_ticket(page, "buy", "50", "50000")
    expect(page.locator("#share")).to_have_value("25")
    page.locator("#share").fill("40")
    expect(page.locator("#quantity")).to_have_value("80.00000")
    page.locator("#quantity-unit").select_option("quote")
    page.locator("#shares").get_by_role("button", name="100 %").click()
    expect(page.locator("#quantity")).to_have_value("10000000.00")
    expect(page.locator("#share")).to_have_value("100")


def test_a_stop_is_rejected_rather_than_fired_and_the_ticket_keeps_its_height(
    page: Page, trader: Trader
) -> None:
    trader.order("buy", "0.1", "60000")
    trader.order("sell", "0.1", "60000")
    expect(page.locator("#last")).to_have_text("60,000.00")
    before = page.locator("#submit").bounding_box()
    for name in ("market", "post_only", "stop_limit", "ioc", "stop_loss"):
        page.locator("#order-type").select_option(name)
        assert page.locator("#submit").bounding_box() == before
        assert page.locator("#ticket").evaluate("node => node.scrollHeight <= node.clientHeight")
        expect(page.locator("#type-drawing svg")).to_have_count(1)
    page.locator("#stop-price").fill("59000")
    page.locator("#reject-if-triggered").check()
    page.locator("#submit").click()
    page.get_by_role("button", name="Send it: buy").click()
    expect(page.locator("#answer")).to_have_text("Rejected: its stop price was reached already.")


def test_a_stop_follows_the_market_and_its_row_tells_where_it_stands(
    screen: Screen, page: Page, trader: Trader
) -> None:
    screen.expect_errors(r"status of 422 .*/v1/orders\?response=full")
    rows = page.locator("#open-orders tr")
    trade_at(trader, "60000")
    expect(page.locator("#last")).to_have_text("60,000.00")
    before = page.locator("#submit").bounding_box()
    for name in ("otoco", "oco", "stop_limit", "stop_loss"):
        page.locator("#order-type").select_option(name)
        page.locator("#stop-kind").select_option("basis_points")
        assert page.locator("#submit").bounding_box() == before
        assert page.locator("#ticket").evaluate("node => node.scrollHeight <= node.clientHeight")
    page.locator(".sides [data-side=sell]").click()
    page.locator("#quantity").fill("0.1")
    page.get_by_label("Stays behind", exact=True).fill("0")
    page.locator("#submit").click()
    expect(page.locator("#answer")).to_contain_text("Refused: Trailing offset")
    expect(page.locator("#stop-price")).to_have_attribute("aria-invalid", "true")
    page.locator("#stop-price").fill("50")
    page.locator("#submit").click()
    expect(page.locator("#answer")).to_have_text(
        "Follows the market: stop 59,700.00, 50 bp behind."
    )
    expect(rows).to_contain_text(["stop 59,700.00, 50 bp behind"])
    trade_at(trader, "61000")
    trade_at(trader, "60900")
    expect(rows).to_contain_text(["stop 60,695.00, 50 bp behind"])
    rows.get_by_role("button", name="Amend").click()
    expect(rows.get_by_role("textbox")).to_have_count(1)  # its quantity alone
    rows.get_by_role("textbox").fill("0.2")
    rows.get_by_role("textbox").press("Enter")
    expect(page.locator("#answer")).to_have_text("Amended.")
    expect(rows).to_contain_text(["stop 60,695.00, 50 bp behind"])
    line = page.get_by_role(
        "button", name="▼ Sell stop, 50 bp behind, 0.2 at 60,695.00", exact=True
    )
    line.press("ArrowUp")
    expect(page.locator("#answer")).to_contain_text("its price cannot be set")
    page.get_by_label("Follow from", exact=True).fill("60800")
    page.locator("#stop-kind").select_option("price")
    page.locator("#stop-price").fill("100.5")
    page.locator("#submit").click()
    expect(rows.filter(has_text="from 60,800.00 on 100.50 behind")).to_have_count(1)
    trade_at(trader, "60800")
    expect(rows.filter(has_text="stop 60,699.50, 100.50 behind")).to_have_count(1)
    trade_at(trader, "62000")
    expect(rows.filter(has_text="stop 61,899.50, 100.50 behind")).to_have_count(1)
    expect(rows.filter(has_text="stop 61,690.00, 50 bp behind")).to_have_count(1)
    page.reload()
    expect(rows.filter(has_text="stop 61,690.00, 50 bp behind")).to_have_count(1)


def trade_at(trader: Trader, price: str) -> None:
    for side in ("buy", "sell"):
        trader.order(side, "0.1", price)


def test_orders_that_hang_on_one_another_are_sent_as_one(
    screen: Screen, page: Page, trader: Trader
) -> None:
    screen.expect_errors(r"status of 422 .*/v1/order-lists\?response=full")
    rows = page.locator("#open-orders tr")
    trader.order("sell", "0.1", "60000")
    trader.order("buy", "0.1", "60000")
    trader.order("sell", "1", "60010")
    expect_level(page, "asks", "60010.00", "1.00000")
    fill_ticket(page, "buy", "0.3", "59900")
    page.locator("#order-type").select_option("otoco")
    page.locator("#stop-price").fill("59000")
    page.locator("#profit-price").fill("62000.001")
    page.locator("#submit").click()
    expect(page.locator("#answer")).to_contain_text("Profit price must be a multiple")
    expect(page.locator("#profit-price")).to_have_attribute("aria-invalid", "true")
    page.get_by_role("button", name="Use 62000.00").click()
    page.locator("#submit").click()
    expect(page.locator("#answer")).to_contain_text("OTOCO is placed: buy limit, sell take profit")
    expect(rows.filter(has_text="· pending")).to_have_count(2)
    trader.order("sell", "0.3", "59900")
    expect(rows.filter(has_text="· pending")).to_have_count(0)
    expect(rows).to_have_count(2)
    page.locator("#order-type").select_option("oco")
    page.locator(".sides [data-side=sell]").click()
    page.locator("#stop-price").fill("58000")
    page.locator("#price").fill("61000")
    page.locator("#submit").click()
    expect(rows.filter(has_text="Sell post only · OCO")).to_have_count(1)
    trader.order("buy", "1.3", "61000")
    expect(rows.filter(has_text="OCO")).to_have_count(2)
    expect(rows.filter(has_text="58,000")).to_have_count(0)
    page.locator("#cancel-all").click()
    page.get_by_role("button", name="BTC-USDT: 2").click()
    expect(rows).to_have_count(0)
    send_lists_whose_stop_follows(page, trader)


def send_lists_whose_stop_follows(page: Page, trader: Trader) -> None:
    """An entry whose stop begins to follow when it is filled, and an OCO; the last was 61,000."""
    rows, answer = page.locator("#open-orders tr"), page.locator("#answer")
    fill_ticket(page, "buy", "0.3", "60500")
    page.locator("#order-type").select_option("oto")
    page.locator("#stop-kind").select_option("basis_points")
    page.locator("#submit").click()
    expect(answer).to_contain_text("How far the stop stays behind is needed.")
    page.locator("#stop-price").fill("100")
    page.locator("#submit").click()
    expect(answer).to_contain_text("OTO is placed: buy limit, sell stop.")
    expect(rows.filter(has_text="· pending")).to_have_count(1)
    trader.order("sell", "0.3", "60500")
    expect(rows.filter(has_text="stop 59,895.00, 100 bp behind")).to_have_count(1)
    fill_ticket(page, "sell", "0.1", "62000")
    page.locator("#order-type").select_option("oco")
    page.locator("#stop-kind").select_option("price")
    page.locator("#stop-price").fill("500")
    page.locator("#submit").click()
    expect(answer).to_contain_text("OCO is placed: sell post only, sell stop.")
    expect(rows.filter(has_text="stop 60,000.00, 500.00 behind")).to_have_count(1)
