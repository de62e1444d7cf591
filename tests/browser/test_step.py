"""The page is live only while it has what the service has, and gets there again by itself."""

import json

from playwright.sync_api import Page, WebSocket, WebSocketRoute, expect

from launcher.supervision.run_file import RunRecord
from tests.support.browser import Screen
from tests.support.browser_ticket import expect_level
from tests.support.trader import Trader

HOLD_ARROW = """async presses => { for (let press = 0; press < presses; press++) {
  document.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight', bubbles: true}));
  await new Promise(resolve => setTimeout(resolve, 45)); } }"""
MORE_THAN_ALLOWED = "for (let number = 0; number < 170; number++) ask('ping')"


def test_held_arrow_key_asks_for_the_last_symbol_only(
    page: Page, exchange: RunRecord, trader: Trader
) -> None:
    sent: list[str] = []

    def note_frames(socket: WebSocket) -> None:
        socket.on("framesent", lambda frame: sent.append(str(frame)))

    page.on("websocket", note_frames)
    page.goto(f"{exchange.market_data_url}/")
    expect(page.locator("#status")).to_have_text("Live")
    before = len(sent)
    page.evaluate(HOLD_ARROW, 61)
    expect(page.locator("#status")).to_have_text("Live")
    assert len(sent) - before <= 4
    trader.order("buy", "0.1", "2900", "ETH-USDT")
    expect(page.locator("#symbols [aria-pressed=true]")).to_have_text("ETH-USDT")
    expect_level(page, "bids", "2900.00", "0.1000")


def test_refused_request_is_made_again(page: Page, trader: Trader) -> None:
    page.evaluate(f"() => {{ {MORE_THAN_ALLOWED}; chooseSymbol('ETH-USDT'); }}")
    expect(page.locator("body")).to_have_attribute("data-state", "stale")
    expect(page.locator("#banner")).to_contain_text("more than 20 frames a second")
    expect(page.locator("#status")).to_have_text("Live")
    trader.order("buy", "0.1", "2900", "ETH-USDT")
    expect_level(page, "bids", "2900.00", "0.1000")


def test_page_notices_by_the_heartbeat_that_it_hears_nothing(
    screen: Screen, exchange: RunRecord, trader: Trader
) -> None:
    page, lost = screen.page, {"book_delta", "book_snapshot", "trade"}
    is_deaf = False

    def pass_on(route: WebSocketRoute) -> None:
        server = route.connect_to_server()

        def take(message: str | bytes) -> None:
            if not (is_deaf and json.loads(message)["type"] in lost):
                route.send(message)

        server.on_message(take)

    page.route_web_socket("**/ws/market-data**", pass_on)
    page.goto(f"{exchange.market_data_url}/")
    expect(page.locator("#status")).to_have_text("Live")
    is_deaf = True
    trader.order("buy", "0.2", "58000")
    expect(page.locator("#status")).to_have_text("Not in step")
    expect(page.locator("#banner")).to_contain_text("NOT LIVE · the page is catching up")
    is_deaf = False
    expect(page.locator("#status")).to_have_text("Live")
    expect_level(page, "bids", "58000.00", "0.20000")


def test_return_to_a_symbol_reads_no_more_trades_than_are_kept(page: Page, trader: Trader) -> None:
    trader.order("buy", "0.1", "50000")
    trader.order("sell", "0.1", "50000")
    expect(page.locator("#tape tr:not([hidden])").first).to_contain_text("50,000.00")
    asked = page.evaluate(
        """() => { const asked = [];
        ask = (action, more) => { asked.push([action, more]); return ''; };
        feed.lastIds['BTC-USDT'] = {update_id: 9000, trade_id: 24000};
        followSymbol(); return asked; }"""
    )
    action, request = asked[0]
    assert action == "resume"
    assert request["symbols"]["BTC-USDT"]["trade_id"] == 23700
