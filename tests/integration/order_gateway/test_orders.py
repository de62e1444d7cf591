"""Orders, cancels and amends over HTTP; the test plays the engine."""

import asyncio
from typing import Any

import httpx
import msgspec

from protocol.channels import STATE, STATE_ID_KEY
from protocol.commands import QueueEntry, Target, derive_order_id
from protocol.enums import (
    CancelRestriction,
    CommandType,
    Liquidity,
    OrderType,
    Reason,
    Side,
    Status,
    Uniqueness,
)
from protocol.events import Fill, Reply
from protocol.timestamps import parse_timestamp
from tests.support.gateway import (
    ORDER,
    FakeEngine,
    make_reply,
    make_report,
    play_engine,
    run_gateway,
)

FILL = Fill(trade_id=7, price="60000.00", quantity="0.40000", liquidity=Liquidity.TAKER)


async def answer(
    engine: FakeEngine, request: Any, make: Any
) -> tuple[httpx.Response, QueueEntry, Reply]:
    """The response to `request` when the engine answers what `make` makes of the entry."""
    waiting = asyncio.ensure_future(request)
    entry = await engine.take()
    reply: Reply = make(entry)
    await engine.publish(entry, reply)
    return await waiting, entry, reply


def ask_and_reply(redis_url: str, method: str, path: str, make: Any, **options: Any) -> Any:
    async def run() -> Any:
        async with run_gateway(redis_url) as client, play_engine(redis_url) as engine:
            request = client.request(method, path, **options)
            response, entry, _ = await answer(engine, request, make)
            return response, entry

    return asyncio.run(run())


def test_ack_answers_once_the_order_is_in_the_list(redis_url: str) -> None:
    async def run() -> None:
        async with run_gateway(redis_url) as client, play_engine(redis_url) as engine:
            response = await client.post(
                "/v1/orders",
                json=ORDER | {"client_order_id": "mine", "price": "60123.45"},
                headers={"X-Account": "alice"},
            )
            (entry,) = await engine.read_all()
            key = bytes.fromhex((await engine.redis.hget(STATE, STATE_ID_KEY)).decode())
        assert response.status_code == 201
        body = response.json()
        assert body == {
            "order_id": str(derive_order_id(key, "alice", "mine")),
            "client_order_id": "mine",
            "status": "accepted",
            "timestamp": entry.received_at,
        }
        assert entry == QueueEntry(
            symbol="BTC-USDT",
            side=Side.BUY,
            order_type=OrderType.LIMIT,
            quantity="1.0",
            price="60123.45",
            order_id=body["order_id"],
            client_order_id="mine",
            account="alice",
            received_at=body["timestamp"],
        )

    asyncio.run(run())


def test_many_orders_at_once_go_in_few_pushes_in_their_order(redis_url: str) -> None:
    names = [f"order-{number}" for number in range(200)]

    async def count_pushes(engine: FakeEngine) -> int:
        statistics = await engine.redis.info("commandstats")
        return int(statistics.get("cmdstat_rpush", {}).get("calls", 0))

    async def run() -> None:
        async with run_gateway(redis_url) as client, play_engine(redis_url) as engine:
            for _ in range(2):
                await client.post("/v1/orders", json=ORDER)
                await engine.take()
            before = await count_pushes(engine)
            orders = [ORDER | {"client_order_id": name} for name in names]
            responses = await asyncio.gather(
                *(client.post("/v1/orders", json=order) for order in orders)
            )
            assert {response.status_code for response in responses} == {201}
            assert await count_pushes(engine) - before <= 20
            assert [entry.client_order_id for entry in await engine.read_all()] == names

    asyncio.run(run())


def test_client_order_id_is_made_where_none_was_given(redis_url: str) -> None:
    async def run() -> None:
        async with run_gateway(redis_url) as client:
            first = (await client.post("/v1/orders", json=ORDER)).json()
            second = (await client.post("/v1/orders", json=ORDER)).json()
        assert first["client_order_id"] != second["client_order_id"]
        assert first["order_id"] != second["order_id"]

    asyncio.run(run())


def test_two_gateways_give_the_same_pair_the_same_order_id(redis_url: str) -> None:
    async def run() -> None:
        order = ORDER | {"client_order_id": "mine"}
        async with run_gateway(redis_url) as one, run_gateway(redis_url) as other:
            first, second = await asyncio.gather(
                one.post("/v1/orders", json=order), other.post("/v1/orders", json=order)
            )
            stranger = await one.post("/v1/orders", json=order, headers={"X-Account": "bob"})
        assert first.json()["order_id"] == second.json()["order_id"]
        assert first.json()["order_id"] != stranger.json()["order_id"]

    asyncio.run(run())


def test_result_waits_for_the_engine(redis_url: str) -> None:
    response, entry = ask_and_reply(
        redis_url,
        "POST",
        "/v1/orders?response=result",
        lambda entry: make_reply(
            entry, make_report(entry, Status.PARTIALLY_FILLED, filled="0.40000"), fills=[FILL]
        ),
        json=ORDER,
    )
    assert response.status_code == 201
    assert response.json() == {
        "number": None,
        "execution_number": None,
        "order_id": entry.order_id,
        "client_order_id": entry.client_order_id,
        "status": "partially_filled",
        "price": "60000",
        "stop_price": None,
        "quantity": "1.0",
        "filled_quantity": "0.40000",
        "remaining_quantity": "0.60000",
        "canceled_quantity": "0.00000",
        "filled_notional": "24000.0000000",
        "average_price": "60000.00000000",
        "reason": None,
        "time_in_force": None,
        "expires_at": None,
        "display_quantity": None,
        "quote_quantity": None,
        "prevented_quantity": None,
        "reject_if_triggered": None,
        "trailing_offset": None,
        "trailing_offset_type": None,
        "activation_price": None,
        "list": None,
        "timestamp": "2026-01-31T12:00:00.000001Z",
    }


def test_full_adds_the_fills(redis_url: str) -> None:
    response, _ = ask_and_reply(
        redis_url,
        "POST",
        "/v1/orders?response=full",
        lambda entry: make_reply(entry, make_report(entry, Status.OPEN), fills=[FILL]),
        json=ORDER,
    )
    assert response.json()["fills"] == [
        {"trade_id": 7, "price": "60000.00", "quantity": "0.40000", "liquidity": "taker"}
    ]


def test_rejected_order_is_created_and_says_why(redis_url: str) -> None:
    response, _ = ask_and_reply(
        redis_url,
        "POST",
        "/v1/orders?response=result",
        lambda entry: make_reply(
            entry,
            make_report(entry, Status.REJECTED, Reason.WOULD_TRADE),
            reason=Reason.WOULD_TRADE,
        ),
        json=ORDER | {"order_type": "post_only"},
    )
    assert response.status_code == 201
    assert (response.json()["status"], response.json()["reason"]) == ("rejected", "would_trade")


def test_rejected_order_says_the_rule_and_the_nearest_price(redis_url: str) -> None:
    why = {"detail": "price must be from 1.00 to 2.00", "field": "price", "nearest": "2.00"}
    for mode in ("result", "full"):
        response, _ = ask_and_reply(
            redis_url,
            "POST",
            f"/v1/orders?response={mode}",
            lambda entry: msgspec.structs.replace(
                make_reply(
                    entry,
                    make_report(entry, Status.REJECTED, Reason.PRICE_OUT_OF_BAND),
                    reason=Reason.PRICE_OUT_OF_BAND,
                ),
                **why,
            ),
            json=ORDER,
        )
        assert (response.status_code, response.json()["status"]) == (201, "rejected")
        assert {name: response.json().get(name) for name in (*why, "step")} == {**why, "step": None}


def test_repeat_gets_the_first_orders_state(redis_url: str) -> None:
    response, _ = ask_and_reply(
        redis_url,
        "POST",
        "/v1/orders?response=result",
        lambda entry: make_reply(
            entry,
            make_report(entry, Status.FILLED),
            reason=Reason.DUPLICATE_ORDER,
            is_duplicate=True,
        ),
        json=ORDER | {"client_order_id": "mine"},
    )
    assert response.status_code == 200
    assert response.headers["idempotency-replayed"] == "true"
    assert (response.json()["status"], response.json()["reason"]) == ("filled", None)


def test_repeat_without_an_archive_does_not_say_that_nothing_traded(redis_url: str) -> None:
    response, _ = ask_and_reply(
        redis_url,
        "POST",
        "/v1/orders?response=full",
        lambda entry: make_reply(
            entry,
            make_report(entry, Status.FILLED),
            reason=Reason.DUPLICATE_ORDER,
            is_duplicate=True,
        ),
        json=ORDER | {"client_order_id": "mine"},
    )
    assert (response.status_code, response.json()["fills"]) == (200, None)


def test_repeat_with_another_body_is_refused(redis_url: str) -> None:
    response, _ = ask_and_reply(
        redis_url,
        "POST",
        "/v1/orders?response=result",
        lambda entry: make_reply(
            entry,
            make_report(entry, Status.OPEN),
            reason=Reason.CLIENT_ORDER_ID_REUSED,
            is_duplicate=True,
        ),
        json=ORDER | {"client_order_id": "mine"},
    )
    assert (response.status_code, response.json()["code"]) == (422, "client_order_id_reused")


def test_order_that_never_came_to_be_is_a_problem(redis_url: str) -> None:
    response, _ = ask_and_reply(
        redis_url,
        "POST",
        "/v1/orders?response=result",
        lambda entry: make_reply(entry, None, reason=Reason.ORDER_ID_COLLISION, detail="taken"),
        json=ORDER,
    )
    assert (response.status_code, response.json()["code"]) == (422, "order_id_collision")
    assert response.json()["detail"] == "taken"


def test_order_without_an_answer_in_time_is_accepted(redis_url: str) -> None:
    async def run() -> None:
        async with run_gateway(redis_url, reply_seconds=0.05) as client:
            response = await client.post("/v1/orders?response=full", json=ORDER)
        assert (response.status_code, response.json()["status"]) == (201, "accepted")

    asyncio.run(run())


def test_cancel_waits_for_the_engine_by_default(redis_url: str) -> None:
    response, entry = ask_and_reply(
        redis_url,
        "DELETE",
        "/v1/orders/42",
        lambda entry: make_reply(
            entry,
            make_report(entry, Status.CANCELED, Reason.CANCEL_REQUESTED),
            reason=Reason.CANCEL_REQUESTED,
        ),
        headers={"X-Account": "alice"},
    )
    assert (entry.command, entry.order_id, entry.account) == (CommandType.CANCEL, "42", "alice")
    assert response.status_code == 200
    assert (response.json()["order_id"], response.json()["status"]) == ("42", "canceled")


def test_cancel_of_an_unknown_order_is_not_found(redis_url: str) -> None:
    response, _ = ask_and_reply(
        redis_url,
        "DELETE",
        "/v1/orders/42",
        lambda entry: make_reply(entry, None, reason=Reason.UNKNOWN_ORDER),
    )
    assert (response.status_code, response.json()["code"]) == (404, "unknown_order")


def test_cancel_of_a_closed_order_is_a_conflict(redis_url: str) -> None:
    response, _ = ask_and_reply(
        redis_url,
        "DELETE",
        "/v1/orders/42",
        lambda entry: make_reply(
            entry,
            make_report(entry, Status.CANCELED, Reason.CANCEL_REQUESTED),
            reason=Reason.ORDER_CLOSED,
        ),
    )
    assert (response.status_code, response.json()["code"]) == (409, "order_closed")


def test_amend_carries_only_what_changes(redis_url: str) -> None:
    response, entry = ask_and_reply(
        redis_url,
        "PATCH",
        "/v1/orders/42",
        lambda entry: make_reply(entry, make_report(entry, Status.OPEN)),
        json={"price": "60123.45"},
    )
    assert (entry.command, entry.price, entry.quantity) == (CommandType.AMEND, "60123.45", None)
    assert (response.status_code, response.json()["status"]) == (200, "open")


def test_amend_below_the_filled_quantity_cancels_the_rest(redis_url: str) -> None:
    response, _ = ask_and_reply(
        redis_url,
        "PATCH",
        "/v1/orders/42",
        lambda entry: make_reply(
            entry,
            make_report(entry, Status.CANCELED, Reason.AMENDED_BELOW_FILLED),
            reason=Reason.AMENDED_BELOW_FILLED,
        ),
        json={"quantity": "0.1"},
    )
    assert (response.status_code, response.json()["status"]) == (200, "canceled")


def test_refused_amend_of_an_open_order_is_a_problem(redis_url: str) -> None:
    response, _ = ask_and_reply(
        redis_url,
        "PATCH",
        "/v1/orders/42",
        lambda entry: Reply(
            request_id=entry.request_id,
            sequence=1,
            status=Status.OPEN,
            reason=Reason.OFF_TICK,
            detail="price must be a multiple of 0.01",
            duplicate=False,
            order=make_report(entry, Status.OPEN),
            fills=[],
            field="price",
            nearest="60123.46",
            step="0.01",
        ),
        json={"price": "60123.456"},
    )
    assert response.status_code == 422
    assert response.json() == {
        "type": "urn:goquant:problem:off_tick",
        "title": "Off tick",
        "status": 422,
        "code": "off_tick",
        "detail": "price must be a multiple of 0.01",
        "field": "price",
        "nearest": "60123.46",
        "step": "0.01",
    }


def test_change_without_an_answer_is_accepted(redis_url: str) -> None:
    async def run() -> None:
        async with run_gateway(redis_url, reply_seconds=0.05) as client:
            late = await client.delete("/v1/orders/42")
            acknowledged = await client.patch("/v1/orders/42?response=ack", json={"quantity": "1"})
        for response in (late, acknowledged):
            assert response.status_code == 202
            assert (response.json()["order_id"], response.json()["status"]) == ("42", "accepted")

    asyncio.run(run())


def test_reply_for_another_request_is_not_taken(redis_url: str) -> None:
    async def run() -> None:
        async with (
            run_gateway(redis_url, reply_seconds=0.3) as client,
            play_engine(redis_url) as engine,
        ):
            waiting = asyncio.ensure_future(client.post("/v1/orders?response=result", json=ORDER))
            entry = await engine.take()
            other = QueueEntry(reply_to=entry.reply_to, request_id="another")
            await engine.publish(other, make_reply(other, make_report(entry, Status.FILLED)))
            await engine.redis.publish(f"order_replies:{entry.reply_to}", b"\xff not a message")
            response = await waiting
        assert response.json()["status"] == "accepted"

    asyncio.run(run())


def test_name_that_is_free_again_leaves_the_id_to_the_engine(redis_url: str) -> None:
    async def run() -> None:
        async with run_gateway(redis_url) as client, play_engine(redis_url) as engine:
            order = ORDER | {"client_order_id": "mine", "unique": "open"}
            response = await client.post("/v1/orders", json=order)
            (entry,) = await engine.read_all()
        body = response.json()
        assert response.status_code == 201
        assert (body["client_order_id"], body["status"]) == ("mine", "accepted")
        assert "order_id" not in body
        assert (entry.order_id, entry.unique) == (None, Uniqueness.OPEN)
        arrived = parse_timestamp(entry.received_at or "")
        assert parse_timestamp(entry.valid_until or "") - arrived == 10_000_000

    asyncio.run(run())


def test_change_by_number_says_so_in_the_entry(redis_url: str) -> None:
    def refuse(entry: QueueEntry) -> Reply:
        reply = make_reply(
            entry, None, reason=Reason.UNKNOWN_ORDER, detail="the account has no such order"
        )
        return msgspec.structs.replace(reply, field="number")

    path = "/v1/orders/by-number/128?restriction=only_new&cancel_id=c-1"
    response, entry = ask_and_reply(redis_url, "DELETE", path, refuse)
    assert (response.status_code, response.json()["field"]) == (404, "number")
    assert (entry.number, entry.order_id, entry.cancel_id) == (128, None, "c-1")
    assert entry.restriction is CancelRestriction.ONLY_NEW


def test_replace_answers_with_both_orders(redis_url: str) -> None:
    def answer_both(entry: QueueEntry) -> Reply:
        canceled = make_report(entry, Status.CANCELED, Reason.CANCEL_REQUESTED)
        reply = make_reply(entry, make_report(entry, Status.OPEN))
        return msgspec.structs.replace(reply, canceled_order=canceled)

    body = {"replaced": {"client_order_id": "mine"}, "order": ORDER | {"client_order_id": "mine"}}
    response, entry = ask_and_reply(redis_url, "POST", "/v1/orders/replace", answer_both, json=body)
    told = response.json()
    assert response.status_code == 200
    assert (told["order"]["status"], told["canceled_order"]["status"]) == ("open", "canceled")
    assert (entry.command, entry.client_order_id) == (CommandType.REPLACE, "mine")
    assert entry.replaced == Target(client_order_id="mine")


def test_replace_that_names_no_order_or_two_is_refused(redis_url: str) -> None:
    async def run() -> None:
        async with run_gateway(redis_url) as client:
            for replaced in ({}, {"number": 64, "order_id": "5"}):
                body = {"replaced": replaced, "order": ORDER}
                response = await client.post("/v1/orders/replace", json=body)
                assert (response.status_code, response.json()["code"]) == (422, "missing_field")
            body = {"replaced": {"number": "64"}, "order": ORDER}
            response = await client.post("/v1/orders/replace", json=body)
            assert (response.status_code, response.json()["field"]) == (422, "number")

    asyncio.run(run())


def test_batch_of_cancels_has_a_result_for_each(redis_url: str) -> None:
    async def run() -> None:
        async with run_gateway(redis_url) as client, play_engine(redis_url) as engine:
            body = {"orders": [{"number": 64}, {"order_id": "x"}, {"client_order_id": "b"}]}
            waiting = asyncio.ensure_future(client.post("/v1/orders/cancel-batch", json=body))
            for reason in (Reason.ORDER_CLOSED, Reason.UNKNOWN_ORDER):
                entry = await engine.take()
                await engine.publish(entry, make_reply(entry, None, reason=reason, detail="no"))
            results = (await waiting).json()["results"]
        assert [result["problem"]["code"] for result in results] == [
            "order_closed",
            "invalid_order_id",
            "unknown_order",
        ]

    asyncio.run(run())
