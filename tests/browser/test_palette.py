"""Everything by its name, and the last minutes again."""

import httpx
import pytest
from playwright.sync_api import Page, expect

from launcher.supervision.run_file import RunRecord
from tests.support.browser_ticket import expect_level, level, open_tab, send_order
from tests.support.trader import Trader

LOOK_BACK = """() => showMoment(replay.entries.at(-1).at - 1)"""


def test_symbols_and_commands_are_found_by_name(page: Page, trader: Trader) -> None:
    trader.order("sell", "0.1", "3000", "ETH-USDT")
    trader.order("buy", "0.1", "3000", "ETH-USDT")
    page.keyboard.press("Control+k")
    expect(page.locator("#palette-list")).to_contain_text("3,000.00")
    expect(page.locator("#palette-list .spark")).to_have_count(3)
    page.keyboard.type("eth")
    page.keyboard.press("Enter")
    expect(page.locator("#symbols [aria-pressed=true]")).to_have_text("ETH-USDT")
    page.locator("#palette-open").click()
    page.keyboard.type("type stop")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#order-type")).to_have_value("stop_limit")
    expect(page.locator("#quantity")).to_be_focused()


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("sell", "Sell"), ("bracket", "Order type: OTOCO"), ("fill or kill", "Order type: FOK"),
        ("cancel buys", "Cancel orders …"), ("export fills", "Save fills as CSV"),
        ("rsi", "Chart: RSI"), ("latency", "Where the time of orders goes"),
        ("shortcuts", "Keys and help"),
    ],
)  # fmt: skip
def test_a_command_is_found_by_the_words_of_whoever_never_saw_it(
    page: Page, words: str, found: str
) -> None:
    page.keyboard.press("Control+k")
    page.keyboard.type(words)
    expect(page.locator("#palette-list li").first).to_contain_text(found)
    page.keyboard.type(" of nothing")
    expect(page.locator("#palette-list li")).to_have_count(0)


def run_command(page: Page, words: str) -> None:
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.keyboard.type(words)
    page.keyboard.press("Enter")


def test_a_position_is_flattened_and_a_side_chosen_by_name(page: Page, trader: Trader) -> None:
    trader.order("sell", "0.001", "60000")
    expect_level(page, "asks", "60000.00", "0.00100")
    send_order(page, "buy", "0.001", "60000")
    trader.order("buy", "1", "59990")
    expect_level(page, "bids", "59990.00", "1.00000")
    open_tab(page, "Positions")
    expect(page.locator("#positions")).to_contain_text("0.000999")
    run_command(page, "flatten")
    page.get_by_role("button", name="Flatten: sell 0.00099").click()
    expect(page.locator("#positions")).to_contain_text("0.000009")
    run_command(page, "flatten")
    expect(page.locator("#toasts")).to_contain_text("0.000009 BTC is less than can be traded")
    run_command(page, "sell")
    expect(page.locator(".sides [data-side=sell]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#price")).to_be_focused()


def test_a_halted_symbol_is_marked_wherever_it_is_named(page: Page, exchange: RunRecord) -> None:
    address = f"{exchange.gateway_url}/v1/instruments/SOL-USDT"
    httpx.post(f"{address}/halt", timeout=30).raise_for_status()
    try:
        page.evaluate("() => readHalts()")
        button = page.locator("#symbols").get_by_role("button", name="SOL-USDT")
        expect(button).to_have_attribute("data-stands", "")
        expect(button).to_have_attribute("title", "halted")
        button.click()
        expect(page.locator("#halted")).to_contain_text("SOL-USDT is halted")
        page.keyboard.press("Control+k")
        expect(page.locator("#command-2")).to_contain_text("halted")
    finally:
        httpx.post(f"{address}/resume", timeout=30).raise_for_status()


def test_panels_have_the_sizes_that_were_chosen(page: Page) -> None:
    book = page.locator("section.book")
    page.locator("#split-book").focus()
    before = book.bounding_box()
    page.keyboard.press("ArrowLeft")
    assert before is not None
    expect(book).to_have_js_property("offsetWidth", before["width"] + 12)
    line = page.locator("#split-book").bounding_box()
    assert line is not None
    page.mouse.move(line["x"] + 3, 400)
    page.mouse.down()
    page.mouse.move(line["x"] - 57, 400, steps=3)
    page.mouse.up()
    width = book.evaluate("node => node.offsetWidth")
    assert width > before["width"] + 60
    page.reload()
    expect(book).to_have_js_property("offsetWidth", width)
    page.keyboard.press("Control+k")
    page.keyboard.type("layout balanced")
    page.keyboard.press("Enter")
    expect(book).to_have_js_property("offsetWidth", before["width"])


def test_what_was_is_shown_again_and_the_exchange_goes_on(page: Page, trader: Trader) -> None:
    trader.order("buy", "0.1", "58000")
    expect_level(page, "bids", "58000.00", "0.10000")
    trader.order("buy", "0.1", "58001")
    expect_level(page, "bids", "58001.00", "0.10000")
    page.locator("#replay-open").click()
    expect(page.locator("#status")).to_have_text("Replay")
    page.evaluate(LOOK_BACK)
    expect(page.locator("#replay-time")).to_contain_text("REPLAY")
    expect(level(page, "bids", "58001.00")).to_have_count(0)
    expect_level(page, "bids", "58000.00", "0.10000")
    trader.order("buy", "0.1", "58002")
    page.locator("#submit").click()
    expect(page.locator("#answer")).to_contain_text("what you see is a replay")
    page.locator("#replay-moment").press("Escape")
    expect(page.locator("#status")).to_have_text("Live")
    expect_level(page, "bids", "58002.00", "0.10000")
    expect(page.locator("#book-state")).to_contain_text("checksum ✓")
