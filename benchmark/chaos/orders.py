"""What the clients send: orders of every type on two symbols, and amends."""

import random
from typing import Any

PRICES = {"BTC-USDT": 60_000, "ETH-USDT": 3_000}
"""Symbol → the middle of its prices."""
_SPREAD = 25
_TYPES = [
    *["limit"] * 9, "ioc", "fok", "post_only", "market",
    "stop_loss", "stop_limit", "take_profit", "take_profit_limit",
]  # fmt: skip
_TRIGGERED = {"stop_loss", "stop_limit", "take_profit", "take_profit_limit"}
_WITHOUT_PRICE = {"market", "stop_loss", "take_profit"}
_PREVENTIONS = [*["none"] * 5, "cancel_maker", "cancel_both", "decrement"]


def draw_order(generator: random.Random, client_order_id: str) -> dict[str, Any]:
    """Draw the body of a new order."""
    symbol = generator.choice([*["BTC-USDT"] * 3, "ETH-USDT"])
    order_type = generator.choice(_TYPES)
    order = {
        "symbol": symbol,
        "side": generator.choice(["buy", "sell"]),
        "order_type": order_type,
        "quantity": _draw_quantity(generator),
        "client_order_id": client_order_id,
        "self_trade_prevention": generator.choice(_PREVENTIONS),
    }
    if order_type not in _WITHOUT_PRICE:
        order["price"] = _draw_price(generator, symbol)
    if order_type in _TRIGGERED:
        order["stop_price"] = _draw_price(generator, symbol)
    return order


def draw_binance_order(generator: random.Random, client_order_id: str) -> dict[str, str]:
    """Draw the parameters of a new order at the Binance gateway."""
    symbol = generator.choice([*["BTC-USDT"] * 3, "ETH-USDT"])
    kind = generator.choice(["LIMIT", "LIMIT", "LIMIT_MAKER", "MARKET"])
    order = {
        "symbol": symbol.replace("-", ""),
        "side": generator.choice(["BUY", "SELL"]),
        "type": kind,
        "quantity": _draw_quantity(generator),
        "newClientOrderId": client_order_id,
    }
    if kind != "MARKET":
        order["price"] = _draw_price(generator, symbol)
    if kind == "LIMIT":
        order["timeInForce"] = generator.choice(["GTC", "GTC", "IOC", "FOK"])
    return order


def draw_amend(generator: random.Random, symbol: str) -> dict[str, Any]:
    """Draw the body of an amend: another total, another price, or both."""
    amend = {"quantity": _draw_quantity(generator), "price": _draw_price(generator, symbol)}
    left_out = generator.choice([None, *amend])
    return {name: value for name, value in amend.items() if name != left_out}


def _draw_quantity(generator: random.Random) -> str:
    return f"0.{generator.randint(1, 99):02d}"


def _draw_price(generator: random.Random, symbol: str) -> str:
    return str(PRICES[symbol] + generator.randint(-_SPREAD, _SPREAD))
