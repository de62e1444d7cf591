"""The real clients, installed as their users install them, after the recipes of CLIENTS.md."""

from pathlib import Path

import pytest

from tests.clients.recipes import run_scenario

SCENARIOS = [
    ("ccxt", "ccxt", "ccxt_trades"),
    ("connector", "binance-connector", "connector_trades"),
    ("python-binance", "python-binance", "python_binance_trades"),
    ("sdk", "binance-sdk-spot", "sdk_trades"),
    ("freqtrade", "freqtrade", "freqtrade_trades"),
    ("nautilus", "nautilus_trader", "nautilus_decodes"),
    ("nautilus", "nautilus_trader", "nautilus_trades"),
]


@pytest.mark.parametrize(("client", "heading", "scenario"), SCENARIOS)
def test_client_trades(
    exchange_url: str, tmp_path: Path, client: str, heading: str, scenario: str
) -> None:
    run_scenario(client, heading, scenario, exchange_url, tmp_path)
