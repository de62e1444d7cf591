"""Drawn flows for an exchange that is being kept: into its list, and over REST."""

import json
from collections.abc import Iterator
from random import Random

from tests.support.kept_exchange.files import Json
from tests.support.kept_exchange.stage import Stage

TYPES = (
    *["limit"] * 6, "market", "ioc", "fok", "post_only", "stop_loss", "stop_limit", "take_profit",
    "take_profit_limit",
)  # fmt: skip
MODES = ("none", "none", "none", "cancel_taker", "cancel_maker", "cancel_both", "decrement")
ACCOUNTS = 6
CENTRE, DEVIATION = 100.0, 2.0
CHANGES, BATCHES = 0.25, 0.1
"""Shares of what happens over REST; the rest are single orders."""
RECENT = 40


def draw_entries(seed: int) -> Iterator[bytes]:
    """Entries without end for BTC-USDT and ETH-USDT; now and then one that cannot be right."""
    random = Random(seed)
    number = 0
    while True:
        kind = random.random()
        recent = random.randrange(max(0, number - RECENT), number + 1)
        account = f"hand-{(recent if random.random() < 0.9 else number) % ACCOUNTS}"
        named = {"order_id": str(recent + 1), "account": account}
        if kind < 0.12:
            entry: Json = {"command": "cancel", **named}
        elif kind < 0.3:
            entry = {"command": "amend", **named, **_draw_change(random, CENTRE)}
        elif kind < 0.305:
            entry = {"command": "cancel_all", "account": account}
        else:
            number += 1
            entry = _draw_entry(random, number)
        yield json.dumps(entry).encode()


def play_market(stage: Stage, random: Random, symbol: str, centre: float, rounds: int) -> None:
    """Single orders, batches, amends and cancels around one price."""
    for number in range(rounds):
        kind = random.random()
        earlier = random.randrange(max(0, number - RECENT), number + 1)
        account = f"trader-{(number if kind >= CHANGES else earlier) % ACCOUNTS}"
        path = f"/v1/orders/by-client-id/{symbol}-{earlier}"
        if kind >= 1 - BATCHES:
            orders = [_draw_order(random, symbol, centre) for _ in range(random.randint(2, 8))]
            stage.ask(account, "POST", "/v1/orders/batch?response=result", {"orders": orders})
        elif kind < CHANGES / 2:
            stage.ask(account, "PATCH", path, _draw_change(random, centre))
        elif kind < CHANGES:
            stage.ask(account, "DELETE", path)
        else:
            order = _draw_order(random, symbol, centre) | {"client_order_id": f"{symbol}-{number}"}
            mode = random.choice(("ack", "result", "full"))
            stage.ask(account, "POST", f"/v1/orders?response={mode}", order)
    stage.settle()


def _draw_entry(random: Random, number: int) -> Json:
    """An order with an id of its own, or now and then another's; every other one has a name."""
    if random.random() < 0.02:
        number = random.randrange(1, number + 1)
    order = _draw_order(random, random.choice(("BTC-USDT", "ETH-USDT")), CENTRE)
    order |= {"order_id": str(number), "account": f"hand-{(number - 1) % ACCOUNTS}"}
    order["quantity"] = f"{random.uniform(0.01, 9):.4f}"
    return order | ({"client_order_id": f"hand:{number}"} if number % 2 else {})


def _draw_order(random: Random, symbol: str, centre: float) -> dict[str, str]:
    kind = random.choice(TYPES)
    order = {
        "symbol": symbol,
        "side": random.choice(("buy", "sell")),
        "order_type": kind,
        "quantity": str(random.randint(5, 900)),
        "self_trade_prevention": random.choice(MODES),
    }
    if kind not in {"market", "stop_loss", "take_profit"}:
        order["price"] = _draw_price(random, centre)
    if kind.startswith(("stop", "take")):
        order["stop_price"] = _draw_price(random, centre)
    return order


def _draw_change(random: Random, centre: float) -> dict[str, str]:
    """Now and then nothing at all, or a stop price for whatever order it is."""
    change = {}
    if random.random() < 0.6:
        change["quantity"] = str(random.randint(1, 9 if centre == CENTRE else 900))
    if random.random() < 0.4:
        change["price"] = _draw_price(random, centre)
    if random.random() < 0.1:
        change["stop_price"] = _draw_price(random, centre)
    return change


def _draw_price(random: Random, centre: float) -> str:
    """Within a few hundredths of `centre`, on the grid."""
    price = random.gauss(centre, centre * DEVIATION / 100)
    return f"{price:.2f}" if centre >= 1 else f"{price:.4f}"
