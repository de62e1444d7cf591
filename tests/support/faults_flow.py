"""A flow of commands of every kind, drawn from a seed."""

import json
import random
from typing import Any, NamedTuple

from engine.exchange.own_entries import make_configuration, make_timer_entry
from protocol.limits import TradingLimits

_TYPES = [
    *["limit"] * 6, "market", "ioc", "fok", "post_only",
    "stop_loss", "stop_limit", "take_profit", "take_profit_limit",
]  # fmt: skip
_PRICED = {"limit", "ioc", "fok", "post_only", "stop_limit", "take_profit_limit"}
_PREVENTIONS = ["none", "none", "cancel_taker", "cancel_maker", "cancel_both", "decrement"]
_ACCOUNTS = ["alice", "bob", "carol"]
_NAMES = [f"name-{number}" for number in range(6)]
_OWN_SYMBOL = "SOL-USDT"
_GARBAGE = [b"", b"\x00\xff", b"[]", b'{"price":1}', b'{"command":"dead"}']


TIMER_SECONDS = 5


class Flow(NamedTuple):
    """Commands before and after a timer's end; the first one after it lets the timer fire.

    So no engine has to push that one itself, which a second engine would do again.
    """

    first: list[bytes]
    rest: list[bytes]


def draw_every_kind(seed: int, count: int, end: int, *limits: TradingLimits) -> Flow:
    """Draw a flow with something of each kind in it; the timer ends before `end` (microseconds).

    `limits` come into force one after the other, with some orders after each.
    """
    drawn = draw_flow(seed, count)
    first, rest = drawn[: count * 3 // 4], drawn[count * 3 // 4 :]
    middle = len(first) // 2
    fixed = [_encode(entry) for entry in _list_every_kind()]
    for number, limit in enumerate(limits):
        orders = [_rest("sell", 3_000 + 10 * number + place) for place in range(3)]
        fixed += [make_configuration(limit), *map(_encode, orders)]
    return Flow([*first[:middle], *fixed, *first[middle:]], [make_timer_entry(end), *rest])


def _list_every_kind() -> list[dict[str, Any] | bytes]:
    """List commands of each kind, on a symbol of their own, so that each has its effect."""
    waiting = _rest("buy", 2_008) | {"order_type": "stop_limit", "stop_price": "101"}
    return [
        _rest("sell", 2_001), _rest("sell", 2_002) | {"price": "101"},
        _rest("buy", 2_003) | {"order_type": "fok", "quantity": "3"},  # filled
        _rest("buy", 2_004) | {"order_type": "fok", "quantity": "99"},  # killed
        _rest("buy", 2_005) | {"order_type": "post_only"},  # would trade
        waiting, _rest("buy", 2_009) | {"price": "101", "order_type": "ioc", "quantity": "3"},
        _rest("sell", 2_001), b"\x00\xff", b"[]", {"command": "dead"},
        {"command": "amend", "order_id": "2002", "account": "seller", "quantity": "7"},
        {"command": "halt", "symbol": _OWN_SYMBOL},
        _rest("sell", 2_010),
        {"command": "amend", "order_id": "2002", "account": "seller", "quantity": "6"},
        {"command": "resume", "symbol": _OWN_SYMBOL},
        {"command": "clear_queue", "quantity": "2"}, _rest("sell", 2_011), _rest("buy", 2_012),
        _rest("sell", 2_013) | {"price": "105"},
        {"command": "cancel", "order_id": "2013", "account": "seller"},
        _rest("buy", 2_014) | {"price": "90"}, {"command": "cancel_all", "account": "buyer"},
        _rest("sell", 2_015) | {"account": "sleeper"},
        {"command": "cancel_after", "account": "sleeper", "seconds": TIMER_SECONDS},
    ]  # fmt: skip


def _rest(side: str, order_id: int) -> dict[str, Any]:
    return {
        "symbol": _OWN_SYMBOL, "side": side, "order_type": "limit", "quantity": "5",
        "price": "100", "account": "buyer" if side == "buy" else "seller",
        "order_id": str(order_id), "client_order_id": f"client-{order_id}",
    }  # fmt: skip


def _encode(entry: dict[str, Any] | bytes) -> bytes:
    return entry if isinstance(entry, bytes) else json.dumps(entry).encode()


def draw_flow(seed: int, count: int) -> list[bytes]:
    """Draw `count` queue entries; new orders have the ids 1, 2, …, now and then one again."""
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
    elif kind < 0.35:
        draw = generator.choice([_draw_replace] * 3 + [_draw_list] * 5 + [_draw_cancel_list])
        command = draw(generator, number)
    elif kind < 0.36:
        command = {"command": "barrier"}
    else:
        command = _draw_order(generator, number)
    return json.dumps(command).encode()


def _name_order(generator: random.Random, number: int, command: str) -> dict[str, Any]:
    return {
        "command": command, "account": generator.choice(_ACCOUNTS), **_draw_name(generator, number)
    }  # fmt: skip


def _draw_name(generator: random.Random, number: int) -> dict[str, Any]:
    """Name an order by id, number, or a name that several have after each other."""
    name: dict[str, Any] = generator.choice(
        [
            {"order_id": str(generator.randint(1, number))},
            {"number": 64 * generator.randint(1, number)},
            {"client_order_id": generator.choice(_NAMES)},
        ]
    )
    if generator.random() < 0.2:
        name["restriction"] = generator.choice(["only_new", "only_partially_filled"])
    if generator.random() < 0.2:
        name["cancel_id"] = f"cancel-{number}"
    return name


def _draw_replace(generator: random.Random, number: int) -> dict[str, Any]:
    order = _draw_order(generator, number) | {"client_order_id": generator.choice(_NAMES)}
    order.pop("order_id", None)
    order.pop("unique", None)
    mode = generator.choice(["stop_on_failure", "allow_failure"])
    replaced = _draw_name(generator, number)
    return order | {"command": "replace", "replaced": replaced, "mode": mode}


def _draw_cancel_list(generator: random.Random, _number: int) -> dict[str, Any]:
    return {
        "command": "cancel_list", "account": generator.choice(_ACCOUNTS),
        "client_list_id": generator.choice(_NAMES),
    }  # fmt: skip


def _draw_list(generator: random.Random, _number: int) -> dict[str, Any]:
    list_type = generator.choice(["oco", "oto", "otoco", "opo", "opoco"])
    pending = "buy" if list_type in {"oco", "oto", "otoco"} and generator.random() < 0.5 else "sell"
    low, high = (str(generator.randint(*ends)) for ends in ((94, 99), (101, 106)))
    profit, loss = (high, low) if pending == "sell" else (low, high)
    orders = [
        {"side": pending, "order_type": "post_only", "price": profit},
        {"side": pending, "order_type": "stop_loss", "stop_price": loss},
    ]
    quantity = str(generator.randint(1, 9))
    if list_type in {"oto", "opo"}:
        orders = [generator.choice(orders)]
    if not list_type.startswith("opo"):
        orders = [order | {"quantity": quantity} for order in orders]
    if list_type != "oco":
        working = {
            "side": "sell" if pending == "buy" else "buy", "order_type": "limit",
            "price": str(generator.randint(97, 103)), "quantity": quantity,
        }  # fmt: skip
        if generator.random() < 0.3:
            working |= {"order_type": "ioc"}
        orders = [working, *orders]
    return {
        "command": "new_list", "account": generator.choice(_ACCOUNTS), "list_type": list_type,
        "symbol": generator.choice(["BTC-USDT", "ETH-USDT"]), "orders": orders,
        "client_list_id": generator.choice(_NAMES),
    }  # fmt: skip


def _draw_amend(generator: random.Random, number: int) -> dict[str, Any]:
    amend = _name_order(generator, number, "amend")
    for field, chance, low, high in (
        ("quantity", 0.6, 1, 12), ("price", 0.5, 90, 110), ("stop_price", 0.1, 90, 110),
    ):  # fmt: skip
        if generator.random() < chance:
            amend[field] = str(generator.randint(low, high))
    if generator.random() < 0.2:
        amend["new_client_order_id"] = generator.choice(_NAMES)
    if generator.random() < 0.2:
        amend["only_lower"] = True
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
    if generator.random() < 0.1:
        del order["order_id"]
        order |= {"unique": "open", "client_order_id": generator.choice(_NAMES)}
    return order
