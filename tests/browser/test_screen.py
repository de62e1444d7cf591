"""How the page looks, what it loads, and that much traffic does not slow it."""

import hashlib
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from launcher.run_file import RunRecord
from tests.browser.conftest import read_book
from tests.support.browser import PAGE, Screen
from tests.support.browser_ticket import expect_level, level, send_order
from tests.support.trader import Trader

UPLOT_SHA256 = "9a6a7d50b066b6c083ddf74930c8e3908fdf5b7d1a660969dd15e0360918006d"
LEAST_CONTRAST = 4.5

# Every visible text that is faint against what is painted behind it, with its contrast.
FIND_FAINT_TEXT = """least => {
  const parse = text => { const c = document.createElement('canvas').getContext('2d');
    c.fillStyle = text; c.fillRect(0, 0, 1, 1); const d = c.getImageData(0, 0, 1, 1).data;
    return [d[0], d[1], d[2], d[3] / 255]; };
  const over = (top, under) => [0, 1, 2].map(i => top[i] * top[3] + under[i] * (1 - top[3]));
  const light = rgb => { const [r, g, b] = rgb.map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const behind = node => { const own = parse(getComputedStyle(node).backgroundColor);
    if (own[3] === 1 || !node.parentElement) return own.slice(0, 3);
    return over(own, behind(node.parentElement)); };
  const faint = [];
  for (const node of document.querySelectorAll('body *')) {
    const text = [...node.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!text || !node.checkVisibility({checkVisibilityCSS: true})) continue;
    if (node.closest(':disabled')) continue;
    const back = behind(node), front = over(parse(getComputedStyle(node).color), back);
    const [high, low] = [light(front), light(back)].sort((a, b) => b - a);
    const contrast = (high + 0.05) / (low + 0.05);
    if (contrast < least) faint.push(`${contrast.toFixed(2)} ${node.tagName} ${node.textContent}`);
  }
  return faint;
}"""


def read_scripts() -> dict[str, str]:
    """The page's scripts, by id; our own has none."""
    found = re.findall(r"<script(?: id=\"(\w+)\")?>(.*?)</script>", PAGE.read_text(), re.DOTALL)
    return dict(found)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_is_readable(browser: Browser, exchange: RunRecord, scheme: Any) -> None:
    screen = Screen(browser, color_scheme=scheme, reduced_motion="reduce")
    screen.page.goto(f"{exchange.market_data_url}/")
    expect(screen.page.locator("#status")).to_have_text("Live")
    expect(screen.page.locator("html")).to_have_attribute("data-theme", scheme)
    send_order(screen.page, "buy", "0.1", "60000")
    expect_level(screen.page, "bids", "60000.00", "0.10000")
    screen.page.get_by_role("button", name="Help and keys").click()
    assert screen.page.evaluate(FIND_FAINT_TEXT, LEAST_CONTRAST) == []
    screen.close()


def test_order_on_a_phone(browser: Browser, exchange: RunRecord) -> None:
    screen = Screen(browser, viewport={"width": 390, "height": 844})
    page = screen.page
    page.goto(f"{exchange.market_data_url}/")
    expect(page.locator("#status")).to_have_text("Live")
    send_order(page, "sell", "0.1", "60000")
    expect_level(page, "asks", "60000.00", "0.10000")
    expect(page.locator("#open-orders tr")).to_contain_text("60,000.00")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    screen.close()


def test_each_section_is_one_tap_away_on_a_phone(browser: Browser, exchange: RunRecord) -> None:
    screen = Screen(browser, viewport={"width": 390, "height": 844}, reduced_motion="reduce")
    page = screen.page
    page.goto(f"{exchange.market_data_url}/")
    expect(page.locator("#status")).to_have_text("Live")
    for name, section in (("Tape", ".tape"), ("Book", ".book"), ("Orders", ".activity"),
                          ("Trade", ".ticket"), ("Chart", ".chart")):  # fmt: skip
        page.locator("#sections").get_by_role("button", name=name).click()
        expect(page.locator(f"{section} .head, {section} .sides").first).to_be_in_viewport(ratio=1)
        expect(page.locator("#status")).to_be_in_viewport(ratio=1)
    send_order(page, "sell", "0.1", "60000")
    page.locator("#sections").get_by_role("button", name="Book").click()
    level(page, "asks", "60000.00").click()
    expect(page.locator("#price")).to_be_in_viewport(ratio=1)
    screen.close()


def test_page_loads_nothing_from_elsewhere(screen: Screen, exchange: RunRecord) -> None:
    expect(screen.page.locator("#book-size")).to_have_text("0 levels")
    own = (f"{exchange.market_data_url}/", f"{exchange.gateway_url}/", "data:")
    assert [url for url in screen.requests if not url.startswith(own)] == []


def test_no_text_becomes_html_or_code() -> None:
    own = read_scripts()[""]
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function"
    assert re.findall(forbidden, own) == []


def test_chart_library_is_the_published_one_with_its_licence() -> None:
    licence, _, code = read_scripts()["uplot"].partition("\n*/\n")
    assert "MIT License" in licence
    assert hashlib.sha256(code.encode()).hexdigest() == UPLOT_SHA256


def test_busy_market_leaves_the_page_bounded_and_the_ladder_right(
    page: Page, exchange: RunRecord
) -> None:
    def trade(number: int) -> None:
        with Trader(exchange.gateway_url) as trader:
            for step in range(80):
                side = "buy" if (step + number) % 2 else "sell"
                trader.order(
                    side, "0.01", f"{60000 + (step * 7 + number * 3) % 40}.{step % 100:02}"
                )

    page.get_by_role("tab", name="Messages").click()
    with ThreadPoolExecutor(5) as pool:
        list(pool.map(trade, range(5)))
    book = read_book(exchange)
    best = {side: book[side][0] for side in ("asks", "bids") if book[side]}
    for side, (price, quantity) in best.items():
        expect_level(page, side, price, quantity)
    expect(page.locator("#book-state")).to_contain_text("checksum ✓")
    shown = page.evaluate(
        "['asks', 'bids'].map(side => [...document.querySelectorAll(`#${side} .level`)]"
        ".filter(row => !row.hidden && row.dataset.price)"
        ".map(row => [row.dataset.price, row.querySelector('.quantity').textContent]))"
    )
    asks, bids = list(reversed(shown[0])), shown[1]
    assert (asks, bids) == (book["asks"][: len(asks)], book["bids"][: len(bids)])
    assert page.locator("#tape tr").count() <= 60
    assert page.locator("#raw li").count() <= 120
