"""What a user does on the page."""

from playwright.sync_api import Locator, Page, expect


def send_order(page: Page, side: str, quantity: str, price: str) -> None:
    """Fill the ticket with a limit order and send it by Enter."""
    page.locator(f".sides [data-side={side}]").click()
    page.locator("#price").fill(price)
    page.locator("#quantity").fill(quantity)
    page.locator("#quantity").press("Enter")
    expect_answer(page)


def expect_answer(page: Page) -> None:
    """Wait for the answer: a late one would replace that to the next order."""
    expect(page.locator("#answer")).not_to_contain_text("Sending")


def level(page: Page, side: str, price: str) -> Locator:
    """Return the ladder's line of a price; `side`: bids or asks."""
    return page.locator(f"#{side} .level[data-price='{price}']:not([hidden])")


def expect_level(page: Page, side: str, price: str, quantity: str) -> None:
    """Wait until the ladder shows this quantity."""
    expect(level(page, side, price).locator(".quantity")).to_have_text(quantity)


def open_tab(page: Page, name: str) -> None:
    """Open one of the tabs under the chart."""
    page.get_by_role("tab", name=name).click()
