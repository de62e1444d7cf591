"""What an entry of each kind costs on the whole path: JSON in, journal fields and messages out."""

import json
import random
from collections.abc import Iterator
from typing import Any

from benchmark.core.order_path import time_entries
from benchmark.core.rounds import Rounds
from benchmark.shared.figures import Figures

ORDERS = 10_000
ACCOUNTS = 50
_MIDDLE = 6_000_000
_TIMES: dict[str, dict[str, str]] = {
    "ioc": {"time_in_force": "ioc"},
    "fok": {"time_in_force": "fok"},
    "day": {"time_in_force": "day"},
    "gtd": {"time_in_force": "gtd", "expires_at": "2100-01-01T00:00:00Z"},
}
Entry = dict[str, Any]


def report_entry_kinds(rounds: int, figures: Figures) -> None:
    """Print what an entry of each kind costs."""
    print("JSON in, events out, an entry of each kind:")
    for kind, entries in make_kinds():
        times = Rounds([time_entries(entries) for _ in range(rounds)])
        figures[f"JSON in, events out, {kind}: us an entry"] = times.median / 1000
        print(f"  {kind:<16}{times:.0f} ns")


def make_kinds(seed: int = 1) -> Iterator[tuple[str, list[bytes]]]:
    """Make entries of each kind; changes are of orders that half of their entries bring."""
    plain = list(_make_orders(random.Random(seed)))
    yield "plain", [_encode(order) for order in plain]
    yield "blanks", [json.dumps(order).encode() for order in plain]
    yield "off the tick", [_encode(order | {"price": order["price"] + "5"}) for order in plain]
    for name, fields in _TIMES.items():
        yield name, [_encode(order | fields) for order in plain]
    iceberg = {"quantity": "1.00000", "display_quantity": "0.10000"}
    yield "iceberg", [_encode(order | iceberg) for order in plain]
    yield "amount", [_encode(_to_amount(order)) for order in plain]
    first = [_encode(order) for order in plain[: ORDERS // 2]]
    for kind in ("cancel", "amend", "replace"):
        yield kind, first + [_encode(_change(kind, order)) for order in plain[: ORDERS // 2]]


def _encode(entry: Entry) -> bytes:
    return json.dumps(entry, separators=(",", ":")).encode()


def _make_orders(chance: random.Random) -> Iterator[Entry]:
    """Make limit orders that come to rest."""
    for number in range(1, ORDERS + 1):
        side, distance = chance.choice(("buy", "sell")), chance.randrange(1, 20_000)
        ticks = _MIDDLE - distance if side == "buy" else _MIDDLE + distance
        yield {
            "symbol": "BTC-USDT",
            "side": side,
            "order_type": "limit",
            "quantity": f"{chance.random() + 0.01:.5f}",
            "price": f"{ticks // 100}.{ticks % 100:02d}",
            "order_id": str(number),
            "client_order_id": f"{number:031x}",
            "account": f"account-{number % ACCOUNTS}",
        }


def _to_amount(order: Entry) -> Entry:
    """Make a market order by amount, which finds an empty book."""
    named = {name: order[name] for name in order if name not in ("price", "quantity")}
    return named | {"order_type": "market", "quote_quantity": "1000"}


def _change(kind: str, order: Entry) -> Entry:
    if kind == "replace":
        target = {"order_id": order["order_id"]}
        named = {name: order[name] for name in order if name != "order_id"}
        return named | {
            "command": kind,
            "client_order_id": f"again-{order['order_id']}",
            "replaced": target,
        }
    named = {name: order[name] for name in ("order_id", "account")} | {"command": kind}
    return named | ({"quantity": "0.00500"} if kind == "amend" else {})
