"""The gateway with a real engine and archive behind it, used through our own client."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from goquant import GatewayClient, GatewayError, OrderState
from protocol import channels
from protocol.codec import encode
from protocol.commands import is_identifier
from protocol.enums import Reason
from protocol.machine_clocks import Reading
from protocol.timestamps import now_in_microseconds
from tests.support import engine_service, http
from tests.support.archive_database import sqlite_url
from tests.support.archive_service import run_follower, wait_until_archive_is_there
from tests.support.engine_service import run_engine
from tests.support.gateway import ORDER
from tests.support.gateway_process import Exchange, run_exchange, run_workers, use_account
from tests.support.redis_client import open_redis
from tests.support.waiting import until

BUY: dict[str, Any] = ORDER
PLAIN, SIGNING, ADMIN = "plain-key-0123456789", "signing-key-0123456", "admin-key-0123456789"
SECRET = "a-secret-that-is-long-enough"
KEYS = (
    f'[{{"key":"{PLAIN}","account":"alice","scopes":["read","trade"]}},'
    f'{{"key":"{SIGNING}","account":"bob","scopes":["trade","read"],"secret":"{SECRET}"}},'
    f'{{"key":"{ADMIN}","account":"ops","scopes":["admin"]}}]'
)

WAIT = 30
"""Seconds that an answer may wait for an engine that is a thread of the test."""

Scenario = Callable[[GatewayClient], Awaitable[None]]


def play(exchange: Exchange, scenario: Scenario) -> None:
    """A scenario of an account of its own."""

    async def run(account: str) -> None:
        async with GatewayClient(exchange.url, account=account, wait=WAIT) as alice:
            await scenario(alice)

    with use_account(exchange) as account:
        asyncio.run(run(account))


async def expect_code(code: Reason, asking: Awaitable[object]) -> GatewayError:
    with pytest.raises(GatewayError) as caught:
        await asking
    assert caught.value.code is code
    return caught.value


def test_order_is_submitted_amended_found_and_canceled(exchange: Exchange) -> None:
    async def scenario(alice: GatewayClient) -> None:
        order = await alice.submit_order("BTC-USDT", "buy", "1", price="60000")
        assert (order.status, order.remaining_quantity) == ("open", "1.00000")
        found = await alice.read_order(order.order_id)
        assert (found.client_order_id, found.price) == (order.client_order_id, "60000.00")
        amended = await alice.amend_order(order.order_id, quantity="0.5")
        assert amended.remaining_quantity == "0.50000"
        canceled = await alice.cancel_order(order.order_id)
        assert (canceled.status, canceled.reason) == ("canceled", "cancel_requested")
        await expect_code(Reason.ORDER_CLOSED, alice.cancel_order(order.order_id))
        await expect_code(Reason.UNKNOWN_ORDER, alice.read_order("5"))

    play(exchange, scenario)


def test_order_that_ended_early_says_how_much_was_canceled(exchange: Exchange) -> None:
    async def submit(alice: GatewayClient, order_type: str) -> OrderState:
        await alice.submit_order("BTC-USDT", "sell", "0.4", price="60000")
        order = await alice.submit_order(
            "BTC-USDT", "buy", "1", price="60000", order_type=order_type, response="full"
        )
        assert order.filled_quantity == "0.40000"
        return order

    async def scenario(alice: GatewayClient) -> None:
        resting = await submit(alice, "limit")
        assert resting.canceled_quantity == "0.00000"
        canceled = await alice.cancel_order(resting.order_id)
        expired = await submit(alice, "ioc")
        cut = await alice.amend_order((await submit(alice, "limit")).order_id, quantity="0.3")
        for order, status in ((canceled, "canceled"), (expired, "expired"), (cut, "canceled")):
            assert (order.status, order.canceled_quantity) == (status, "0.60000")
            assert order.remaining_quantity == "0.00000"
            found = await alice.read_order(order.order_id)
            assert found.canceled_quantity == "0.60000"

    play(exchange, scenario)


def test_amend_that_would_make_a_post_only_order_trade_is_refused(exchange: Exchange) -> None:
    async def scenario(alice: GatewayClient) -> None:
        await alice.submit_order("BTC-USDT", "sell", "1", price="60001")
        order = await alice.submit_order(
            "BTC-USDT", "buy", "1", price="60000", order_type="post_only"
        )
        amend = alice.amend_order(order.order_id, price="60001")
        refused = await expect_code(Reason.WOULD_TRADE, amend)
        assert refused.status == 422
        assert (await alice.read_order(order.order_id)).price == "60000.00"

    play(exchange, scenario)


def test_order_is_amended_and_canceled_by_its_client_order_id(exchange: Exchange) -> None:
    async def scenario(alice: GatewayClient) -> None:
        for name in ("one", "two"):
            await alice.submit_order("BTC-USDT", "buy", "1", price="60000", client_order_id=name)
        amended = await alice.amend_order_by_client_id("one", quantity="0.5")
        assert (amended.client_order_id, amended.remaining_quantity) == ("one", "0.50000")
        canceled = await alice.cancel_order_by_client_id("one")
        assert (canceled.client_order_id, canceled.status) == ("one", "canceled")
        await expect_code(Reason.ORDER_CLOSED, alice.cancel_order_by_client_id("one"))
        unknown = alice.cancel_order_by_client_id("three")
        assert (await expect_code(Reason.UNKNOWN_ORDER, unknown)).field == "client_order_id"
        await expect_code(
            Reason.INVALID_CLIENT_ORDER_ID, alice.cancel_order_by_client_id("no%20name")
        )
        still_open = await alice.list_orders(status="open")
        assert [order.client_order_id for order in still_open.orders] == ["two"]

    play(exchange, scenario)


@pytest.mark.parametrize("name", [".", "..", "a.b:c_d-e", "../..", "a#b", "a?b=c", "a/b", "ä b"])
def test_odd_name_names_that_order_or_none(exchange: Exchange, name: str) -> None:
    """A path of two dots would be one up: the route that cancels everything."""

    async def scenario(alice: GatewayClient) -> None:
        kept = await alice.submit_order("BTC-USDT", "buy", "1", price="60000")
        named = alice.submit_order("BTC-USDT", "buy", "1", price="59000", client_order_id=name)
        if is_identifier(name):
            order = await named
            canceled = await alice.cancel_order_by_client_id(name)
            assert (canceled.order_id, canceled.status) == (order.order_id, "canceled")
        else:
            await expect_code(Reason.INVALID_CLIENT_ORDER_ID, named)
            with pytest.raises(GatewayError):
                await alice.cancel_order_by_client_id(name)
        assert (await alice.read_order(kept.order_id)).status == "open"

    play(exchange, scenario)


def test_name_of_another_accounts_order_is_unknown(exchange: Exchange) -> None:
    async def scenario(alice: GatewayClient) -> None:
        order = await alice.submit_order(
            "BTC-USDT", "buy", "1", price="60000", client_order_id="hers"
        )
        async with GatewayClient(exchange.url) as other:
            await expect_code(Reason.UNKNOWN_ORDER, other.cancel_order_by_client_id("hers"))
        assert (await alice.read_order(order.order_id)).status == "open"

    play(exchange, scenario)


def test_cancel_by_name_meets_an_order_that_is_still_in_the_queue(redis_url: str) -> None:
    """No engine has seen it: whoever lost the answer to an order can still cancel it."""

    async def run(url: str) -> None:
        async with http.AsyncClient(base_url=url) as client:
            await client.post("/v1/orders", json=ORDER | {"client_order_id": "mine"})
            answer = await client.delete("/v1/orders/by-client-id/mine?response=ack")
            assert answer.status_code == 202
            assert answer.json()["client_order_id"] == "mine"
            with run_engine(redis_url):
                repeat = await client.post(
                    "/v1/orders?response=result", json=ORDER | {"client_order_id": "mine"}
                )
            assert (repeat.json()["status"], repeat.json()["order_id"]) == (
                "canceled",
                answer.json()["order_id"],
            )

    with run_workers(redis_url) as (url, _):
        asyncio.run(run(url))


def test_answer_to_a_wrong_price_names_the_nearest(exchange: Exchange) -> None:
    async def scenario(alice: GatewayClient) -> None:
        submission = alice.submit_order("BTC-USDT", "buy", "1", price="60000.004")
        error = await expect_code(Reason.OFF_TICK, submission)
        assert (error.field, error.nearest, error.step) == ("price", "60000.00", "0.01")

    play(exchange, scenario)


def test_history_of_another_exchange_is_not_served_as_ours(redis_url: str, tmp_path: Path) -> None:
    """The data folder of one exchange, the Redis of another."""

    async def submit(url: str) -> str:
        async with GatewayClient(url, account="alice", wait=WAIT) as alice:
            order = await alice.submit_order("BTC-USDT", "buy", "1", price="60000")
            return order.order_id

    async def ask(url: str, order_id: str) -> None:
        async with GatewayClient(url, account="alice") as alice:
            for question in (alice.list_orders(), alice.list_fills(), alice.read_order(order_id)):
                error = await expect_code(Reason.ARCHIVE_UNAVAILABLE, question)
                assert "another exchange" in str(error)

    database_url = sqlite_url(tmp_path)
    with (
        run_engine(redis_url),
        run_workers(redis_url, DATABASE_URL=database_url) as (url, _),
        open_redis(redis_url) as client,
    ):
        with run_follower(redis_url, database_url):
            order_id = asyncio.run(submit(url))
            wait_until_archive_is_there(client)
        client.hset(channels.STATE, channels.STATE_ID_KEY, "11" * 32)
        asyncio.run(ask(url, order_id))


def test_orders_and_fills_are_listed_page_by_page(exchange: Exchange) -> None:
    async def scenario(alice: GatewayClient) -> None:
        for _ in range(3):
            await alice.submit_order("BTC-USDT", "buy", "1", price="60000")
        last = await alice.submit_order("BTC-USDT", "sell", "2.5", price="60000")
        first = await alice.list_orders(limit=3)
        rest = await alice.list_orders(limit=3, after=first.after)
        assert [order.status for order in first.orders + rest.orders] == [
            "filled", "partially_filled", "filled", "filled",
        ]  # fmt: skip
        assert rest.after is None
        still_open = await alice.list_orders(status="open")
        assert [order.status for order in still_open.orders] == ["partially_filled"]
        assert (await alice.list_orders(symbol="ETH-USDT")).orders == []
        fills = (await alice.list_fills(order_id=last.order_id)).fills
        span = {"start": fills[-1].timestamp, "end": "2100-01-01T00:00:00Z"}
        within = await alice.list_fills(order_id=last.order_id, **span)
        assert within.fills == fills
        assert (await alice.list_fills(end=fills[-1].timestamp)).fills == []
        orders = (await alice.list_orders(start=fills[-1].timestamp)).orders
        assert [order.order_id for order in orders] == [last.order_id]
        assert (await alice.list_orders(end=0)).orders == []
        assert [fill.quantity for fill in fills] == ["0.50000", "1.00000", "1.00000"]
        assert {fill.liquidity for fill in fills} == {"taker"}
        await expect_code(Reason.INVALID_CURSOR, alice.list_orders(after="x"))

    play(exchange, scenario)


def test_prevented_matches_are_listed_by_symbol_and_order_page_by_page(exchange: Exchange) -> None:
    async def scenario(alice: GatewayClient) -> None:
        makers = [
            await alice.submit_order("BTC-USDT", "buy", "1", price=price)
            for price in ("60001", "60000")
        ]
        taker = await alice.submit_order(
            "BTC-USDT", "sell", "3", price="60000", self_trade_prevention="cancel_maker"
        )
        newest, older = (await alice.list_prevented_matches("BTC-USDT")).prevented_matches
        for match, maker in ((newest, makers[1]), (older, makers[0])):
            assert (match.taker_order_id, match.maker_order_id) == (taker.order_id, maker.order_id)
            assert (match.taker_number, match.maker_number) == (taker.number, maker.number)
            assert (match.price, match.self_trade_prevention) == (maker.price, "cancel_maker")
            assert (match.taker_quantity, match.maker_quantity) == (None, "1.00000")
        first = await alice.list_prevented_matches("BTC-USDT", limit=1)
        rest = await alice.list_prevented_matches("BTC-USDT", limit=1, after=first.after)
        assert first.prevented_matches + rest.prevented_matches == [newest, older]
        assert (rest.after, rest.sequence) == (None, first.sequence)
        of_one = await alice.list_prevented_matches("BTC-USDT", order_id=makers[0].order_id)
        assert of_one.prevented_matches == [older]
        of_taker = await alice.list_prevented_matches("BTC-USDT", order_id=taker.order_id)
        assert of_taker.prevented_matches == [newest, older]
        assert (await alice.list_prevented_matches("ETH-USDT")).prevented_matches == []
        cursor = alice.list_prevented_matches("BTC-USDT", after="x")
        await expect_code(Reason.INVALID_CURSOR, cursor)
        async with GatewayClient(exchange.url, account="nobody") as other:
            assert (await other.list_prevented_matches("BTC-USDT")).prevented_matches == []

    play(exchange, scenario)


async def trade(gateway: GatewayClient, *prices: str) -> None:
    """Trade one after the other at each price, with itself."""
    for price in prices:
        for side in ("buy", "sell"):
            await gateway.submit_order("BTC-USDT", side, "0.1", price=price)


def test_trailing_stop_follows_the_market_until_it_fires(exchange: Exchange) -> None:
    async def scenario(alice: GatewayClient) -> None:
        async with GatewayClient(exchange.url, account="trailing-others", wait=WAIT) as others:
            await trade(others, "60000")
            stop = await alice.submit_order(
                "BTC-USDT", "sell", "1", order_type="stop_loss",
                trailing_offset="100", trailing_offset_type="basis_points",
            )  # fmt: skip
            assert (stop.status, stop.stop_price) == ("open", "59400.00")
            assert (stop.trailing_offset, stop.trailing_offset_type) == ("100", "basis_points")
            await trade(others, "61000")
            refused = alice.amend_order(stop.order_id, stop_price="60900")
            error = await expect_code(Reason.STOP_PRICE_FORBIDDEN, refused)
            assert error.field == "stop_price"
            smaller = await alice.amend_order(stop.order_id, quantity="0.5")
            assert (smaller.quantity, smaller.stop_price) == ("0.50000", "60390.00")
            await others.submit_order("BTC-USDT", "buy", "0.5", price="60000")
            await trade(others, "60390.01")
            assert (await alice.read_order(stop.order_id)).status == "open"
            await trade(others, "60390")
            fired = await alice.read_order(stop.order_id)
            assert (fired.status, fired.stop_price) == ("filled", "60390.00")
            assert fired.average_price == "60000.00000000"
            assert (fired.trailing_offset, fired.activation_price) == ("100", None)
            [fill] = (await alice.list_fills(order_id=stop.order_id)).fills
            assert (fill.price, fill.quantity, fill.liquidity) == ("60000.00", "0.50000", "taker")
            await others.cancel_orders()

    play(exchange, scenario)


def test_trailing_stop_begins_at_its_activation_price_and_is_canceled(exchange: Exchange) -> None:
    async def scenario(alice: GatewayClient) -> None:
        async with GatewayClient(exchange.url, account="trailing-others", wait=WAIT) as others:
            await trade(others, "60000")
            stop = await alice.submit_order(
                "BTC-USDT", "buy", "1", order_type="take_profit_limit", price="70000",
                trailing_offset="50", trailing_offset_type="price", activation_price="59000",
            )  # fmt: skip
            assert (stop.stop_price, stop.activation_price) == (None, "59000.00")
            await trade(others, "58990")
            begun = await alice.read_order(stop.order_id)
            assert (begun.status, begun.stop_price) == ("open", "59040.00")
            canceled = await alice.cancel_order(stop.order_id)
            assert (canceled.status, canceled.stop_price) == ("canceled", "59040.00")

    play(exchange, scenario)


def test_look_up_shows_what_the_answer_before_it_said(exchange: Exchange) -> None:
    async def scenario(alice: GatewayClient) -> None:
        for _ in range(5):
            order = await alice.submit_order("BTC-USDT", "buy", "1", price="60000")
            assert (await alice.read_order(order.order_id)).status == "open"
            await alice.amend_order(order.order_id, price="59999")
            assert (await alice.read_order(order.order_id)).price == "59999.00"
            await alice.cancel_order(order.order_id)
            assert (await alice.read_order(order.order_id)).status == "canceled"

    play(exchange, scenario)


def test_batch_has_a_result_for_each_item(exchange: Exchange) -> None:
    async def scenario(alice: GatewayClient) -> None:
        twice = BUY | {"client_order_id": "twice"}
        orders = [twice, BUY | {"price": "0.001"}, BUY | {"colour": "red"}, twice, {"symbol": 5}]
        results = await alice.submit_orders(orders, response="full")
        assert [result.status for result in results] == [201, 422, 422, 200, 422]
        order_ids = [result.order.order_id for result in results if result.order]
        assert len(order_ids) == 2
        assert len(set(order_ids)) == 1
        codes = [result.problem.code for result in results if result.problem]
        assert codes == ["price_out_of_range", "unknown_field", "invalid_type"]
        results = await alice.submit_orders([BUY] * 500)
        assert {result.status for result in results} == {201}
        assert (await alice.cancel_orders()).canceled == 501

    play(exchange, scenario)


def test_repeat_of_a_filled_order_tells_its_fills(exchange: Exchange) -> None:
    """What a client does after a lost answer, in a batch too; later trades are included."""

    async def scenario(alice: GatewayClient) -> None:
        for price in ("60000", "60001"):
            await alice.submit_order("BTC-USDT", "sell", "0.5", price=price)
        taker = BUY | {"price": "60001", "quantity": "1.5", "client_order_id": "lost"}

        async def submit() -> dict[str, Any]:
            answer = await alice._http.post("/v1/orders?response=full", json=taker)
            assert answer.headers.get("Idempotency-Replayed", "false") == is_replayed
            body: dict[str, Any] = answer.json()
            return body

        alice._http.headers.update(alice._caller.make_headers("POST", "/v1/orders"))
        is_replayed = "false"
        first = await submit()
        assert [fill["quantity"] for fill in first["fills"]] == ["0.50000", "0.50000"]
        is_replayed = "true"

        async def is_archived() -> bool:
            return len((await alice.list_fills(order_id=first["order_id"])).fills) == 2

        await until(is_archived)
        assert await submit() == first
        [item] = await alice.submit_orders([taker], response="full")
        assert item.order
        assert item.order.fills
        assert [fill.price for fill in item.order.fills] == ["60000.00", "60001.00"]
        await alice.submit_order("BTC-USDT", "sell", "0.5", price="60001")

        async def is_filled() -> bool:
            return (await alice.read_order(first["order_id"])).status == "filled"

        await until(is_filled)
        last = await submit()
        assert (last["status"], len(last["fills"])) == ("filled", 3)
        assert last["timestamp"] > first["timestamp"]

    play(exchange, scenario)


@pytest.mark.parametrize("count", [0, 501])
def test_batch_that_is_empty_or_too_large_is_refused(exchange: Exchange, count: int) -> None:
    async def scenario(alice: GatewayClient) -> None:
        code = Reason.BATCH_TOO_LARGE if count else Reason.MISSING_FIELD
        await expect_code(code, alice.submit_orders([BUY] * count))

    play(exchange, scenario)


def test_batch_is_pushed_at_once(redis_url: str) -> None:
    async def run(url: str) -> None:
        async with GatewayClient(url) as client:
            await client.submit_orders([BUY] * 500)

    with run_workers(redis_url) as (url, _), open_redis(redis_url) as server:
        before = count_pushes(server)
        asyncio.run(run(url))
        assert count_pushes(server) == before + 1
        assert server.llen(channels.ORDER_QUEUE) == 500


def count_pushes(server: Redis) -> int:
    statistics: Any = server.info("commandstats")
    return int(statistics.get("cmdstat_rpush", {}).get("calls", 0))


def test_all_orders_of_a_symbol_or_of_the_account_are_canceled(exchange: Exchange) -> None:
    async def scenario(alice: GatewayClient) -> None:
        for symbol in ("BTC-USDT", "BTC-USDT", "ETH-USDT", "SOL-USDT"):
            await alice.submit_order(symbol, "buy", "1", price="10")
        assert (await alice.cancel_orders("BTC-USDT")).canceled == 2
        assert (await alice.cancel_orders()).canceled == 2
        assert (await alice.cancel_orders()).canceled == 0
        await expect_code(Reason.UNKNOWN_SYMBOL, alice.cancel_orders("XX-YY"))

    play(exchange, scenario)


def test_halted_instrument_takes_only_cancels(exchange: Exchange) -> None:
    async def scenario(alice: GatewayClient) -> None:
        order = await alice.submit_order("BTC-USDT", "buy", "1", price="60000")
        halted = await alice.halt_instrument("BTC-USDT")
        assert (halted.state, halted.is_pending) == ("halted", False)
        assert (await alice.list_instruments())[0].state == "halted"
        rejected = await alice.submit_order("BTC-USDT", "buy", "1", price="60000")
        assert (rejected.status, rejected.reason) == ("rejected", "instrument_halted")
        amend = alice.amend_order(order.order_id, price="1")
        await expect_code(Reason.INSTRUMENT_HALTED, amend)
        assert (await alice.cancel_order(order.order_id)).status == "canceled"
        await alice.resume_instrument("BTC-USDT")
        order = await alice.submit_order("BTC-USDT", "buy", "1", price="60000")
        assert order.status == "open"
        await expect_code(Reason.UNKNOWN_SYMBOL, alice.halt_instrument("XX-YY"))

    play(exchange, scenario)


def test_dead_mans_switch_can_leave_the_protection(exchange: Exchange) -> None:
    async def scenario(alice: GatewayClient) -> None:
        stop = await alice.submit_order(
            "BTC-USDT", "sell", "1", order_type="stop_loss", stop_price="50000"
        )
        quote = await alice.submit_order("BTC-USDT", "buy", "1", price="60000")
        timer = await alice.cancel_after(1, scope="except_stops")
        assert (timer.seconds, timer.scope) == (1, "except_stops")

        async def is_canceled() -> bool:
            return (await alice.read_order(quote.order_id)).reason == "cancel_after"

        await until(is_canceled)
        assert (await alice.read_order(stop.order_id)).is_open

    play(exchange, scenario)


def test_dead_mans_switch_outlives_the_engine(redis_url: str) -> None:
    """Armed, then the engine stops; the next one finds it due and cancels."""

    async def arm(url: str) -> None:
        async with GatewayClient(url) as client:
            await client.submit_order("BTC-USDT", "buy", "1", price="60000")
            assert (await client.cancel_after(1)).due

    async def expect_none_open(url: str) -> None:
        async with GatewayClient(url) as client:

            async def is_canceled() -> bool:
                repeat = await client.submit_order(
                    "BTC-USDT", "buy", "1", price="60000", client_order_id="probe"
                )
                return repeat.reason == "cancel_after"

            await until(is_canceled)

    async def arm_probe(url: str) -> None:
        async with GatewayClient(url) as client:
            await client.submit_order(
                "BTC-USDT", "buy", "1", price="60000", client_order_id="probe"
            )

    with run_workers(redis_url) as (url, _):
        with run_engine(redis_url):
            asyncio.run(arm_probe(url))
            asyncio.run(arm(url))
        with run_engine(redis_url):
            asyncio.run(expect_none_open(url))


def test_renewal_that_waits_in_the_queue_keeps_the_orders(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine is away when the timer runs out; the renewal has been in the list in time."""
    order: dict[str, Any] = {"symbol": "BTC-USDT", "side": "buy", "quantity": "1", "price": "60000"}

    async def prepare(client: GatewayClient) -> None:
        await client.submit_order(**order, client_order_id="kept")
        await client.cancel_after(1)

    async def renew(url: str) -> None:
        async with GatewayClient(url) as client:
            path, query, body = "/v1/cancel-after", {"response": "ack"}, {"seconds": 3600}
            await client._http.post(path, params=query, json=body)

    async def run(url: str) -> None:
        async with GatewayClient(url) as client:
            await prepare(client)

    async def read(url: str) -> str:
        async with GatewayClient(url) as client:
            return (await client.submit_order(**order, client_order_id="kept")).status

    with run_workers(redis_url) as (url, _):
        now = now_in_microseconds()
        with monkeypatch.context() as stopped_clock:
            # an engine that takes a second to stop must not see the timer run out
            standing = Reading("boot", now, now)
            stopped_clock.setattr(engine_service, "open_machine_clocks", lambda: lambda: standing)
            with run_engine(redis_url):
                asyncio.run(run(url))
        asyncio.run(renew(url))
        asyncio.run(asyncio.sleep(1.1))
        with run_engine(redis_url), open_redis(redis_url) as server:
            assert asyncio.run(read(url)) == "open"
            assert not server.llen(channels.ORDER_QUEUE)


def test_client_says_what_is_pending_while_the_engine_is_away(redis_url: str) -> None:
    async def run(url: str) -> None:
        async with GatewayClient(url) as client:
            order, canceled, timer, halted = await asyncio.gather(
                client.submit_order("BTC-USDT", "buy", "1", price="60000"),
                client.cancel_orders(),
                client.cancel_after(5),
                client.halt_instrument("BTC-USDT"),
            )
            for state in (order, canceled, timer, halted):
                assert (state.status, state.is_pending) == ("accepted", True)
            assert (canceled.canceled, timer.due, halted.state) == (None, None, None)

    with run_workers(redis_url) as (url, _):
        asyncio.run(run(url))


# keys


def test_signed_client_trades_and_a_replay_makes_no_second_order(
    redis_url: str, tmp_path: Path
) -> None:
    async def run(url: str) -> None:
        async with GatewayClient(url, key=SIGNING, secret=SECRET) as bob:
            body = encode(BUY)
            headers = bob._caller.make_headers("POST", "/v1/orders?response=result", body)
            headers["Content-Type"] = "application/json"
            path = "/v1/orders?response=result"
            first, replay = [
                await bob._http.post(path, content=body, headers=headers) for _ in range(2)
            ]
            assert (first.status_code, replay.status_code) == (201, 200)
            assert first.json()["order_id"] == replay.json()["order_id"]
            assert first.json()["client_order_id"].startswith("signed-")
            assert (await bob.cancel_orders("BTC-USDT")).canceled == 1

    with run_exchange(redis_url, tmp_path, API_KEYS=KEYS) as exchange:
        asyncio.run(run(exchange.url))


def test_account_sees_and_changes_only_its_own(redis_url: str, tmp_path: Path) -> None:
    async def run(url: str) -> None:
        async with (
            GatewayClient(url, key=PLAIN) as alice,
            GatewayClient(url, key=SIGNING, secret=SECRET) as bob,
            GatewayClient(url, key=ADMIN) as ops,
        ):
            order = await alice.submit_order("BTC-USDT", "buy", "1", price="60000")
            await alice.read_order(order.order_id)
            await expect_code(Reason.UNKNOWN_ORDER, bob.read_order(order.order_id))
            await expect_code(Reason.UNKNOWN_ORDER, bob.cancel_order(order.order_id))
            assert (await bob.list_orders()).orders == []
            assert (await bob.cancel_orders()).canceled == 0
            await expect_code(Reason.FORBIDDEN, alice.halt_instrument("BTC-USDT"))
            await expect_code(Reason.FORBIDDEN, ops.cancel_orders())
            await ops.halt_instrument("BTC-USDT")

    with run_exchange(redis_url, tmp_path, API_KEYS=KEYS) as exchange:
        asyncio.run(run(exchange.url))


# the archive is away, or behind


def test_without_an_archive_questions_are_answered_503(redis_url: str, tmp_path: Path) -> None:
    async def run(url: str) -> None:
        async with GatewayClient(url) as client:
            for question in (client.read_order("5"), client.list_orders(), client.list_fills()):
                error = await expect_code(Reason.ARCHIVE_UNAVAILABLE, question)
                assert (error.status, error.retry_after) == (503, "1")

    with run_workers(redis_url, DATABASE_URL=f"sqlite:///{tmp_path / 'none'}") as (url, _):
        asyncio.run(run(url))


def test_order_that_the_archive_cannot_know_yet_is_not_called_unknown(
    redis_url: str, tmp_path: Path
) -> None:
    async def submit(url: str) -> str:
        async with GatewayClient(url) as client:
            order = await client.submit_order("BTC-USDT", "buy", "1", price="60000", response="ack")
            await expect_code(Reason.ARCHIVE_UNAVAILABLE, client.read_order(order.order_id))
            return order.order_id

    async def read(url: str, order_id: str) -> None:
        async with GatewayClient(url) as client:
            assert (await client.read_order(order_id)).status == "open"

    with run_exchange(redis_url, tmp_path) as exchange:
        database = exchange.database_url
    with run_workers(redis_url, DATABASE_URL=database) as (url, _):
        order_id = asyncio.run(submit(url))
        with run_exchange(redis_url, tmp_path):
            asyncio.run(read(url, order_id))
