"""Debian's Chromium with a page that is watched: an error in its console fails the test."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Page,
    Request,
    expect,
    sync_playwright,
)

PAGE = Path(__file__).parents[2] / "websocket_test.html"
NETWORK_ERRORS = r"WebSocket connection to|Failed to load resource: net::"
"""What the browser itself writes if a server is away, which no page can prevent."""

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
_DEADLINE_MILLISECONDS = 15_000
_accounts = count(1)


@contextmanager
def run_browser() -> Iterator[Browser]:
    """Run a browser; skip the test if none is installed."""
    executable = next((path for name in _NAMES if (path := shutil.which(name))), None)
    if executable is None:
        pytest.skip("no Chromium found: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=_ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


class Screen:
    """The page in a window of its own, under an account of its own."""

    def __init__(self, browser: Browser, **window: Any) -> None:
        settings: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}, **window}
        self._context = browser.new_context(**settings)
        self._context.set_default_timeout(_DEADLINE_MILLISECONDS)
        self.account = f"page-{next(_accounts)}"
        self.page: Page = self._context.new_page()
        self.page.add_init_script(
            f"try {{ localStorage['goquant.account'] = '{self.account}' }} catch {{}}"
        )
        self.requests: list[str] = []
        self.expected_errors: list[str] = []
        self._errors: list[str] = []
        self.page.on("console", self._note_message)
        self.page.on("pageerror", lambda error: self._errors.append(str(error)))
        self.page.on("request", self._note_request)

    def open_live(self, market_data_url: str) -> None:
        """Open the served page, and wait until it is live and its ticket can be sent."""
        self.page.goto(f"{market_data_url}/")
        expect(self.page.locator("#status")).to_have_text("Live")
        expect(self.page.locator("#submit")).to_be_enabled()

    def expect_errors(self, *patterns: str) -> None:
        """Let these pass: the browser logs each answer of 400 and above, and each lost server."""
        self.expected_errors += patterns

    def close(self) -> None:
        """Close the window; fail if the console has shown an error that was not expected."""
        self._context.close()
        unexpected = [error for error in self._errors if not self._is_expected(error)]
        assert not unexpected, unexpected

    def _is_expected(self, error: str) -> bool:
        return any(re.search(pattern, error) for pattern in self.expected_errors)

    def _note_message(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self._errors.append(f"{message.text} ({message.location.get('url')})")

    def _note_request(self, request: Request) -> None:
        self.requests.append(request.url)
