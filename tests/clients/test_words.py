"""Every word that exchangeInfo can have is one that the strictest clients know."""

import json
from pathlib import Path

import pytest

from binance_gateway.account.open_limits import MostOpen
from binance_gateway.words.enums import SymbolStatus
from binance_gateway.words.filters import Filters
from binance_gateway.words.symbols import Symbols
from protocol.instrument import parse_instruments
from tests.clients.recipes import run_scenario
from tests.support.binance import BinanceClient

BANDED = """
[[instrument]]
symbol = "BTC-USDT"
base_asset = "BTC"
quote_asset = "USDT"
tick_size = "0.01"
lot_size = "0.00001"
price_band = "0.1"
"""


@pytest.mark.parametrize(
    ("client", "heading", "scenario"),
    [
        ("nautilus", "nautilus_trader", "nautilus_words"),
        ("sdk", "binance-sdk-spot", "sdk_words"),
    ],
)
def test_client_knows_every_word(
    client: str,
    heading: str,
    scenario: str,
    exchange_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asking = BinanceClient(exchange_url, "reader")
    info = asking.ask("GET", "exchangeInfo").json()
    asking.close()
    (banded,) = Symbols(parse_instruments(BANDED))
    most = MostOpen(200, 5, 10, 20, 10, {"BTC": 1_000_000_000})
    rare = {"filters": Filters(banded, most.describe("BTC")).describe()}
    info["symbols"] += [
        info["symbols"][0] | rare | {"symbol": f"{status}USDT", "status": status}
        for status in SymbolStatus
    ]
    file = tmp_path / "exchange_info.json"
    file.write_text(json.dumps(info))
    monkeypatch.setenv("EXCHANGE_INFO", str(file))
    run_scenario(client, heading, scenario, exchange_url, tmp_path)
