"""What a user does on the page."""

from playwright.sync_api import Locator, Page, expect


def send_order(page: Page, side: str, quantity: str, price: str) -> None:
    """A limit order from the ticket, sent by Enter."""
    page.locator(f".sides [data-side={side}]").click()
    page.locator("#price").fill(price)
    page.locator("#quantity").fill(quantity)
    page.locator("#quantity").press("Enter")
    expect_answer(page)


def expect_answer(page: Page) -> None:
    """Until the answer is there: a late one would write over that to what comes next."""
    expect(page.locator("#answer")).not_to_contain_text("Sending")


def level(page: Page, side: str, price: str) -> Locator:
    """The ladder's line of a price; `side`: bids or asks."""
    return page.locator(f"#{side} .level[data-price='{price}']:not([hidden])")


def expect_level(page: Page, side: str, price: str, quantity: str) -> None:
    """Wait until the ladder shows this."""
    expect(level(page, side, price).locator(".quantity")).to_have_text(quantity)


def open_tab(page: Page, name: str) -> None:
    """One of the tabs under the chart."""
    page.get_by_role("tab", name=name).click()
