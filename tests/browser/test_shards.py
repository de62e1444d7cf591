"""The page of an exchange with several shards: one exchange to who looks at it."""

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, expect

from launcher.supervision.run_file import RunRecord
from tests.browser.conftest import wait_until_answered
from tests.support.browser import Screen
from tests.support.launched_system import REAL, launch
from tests.support.ports import find_free_port
from tests.support.shards import INSTRUMENTS_FILE, SYMBOLS


@pytest.fixture(scope="module")
def sharded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunRecord]:
    folder = tmp_path_factory.mktemp("sharded")
    settings = {
        "GATEWAY_PORT": str(find_free_port()),
        "MARKET_DATA_PORT": str(find_free_port()),
        "BINANCE": "off",
        "INSTRUMENTS_FILE": str(INSTRUMENTS_FILE),
    }
    with launch(REAL, folder / "data", **settings) as system:
        wait_until_answered(system.wait_until_ready())
        yield system.record


def post(record: RunRecord, path: str, caller: str, **body: object) -> None:
    headers = {"X-Account": caller, "Prefer": "wait=30"}
    answer = httpx.post(f"{record.gateway_url}/v1/{path}", json=body, headers=headers, timeout=60)
    assert answer.is_success, answer.text


def test_orders_and_balances_of_every_shard_are_shown(browser: Browser, sharded: RunRecord) -> None:
    screen = Screen(browser)
    page, account = screen.page, screen.account
    for shard in (2, 3):
        post(
            sharded, "admin/credit", account, account=account, asset="USDT", amount="1000",
            id=f"{account}-{shard}", shard=shard,
        )  # fmt: skip
    screen.open_live(sharded.market_data_url)
    page.locator("#tab-balances").click()
    usdt = page.locator("#balances tr", has_text="USDT")
    expect(usdt).to_contain_text("10,002,000.00000000")  # 10,000,000 are shard 1's
    for symbol in SYMBOLS.values():
        post(
            sharded, "orders?response=result", account, symbol=symbol, side="buy",
            order_type="limit", price="10.00", quantity="1",
        )  # fmt: skip
    expect(usdt).to_contain_text("10,001,970.00000000")
    expect(usdt).to_contain_text("30.00000000")
    page.get_by_role("tab", name="Open orders").click()
    for symbol in SYMBOLS.values():
        expect(page.locator("#open-orders tr", has_text=symbol)).to_have_count(1)
    for symbol, free in (("BTC-USDT", "9,999,990 USDT"), ("ETH-USDT", "990 USDT")):
        page.locator("#symbols").get_by_text(symbol).click()
        expect(page.locator("#available")).to_have_text(free)
    screen.close()
