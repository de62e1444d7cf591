"""Order lists through the gateway, engine and archive, by our own client."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from goquant import GatewayClient, GatewayError
from tests.support.gateway_process import Exchange, use_account

WAIT = 30
"""Seconds that an answer may wait for an engine that is a thread of the test."""
PROFIT: dict[str, Any] = {"side": "sell", "order_type": "post_only", "price": "90000"}
LOSS: dict[str, Any] = {"side": "sell", "order_type": "stop_loss", "stop_price": "100"}
LEGS = [leg | {"quantity": "1"} for leg in (PROFIT, LOSS)]
ENTRY: dict[str, Any] = {
    "side": "buy",
    "order_type": "limit",
    "quantity": "1",
    "price": "150",
    "client_order_id": "entry",
}


def play(exchange: Exchange, scenario: Callable[[GatewayClient], Awaitable[None]]) -> None:
    async def run(account: str) -> None:
        async with GatewayClient(exchange.url, account=account, wait=WAIT) as alice:
            await scenario(alice)

    with use_account(exchange) as account:
        asyncio.run(run(account))


def test_list_is_submitted_read_and_canceled(exchange: Exchange) -> None:
    async def scenario(alice: GatewayClient) -> None:
        placed = await alice.submit_list("oco", "BTC-USDT", LEGS, client_list_id="mine")
        assert (placed.list_type, placed.client_list_id) == ("oco", "mine")
        assert [order.status for order in placed.orders] == ["open", "open"]
        assert placed.list_id is not None
        known = await alice.read_list(placed.list_id)
        ids = [order.order_id for order in placed.orders]
        assert [order.order_id for order in known.orders] == ids
        for order in known.orders:
            assert order.list is not None
            assert (order.list.order_ids, order.list.state) == (ids, "active")
        done = await alice.cancel_list(placed.list_id)
        assert [order.status for order in done.orders] == ["canceled", "canceled"]
        again = await alice.read_list_by_client_id("mine")
        assert [order.reason for order in again.orders] == ["cancel_requested"] * 2

    play(exchange, scenario)


def test_pending_orders_of_a_bracket_wait(exchange: Exchange) -> None:
    async def scenario(alice: GatewayClient) -> None:
        placed = await alice.submit_list("otoco", "BTC-USDT", [ENTRY, *LEGS], client_list_id="b")
        states = [order.list.state for order in placed.orders if order.list]
        assert states == ["active", "pending", "pending"]
        canceled = await alice.cancel_order_by_number(placed.orders[1].number or 0)
        assert canceled.status == "canceled"
        known = await alice.read_list_by_client_id("b")
        assert [order.status for order in known.orders] == ["canceled"] * 3
        with pytest.raises(GatewayError) as caught:
            await alice.cancel_list_by_client_id("b")
        assert (caught.value.status, caught.value.code) == (404, "unknown_list")

    play(exchange, scenario)


def test_refused_list_names_the_order_at_fault(exchange: Exchange) -> None:
    async def scenario(alice: GatewayClient) -> None:
        with pytest.raises(GatewayError) as caught:
            await alice.submit_list(
                "oco", "BTC-USDT", [LEGS[0], LEGS[1] | {"stop_price": "100.001"}]
            )
        assert (caught.value.status, caught.value.code) == (422, "off_tick")
        assert caught.value.field == "orders[1].stop_price"
        with pytest.raises(GatewayError) as caught:
            await alice.submit_list("oco", "BTC-USDT", [LEGS[0], LEGS[1] | {"quantity": "2"}])
        assert (caught.value.code, caught.value.field) == ("invalid_list", "orders[1]")
        with pytest.raises(GatewayError) as caught:
            await alice.read_list(1)
        assert (caught.value.status, caught.value.code) == (404, "unknown_list")
        orders = await alice.list_orders(status="open")
        assert orders.orders == []

    play(exchange, scenario)
