"""Trading under an API key, with and without a secret."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from launcher.supervision.run_file import RunRecord
from tests.browser.conftest import wait_until_answered
from tests.support.browser import Screen
from tests.support.browser_ticket import expect_level, send_order
from tests.support.launched_system import REAL, launch
from tests.support.ports import find_free_port

PLAIN, SIGNED, SECRET = "plain-key-0123456789", "signed-key-0123456789", "a-secret-of-nobody-else"
KEYS = f"""
[[key]]
key = "{PLAIN}"
account = "alice"
scopes = ["read", "trade"]

[[key]]
key = "{SIGNED}"
secret = "{SECRET}"
account = "bob"
scopes = ["read", "trade"]
"""
REFUSED = r"status of 401"
NO_SIGNING = "Object.defineProperty(crypto, 'subtle', {value: undefined})"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunRecord]:
    """An exchange that wants a key of everybody."""
    folder: Path = tmp_path_factory.mktemp("guarded")
    (folder / "keys.toml").write_text(KEYS)
    settings = {
        "AUTH": "on", "API_KEYS_FILE": str(folder / "keys.toml"),
        "GATEWAY_PORT": str(find_free_port()), "MARKET_DATA_PORT": str(find_free_port()),
        "BINANCE": "off",
    }  # fmt: skip
    with launch(REAL, folder / "data", **settings) as system:
        record = system.wait_until_ready()
        wait_until_answered(record, **{"X-API-Key": PLAIN})
        yield record


@pytest.fixture
def screen(browser: Browser, guarded: RunRecord) -> Iterator[Screen]:
    """The page, without a key."""
    screen = Screen(browser)
    screen.expect_errors(REFUSED, "WebSocket connection to")
    screen.open_live(guarded.market_data_url)
    yield screen
    screen.close()


def use_key(page: Page, key: str, secret: str = "") -> None:
    page.locator("#api-key").fill(key)
    page.locator("#api-secret").fill(secret)
    page.get_by_role("button", name="Use these").click()
    expect(page.locator("#trading-as")).to_have_text("Trading as the API key's account")


def test_without_a_key_an_order_is_refused_and_the_way_to_enter_one_offered(screen: Screen) -> None:
    page = screen.page
    send_order(page, "buy", "0.1", "60000")
    expect(page.locator("#answer")).to_contain_text("Refused: the gateway asks for an API key")
    page.get_by_role("button", name="Connection and account …").click()
    use_key(page, PLAIN)
    send_order(page, "buy", "0.1", "60000")
    expect_level(page, "bids", "60000.00", "0.10000")
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect(page.locator("#open-empty")).to_be_visible()


def test_a_key_with_a_secret_signs_everything_and_neither_is_stored(screen: Screen) -> None:
    page = screen.page
    page.locator("#status").click()
    use_key(page, SIGNED, SECRET)
    page.wait_for_selector("#orders-note:empty", state="attached")
    send_order(page, "sell", "0.1", "60500")
    expect(page.locator("#answer")).to_contain_text("In the book: sell 0.1 BTC at 60,500.00")
    expect_level(page, "asks", "60500.00", "0.10000")
    page.get_by_role("button", name="Amend").click()
    page.get_by_label("New total quantity").fill("0.2")
    page.get_by_label("New total quantity").press("Enter")
    expect_level(page, "asks", "60500.00", "0.20000")
    expect(page.locator("#demo-start")).to_be_disabled()
    page.wait_for_function("() => privateFeed.isLive")
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect(page.locator("#open-empty")).to_be_visible()
    stored = str(page.evaluate("() => [{...localStorage}, {...sessionStorage}]"))
    assert SIGNED not in stored
    assert SECRET not in stored
    page.locator("#status").click()
    expect(page.locator("#api-secret")).to_have_value("")


def test_where_the_browser_cannot_sign_the_page_says_so(
    browser: Browser, guarded: RunRecord
) -> None:
    screen = Screen(browser)
    screen.expect_errors(REFUSED, "WebSocket connection to")
    screen.page.add_init_script(NO_SIGNING)
    screen.open_live(guarded.market_data_url)
    screen.page.locator("#status").click()
    expect(screen.page.locator("#api-secret")).to_be_disabled()
    expect(screen.page.locator("#key-note")).to_contain_text("https:// or from localhost")
    screen.close()
