"""What the page says of its connection, and how it comes back."""

import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from websockets import Origin
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from launcher.supervision.run_file import RunRecord
from tests.browser.conftest import read_book
from tests.support import http
from tests.support.browser import NETWORK_ERRORS, PAGE, Screen
from tests.support.browser_ticket import expect_level, level, send_order
from tests.support.launched_system import LaunchedSystem
from tests.support.market_data import run_market_data
from tests.support.ports import find_free_port
from tests.support.publisher import Publisher
from tests.support.trader import Trader
from tests.support.waiting import wait_until


def test_live_page_says_so_with_a_right_checksum(page: Page) -> None:
    expect(page.locator("body")).to_have_attribute("data-state", "live")
    expect(page.locator("#banner")).to_be_hidden()
    expect(page.locator("#book-state")).to_contain_text("checksum ✓")


def test_footer_tells_how_far_the_engine_is(page: Page) -> None:
    def read_sequence() -> int:
        text = page.locator("#engine-state b").inner_text()
        return int(re.sub(r"\D", "", text) or 0)

    send_order(page, "buy", "0.1", "57000")
    expect_level(page, "bids", "57000.00", "0.10000")
    wait_until(lambda: read_sequence() > 0, "the first order is counted")
    before = read_sequence()
    page.get_by_role("button", name="Cancel", exact=True).click()
    wait_until(lambda: read_sequence() > before, "the cancel is counted")


def test_page_forgets_an_exchange_whose_data_was_wiped(browser: Browser, redis_url: str) -> None:
    first = Publisher(redis_url)
    first.set_levels(bids=[("50000.00", "1.00000")], trades=[("50000.00", "0.10000")] * 3)
    screen = Screen(browser)
    screen.expect_errors(NETWORK_ERRORS)
    with run_market_data(redis_url, GATEWAY_PORT=str(find_free_port())) as service:
        page = screen.page
        page.goto(f"http://127.0.0.1:{service.port}/")
        expect_level(page, "bids", "50000.00", "1.00000")
        first.redis.flushall()
        second = Publisher(redis_url)
        for step in range(9):
            second.set_levels(
                asks=[(f"{40001 + step}.00", "2.00000")], trades=[("40000.00", "0.10000")]
            )
        expect_level(page, "asks", "40009.00", "2.00000")
        expect(level(page, "bids", "50000.00")).to_have_count(0)
        expect(page.locator("#tape tr:not([hidden])")).to_have_count(9)
        expect(page.locator("#last")).to_have_text("40,000.00")
        expect(page.locator("#book-state")).to_contain_text("checksum ✓")
        screen.close()
    first.close()
    second.close()


@contextmanager
def held_down(venue: LaunchedSystem) -> Iterator[None]:
    """Market data is killed, and not started again before the end."""
    hold = venue.folder / "logs" / "market-data.hold"
    hold.touch()
    try:
        venue.processes["market-data"].send(signal.SIGKILL)
        yield
    finally:
        hold.unlink()


def test_page_comes_back_in_step_after_market_data_was_killed(
    venue: LaunchedSystem, screen: Screen, page: Page, trader: Trader
) -> None:
    screen.expect_errors(NETWORK_ERRORS, r"status of 503 .*/v1/candles/")
    send_order(page, "buy", "0.5", "60000")
    trader.order("sell", "0.1", "60000")
    expect_level(page, "bids", "60000.00", "0.40000")
    with held_down(venue):
        expect(page.locator("body")).not_to_have_attribute("data-state", "live")
        expect(page.locator("#banner")).to_contain_text("NOT LIVE")
        trader.order("sell", "0.1", "60000")
        trader.order("sell", "0.7", "60500")
    expect(page.locator("#status")).to_have_text("Live")
    expect_level(page, "bids", "60000.00", "0.30000")
    expect_level(page, "asks", "60500.00", "0.70000")
    expect(page.locator("#tape tr:not([hidden])").nth(1)).to_contain_text("60,000.00")
    expect(page.locator("#book-state")).to_contain_text("checksum ✓")


def disconnect(page: Page) -> None:
    page.locator("#status").click()
    page.locator("#toggle").click()
    page.locator("#connection-close").click()


def test_disconnected_page_is_unmistakable(page: Page) -> None:
    disconnect(page)
    expect(page.locator("#banner")).to_contain_text("NOT LIVE · disconnected")
    expect(page.locator("#status")).to_have_text("Disconnected")
    expect(page.locator("#book-state")).to_contain_text("unknown")
    page.locator("#banner").get_by_role("button", name="Connect").click()
    expect(page.locator("#status")).to_have_text("Live")
    expect(page.locator("#book-state")).to_contain_text("checksum ✓")


def test_without_a_live_book_an_order_is_sent_after_a_question_only(
    page: Page, exchange: RunRecord
) -> None:
    disconnect(page)
    expect(page.locator("#submit")).to_have_text("Buy BTC · not live")
    send_order(page, "buy", "0.1", "57000")
    expect(page.locator("#answer")).to_contain_text("Not sent: the book on this page is not live")
    assert read_book(exchange)["bids"] == []
    page.get_by_role("button", name="Send without a live book: buy 0.1 at 57000").click()
    expect(page.locator("#answer")).to_contain_text("In the book: buy 0.1 BTC at 57,000.00")
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect(page.locator("#open-empty")).to_be_visible()


def test_nobody_starts_simulated_traders_in_a_market_that_is_not_live(page: Page) -> None:
    expect(page.locator("#demo-start")).to_be_enabled()
    disconnect(page)
    expect(page.locator("#demo-start")).to_be_disabled()
    page.locator("#banner").get_by_role("button", name="Connect").click()
    expect(page.locator("#demo-start")).to_be_enabled()


def test_gateway_with_a_wrong_address_is_said_to_be_away(screen: Screen, page: Page) -> None:
    screen.expect_errors(NETWORK_ERRORS)
    page.locator("#status").click()
    page.locator("#gateway-url").fill("nowhere")
    page.get_by_role("button", name="Use these").click()
    expect(page.locator("#ticket-notice")).to_contain_text("at nowhere does not answer")
    expect(page.locator("#submit")).to_be_disabled()
    expect(page.locator("#status")).to_have_text("Live")


def test_page_from_disk_watches_and_says_where_one_may_trade(
    browser: Browser, exchange: RunRecord, trader: Trader
) -> None:
    screen = Screen(browser)
    screen.expect_errors(NETWORK_ERRORS)
    page = screen.page
    page.route_web_socket("ws://localhost:8001/**", lambda route: route.close())
    page.route("http://localhost:8001/**", lambda route: route.abort())
    page.goto(PAGE.as_uri())
    expect(page.locator("#ticket")).to_be_hidden()
    page.locator("#status").click()
    feed = exchange.feed_url
    page.locator("#feed-url").fill(feed)
    page.get_by_role("button", name="Use these").click()
    expect(page.locator("#status")).to_have_text("Live")
    expect(page.locator("#ticket-notice")).to_contain_text("only watches")
    expect(page.locator("#ticket-notice a")).to_have_attribute(
        "href", f"{exchange.market_data_url}/"
    )
    expect(page.locator("#demo-start")).to_be_disabled()
    trader.order("buy", "0.2", "58000")
    expect_level(page, "bids", "58000.00", "0.20000")
    page.reload()
    expect(page.locator("#status")).to_have_text("Live")
    page.locator("#status").click()
    expect(page.locator("#feed-url")).to_have_value(feed)
    assert all(not url.startswith(exchange.gateway_url) for url in screen.requests)
    screen.close()


def test_gateway_takes_orders_from_the_served_page_only(exchange: RunRecord) -> None:
    def ask(origin: str) -> httpx.Response:
        return httpx.options(
            f"{exchange.gateway_url}/v1/orders",
            headers={
                "Origin": origin,
                "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": "content-type,x-account",
            },
        )

    port = exchange.market_data_url.rpartition(":")[2]
    for origin in (f"http://localhost:{port}", f"http://127.0.0.1:{port}"):
        assert ask(origin).headers["access-control-allow-origin"] == origin
    for origin in ("null", "http://evil.example", f"http://evil.example:{port}"):
        assert "access-control-allow-origin" not in ask(origin).headers


def test_messages_can_be_filtered_and_paused(page: Page, trader: Trader) -> None:
    page.get_by_role("tab", name="Messages").click()
    page.locator("#raw-filter").fill("heartbeat")
    lines = page.locator("#raw li")
    expect(lines.first).to_contain_text("heartbeat")
    trader.order("buy", "0.1", "57000")
    expect_level(page, "bids", "57000.00", "0.10000")
    expect(lines.filter(has_text=re.compile("book_delta"))).to_have_count(0)
    page.locator("#raw-filter").fill("book_delta")
    expect(lines.first).to_contain_text("57000.00")
    page.locator("#raw-pause").click()
    trader.order("buy", "0.1", "57001")
    expect_level(page, "bids", "57001.00", "0.10000")
    expect(lines.first).not_to_contain_text("57001.00")
    page.locator("#raw-pause").click()
    expect(lines.first).to_contain_text("57001.00")


@pytest.mark.parametrize("origin", ["http://evil.example", "https://localhost.evil.example"])
def test_feed_is_closed_to_another_sites_page(exchange: RunRecord, origin: str) -> None:
    feed = exchange.feed_url
    with pytest.raises(InvalidStatus, match="403"), connect(feed, origin=Origin(origin)):
        pass
    answer = http.get(
        f"{exchange.market_data_url}/v1/orderbook/BTC-USDT", headers={"Origin": origin}
    )
    assert "access-control-allow-origin" not in answer.headers
