"""Clients that repeat what a broken connection left open: each order exists exactly once."""

import asyncio
from pathlib import Path

from sqlalchemy import create_engine, text

from goquant import GatewayClient, GatewayError, GatewayUnreachable
from tests.support.archive_service import wait_until_archive_is_there
from tests.support.engine_service import wait_until_drained
from tests.support.gateway import run_proxy
from tests.support.gateway_process import run_exchange
from tests.support.redis_client import open_redis

CLIENTS = 50
ORDERS_EACH = 8
ANSWERS_TO_A_CUT = 30


async def submit_all(url: str, number: int) -> list[str]:
    """The ids of a client's orders, each repeated until there is an answer."""
    order_ids = []
    async with GatewayClient(url, account=f"client-{number}") as client:
        for count in range(ORDERS_EACH):
            order_ids.append(await submit_until_answered(client, f"order-{count}"))
    return order_ids


async def submit_until_answered(client: GatewayClient, name: str) -> str:
    while True:
        try:
            order = await client.submit_order(
                "BTC-USDT", "buy", "0.1", price="60000", client_order_id=name
            )
        except GatewayUnreachable:
            continue
        except GatewayError as error:
            if error.status != 503:  # Redis kept it waiting
                raise
        else:
            return order.order_id


def test_each_client_order_id_is_exactly_one_order(redis_url: str, tmp_path: Path) -> None:
    async def run(url: str) -> list[list[str]]:
        async with run_proxy(url.replace("http", "redis")) as proxy:
            proxy.replies_to_a_cut = ANSWERS_TO_A_CUT
            entrance = proxy.url.replace("redis", "http").removesuffix("/0")
            answered = await asyncio.gather(
                *(submit_all(entrance, number) for number in range(CLIENTS))
            )
        assert proxy.cuts >= CLIENTS * ORDERS_EACH // ANSWERS_TO_A_CUT - 1
        return answered

    with run_exchange(redis_url, tmp_path, count=2) as exchange:
        answered = asyncio.run(run(exchange.url))
        with open_redis(redis_url) as server:
            wait_until_drained(server)
            wait_until_archive_is_there(server)
        database = create_engine(exchange.database_url)
        with database.connect() as connection:
            found = connection.execute(
                text("SELECT order_id, account, client_order_id FROM orders")
            ).all()
        database.dispose()
    order_ids = {order_id for some in answered for order_id in some}
    assert len(order_ids) == len(found) == CLIENTS * ORDERS_EACH
    assert {str(row.order_id) for row in found} == order_ids
    assert len({(row.account, row.client_order_id) for row in found}) == len(found)
