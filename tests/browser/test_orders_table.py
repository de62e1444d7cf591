"""Own orders, fills and money: what one points at stands still, and all of it can be reached."""

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Page, expect

from launcher.supervision.run_file import RunRecord
from tests.browser.conftest import read_book
from tests.support.browser import Screen
from tests.support.browser_ticket import expect_level, open_tab, send_order
from tests.support.trader import Trader
from tests.support.waiting import wait_until

ROWS = "#open-orders tr"


class Owner:
    """Another client of the page's account."""

    def __init__(self, exchange: RunRecord, account: str) -> None:
        self._client = httpx.Client(
            base_url=exchange.gateway_url, headers={"X-Account": account}, timeout=30
        )

    def close(self) -> None:
        self._client.close()

    def order(self, price: str, symbol: str = "BTC-USDT", side: str = "buy") -> str:
        body = {"symbol": symbol, "side": side, "order_type": "limit", "price": price}
        answer = self._client.post("/v1/orders?response=result", json=body | {"quantity": "0.1"})
        return str(answer.raise_for_status().json()["order_id"])

    def order_many(self, count: int) -> None:
        body = {"symbol": "BTC-USDT", "side": "buy", "order_type": "limit", "quantity": "0.001"}
        for start in range(0, count, 500):
            orders = [
                body | {"price": f"{40000 + number}.00"} for number in range(start, start + 500)
            ]
            answer = self._client.post("/v1/orders/batch?response=ack", json={"orders": orders})
            answer.raise_for_status()

    def cancel(self, order_id: str) -> None:
        self._client.delete(f"/v1/orders/{order_id}?response=result").raise_for_status()

    def cancel_all(self) -> None:
        self._client.delete("/v1/orders?response=result").raise_for_status()


@pytest.fixture
def owner(screen: Screen, page: Page, exchange: RunRecord) -> Iterator[Owner]:
    page.wait_for_function("() => privateFeed.isLive")
    owner = Owner(exchange, screen.account)
    yield owner
    owner.close()


def test_rows_stand_still_under_the_pointer(page: Page, owner: Owner) -> None:
    first = owner.order("58001")
    owner.order("58002")
    expect(page.locator(ROWS)).to_have_count(2)
    before = page.locator(ROWS).nth(1).bounding_box()
    page.locator(ROWS).nth(1).hover()
    owner.order("58003")
    expect(page.locator("#open-held")).to_have_text("1 more, as soon as you point elsewhere")
    assert page.locator(ROWS).nth(1).bounding_box() == before
    owner.cancel(first)
    expect(page.locator(ROWS).nth(1)).to_contain_text("canceled")
    page.mouse.move(2, 2)
    expect(page.locator(ROWS)).to_have_count(2)
    expect(page.locator(ROWS).first).to_contain_text("58,003.00")


def test_an_order_that_ends_while_it_is_amended_says_so_and_escape_keeps_the_focus(
    page: Page, owner: Owner
) -> None:
    order = owner.order("58001")
    owner.order("58002")
    row = page.locator(f"[data-order='{order}']")
    row.get_by_role("button", name="Amend").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("New price")).to_be_focused()
    page.keyboard.press("Escape")
    expect(row.get_by_role("button", name="Amend")).to_be_focused()
    page.keyboard.press("Enter")
    owner.cancel(order)
    expect(page.locator("#answer")).to_contain_text("The order that you were amending is canceled")
    expect(row.get_by_role("button", name="Save")).to_be_disabled()
    page.keyboard.press("Enter")
    page.locator("#quantity").focus()
    expect(row).to_have_count(0)
    page.locator(ROWS).get_by_role("button", name="Cancel").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#panel-open")).to_be_focused()
    expect(page.locator(ROWS)).to_have_count(0)


def test_what_is_canceled_together_is_chosen(page: Page, owner: Owner) -> None:
    owner.order("58001")
    owner.order("62001", side="sell")
    owner.order("2500", "ETH-USDT")
    expect(page.locator(ROWS)).to_have_count(3)
    page.get_by_role("button", name="Cancel orders").click()
    page.get_by_role("button", name="Leave it").click()
    page.get_by_role("button", name="Cancel orders").click()
    page.get_by_role("button", name="BTC-USDT, sells: 1").click()
    expect(page.locator(ROWS)).to_have_count(2)
    page.get_by_role("button", name="Cancel orders").click()
    page.get_by_role("button", name="BTC-USDT: 1").click()
    expect(page.locator(ROWS)).to_have_count(1)
    expect(page.locator(ROWS)).to_contain_text("ETH-USDT")
    owner.cancel_all()


def test_what_stands_ahead_of_an_order_is_told(page: Page, owner: Owner, trader: Trader) -> None:
    other = trader.order("buy", "0.3", "58500")
    expect_level(page, "bids", "58500.00", "0.30000")
    owner.order("58500")
    ahead = page.locator(ROWS).first.locator("td").nth(5)
    expect(ahead).to_have_text("≤ 0.30000")
    trader.order("sell", "0.2", "58500", order_type="ioc", self_trade_prevention="none")
    expect(ahead).to_have_text("≤ 0.10000")
    trader.cancel(str(other["order_id"]))
    expect(ahead).to_have_text("first")


def test_thousands_of_orders_are_all_reached_by_few_rows(page: Page, owner: Owner) -> None:
    owner.order_many(2_000)
    expect(page.locator("#open-count")).to_have_text("2,000")
    assert page.locator(ROWS).count() < 60
    page.locator("#panel-open thead").get_by_role("button", name="Price").click()
    expect(page.locator(ROWS).first).to_contain_text("40,000.00")
    page.locator("#panel-open").evaluate("node => { node.scrollTop = node.scrollHeight; }")
    expect(page.locator(ROWS).last).to_contain_text("41,999.00")
    page.locator("#order-filter").select_option("sell")
    expect(page.locator(ROWS)).to_have_count(0)
    expect(page.locator("#open-empty")).to_contain_text("of this kind")
    owner.cancel_all()
    expect(page.locator("#open-count")).to_be_empty()


def test_a_fill_of_what_rested_is_told_and_becomes_a_position_that_can_be_left(
    page: Page, exchange: RunRecord, owner: Owner, trader: Trader
) -> None:
    owner.order("60000")
    trader.order("sell", "0.1", "60000")
    expect(page.locator("#toasts")).to_contain_text("▲ Bought 0.1 BTC at 60,000.00 · order filled")
    open_tab(page, "Balances")
    expect(page.locator("#balances")).to_contain_text("100.09990000")
    expect(page.locator("#balances tr").filter(has_text="BTC")).to_contain_text("6,005,994.00")
    expect(page.locator("#equity-now")).to_have_text(re.compile(r"^1\d,\d{3},\d{3}\.\d\d USDT$"))
    expect(page.locator("#equity-line polyline")).to_have_count(1)
    page.reload()  # the archive knows what was before
    page.wait_for_function("() => equity.past.length > 0 && equity.past[0].value > 1e7")
    open_tab(page, "Positions")
    row = page.locator("#positions tr")
    expect(row).to_contain_text("0.0999")
    trader.order("buy", "0.2", "60010")
    expect_level(page, "bids", "60010.00", "0.20000")
    trader.order("sell", "0.0001", "60010", order_type="ioc")
    expect(row).to_contain_text("60,010.00")
    expect(row).to_contain_text("-5.00")
    row.get_by_role("button", name="Flatten").click()
    expect(page.locator("#question-text")).to_contain_text("gives about 60,010")
    page.get_by_role("button", name="Flatten: sell 0.0999").click()
    expect(page.locator("#answer")).to_contain_text("Sold 0.0999 BTC")
    wait_until(lambda: read_book(exchange)["bids"] == [["60010.00", "0.10000"]], "it has traded")
    expect(row.get_by_role("button", name="Flatten")).to_have_count(0)


def test_history_and_fills_have_dates_and_are_saved_as_a_file(page: Page, trader: Trader) -> None:
    trader.order("sell", "0.1", "60000")
    expect_level(page, "asks", "60000.00", "0.10000")
    send_order(page, "buy", "0.1", "60000")
    open_tab(page, "Fills")
    expect(page.locator("#fills tr").first.locator("td").first).to_have_text(
        page.evaluate("() => writeMoment([...fills.values()].at(-1).timestamp)")
    )
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save as CSV").click()
    lines = saved.value.path().read_text().splitlines()
    assert lines[0].startswith("timestamp,order_id,symbol,side,price")
    assert ",buy,60000.00,0.10000,taker,0.00010000,BTC," in lines[1]
