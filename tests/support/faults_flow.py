"""A flow of commands of every kind, drawn from a seed."""

import json
import random
from typing import Any

_TYPES = [
    *["limit"] * 6, "market", "ioc", "fok", "post_only",
    "stop_loss", "stop_limit", "take_profit", "take_profit_limit",
]  # fmt: skip
_PRICED = {"limit", "ioc", "fok", "post_only", "stop_limit", "take_profit_limit"}
_PREVENTIONS = ["none", "none", "cancel_taker", "cancel_maker", "cancel_both", "decrement"]
_ACCOUNTS = ["alice", "bob", "carol"]
_GARBAGE = [b"", b"\x00\xff", b"[]", b'{"price":1}', b'{"command":"dead"}']


def draw_flow(seed: int, count: int) -> list[bytes]:
    """`count` queue entries; the new orders have the ids 1, 2, …, now and then one again."""
    generator = random.Random(seed)
    return [_draw_entry(generator, number) for number in range(1, count + 1)]


def _draw_entry(generator: random.Random, number: int) -> bytes:
    kind = generator.random()
    if kind < 0.02:
        return generator.choice(_GARBAGE)
    if kind < 0.12:
        command = _name_order(generator, number, "cancel")
    elif kind < 0.24:
        command = _draw_amend(generator, number)
    elif kind < 0.25:
        command = {"command": "cancel_all", "account": generator.choice(_ACCOUNTS)}
    else:
        command = _draw_order(generator, number)
    return json.dumps(command).encode()


def _name_order(generator: random.Random, number: int, command: str) -> dict[str, Any]:
    order_id = str(generator.randint(1, number))
    return {"command": command, "order_id": order_id, "account": generator.choice(_ACCOUNTS)}


def _draw_amend(generator: random.Random, number: int) -> dict[str, Any]:
    amend = _name_order(generator, number, "amend")
    for field, chance, low, high in (
        ("quantity", 0.6, 1, 12), ("price", 0.5, 90, 110), ("stop_price", 0.1, 90, 110),
    ):  # fmt: skip
        if generator.random() < chance:
            amend[field] = str(generator.randint(low, high))
    return amend


def _draw_order(generator: random.Random, number: int) -> dict[str, Any]:
    order_type = generator.choice(_TYPES)
    is_repeat = generator.random() < 0.03
    order_id = generator.randint(1, number) if is_repeat else number
    order = {
        "symbol": generator.choice(["BTC-USDT", "ETH-USDT"]),
        "side": generator.choice(["buy", "sell"]),
        "order_type": order_type,
        "quantity": str(generator.randint(1, 9)),
        "account": generator.choice(_ACCOUNTS),
        "order_id": str(order_id),
        "client_order_id": f"client-{order_id}",
        "self_trade_prevention": generator.choice(_PREVENTIONS),
    }
    if order_type in _PRICED:
        order["price"] = str(generator.randint(90, 110))
    if order_type.startswith(("stop", "take")):
        order["stop_price"] = str(generator.randint(90, 110))
    return order
