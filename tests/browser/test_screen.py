"""How the page looks, what it loads, and that much traffic does not slow it."""

import gzip
import hashlib
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from launcher.supervision.run_file import RunRecord
from tests.browser.conftest import read_book
from tests.support.browser import PAGE, Screen
from tests.support.browser_ticket import expect_level, level, open_tab, send_order
from tests.support.trader import Trader
from tests.support.waiting import wait_until

CHARTS_SHA256 = "e21cc5caa0226ef30bd8549c50b9ef926615f2a4ee6b4e486353477a55f598cf"
LEAST_CONTRAST = 4.5
MOST_BYTES = 60_000

# Every visible text that is faint against what is painted behind it, with its contrast. A level of
# the ladder is taken as it is just when it flashes, over its bar; what is greyed as it is greyed.
FIND_FAINT_TEXT = """least => {
  const parse = text => { const c = document.createElement('canvas').getContext('2d');
    c.fillStyle = text; c.fillRect(0, 0, 1, 1); const d = c.getImageData(0, 0, 1, 1).data;
    return [d[0], d[1], d[2], d[3] / 255]; };
  const over = (top, under) => [0, 1, 2].map(i => top[i] * top[3] + under[i] * (1 - top[3]));
  const light = rgb => { const [r, g, b] = rgb.map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const layers = node => { const style = getComputedStyle(node), found = [style.backgroundColor];
    if (node.matches('.level')) { const side = node.closest('.asks') ? 'ask' : 'bid';
      found.push(...['flash', 'bar'].map(kind => style.getPropertyValue(`--${side}-${kind}`))); }
    return found.map(parse); };
  const behind = node => { const own = layers(node);
    const under = own[0][3] === 1 || !node.parentElement ? own.shift().slice(0, 3)
      : behind(node.parentElement);
    return own.reduce((below, layer) => over(layer, below), under); };
  const greyed = (rgb, node) => { const market = node.closest('.market');
    const style = market && getComputedStyle(market);
    if (!style || style.filter === 'none') return rgb;
    const grey = 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2];
    return over([grey, grey, grey, Number(style.opacity)], behind(market.parentElement)); };
  const faint = [];
  const check = (node, colour, text) => {
    const back = behind(node), front = over(parse(colour), back);
    const [high, low] = [front, back].map(rgb => light(greyed(rgb, node))).sort((a, b) => b - a);
    const contrast = (high + 0.05) / (low + 0.05);
    if (contrast < least) faint.push(`${contrast.toFixed(2)} ${node.tagName} ${text}`); };
  for (const node of document.querySelectorAll('body *')) {
    if (!node.checkVisibility({checkVisibilityCSS: true}) || node.closest(':disabled')) continue;
    if (node.placeholder) check(node, getComputedStyle(node, '::placeholder').color, 'placeholder');
    const text = [...node.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (text) check(node, getComputedStyle(node).color, node.textContent);
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
    screen.open_live(exchange.market_data_url)
    expect(screen.page.locator("html")).to_have_attribute("data-theme", scheme)
    for side, price in (("buy", "60000"), ("sell", "60010"), ("buy", "60010"), ("sell", "60020")):
        with screen.page.expect_response(lambda answer: answer.request.method == "POST"):
            send_order(screen.page, side, "0.1", price)
        expect(screen.page.locator("#answer")).to_contain_text(
            re.compile("In the book|Canceled|Filled")
        )
    expect_level(screen.page, "asks", "60020.00", "0.10000")
    screen.page.locator("#price").fill("")
    screen.page.get_by_role("button", name="Help and keys").click()
    assert screen.page.evaluate(FIND_FAINT_TEXT, LEAST_CONTRAST) == []
    screen.page.evaluate("() => disconnect()")
    expect(screen.page.locator("#banner")).to_be_visible()
    assert screen.page.evaluate(FIND_FAINT_TEXT, LEAST_CONTRAST) == []
    screen.close()


# What of the page's text does not fit where it stands.
FIND_CUT_TEXT = """() => [...document.querySelectorAll(
    '#intervals button, th:not(:empty), .figures div, #open-orders td, #price, '
    + '.stepper input, .sums dd, #history td, #fills td, .level span:not(.hidden-text)')]
  .filter(node => node.checkVisibility({checkVisibilityCSS: true}))
  .filter(node => { const box = node.getBoundingClientRect(), frame = node.closest('section, dl');
    const around = frame.getBoundingClientRect();
    return node.scrollWidth > node.clientWidth + 1 && getComputedStyle(node).display !== 'inline'
      || box.right > around.right + 1 || box.bottom > around.bottom + 400; })
  .map(node => `${node.tagName} ${node.textContent}`)"""


@pytest.mark.parametrize("width", [320, 390, 1024, 1280])
def test_no_figure_is_cut_off(
    browser: Browser, exchange: RunRecord, trader: Trader, width: int
) -> None:
    trader.order("sell", "12.34567", "60010.12")
    trader.order("buy", "2.34567", "60010.12")
    screen = Screen(browser, viewport={"width": width, "height": 800})
    page = screen.page
    screen.open_live(exchange.market_data_url)
    send_order(page, "buy", "0.12345", "59876.54")
    expect_level(page, "bids", "59876.54", "0.12345")
    expect(page.locator("#open-orders tr")).to_contain_text("BTC-USDT")
    expect(page.locator("#volume")).to_be_visible()
    page.locator("#order-type").select_option("otoco")
    for field in ("#stop-price", "#price", "#profit-price"):
        page.locator(field).fill("60123.45")
    page.locator("#quantity").fill("123.45678")
    assert page.evaluate(FIND_CUT_TEXT) == []
    page.locator("#order-type").select_option("stop_limit")
    send_order(page, "buy", "0.12345", "60123.45")
    page.locator("#order-type").select_option("limit")
    send_order(page, "buy", "0.12345", "60010.12")
    for tab in ("History", "Fills"):
        open_tab(page, tab)
        assert page.evaluate(FIND_CUT_TEXT) == []
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    screen.close()


def test_answer_has_a_place_of_its_own(screen: Screen, page: Page) -> None:
    screen.expect_errors(r"status of 422 .*/v1/orders\?response=full")
    tape = page.locator("section.tape")
    before = tape.bounding_box()
    send_order(page, "buy", "0.1", "60000.004")
    expect(page.get_by_role("button", name="Use 60000")).to_be_visible()
    assert tape.bounding_box() == before


def test_thumb_finds_every_button_of_a_phone(browser: Browser, exchange: RunRecord) -> None:
    screen = Screen(browser, viewport={"width": 390, "height": 844})
    page = screen.page
    screen.open_live(exchange.market_data_url)
    send_order(page, "buy", "0.1", "59000")
    expect(page.locator("#open-orders tr")).to_contain_text("BTC-USDT")
    small = page.evaluate(
        "() => [...document.querySelectorAll('button, select')]"
        ".filter(node => node.checkVisibility())"
        ".filter(node => node.getBoundingClientRect().height < 40).map(node => node.textContent)"
    )
    assert small == []
    page.get_by_role("button", name="Amend").click()
    price = page.get_by_label("New price")
    assert price.evaluate("node => node.scrollWidth <= node.clientWidth")
    page.locator("[data-section=ticket]").click()
    page.locator("#order-type").select_option("stop_limit")
    page.locator("#stop-kind").select_option("basis_points")  # the highest that the ticket is
    page.wait_for_function(
        "() => document.getElementById('submit').getBoundingClientRect().bottom"
        " <= document.getElementById('sections').getBoundingClientRect().top"
    )
    screen.close()


def test_order_on_a_phone(browser: Browser, exchange: RunRecord) -> None:
    screen = Screen(browser, viewport={"width": 390, "height": 844})
    page = screen.page
    screen.open_live(exchange.market_data_url)
    send_order(page, "sell", "0.1", "60000")
    expect_level(page, "asks", "60000.00", "0.10000")
    expect(page.locator("#open-orders tr")).to_contain_text("60,000.00")
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    screen.close()


def test_a_tablet_has_chart_and_ticket_beside_each_other_and_great_targets(
    browser: Browser, exchange: RunRecord
) -> None:
    screen = Screen(browser, viewport={"width": 820, "height": 1180}, has_touch=True)
    page = screen.page
    screen.open_live(exchange.market_data_url)
    for part in ("section.chart", "#ticket", "section.book", "section.tape"):
        expect(page.locator(part)).to_be_in_viewport(ratio=0.6)
    small = """() => [...document.querySelectorAll('button, select, .level')]
      .filter(node => node.checkVisibility({checkVisibilityCSS: true}))
      .filter(node => !node.closest('#quantity-unit') && node.getBoundingClientRect().height < 40)
      .map(node => node.outerHTML)"""
    send_order(page, "sell", "0.1", "60000")
    expect_level(page, "asks", "60000.00", "0.10000")
    page.locator("#order-type").select_option("stop_limit")
    assert page.evaluate(small) == []
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 820
    screen.close()


def test_each_section_is_one_tap_away_on_a_phone(browser: Browser, exchange: RunRecord) -> None:
    screen = Screen(browser, viewport={"width": 390, "height": 844}, reduced_motion="reduce")
    page = screen.page
    screen.open_live(exchange.market_data_url)
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
    code = read_scripts()["lightweight_charts"]
    assert "Licensed under Apache License 2.0" in code
    assert hashlib.sha256(code.encode()).hexdigest() == CHARTS_SHA256
    assert "TradingView, Inc., under the Apache License 2.0" in PAGE.read_text()


def test_own_code_is_small_on_the_wire() -> None:
    own = PAGE.read_text().replace(read_scripts()["lightweight_charts"], "")
    assert len(gzip.compress(own.encode(), 9)) <= MOST_BYTES


# Many messages at once, as a busy moment brings them; what they did before a frame was drawn.
TAKE_MESSAGES = """count => {
  const watcher = new MutationObserver(() => {}), before = drawings;
  watcher.observe(document.body, {subtree: true, childList: true, characterData: true,
    attributes: true});
  for (let number = 1; number <= count; number++) receive(JSON.stringify({type: 'trade', data: {
    symbol, trade_id: market().tradeId + 1, price: `${60000 + number % 7}.00`, quantity: '0.10000',
    aggressor_side: 'buy', maker_order_id: 'a', taker_order_id: 'b', timestamp: new Date()}}));
  const touched = watcher.takeRecords().length;
  return new Promise(resolve => setTimeout(() => resolve(
    {touched, drawn: drawings - before, kept: market().trades.length, raw: raw.kept.length}), 500));
}"""


# Until nothing has been drawn for a second: answers that were under way are all here.
WAIT_FOR_REST = """async () => {
  for (let quiet = 0, seen = drawings; quiet < 10; quiet++) {
    await new Promise(resolve => setTimeout(resolve, 100));
    if (drawings !== seen) { seen = drawings; quiet = 0; } } }"""


def test_messages_change_what_is_known_and_a_frame_draws_it_once(page: Page) -> None:
    page.wait_for_function("() => privateFeed.isLive && hasHistory")
    page.evaluate("() => { disconnect(); raw.isPaused = true; }")
    page.evaluate(WAIT_FOR_REST)
    outcome = page.evaluate(TAKE_MESSAGES, 2_000)
    assert outcome["touched"] == 0
    assert outcome["drawn"] <= 2
    assert outcome["kept"] == 300
    assert outcome["raw"] == 400
    expect(page.locator("#tape tr:not([hidden])")).to_have_count(60)


READ_LADDER = """() => ['asks', 'bids'].map(side =>
  [...document.querySelectorAll(`#${side} .level`)]
  .filter(row => !row.hidden && row.dataset.price)
  .map(row => [row.dataset.price, row.querySelector('.quantity').textContent]))"""


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

    def is_shown() -> bool:
        """Read together until they agree: both may be behind the last answer."""
        book, ladder = read_book(exchange), page.evaluate(READ_LADDER)
        asks, bids = list(reversed(ladder[0])), ladder[1]
        is_whole = bool(asks) == bool(book["asks"]) and bool(bids) == bool(book["bids"])
        return is_whole and (asks, bids) == (book["asks"][: len(asks)], book["bids"][: len(bids)])

    wait_until(is_shown, "the ladder is the book")
    expect(page.locator("#book-state")).to_contain_text("checksum ✓")
    assert page.locator("#tape tr").count() <= 60
    assert page.locator("#raw li").count() <= 120
