"""The client where something else than the gateway answers."""

import asyncio

import httpx
import pytest

from goquant import GatewayClient, GatewayError


@pytest.mark.parametrize("body", ["<html>Bad Gateway</html>", "", "[1]"])
def test_error_of_a_proxy_is_a_gateway_error(body: str) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(502, text=body))

    async def ask() -> None:
        async with GatewayClient("http://gateway", transport=transport) as client:
            await client.list_orders()

    with pytest.raises(GatewayError, match="HTTP 502") as caught:
        asyncio.run(ask())
    assert (caught.value.status, caught.value.code) == (502, None)


def test_answers_wait_as_long_as_the_client_says() -> None:
    asked: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers.get("Prefer"))
        return httpx.Response(200, json={"canceled": 0})

    async def cancel(wait: int | None) -> None:
        transport = httpx.MockTransport(answer)
        async with GatewayClient("http://gateway", transport=transport, wait=wait) as client:
            await client.cancel_orders()

    asyncio.run(cancel(7))
    asyncio.run(cancel(None))
    assert asked == ["wait=7", None]
