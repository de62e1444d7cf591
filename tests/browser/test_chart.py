"""The chart: candles, own orders on them, and the depth of the book."""

from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, Route, expect

from launcher.supervision.run_file import RunRecord
from tests.browser.conftest import read_book
from tests.support.browser_ticket import expect_level, send_order
from tests.support.trader import Trader
from tests.support.waiting import wait_until

READ_CLOSES = """() => [market().trades[0]?.price, market().candles.get(interval)?.at(-1)?.close]"""


def trade(trader: Trader, price: str, quantity: str = "0.1") -> None:
    for side in ("sell", "buy"):
        trader.order(side, quantity, price)


def test_a_trade_is_in_the_running_candle_at_once(page: Page, trader: Trader) -> None:
    page.locator("#intervals").get_by_role("button", name="1d").click()
    trade(trader, "60000")
    page.wait_for_function("() => market().candles.get('1d')?.length > 0")
    page.evaluate("() => { handlers.candle = () => {}; }")  # the channel of candles is silent
    for price in ("60011", "59990"):
        trade(trader, price)
        expect(page.locator("#last")).to_have_text(f"{int(price):,}.00")
        last, close = page.evaluate(READ_CLOSES)
        assert float(last) == close == float(price)
        expect(page.locator("#legend b.C")).to_have_text(f"{int(price):,}.00")


def test_an_own_order_is_a_line_that_is_dragged_to_amend_and_closed(
    page: Page, exchange: RunRecord, trader: Trader
) -> None:
    trade(trader, "60000")
    trade(trader, "60100")
    send_order(page, "buy", "0.25", "60020")
    line = page.get_by_role("button", name="▲ Buy 0.25 at 60,020.00", exact=True)
    box = line.bounding_box()
    assert box
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    page.mouse.down()
    page.mouse.move(box["x"] + 5, box["y"] - 30, steps=4)
    expect(page.locator(".order-tag").first).to_contain_text("→ 6")
    page.mouse.up()
    expect(page.locator("#answer")).to_contain_text("Amended")
    wait_until(lambda: read_book(exchange)["bids"][0][0] > "60020.00", "the order has moved up")
    page.locator(".order-tag button").first.focus()
    before = read_book(exchange)["bids"][0][0]
    page.keyboard.press("Shift+ArrowUp")
    wait_until(
        lambda: f"{float(before) + 0.1:.2f}" == read_book(exchange)["bids"][0][0], "ten ticks up"
    )
    page.get_by_role("button", name="Cancel: ▲ Buy 0.25").click()
    expect(page.locator(".order-line")).to_have_count(0)
    assert read_book(exchange)["bids"] == []


def test_the_scale_reaches_own_orders_that_are_near(page: Page, trader: Trader) -> None:
    trade(trader, "60000")
    trade(trader, "60100")
    for price in ("60130", "900000"):  # far from whatever has traded here
        send_order(page, "sell", "0.1", price)
    expect(page.locator("#open-count")).to_have_text("2")
    trade(trader, "60050")
    expect(page.get_by_role("button", name="▼ Sell 0.1 at 60,130.00", exact=True)).to_be_visible()
    expect(page.locator(".order-line:not([hidden])")).to_have_count(1)


def test_a_fill_is_an_arrow_at_its_candle(page: Page, trader: Trader) -> None:
    trade(trader, "60000")
    before = page.evaluate("() => candleChart.marks?.markers().length ?? 0")
    trader.order("sell", "0.1", "60000")
    expect_level(page, "asks", "60000.00", "0.10000")
    send_order(page, "buy", "0.1", "60000")
    page.wait_for_function(
        "before => candleChart.marks?.markers().length === before + 1", arg=before
    )


def test_the_ticket_takes_price_side_and_type_from_the_charts_menu(
    page: Page, trader: Trader
) -> None:
    trade(trader, "60000")
    expect(page.locator("#candles canvas").first).to_be_visible()
    page.locator("#candles").click(button="right", position={"x": 200, "y": 100})
    page.locator("#chart-menu").get_by_role("button", name="Sell stop at").click()
    expect(page.locator("#order-type")).to_have_value("stop_loss")
    expect(page.locator(".sides [data-side=sell]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#stop-price")).not_to_have_value("")
    expect(page.locator("#open-orders tr")).to_have_count(0)


def test_older_candles_come_as_one_scrolls_to_them(page: Page, trader: Trader) -> None:
    def answer(route: Route) -> None:
        end = datetime.fromisoformat(route.request.url.partition("end=")[2].replace("%3A", ":"))
        starts = [end - timedelta(minutes=5 * count) for count in range(300, 0, -1)]
        same = dict.fromkeys(("open", "high", "low", "close"), "60000.00")
        candles = [
            {"start": start.astimezone(UTC).isoformat(), "volume": "1", **same} for start in starts
        ]
        route.fulfill(json={"candles": candles})

    page.route("**/v1/candles/**end=**", answer)
    page.locator("#intervals").get_by_role("button", name="5m", exact=True).click()
    trade(trader, "60000")
    page.wait_for_function("() => market().candles.get('5m')?.length > 300")
    page.evaluate("() => candleChart.chart.timeScale().scrollToPosition(-300, false)")
    page.wait_for_function("() => market().candles.get('5m')?.length > 600")


def test_lines_over_the_candles_are_chosen_and_kept(page: Page, trader: Trader) -> None:
    trade(trader, "60000")
    for name in ("VWAP", "RSI", "Heat"):
        button = page.locator("#studies").get_by_role("button", name=name)
        button.click()
        expect(button).to_have_attribute("aria-pressed", "true")
    page.wait_for_function(
        "() => candleChart.lines.vwap && candleChart.lines.rsi && heat.primitive"
    )
    page.locator("#clock-utc").click()
    page.reload()
    expect(page.locator("#studies [aria-pressed=true]")).to_have_text(
        ["EMA", "VWAP", "RSI", "Heat", "UTC"]
    )


def test_each_side_of_the_depth_has_its_half(page: Page, trader: Trader) -> None:
    for price in ("59999", "59998", "59000"):
        trader.order("buy", "0.1", price)
    for price in ("60001", "60002"):
        trader.order("sell", "0.1", price)
    expect_level(page, "bids", "59000.00", "0.10000")
    page.get_by_role("tab", name="Depth").click()
    box = page.locator("#depth").bounding_box()
    assert box
    page.mouse.move(box["x"] + 4, box["y"] + 60)
    expect(page.locator("#legend")).to_have_text("0.3 BTC bid down to 59,000.00")
    page.mouse.move(box["x"] + box["width"] - 4, box["y"] + 60)
    expect(page.locator("#legend")).to_have_text("0.2 BTC offered up to 60,002.00")
