"""The page says when no order would be matched, though the feed lives."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, expect

from tests.browser.conftest import read_book
from tests.support.browser import NETWORK_ERRORS, Screen
from tests.support.browser_ticket import send_order
from tests.support.launched_system import LaunchedSystem


@contextmanager
def stopped(venue: LaunchedSystem, service: str) -> Iterator[None]:
    """Let a process of the exchange stand still."""
    venue.processes[service].send(signal.SIGSTOP)
    try:
        yield
    finally:
        venue.processes[service].send(signal.SIGCONT)


def test_a_paused_engine_shows_as_paused_and_an_order_is_asked_about(
    venue: LaunchedSystem, page: Page
) -> None:
    expect(page.locator("#engine-state")).to_contain_text("s ago")
    with stopped(venue, "engine"):
        expect(page.locator("#status")).to_have_text("Engine paused")
        expect(page.locator("#banner")).to_contain_text("NOT LIVE · the engine")
        expect(page.locator("#engine-state")).to_contain_text("no answer")
        send_order(page, "buy", "0.1", "57000")
        expect(page.locator("#answer")).to_contain_text("orders wait in the queue")
        assert read_book(venue.record)["bids"] == []
    expect(page.locator("#status")).to_have_text("Live")


def test_a_stopped_redis_is_called_that(venue: LaunchedSystem, screen: Screen, page: Page) -> None:
    screen.expect_errors(NETWORK_ERRORS, "status of 503")
    with stopped(venue, "redis"):
        expect(page.locator("#status")).to_have_text("No Redis")
        expect(page.locator("#banner")).to_contain_text("Redis does not answer")
    expect(page.locator("#status")).to_have_text("Live")
