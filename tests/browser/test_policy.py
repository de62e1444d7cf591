"""What is brought into a page does not run there, and the page itself does all that it is for."""

import pytest
from playwright.sync_api import Browser, expect

from launcher.supervision.run_file import RunRecord

BRING_IN = """() => {
  const script = document.createElement('script');
  script.textContent = "document.title = 'taken over'";
  document.body.append(script);
  const node = document.createElement('img');
  node.setAttribute('onerror', "document.title = 'taken over'");
  node.setAttribute('style', 'width: 77px');
  node.src = 'data:,';
  document.body.append(node);
  return new Promise(resolve => setTimeout(() => resolve([document.title, node.style.width]), 200));
}"""


@pytest.mark.parametrize("path", ["/", "/v1/docs"])
def test_what_is_brought_into_a_page_does_not_run(
    browser: Browser, exchange: RunRecord, path: str
) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(exchange.market_data_url + path)
        title, width = page.evaluate(BRING_IN)
    assert title != "taken over"
    assert width == ""


def test_the_documentation_shows_its_routes_under_its_policy(
    browser: Browser, exchange: RunRecord
) -> None:
    errors: list[str] = []
    with browser.new_context() as context:
        page = context.new_page()
        page.on("console", lambda each: errors.append(each.text) if each.type == "error" else None)
        for url in (exchange.gateway_url, exchange.market_data_url):
            page.goto(f"{url}/v1/docs")
            expect(page.locator("body")).to_contain_text("/v1/")
    assert errors == []
