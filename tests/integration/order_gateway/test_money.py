"""Credits, debits and fees, and orders that their accounts can or cannot pay."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from protocol import channels
from protocol.codec import encode
from protocol.enums import Reason
from protocol.headers import ACCOUNT_HEADER
from protocol.signing import sign
from protocol.timestamps import now_in_microseconds
from tests.integration.order_gateway.test_exchange import ADMIN, KEYS, PLAIN
from tests.support import http
from tests.support.engine_service import run_engine
from tests.support.gateway import ORDER, run_gateway
from tests.support.gateway_process import Exchange, run_exchange, run_workers, use_account
from tests.support.ledgers import make_ledger
from tests.support.redis_client import open_redis
from tests.support.redis_server import run_redis

Json = dict[str, Any]
Client = httpx.AsyncClient

LEDGER = make_ledger(USDT="1000", BTC="1", ETH="0", SOL="0")
CREDIT, DEBIT, FEES = "/v1/admin/credit", "/v1/admin/debit", "/v1/admin/fees"


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exchange]:
    """One that keeps a ledger."""
    folder: Path = tmp_path_factory.mktemp("money")
    with (
        run_redis(folder) as redis_url,
        run_exchange(redis_url, folder, ledger=LEDGER) as exchange,
    ):
        yield exchange


@pytest.fixture
def account(exchange: Exchange) -> Iterator[str]:
    with use_account(exchange) as account:
        yield account


def play(exchange: Exchange, scenario: Callable[[Client], Awaitable[None]]) -> None:
    """A gateway in this process, whose document has to be true."""

    async def run() -> None:
        async with run_gateway(exchange.redis_url) as client:
            await scenario(client)

    asyncio.run(run())


def post(exchange: Exchange, path: str, body: Json, **headers: str) -> httpx.Response:
    return http.post(f"{exchange.url}{path}", json=body, headers=headers)


def transfer(account: str, amount: str, identifier: str, asset: str = "USDT") -> Json:
    return {"account": account, "asset": asset, "amount": amount, "id": f"{account}:{identifier}"}


def submit(exchange: Exchange, account: str, **order: str | None) -> httpx.Response:
    body = {name: value for name, value in (ORDER | order).items() if value is not None}
    return post(exchange, "/v1/orders?response=full", body, **{ACCOUNT_HEADER: account})


def test_credit_opens_an_account_and_a_repeat_changes_nothing(
    exchange: Exchange, account: str
) -> None:
    body = transfer(account, "5.5", "first")
    done, repeat = [post(exchange, CREDIT, body) for _ in range(2)]
    expected = {
        "account": account, "asset": "USDT", "free": "1005.50000000", "locked": "0.00000000",
    }  # fmt: skip
    assert (done.status_code, done.json()) == (201, expected | {"duplicate": False})
    assert "Idempotency-Replayed" not in done.headers
    assert (repeat.status_code, repeat.json()) == (200, expected | {"duplicate": True})
    assert repeat.headers["Idempotency-Replayed"] == "true"


def test_debit_takes_what_is_free_and_no_more(exchange: Exchange, account: str) -> None:
    assert submit(exchange, account, price="500", quantity="1").json()["status"] == "open"
    refused = post(exchange, DEBIT, transfer(account, "500.1", "too-much"))
    assert (refused.status_code, refused.json()["code"]) == (422, Reason.INSUFFICIENT_BALANCE)
    assert (refused.json()["field"], refused.json()["nearest"]) == ("amount", "500.00000000")
    done = post(exchange, DEBIT, transfer(account, "500", "all"))
    assert (done.json()["free"], done.json()["locked"]) == ("0.00000000", "500.00000000")


BAD: list[tuple[Json, Reason, str, str | None]] = [
    ({"amount": "-5"}, Reason.INVALID_DECIMAL, "amount", None),
    ({"amount": "1" + 30 * "0"}, Reason.INVALID_DECIMAL, "amount", None),
    ({"amount": "1e30"}, Reason.INVALID_DECIMAL, "amount", None),
    ({"amount": 1e30}, Reason.INVALID_TYPE, "amount", None),
    ({"amount": "0"}, Reason.AMOUNT_OUT_OF_RANGE, "amount", "0.00000001"),
    ({"amount": "1" + 14 * "0"}, Reason.AMOUNT_OUT_OF_RANGE, "amount", "92233720368.54775807"),
    ({"amount": "0.000000001"}, Reason.OFF_UNIT, "amount", "0.00000001"),
    ({"asset": "DOGE"}, Reason.UNKNOWN_ASSET, "asset", None),
    ({"asset": "A" * 60_000}, Reason.UNKNOWN_ASSET, "asset", None),
    ({"asset": 1}, Reason.INVALID_TYPE, "asset", None),
    ({"account": "no name"}, Reason.INVALID_ACCOUNT, "account", None),
    ({"id": ""}, Reason.INVALID_TRANSFER_ID, "id", None),
    ({"id": "x" * 65}, Reason.INVALID_TRANSFER_ID, "id", None),
    ({"id": None}, Reason.INVALID_TYPE, "id", None),
    ({"quantity": "5"}, Reason.UNKNOWN_FIELD, "quantity", None),
]  # fmt: skip


@pytest.mark.parametrize("path", [CREDIT, DEBIT])
def test_bad_transfer_is_refused_by_field_and_rule(exchange: Exchange, path: str) -> None:
    async def scenario(client: Client) -> None:
        for change, code, field, nearest in BAD:
            body = transfer("carol", "1", "bad") | change
            answer = (await client.post(path, json=body)).json()
            assert (answer["code"], answer.get("field")) == (code, field), change
            assert answer.get("nearest") == nearest, change
        missing = await client.post(path, json={"account": "carol", "asset": "USDT", "amount": "1"})
        assert (missing.json()["code"], missing.json()["field"]) == (Reason.MISSING_FIELD, "id")

    play(exchange, scenario)


def test_id_of_another_transfer_is_refused(exchange: Exchange, account: str) -> None:
    async def scenario(client: Client) -> None:
        body = transfer(account, "1", "once")
        assert (await client.post(CREDIT, json=body)).status_code == 201
        for path, change in ((CREDIT, {"amount": "2"}), (DEBIT, {}), (CREDIT, {"asset": "BTC"})):
            answer = await client.post(path, json=body | change)
            assert answer.status_code == 422
            assert (answer.json()["code"], answer.json()["field"]) == ("transfer_id_reused", "id")

    play(exchange, scenario)


def test_fees_of_an_account_are_set_for_a_symbol_or_for_all(
    exchange: Exchange, account: str
) -> None:
    async def scenario(client: Client) -> None:
        rates = {"account": account, "maker": "0", "taker": "0.5"}
        answer = await client.post(FEES, json=rates | {"symbol": "BTC-USDT"})
        assert (answer.status_code, answer.json()) == (200, rates | {"symbol": "BTC-USDT"})
        assert (await client.post(FEES, json=rates)).json() == rates | {"symbol": None}
        for change, code, field, nearest in (
            ({"taker": "1.5"}, Reason.FEE_OUT_OF_RANGE, "taker", "1.00000000"),
            ({"maker": "0.123456789"}, Reason.FEE_OUT_OF_RANGE, "maker", "0.12345678"),
            ({"maker": "-0.1"}, Reason.INVALID_DECIMAL, "maker", None),
            ({"symbol": "DOGE-USDT"}, Reason.UNKNOWN_SYMBOL, "symbol", None),
            ({"account": ""}, Reason.INVALID_ACCOUNT, "account", None),
        ):
            problem = (await client.post(FEES, json=rates | change)).json()
            found = problem["code"], problem["field"], problem.get("nearest")
            assert found == (code, field, nearest)

    play(exchange, scenario)


def test_fills_have_their_commissions(exchange: Exchange, account: str) -> None:
    post(exchange, CREDIT, transfer("maker", "1000000", "for-fills"))
    post(exchange, FEES, {"account": account, "maker": "0", "taker": "0.5"})
    bid = submit(exchange, "maker", price="50000", quantity="0.01").json()
    asked = {"side": "sell", "price": "50000", "quantity": "0.01"}
    sold = submit(exchange, account, **asked).json()
    [fill] = sold["fills"]
    repeat = submit(exchange, account, client_order_id=sold["client_order_id"], **asked)
    assert (repeat.status_code, repeat.json()["fills"]) == (200, [fill])
    assert (fill["commission"], fill["commission_asset"]) == ("250.00000000", "USDT")
    assert bid["status"] == "open"


def test_order_that_cannot_be_paid_is_rejected_with_what_it_needs(
    exchange: Exchange, account: str
) -> None:
    answer = submit(exchange, account, price="60000", quantity="1")
    assert (answer.status_code, answer.json()["status"]) == (201, "rejected")
    assert answer.json()["reason"] == Reason.INSUFFICIENT_BALANCE
    assert answer.json()["field"] == "quantity"
    assert answer.json()["detail"] == "60000.00000000 USDT are needed, 1000.00000000 are free"


def test_batch_pays_for_its_orders_one_after_another(exchange: Exchange, account: str) -> None:
    orders = [ORDER | {"price": "600", "quantity": "1"} for _ in range(2)]
    answer = post(
        exchange, "/v1/orders/batch?response=result", {"orders": orders},
        **{ACCOUNT_HEADER: account},
    )  # fmt: skip
    first, second = (item["order"] for item in answer.json()["results"])
    assert (first["status"], second["status"]) == ("open", "rejected")
    assert second["detail"] == "600.00000000 USDT are needed, 400.00000000 are free"


def test_amend_that_cannot_be_paid_changes_nothing(exchange: Exchange, account: str) -> None:
    async def scenario(client: Client) -> None:
        headers = {ACCOUNT_HEADER: account}
        order = submit(exchange, account, price="600", quantity="1").json()
        path = f"/v1/orders/{order['order_id']}"
        answer = await client.patch(path, json={"quantity": "2"}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (422, "insufficient_balance")
        assert "are needed" in answer.json()["detail"]
        kept = await client.delete(path, headers=headers)
        assert kept.json()["quantity"] == "1.00000"

    play(exchange, scenario)


# repeats


def test_repeat_under_a_key_is_answered_from_the_journal(exchange: Exchange, account: str) -> None:
    body = transfer(account, "7", "kept")
    done, repeat = [post(exchange, CREDIT, body, **{"Idempotency-Key": account}) for _ in range(2)]
    assert (done.status_code, repeat.status_code) == (201, 200)
    assert repeat.json() == done.json() | {"duplicate": True}
    assert repeat.headers["Idempotency-Replayed"] == "true"
    other = post(exchange, CREDIT, body | {"amount": "8"}, **{"Idempotency-Key": account})
    assert other.json()["code"] == Reason.IDEMPOTENCY_KEY_REUSED


def test_repeat_under_a_key_of_a_repeat_by_id_is_answered_too(
    exchange: Exchange, account: str
) -> None:
    """The journal has no balance of it, because it changed none."""
    body = transfer(account, "7", "thrice")
    post(exchange, CREDIT, body)
    answers = [post(exchange, CREDIT, body, **{"Idempotency-Key": account}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["free"] == "1007.00000000"


def test_refusal_is_repeated_under_a_key(exchange: Exchange, account: str) -> None:
    body = transfer(account, "5000", "never")
    answers = [post(exchange, DEBIT, body, **{"Idempotency-Key": account}) for _ in range(2)]
    assert [answer.json()["code"] for answer in answers] == 2 * [Reason.INSUFFICIENT_BALANCE]
    fees = {"account": account, "maker": "0", "taker": "0"}
    key = {"Idempotency-Key": f"{account}-fees"}
    assert post(exchange, FEES, fees, **key).json() == post(exchange, FEES, fees, **key).json()


def test_key_is_the_operators_and_not_the_accounts(exchange: Exchange, account: str) -> None:
    """Neither keeps the other from its own changes."""
    key = {"Idempotency-Key": "same"}
    cancel = http.delete(f"{exchange.url}/v1/orders", headers=key | {ACCOUNT_HEADER: account})
    credit = post(exchange, CREDIT, transfer(account, "1", "own-key"), **key)
    assert (cancel.status_code, credit.status_code) == (200, 201)


def test_credit_of_many_at_once_is_done_once(exchange: Exchange, account: str) -> None:
    async def run() -> list[httpx.Response]:
        body = transfer(account, "1", "race")
        async with http.AsyncClient(base_url=exchange.url) as client:
            return await asyncio.gather(*(client.post(CREDIT, json=body) for _ in range(20)))

    answers = asyncio.run(run())
    assert sorted(answer.status_code for answer in answers) == 19 * [200] + [201]
    assert {answer.json()["free"] for answer in answers} == {"1001.00000000"}


def test_credit_that_is_not_waited_for_is_accepted(exchange: Exchange, account: str) -> None:
    body = transfer(account, "1", "later")
    answer = post(exchange, f"{CREDIT}?response=ack", body)
    assert (answer.status_code, answer.json()["status"]) == (202, "accepted")
    assert post(exchange, CREDIT, body).json()["duplicate"] is True


# who may


def test_only_an_operators_key_moves_money(redis_url: str) -> None:
    body, fees = transfer("alice", "1", "key"), {"account": "alice", "maker": "0", "taker": "0"}
    with (
        run_engine(redis_url, ledger=LEDGER),
        run_workers(redis_url, API_KEYS=KEYS) as (
            url,
            _,
        ),
    ):
        for path, payload in ((CREDIT, body), (DEBIT, body), (FEES, fees)):
            keyless = http.post(f"{url}{path}", json=payload)
            assert keyless.json()["code"] == Reason.UNAUTHORIZED
            refused = http.post(f"{url}{path}", json=payload, headers={"X-API-Key": PLAIN})
            assert refused.json()["code"] == Reason.FORBIDDEN
        done = http.post(f"{url}{CREDIT}", json=body, headers={"X-API-Key": ADMIN})
        assert (done.status_code, done.json()["account"]) == (201, "alice")


def test_replay_of_a_signed_credit_changes_nothing(redis_url: str) -> None:
    """Whatever key is added to it."""
    key, secret = "signing-ops-key-0123", "a-secret-that-is-long-enough"
    keys = encode([{"key": key, "account": "ops", "scopes": ["admin"], "secret": secret}]).decode()
    content = encode(transfer("alice", "1", "signed"))
    with (
        run_engine(redis_url, ledger=LEDGER),
        run_workers(redis_url, API_KEYS=keys) as (url, _),
    ):
        stamp = str(now_in_microseconds() // 1000)
        headers = {
            "Content-Type": "application/json",
            "X-API-Key": key,
            "X-Timestamp": stamp,
            "X-Signature": sign(secret, stamp, "POST", CREDIT, content),
        }
        answers = [
            http.post(f"{url}{CREDIT}", content=content, headers=headers | more)
            for more in ({}, {"Idempotency-Key": "another"})
        ]
        with open_redis(redis_url) as server:
            commands = server.hget(channels.STATE, channels.STATE_SEQUENCE)
    assert [answer.status_code for answer in answers] == [201, 200]
    assert commands == b"2"


# exchanges that cannot


def test_without_a_ledger_every_route_of_money_says_so(redis_url: str) -> None:
    async def run() -> None:
        async with run_gateway(redis_url) as client:
            body, fees = transfer("a", "1", "x"), {"account": "a", "maker": "0", "taker": "0"}
            for path, payload in ((CREDIT, body), (DEBIT, body), (FEES, fees)):
                answer = await client.post(path, json=payload)
                assert (answer.status_code, answer.json()["code"]) == (409, Reason.NO_LEDGER)

    with run_engine(redis_url):
        asyncio.run(run())


def test_account_above_the_most_is_not_opened(redis_url: str) -> None:
    async def run() -> None:
        async with run_gateway(redis_url) as client:
            first, second = [
                await client.post(CREDIT, json=transfer(name, "1", "open"))
                for name in ("alice", "bob")
            ]
            assert first.status_code == 201
            assert (second.json()["code"], second.json()["field"]) == (
                Reason.TOO_MANY_ACCOUNTS, "account",
            )  # fmt: skip

    with run_engine(redis_url, ledger=replace(LEDGER, max_accounts=1)):
        asyncio.run(run())
