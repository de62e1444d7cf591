"""Changes of orders over one WebSocket, at a real exchange: as over HTTP."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from goquant import GatewayClient, GatewayError
from protocol.enums import Reason
from tests.support.gateway_process import Exchange, run_exchange, use_account
from tests.support.redis_server import run_redis


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exchange]:
    folder: Path = tmp_path_factory.mktemp("commands")
    with run_redis(folder) as redis_url, run_exchange(redis_url, folder) as exchange:
        yield exchange


def refuse_http(request: httpx.Request) -> httpx.Response:
    raise AssertionError(f"{request.method} {request.url} is no command")


async def trade(client: GatewayClient) -> list[Any]:
    """Change orders in every way; return what came of it, without what differs by account."""
    kept: list[Any] = []

    def keep(state: Any) -> Any:
        kept.append((state.status, state.quantity, state.remaining_quantity, state.price))
        return state

    low: dict[str, Any] = {"price": "10000"}
    first = keep(await client.submit_order("BTC-USDT", "buy", "1", **low))
    named = keep(await client.submit_order("BTC-USDT", "buy", "2", client_order_id="a.b:1", **low))
    third = keep(await client.submit_order("BTC-USDT", "buy", "3", **low))
    keep(await client.amend_order(first.order_id, quantity="0.9"))
    keep(await client.amend_order_by_client_id("a.b:1", price="10001"))
    keep(await client.amend_order_by_number(third.number, quantity="2.9"))
    orders = [{"symbol": "BTC-USDT", "side": "buy", "quantity": "1", **low, "order_type": "limit"}]
    batch = await client.submit_orders(orders * 2)
    kept.append([item.status for item in batch])
    keep(await client.cancel_order(first.order_id))
    keep(await client.cancel_order_by_client_id("a.b:1"))
    keep(await client.cancel_order_by_number(third.number))
    kept.append((await client.cancel_after(30)).seconds)
    kept.append((await client.cancel_orders("BTC-USDT")).canceled)
    for refused in (
        client.submit_order("NO-SUCH", "buy", "1", **low),
        client.submit_order("BTC-USDT", "buy", "0.0000001", **low),
        client.cancel_order(named.order_id),
        client.cancel_order("17"),
    ):
        with pytest.raises(GatewayError) as caught:
            await refused
        error = caught.value
        kept.append((error.status, error.code, error.field, error.nearest))
    return kept


def test_changes_over_a_websocket_are_those_over_http(exchange: Exchange) -> None:
    async def run(hers: str, his: str) -> None:
        async with (
            GatewayClient(exchange.url, account=hers) as http,
            GatewayClient(
                exchange.url, account=his, over="websocket",
                transport=httpx.MockTransport(refuse_http),
            ) as stream,
        ):  # fmt: skip
            expected = await trade(http)
            assert expected[-1][1] is Reason.UNKNOWN_ORDER
            assert await trade(stream) == expected

    with use_account(exchange) as hers, use_account(exchange) as his:
        asyncio.run(run(hers, his))


def test_other_requests_go_over_http_beside_the_commands(exchange: Exchange) -> None:
    async def run(account: str) -> None:
        async with GatewayClient(exchange.url, account=account, over="websocket") as client:
            placed = await asyncio.gather(
                *(client.submit_order("ETH-USDT", "buy", "1", price="1000") for _ in range(20))
            )
            listed = (await client.list_orders()).orders
            assert {order.order_id for order in listed} == {order.order_id for order in placed}
            assert (await client.cancel_orders()).canceled == 20

    with use_account(exchange) as account:
        asyncio.run(run(account))
