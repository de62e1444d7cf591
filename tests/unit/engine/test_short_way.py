"""Which entries go the short way, and what was once told otherwise there than by the long one."""

import json
from typing import Any

import pytest

from engine.core import IMPLEMENTATION
from engine.order_path.handler import Handler
from tests.support.both_ways import BothWays
from tests.support.exchange import Exchange, Json

pytestmark = pytest.mark.skipif(IMPLEMENTATION != "cython", reason="there is no short way")

ORDER: Json = {
    "symbol": "BTC-USDT", "side": "buy", "order_type": "limit", "quantity": "10", "price": "100",
    "account": "alice", "client_order_id": "first",
}  # fmt: skip
MARKET: Json = {name: ORDER[name] for name in ORDER if name not in ("quantity", "price")}
NEW_ORDERS: dict[str, Json] = {
    "ioc": {"time_in_force": "ioc"},
    "fok": {"time_in_force": "fok"},
    "day": {"time_in_force": "day"},
    "gtd": {"time_in_force": "gtd", "expires_at": "2100-01-01T00:00:00Z"},
    "iceberg": {"display_quantity": "1"},
    "off the tick": {"price": "100.005"},
    "off the lot": {"quantity": "0.000001"},
    "a price of other form": {"price": "1e2"},
    "a date that is over": {"time_in_force": "gtd", "expires_at": "2000-01-01T00:00:00Z"},
}
CHANGES: dict[str, Json] = {
    "cancel by number": {"command": "cancel", "number": 64},
    "cancel with a name": {"command": "cancel", "client_order_id": "first", "cancel_id": "mine"},
    "restricted cancel": {"command": "cancel", "number": 64, "restriction": "only_new"},
    "amend": {"command": "amend", "number": 64, "quantity": "5"},
    "amend off the tick": {"command": "amend", "number": 64, "price": "99.995"},
    "amend to no decimal": {"command": "amend", "number": 64, "price": "-1"},
    "replace": ORDER | {"command": "replace", "replaced": {"number": 64}, "price": "99"},
}


def fail(*_arguments: Any) -> None:
    raise AssertionError("the long way was taken")


@pytest.fixture
def exchange(monkeypatch: pytest.MonkeyPatch) -> Exchange:
    """Alice has an open order; from now on nothing goes the long way."""
    exchange = Exchange()
    exchange.send(ORDER)
    monkeypatch.setattr(Handler, "_take", fail)
    return exchange


@pytest.mark.parametrize("kind", NEW_ORDERS)
def test_new_order_goes_the_short_way(exchange: Exchange, kind: str) -> None:
    assert exchange.send(ORDER | {"client_order_id": "second"} | NEW_ORDERS[kind]).taken


def test_market_by_amount_goes_the_short_way(exchange: Exchange) -> None:
    order = MARKET | {"order_type": "market", "quote_quantity": "1000", "client_order_id": "second"}
    assert exchange.send(order).taken


@pytest.mark.parametrize("kind", CHANGES)
def test_change_goes_the_short_way(exchange: Exchange, kind: str) -> None:
    assert exchange.send({"account": "alice"} | CHANGES[kind]).taken


@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
@pytest.mark.parametrize("kind", NEW_ORDERS)
def test_both_ways_tell_the_same(kind: str, change: Json) -> None:
    both = BothWays(has_ledger=True, has_limits=True)
    both.send(*map(to_entry, (ORDER, ORDER | {"client_order_id": "second"} | NEW_ORDERS[kind])))
    both.send(to_entry({"account": "alice"} | change))
    both.send(to_entry({"account": "alice", "reply_to": "worker", "request_id": "1"} | change))
    both.compare_states()


def to_entry(entry: Json) -> bytes:
    return json.dumps(entry).encode()
