"""Redis or the engine is away, slow or full, or refuses: the error, and that nothing is hidden.

The service runs in this process, and the test plays the engine.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from binance_gateway.account import commands
from binance_gateway.app import create_app
from binance_gateway.calls.registry import BY_PATH
from edge.api_keys import ApiKey, Scope
from protocol.enums import Reason, Status
from protocol.settings import Settings
from tests.support.binance import now, sign
from tests.support.gateway import (
    INSTRUMENTS,
    make_reply,
    make_report,
    play_engine,
    run_proxy,
)

KEY = "demo"
ORDER = {
    "symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.02",
    "price": "60000.10",
}  # fmt: skip
AWAY = (503, -1001, "Internal error; unable to process your request. Please try again.")
TIMEOUT = (
    504,
    -1007,
    (
        "Timeout waiting for response from backend server. Send status unknown; execution status"
        " unknown."
    ),
)
UNKNOWN = (
    500,
    -1006,
    "An unexpected response was received from the message bus. Execution status unknown.",
)
FULL = (
    503,
    -1008,
    "Server is currently overloaded with other requests. Please try again in a few minutes.",
)
TOO_MUCH = (
    "Too much request weight used; current limit is 30 request weight per 1 MINUTE. Please use"
    " WebSocket Streams for live updates to avoid polling the API."
)
BANNED = (
    "Way too much request weight used; IP banned until {}. Please use WebSocket Streams for live"
    " updates to avoid bans."
)
FAULT = (500, -1000, "An unknown error occurred while processing the request.")


@asynccontextmanager
async def run_app(
    redis_url: str, keys: list[ApiKey] | None = None, **settings: Any
) -> AsyncIterator[httpx.AsyncClient]:
    """Run the service without an archive."""
    app = create_app(Settings(redis_url=redis_url, **settings), INSTRUMENTS, None, keys)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url="http://127.0.0.1",
            headers={"X-MBX-APIKEY": KEY},
        ) as client,
    ):
        yield client


async def send(
    client: httpx.AsyncClient, method: str, path: str, **parameters: str
) -> tuple[int, Any, Any]:
    """Return status, code and text of what a signed request is refused with."""
    payload = str(httpx.QueryParams(parameters | {"timestamp": str(now())}))
    query = f"{payload}&signature={sign(KEY, payload)}"
    answer = await client.request(method, f"/api/v3/{path}?{query}")
    body = answer.json()
    return answer.status_code, body.get("code"), body.get("msg")


def test_everything_is_refused_while_redis_is_away_and_taken_when_it_is_back(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "REPLY_SECONDS", 0.05)

    async def run() -> None:
        async with run_proxy(redis_url) as proxy, run_app(proxy.url) as client:
            await proxy.close()
            for method, path, parameters in (
                ("POST", "order", ORDER),
                ("DELETE", "order", {"symbol": "BTCUSDT", "orderId": "1"}),
                ("DELETE", "openOrders", {"symbol": "BTCUSDT"}),
                ("GET", "openOrders", {}),
                ("GET", "account", {}),
                ("GET", "allOrders", {"symbol": "BTCUSDT"}),
            ):
                assert await send(client, method, path, **parameters) == AWAY
            assert (await client.get("/api/v3/depth?symbol=BTCUSDT")).json()["code"] == -1001
            assert (await client.post("/api/v3/userDataStream")).json()["code"] == -1001
            await proxy.open()
            assert await send(client, "POST", "order", **ORDER) == TIMEOUT

    asyncio.run(run())


def test_engine_that_does_not_answer_is_a_timeout(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "REPLY_SECONDS", 0.05)

    async def run() -> None:
        async with run_app(redis_url) as client, play_engine(redis_url) as engine:
            assert await send(client, "POST", "order", **ORDER) == TIMEOUT
            cancel = {"symbol": "BTCUSDT", "orderId": "1"}
            assert await send(client, "DELETE", "order", **cancel) == TIMEOUT
            first, _ = await engine.read_all()
            assert first.valid_until is not None

    asyncio.run(run())


def test_push_whose_confirmation_is_lost_may_have_arrived(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "REPLY_SECONDS", 0.05)

    async def run() -> None:
        async with (
            run_proxy(redis_url) as proxy,
            run_app(proxy.url) as client,
            play_engine(redis_url) as engine,
        ):
            placing = asyncio.ensure_future(send(client, "POST", "order", **ORDER))
            await engine.take()
            await placing
            proxy.cuts_next_reply = True
            told = await send(client, "POST", "order", **ORDER)
            while told == AWAY:  # another connection's reply was cut before the push went out
                proxy.cuts_next_reply = True
                told = await send(client, "POST", "order", **ORDER)
            assert told == UNKNOWN

    asyncio.run(run())


def test_new_orders_are_refused_while_too_many_wait(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "REPLY_SECONDS", 0.01)

    async def run() -> None:
        async with run_app(redis_url, max_queue_length=2) as client:
            told = [await send(client, "POST", "order", **ORDER) for _ in range(4)]
            assert told == [TIMEOUT, TIMEOUT, TIMEOUT, FULL]
            cancel = {"symbol": "BTCUSDT", "orderId": "1"}
            assert await send(client, "DELETE", "order", **cancel) == TIMEOUT

    asyncio.run(run())


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        (Reason.INSTRUMENT_HALTED, (400, -1013, "Market is closed.")),
        (Reason.PRICE_OUT_OF_BAND, (400, -2010, "Filter failure: PERCENT_PRICE_BY_SIDE")),
        (Reason.TOO_MANY_OPEN_ORDERS, (400, -2010, "Filter failure: EXCHANGE_MAX_NUM_ORDERS")),
        (Reason.TOO_MANY_ACCOUNTS, (400, -2010, "This action is disabled on this account.")),
        (
            Reason.PRICE_RELATION,
            (400, -2010, "The relationship of the prices for the orders is not correct."),
        ),
        (Reason.QUEUE_CLEARED, AWAY),
        (Reason.TOO_LATE, TIMEOUT),
        (Reason.INTERNAL_ERROR, FAULT),
    ],
)
def test_refusal_of_the_engine_has_its_words(
    redis_url: str, reason: Reason, expected: tuple[int, int, str]
) -> None:
    async def run() -> None:
        async with run_app(redis_url) as client, play_engine(redis_url) as engine:
            placing = asyncio.ensure_future(send(client, "POST", "order", **ORDER))
            entry = await engine.take()
            rejected = make_report(entry, Status.REJECTED, reason)
            await engine.publish(entry, make_reply(entry, rejected, reason=reason))
            assert await placing == expected

    asyncio.run(run())


def test_fault_of_ours_is_told_without_its_cause(
    redis_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(*_: object) -> object:
        raise RuntimeError("a secret of ours")

    name = ("GET", "/api/v3/time")
    monkeypatch.setitem(BY_PATH, name, BY_PATH[name]._replace(handler=fail))

    async def run() -> None:
        async with run_app(redis_url) as client:
            answer = await client.get("/api/v3/time")
        body = answer.json()
        assert (answer.status_code, body["code"], body["msg"]) == FAULT
        assert "secret" not in answer.text

    asyncio.run(run())
    assert "a secret of ours" in caplog.text


def test_key_that_may_not_do_it(redis_url: str) -> None:
    refused = (401, -2015, "Invalid API-key, IP, or permissions for action.")
    reader = ApiKey(KEY, "alice", frozenset({Scope.READ}), secret=KEY)

    async def run() -> None:
        async with run_app(redis_url, [reader]) as client:
            assert await send(client, "POST", "order", **ORDER) == refused
            client.headers["X-MBX-APIKEY"] = "nobody-has-this-key"
            assert await send(client, "GET", "openOrders") == refused

    asyncio.run(run())


def test_limits_have_their_words(redis_url: str) -> None:
    few: dict[str, Any] = {"binance_request_weight": 30, "binance_orders_day": 1}

    async def run() -> None:
        async with run_app(redis_url, **few) as client, play_engine(redis_url) as engine:
            placing = asyncio.ensure_future(send(client, "POST", "order", **ORDER))
            entry = await engine.take()
            await engine.publish(entry, make_reply(entry, make_report(entry, Status.OPEN)))
            assert (await placing)[0] == 200
            text = "Too many new orders; current limit is 1 orders per 1 DAY."
            assert await send(client, "POST", "order", **ORDER) == (429, -1015, text)
            told = [await send(client, "GET", "rateLimit/order")]
            while told[-1][0] != 418:  # the minute may end in between
                told.append(await send(client, "GET", "rateLimit/order"))
        assert told[0] == (429, -1003, TOO_MUCH)
        assert told[-1][1] == -1003
        assert re.sub("[0-9]{13}", "{}", told[-1][2]) == BANNED

    asyncio.run(run())


def test_listen_keys_are_gone_where_that_is_wanted(redis_url: str) -> None:
    async def run() -> None:
        async with run_app(redis_url, binance_strict="on") as client:
            answer = await client.post("/api/v3/userDataStream")
        assert answer.status_code == 410
        assert answer.json() == {"code": -1016, "msg": "This service is no longer available."}

    asyncio.run(run())
