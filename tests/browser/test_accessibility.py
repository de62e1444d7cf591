"""An independent judge of accessibility finds nothing on the page."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from launcher.supervision.run_file import RunRecord
from tests.support.browser import Screen
from tests.support.browser_ticket import expect_level, open_tab, send_order
from tests.support.trader import Trader

AXE = Path(__file__).parents[2] / "market_data/page/node_modules/axe-core/axe.min.js"
RUN = """async () => (await axe.run(document, {resultTypes: ['violations']})).violations
  .map(each => `${each.id}: ${each.nodes.map(node => node.target.join(' ')).join(', ')}`)"""

pytestmark = pytest.mark.skipif(
    not AXE.is_file(), reason="no axe-core found: npm ci in market_data/page"
)


def find_violations(page: Page) -> list[str]:
    page.evaluate(AXE.read_text())
    found: list[str] = page.evaluate(RUN)
    return found


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
def test_axe_finds_nothing(
    browser: Browser, exchange: RunRecord, trader: Trader, scheme: Any, width: int
) -> None:
    screen = Screen(
        browser,
        color_scheme=scheme,
        viewport={"width": width, "height": 850},
        reduced_motion="reduce",
    )
    screen.open_live(exchange.market_data_url)
    page = screen.page
    assert find_violations(page) == []
    trader.order("sell", "0.1", "60000")
    expect_level(page, "asks", "60000.00", "0.10000")
    send_order(page, "buy", "0.05", "60000")
    for price in ("59000", "59001"):
        send_order(page, "buy", "0.1", price)
        expect_level(page, "bids", f"{price}.00", "0.10000")
    assert find_violations(page) == []
    for tab in ("History", "Fills", "Positions", "Balances", "Messages", "Depth"):
        open_tab(page, tab)
        assert find_violations(page) == []
    page.get_by_role("tab", name="Open orders").click()
    page.get_by_role("button", name="Amend").first.click()
    assert find_violations(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Cancel orders").click()
    expect(page.locator("#question")).to_be_visible()
    assert find_violations(page) == []
    page.get_by_role("button", name="Leave it").click()
    for opener in ("#status", "#palette-open", "#waterfall-open", "#help-open"):
        page.locator(opener).click()
        assert find_violations(page) == []
        page.keyboard.press("Escape")
    page.locator("#order-type").select_option("stop_limit")
    page.locator("#time-in-force").select_option("gtd")
    assert find_violations(page) == []
    page.locator("#replay-open").evaluate("node => node.click()")
    assert find_violations(page) == []
    screen.close()
