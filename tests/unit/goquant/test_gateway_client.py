"""The clients without an exchange: what they send, and what they make of answers."""

import asyncio
import inspect
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from goquant import (
    FeedReader,
    GatewayClient,
    GatewayError,
    GatewayUnreachable,
    MarketDataClient,
    MarketDataError,
    MarketDataUnreachable,
    SyncGatewayClient,
    SyncMarketDataClient,
)
from launcher.setup.environment import ROOT
from tests.support.ports import find_free_port

URL = "http://gateway"


@pytest.mark.parametrize("body", ["<html>Bad Gateway</html>", "", "[1]", '{"code":-1020}'])
def test_error_of_a_proxy_is_a_gateway_error(body: str) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(502, text=body))

    async def ask() -> None:
        async with GatewayClient(URL, transport=transport) as client:
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
        async with GatewayClient(URL, transport=transport, wait=wait) as client:
            await client.cancel_orders()

    asyncio.run(cancel(7))
    asyncio.run(cancel(None))
    assert asked == ["wait=7", None]


# both clients are one

ASKS: list[tuple[Callable[[Any], Any], str, str]] = [
    (lambda client: client.submit_order("A-B", "buy", "1", price="2"), "POST",
     "/v1/orders?response=result"),
    (lambda client: client.amend_order("5", price="3"), "PATCH", "/v1/orders/5"),
    (lambda client: client.cancel_orders("A-B"), "DELETE", "/v1/orders?symbol=A-B"),
    (lambda client: client.cancel_order("5", restriction="only_new", cancel_id="c"), "DELETE",
     "/v1/orders/5?restriction=only_new&cancel_id=c"),
    (lambda client: client.cancel_order_by_number(64), "DELETE", "/v1/orders/by-number/64"),
    (lambda client: client.amend_order_by_number(64, quantity="1", only_lower=True), "PATCH",
     "/v1/orders/by-number/64"),
    (lambda client: client.replace_order({"number": 64}, {}), "POST", "/v1/orders/replace"),
    (lambda client: client.cancel_each([{"number": 64}]), "POST",
     "/v1/orders/cancel-batch?response=result"),
    (lambda client: client.read_order_by_number(64), "GET", "/v1/orders/by-number/64"),
    (lambda client: client.list_fills(limit=3), "GET", "/v1/fills?limit=3"),
    (lambda client: client.list_prevented_matches("BTC-USDT", limit=3), "GET",
     "/v1/prevented-matches?symbol=BTC-USDT&limit=3"),
    (lambda client: client.balances(), "GET", "/v1/balances"),
    (lambda client: client.positions(), "GET", "/v1/positions"),
    (lambda client: client.fees(), "GET", "/v1/fees"),
    (lambda client: client.debit("bob", "USDT", "5", transfer_id="d"), "POST", "/v1/admin/debit"),
    (lambda client: client.set_fees("bob", maker="0", taker="0"), "POST", "/v1/admin/fees"),
    (lambda client: client.cancel_order_by_client_id(".."), "DELETE",
     "/v1/orders/by-client-id/%2E%2E"),
]  # fmt: skip


def list_methods(client: type) -> set[str]:
    return {name for name in dir(client) if not name.startswith("_")}


def test_clients_with_and_without_asyncio_have_the_same_methods() -> None:
    streams = {"stream_orders", "open_stream"}
    assert list_methods(GatewayClient) - streams == list_methods(SyncGatewayClient)
    assert list_methods(MarketDataClient) == list_methods(SyncMarketDataClient)
    for name in list_methods(SyncGatewayClient):
        both = [getattr(client, name) for client in (GatewayClient, SyncGatewayClient)]
        assert both[0].__doc__ == both[1].__doc__
        if name not in {"ask", "close"}:
            assert inspect.signature(both[0]) == inspect.signature(both[1])


@pytest.mark.parametrize(("ask", "method", "target"), ASKS)
def test_clients_with_and_without_asyncio_send_the_same(
    ask: Callable[[Any], Any], method: str, target: str
) -> None:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        body: dict[str, Any] = {
            "order_id": "5",
            "status": "open",
            "account": "alice",
            "results": [],
            "is_uncertain": False,
            **{
                name: [] for name in ("fills", "prevented_matches", "balances", "positions", "fees")
            },
            "after": None,
            "sequence": 1,
        }
        return httpx.Response(200, json=body)

    async def ask_awaiting() -> None:
        transport = httpx.MockTransport(answer)
        async with GatewayClient(URL, account="alice", key="k", transport=transport) as client:
            await ask(client)

    asyncio.run(ask_awaiting())
    transport = httpx.MockTransport(answer)
    with SyncGatewayClient(URL, account="alice", key="k", transport=transport) as blocking:
        ask(blocking)
    names = [{*request.headers} for request in sent]
    assert names[0] == names[1]
    assert {(request.method, request.url.raw_path.decode()) for request in sent} == {
        (method, target)
    }
    assert {request.headers["X-Account"] for request in sent} == {"alice"}


def test_readme_names_every_method() -> None:
    readme = (ROOT / "goquant" / "README.md").read_text()
    clients = (GatewayClient, SyncGatewayClient, MarketDataClient, SyncMarketDataClient)
    methods = {name for client in clients for name in vars(client) if not name.startswith("_")}
    assert [name for name in sorted(methods) if name not in readme] == []


@pytest.mark.parametrize("order_id", [None, 7, b"7"])
def test_id_that_is_no_text_is_named(order_id: Any) -> None:
    with pytest.raises(TypeError, match=f"an id or a name is a text, not {order_id!r}"):
        SyncGatewayClient("http://localhost").cancel_order(order_id)


@pytest.mark.parametrize(
    "arguments", [{"symbols": "BTC-USDT"}, {"symbols": ["BTC-USDT"], "channels": "bbo"}]
)
def test_text_in_place_of_a_list_is_named(arguments: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="symbols and channels are lists"):
        FeedReader("ws://localhost", **arguments)


def test_credit_without_an_id_of_its_own_is_named_by_its_key() -> None:
    """So that whoever gets no answer can send it again."""
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        raise httpx.ReadError("cut")

    with SyncGatewayClient(URL, transport=httpx.MockTransport(answer)) as client:
        with pytest.raises(GatewayUnreachable) as caught:
            client.credit("alice", "USDT", "5")
        with pytest.raises(GatewayUnreachable):
            client.credit("alice", "USDT", "5", transfer_id="mine")
    ids = [json.loads(request.content)["id"] for request in sent]
    assert ids == 3 * [caught.value.idempotency_key] + 3 * ["mine"]


# what goes wrong


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_gateway_that_is_not_there_is_named(scheme: str) -> None:
    url = f"{scheme}://127.0.0.1:{find_free_port()}"
    with (
        SyncGatewayClient(url) as client,
        pytest.raises(GatewayUnreachable, match=f"^{url}: ") as caught,
    ):
        client.list_instruments()
    assert caught.value.url == url
    with SyncMarketDataClient(url) as market, pytest.raises(MarketDataUnreachable, match=url):
        market.read_bbo("BTC-USDT")


@pytest.mark.parametrize("url", ["localhost:8000", "ws://localhost:8000", "http://", "http://a:b"])
def test_url_that_is_none_is_named(url: str) -> None:
    for client in (GatewayClient, SyncGatewayClient, MarketDataClient, SyncMarketDataClient):
        with pytest.raises(ValueError, match=f"^{url}: "):
            client(url)


@pytest.mark.parametrize("body", ["<html>hello</html>", "[1]", "\udcff"])
def test_answer_of_another_server_names_the_address(body: str) -> None:
    content = body.encode(errors="surrogateescape")
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=content))
    with (
        SyncMarketDataClient(URL, transport=transport) as market,
        pytest.raises(MarketDataError, match=f"{URL}: no answer of the market data") as caught,
    ):
        market.read_ticker("BTC-USDT")
    assert (caught.value.status, caught.value.code) == (200, None)


# pages


def make_candle(start: int) -> dict[str, Any]:
    prices = dict.fromkeys(("open", "high", "low", "close", "volume", "quote_volume"), "1")
    return {"start": f"{start}", **prices, "trades": 1, "is_closed": True}


def test_candles_of_several_pages_come_newest_first() -> None:
    """There are 2,500, whose starts are their numbers."""
    asked: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        end = request.url.params.get("end")
        asked.append(end)
        last = 2500 if end is None else int(end)
        page = [make_candle(start) for start in range(max(0, last - 1000), last)]
        answer = {"symbol": "A-B", "interval": "1h", "candles": page, "since": None}
        return httpx.Response(200, json=answer)

    async def read() -> list[str]:
        transport = httpx.MockTransport(answer)
        async with MarketDataClient(URL, transport=transport) as market:
            return [each.start async for each in market.iterate_candles("A-B", interval="1h")]

    with SyncMarketDataClient(URL, transport=httpx.MockTransport(answer)) as market:
        starts = [candle.start for candle in market.iterate_candles("A-B", interval="1h")]
    assert starts == [f"{number}" for number in reversed(range(2500))]
    assert asked == [None, "1500", "500"]
    assert asyncio.run(read()) == starts


def test_ledger_of_several_pages_comes_newest_first() -> None:
    asked: list[dict[str, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(dict(request.url.params))
        is_first = "after" not in request.url.params
        entry = {
            "cursor": "8" if is_first else "4", "account": "alice", "asset": "USDT",
            "amount": "-1.00000000", "cause": "debit", "id": "d", "symbol": None,
            "trade_id": None, "order_id": None, "sequence": 1, "timestamp": "then",
        }  # fmt: skip
        page = {"entries": [entry], "after": "8" if is_first else None, "sequence": 2}
        return httpx.Response(200, json=page)

    async def read() -> list[str]:
        async with GatewayClient(URL, transport=httpx.MockTransport(answer)) as client:
            return [entry.cursor async for entry in client.ledger(start="1970-01-01T00:00:00Z")]

    with SyncGatewayClient(URL, transport=httpx.MockTransport(answer)) as client:
        assert [entry.cursor for entry in client.ledger()] == ["8", "4"]
    assert asked == [{"limit": "1000"}, {"limit": "1000", "after": "8"}]
    assert asyncio.run(read()) == ["8", "4"]
    assert [each["start"] for each in asked[2:]] == 2 * ["1970-01-01T00:00:00Z"]
