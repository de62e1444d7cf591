"""An account with more orders and trades than a page has, read to the last by real clients."""

from pathlib import Path

import httpx
import pytest

from launcher.supervision.run_file import RunRecord
from tests.clients.recipes import run_scenario
from tests.clients.scenarios.ccxt_pages import EXPECTED
from tests.support.binance import BinanceClient
from tests.support.waiting import wait_until

ACCOUNTS = ("many-orders", "one-order")
BATCH = 500
ORDER = {"symbol": "BTC-USDT", "order_type": "limit", "price": "60000"}


@pytest.fixture(scope="module")
def many(exchange: RunRecord) -> tuple[str, str]:
    """The accounts, of which the first has traded so often with one order of the second."""
    mine, other = ACCOUNTS
    sale = ORDER | {"side": "sell", "quantity": f"{EXPECTED / 100_000:.5f}"}
    order = ORDER | {"side": "buy", "quantity": "0.00001"}
    place(exchange, other, [sale])
    for first in range(0, EXPECTED, BATCH):
        place(exchange, mine, [order] * min(BATCH, EXPECTED - first))
    assert exchange.binance_url is not None
    client = BinanceClient(exchange.binance_url, other)

    def is_archived() -> bool:
        [sold] = client.get("allOrders", symbol="BTCUSDT")
        return bool(sold["status"] == "FILLED")

    wait_until(is_archived, "everything that has traded is in the archive")
    client.close()
    return ACCOUNTS


def place(exchange: RunRecord, account: str, orders: list[dict[str, str]]) -> None:
    """Place orders natively, many at a time."""
    answer = httpx.post(
        f"{exchange.gateway_url}/v1/orders/batch", json={"orders": orders},
        headers={"X-Account": account}, timeout=60, trust_env=False,
    )  # fmt: skip
    answer.raise_for_status()
    assert {each["status"] for each in answer.json()["results"]} == {201}


@pytest.mark.parametrize(
    ("client", "heading", "scenario"),
    [
        ("ccxt", "ccxt", "ccxt_pages"),
        ("python-binance", "python-binance", "python_binance_pages"),
    ],
)
def test_client_reads_every_page(
    exchange_url: str, tmp_path: Path, many: tuple[str, str], client: str, heading: str,
    scenario: str,
) -> None:  # fmt: skip
    run_scenario(client, heading, scenario, exchange_url, tmp_path, accounts=many)
