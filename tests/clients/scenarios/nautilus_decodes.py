"""nautilus_trader: its own structs and enums decode what is answered, or it does not start."""

import hashlib
import hmac
import time
import urllib.request
from typing import Any

import msgspec
from nautilus_trader.adapters.binance.common.schemas.account import BinanceOrder, BinanceUserTrade
from nautilus_trader.adapters.binance.common.schemas.market import (
    BinanceDepth,
    BinanceKline,
    BinanceTicker24hr,
    BinanceTime,
    BinanceTrade,
)
from nautilus_trader.adapters.binance.spot.schemas.account import BinanceSpotAccountInfo
from nautilus_trader.adapters.binance.spot.schemas.market import BinanceSpotExchangeInfo
from nautilus_trader.adapters.binance.spot.schemas.wallet import BinanceSpotTradeFee

from tests.clients.scenarios.recipes import Names, run_recipes

SYMBOL = "symbol=BTCUSDT"
SIGNED: list[tuple[str, str, Any]] = [
    ("/sapi/v1/asset/tradeFee", "", list[BinanceSpotTradeFee]),
    ("/api/v3/account", "", BinanceSpotAccountInfo),
    ("/api/v3/openOrders", SYMBOL, list[BinanceOrder]),
    ("/api/v3/allOrders", SYMBOL, list[BinanceOrder]),
    ("/api/v3/myTrades", SYMBOL, list[BinanceUserTrade]),
]
PUBLIC: list[tuple[str, str, Any]] = [
    ("/api/v3/time", "", BinanceTime),
    ("/api/v3/exchangeInfo", "", BinanceSpotExchangeInfo),
    ("/api/v3/depth", f"{SYMBOL}&limit=1000", BinanceDepth),
    ("/api/v3/trades", SYMBOL, list[BinanceTrade]),
    ("/api/v3/klines", f"{SYMBOL}&interval=1m", list[BinanceKline]),
    ("/api/v3/ticker/24hr", SYMBOL, BinanceTicker24hr),
]
LIMIT = f"{SYMBOL}&type=LIMIT&quantity=0.02&price=60000"


def decode(mine: Names, other: Names) -> None:
    """Trade a little, and decode every answer that the adapter reads."""
    ask(other, "POST", "/api/v3/order", f"{LIMIT}&side=SELL&timeInForce=GTC")
    placed = ask(mine, "POST", "/api/v3/order", f"{LIMIT}&side=BUY&timeInForce=IOC")
    assert msgspec.json.decode(placed, type=BinanceOrder).executedQty == "0.02000000"
    for price in ("50000", "49000"):
        ask(mine, "POST", "/api/v3/order", f"{LIMIT[:-5]}{price}&side=BUY&timeInForce=GTC")
    for path, query, kind in SIGNED:
        assert msgspec.json.decode(ask(mine, "GET", path, query), type=kind)
    for path, query, kind in PUBLIC:
        assert msgspec.json.decode(fetch(mine, "GET", f"{path}?{query}"), type=kind)
    ask(mine, "DELETE", "/api/v3/openOrders", SYMBOL)


def ask(names: Names, method: str, path: str, query: str) -> bytes:
    """Return the answer to a signed request."""
    query = "&".join(filter(None, (query, f"timestamp={time.time_ns() // 1_000_000}")))
    secret = names["config"].api_secret.encode()
    signature = hmac.new(secret, query.encode(), hashlib.sha256).hexdigest()
    return fetch(names, method, f"{path}?{query}&signature={signature}")


def fetch(names: Names, method: str, target: str) -> bytes:
    """Return the answer to a request."""
    config = names["config"]
    request = urllib.request.Request(
        config.base_url_http + target, method=method, headers={"X-MBX-APIKEY": config.api_key}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        body: bytes = answer.read()
        return body


if __name__ == "__main__":
    run_recipes(decode)
