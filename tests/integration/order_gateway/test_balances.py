"""What an account has, what its fills come to, and what led to it, asked of a real exchange."""

import asyncio
import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec.structs import replace
from redis import Redis

from archive.database import open_for_queries
from archive.queries import Archive
from protocol import channels
from protocol.enums import Reason
from protocol.headers import ACCOUNT_HEADER
from tests.integration.order_gateway.test_exchange import ADMIN, KEYS, PLAIN
from tests.support import http
from tests.support.archive_database import run_database, sqlite_url, write_entries
from tests.support.archive_journal import commit_entries, list_entries, publish_exchange
from tests.support.exchange import Exchange as ExchangeInMemory
from tests.support.gateway import ORDER, run_gateway
from tests.support.gateway_process import Exchange, run_exchange, run_workers, use_account
from tests.support.ledgers import make_ledger
from tests.support.redis_client import open_redis
from tests.support.redis_server import run_redis
from tests.support.waiting import wait_until

Json = dict[str, Any]

LEDGER = make_ledger(USDT="100000", BTC="2", ETH="0", SOL="0")
ROUTES = ("/v1/balances", "/v1/positions", "/v1/ledger", "/v1/fees")


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exchange]:
    """One that keeps a ledger."""
    folder: Path = tmp_path_factory.mktemp("balances")
    with (
        run_redis(folder) as redis_url,
        run_exchange(redis_url, folder, ledger=LEDGER) as exchange,
    ):
        yield exchange


@pytest.fixture
def alice(exchange: Exchange) -> Iterator[str]:
    with use_account(exchange) as account:
        yield account


@pytest.fixture
def bob(exchange: Exchange) -> Iterator[str]:
    with use_account(exchange) as account:
        yield account


def get(exchange: Exchange, path: str, account: str) -> httpx.Response:
    return http.get(f"{exchange.url}{path}", headers={ACCOUNT_HEADER: account})


def ask(exchange: Exchange, path: str, account: str) -> Json:
    """The answer that has all that is matched by now, however busy the machine is."""
    with open_redis(exchange.redis_url) as client:
        now = int(client.hget(channels.STATE, channels.STATE_SEQUENCE) or 0)
    answers: list[Json] = []

    def is_there() -> bool:
        answer = get(exchange, path, account)
        if answer.status_code == 503:
            return False
        answer.raise_for_status()
        answers.append(answer.json())
        return int(answers[-1]["sequence"]) >= now

    wait_until(is_there, f"{path} has all up to {now}")
    return answers[-1]


def submit(exchange: Exchange, account: str, side: str, quantity: str, price: str) -> None:
    order = ORDER | {"side": side, "quantity": quantity, "price": price}
    headers = {ACCOUNT_HEADER: account, "Prefer": "wait=30"}
    answer = http.post(f"{exchange.url}/v1/orders?response=result", json=order, headers=headers)
    assert answer.json()["status"] in {"open", "filled", "partially_filled"}, answer.text


def trade(exchange: Exchange, buyer: str, seller: str, quantity: str, price: str) -> None:
    submit(exchange, seller, "sell", quantity, price)
    submit(exchange, buyer, "buy", quantity, price)


def push(exchange: Exchange, **entry: str) -> None:
    """A command by hand, matched when this returns."""
    with open_redis(exchange.redis_url) as client:
        client.rpush(channels.ORDER_QUEUE, json.dumps(entry))
        wait_until(lambda: client.llen(channels.ORDER_QUEUE) == 0, "it is matched")


def balances_of(answer: Json) -> dict[str, tuple[str, str]]:
    return {each["asset"]: (each["free"], each["locked"]) for each in answer["balances"]}


def test_account_that_nobody_has_seen_is_opened(exchange: Exchange) -> None:
    first = ask(exchange, "/v1/balances", "newcomer")
    assert (first["account"], first["is_uncertain"]) == ("newcomer", False)
    assert balances_of(first) == {
        "USDT": ("100000.00000000", "0.00000000"),
        "BTC": ("2.00000000", "0.00000000"),
        "ETH": ("0.00000000", "0.00000000"),
        "SOL": ("0.00000000", "0.00000000"),
    }
    second = ask(exchange, "/v1/balances", "newcomer")
    assert second == first
    entries = ask(exchange, "/v1/ledger", "newcomer")["entries"]
    assert [(each["asset"], each["cause"]) for each in entries] == [
        ("BTC", "opening"),
        ("USDT", "opening"),
    ]


def test_balances_have_what_was_done_before_they_were_asked_for(
    exchange: Exchange, alice: str
) -> None:
    submit(exchange, alice, "buy", "0.5", "1000")
    found = balances_of(ask(exchange, "/v1/balances", alice))
    assert found["USDT"] == ("99500.00000000", "500.00000000")


def test_account_of_the_fees_has_what_was_charged_and_is_not_opened(
    exchange: Exchange, alice: str, bob: str
) -> None:
    trade(exchange, alice, bob, "0.1", "50000")
    found = balances_of(ask(exchange, "/v1/balances", "fees"))
    entries = ask(exchange, "/v1/ledger?limit=1000", "fees")["entries"]
    assert {each["cause"] for each in entries} == {"commission"}
    assert [(each["asset"], each["amount"]) for each in entries[:2]] == [
        ("USDT", "5.00000000"),
        ("BTC", "0.00010000"),
    ]
    for asset in ("BTC", "USDT"):
        total = sum(Fraction(each["amount"]) for each in entries if each["asset"] == asset)
        assert total == Fraction(found[asset][0])


def test_position_is_the_average_cost_of_what_is_held(
    exchange: Exchange, alice: str, bob: str
) -> None:
    trade(exchange, alice, bob, "0.2", "50000")
    trade(exchange, alice, bob, "0.2", "60000")
    trade(exchange, bob, alice, "0.1", "70000")
    (position,) = ask(exchange, "/v1/positions", alice)["positions"]
    cost = 22000 - Fraction("22000") * Fraction("0.1") / Fraction("0.3996")
    unit = Fraction(1, 10**8)
    assert position | {"cost": "", "average_entry_price": "", "unrealized": "", "realized": ""} == {
        "symbol": "BTC-USDT",
        "quantity": "0.29960000",
        "cost": "",
        "average_entry_price": "",
        "realized": "",
        "unrealized": "",
        "last_price": "70000.00",
        "base_commission": "0.00040000",
        "quote_commission": "7.00000000",
    }
    told = {name: Fraction(position[name]) for name in ("cost", "realized", "unrealized")}
    assert abs(told["cost"] - cost) < unit
    assert told["realized"] == 7000 - 7 - (22000 - told["cost"])
    assert told["unrealized"] == Fraction("0.2996") * 70000 - told["cost"]
    average = Fraction(position["average_entry_price"])
    assert abs(average - told["cost"] / Fraction("0.2996")) < unit
    (sold,) = ask(exchange, "/v1/positions", bob)["positions"]
    assert (sold["quantity"][0], sold["cost"][0]) == ("-", "-")


def test_ledger_is_listed_page_by_page_with_every_cause(
    exchange: Exchange, alice: str, bob: str
) -> None:
    trade(exchange, alice, bob, "0.1", "50000")
    push(exchange, command="credit", account=alice, asset="USDT", amount="7", id=f"{alice}:in")
    push(exchange, command="debit", account=alice, asset="BTC", amount="0.5", id=f"{alice}:out")
    entries: list[Json] = []
    after = ""
    while True:
        page = ask(exchange, f"/v1/ledger?limit=2{after}", alice)
        entries += page["entries"]
        if page["after"] is None:
            break
        after = f"&after={page['after']}"
    assert [(each["asset"], each["amount"], each["cause"], each["id"]) for each in entries] == [
        ("BTC", "-0.50000000", "debit", f"{alice}:out"),
        ("USDT", "7.00000000", "credit", f"{alice}:in"),
        ("BTC", "-0.00010000", "commission", None),
        ("BTC", "0.10000000", "trade", None),
        ("USDT", "-5000.00000000", "trade", None),
        ("BTC", "2.00000000", "opening", None),
        ("USDT", "100000.00000000", "opening", None),
    ]
    traded = entries[3]
    (fill,) = ask(exchange, "/v1/fills", alice)["fills"]
    for name in ("symbol", "trade_id", "order_id", "sequence", "timestamp"):
        assert traded[name] == fill[name]
    assert (fill["commission"], fill["commission_asset"]) == ("0.00010000", "BTC")
    found = balances_of(ask(exchange, "/v1/balances", alice))
    for asset in ("BTC", "USDT"):
        total = sum(Fraction(each["amount"]) for each in entries if each["asset"] == asset)
        assert total == sum(map(Fraction, found[asset]))


def test_ledger_of_a_period(exchange: Exchange, alice: str) -> None:
    ask(exchange, "/v1/balances", alice)
    push(exchange, command="credit", account=alice, asset="USDT", amount="7", id=f"{alice}:in")
    credit = ask(exchange, "/v1/ledger", alice)["entries"][0]
    since = ask(exchange, f"/v1/ledger?start={credit['timestamp']}", alice)["entries"]
    before = ask(exchange, f"/v1/ledger?end={credit['timestamp']}", alice)["entries"]
    assert [each["cause"] for each in since] == ["credit"]
    assert [each["cause"] for each in before] == ["opening", "opening"]


@pytest.mark.parametrize(
    ("query", "code"),
    [("after=x", "invalid_cursor"), ("limit=0", "invalid_request"), ("start=x", "invalid_request")],
)
def test_ledger_refuses_what_a_parameter_cannot_be(
    exchange: Exchange, alice: str, query: str, code: str
) -> None:
    answer = get(exchange, f"/v1/ledger?{query}", alice)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_fees_are_the_accounts_own_else_the_instruments(exchange: Exchange, alice: str) -> None:
    push(exchange, command="set_fees", account=alice, maker="0", taker="0.5")
    push(exchange, command="set_fees", account=alice, symbol="ETH-USDT", maker="0.1", taker="0.2")
    assert ask(exchange, "/v1/fees", alice)["fees"] == [
        {"symbol": "BTC-USDT", "maker": "0.00000000", "taker": "0.50000000"},
        {"symbol": "ETH-USDT", "maker": "0.10000000", "taker": "0.20000000"},
        {"symbol": "SOL-USDT", "maker": "0.00000000", "taker": "0.50000000"},
    ]
    (other, *_) = ask(exchange, "/v1/fees", "somebody-else")["fees"]
    assert other == {"symbol": "BTC-USDT", "maker": "0.00100000", "taker": "0.00100000"}


@pytest.mark.parametrize("path", ROUTES)
def test_exchange_without_a_ledger_says_so_and_is_asked_nothing(
    redis_url: str, client: Redis, tmp_path: Path, path: str
) -> None:
    with run_exchange(redis_url, tmp_path) as exchange:
        before = client.hget(channels.STATE, channels.STATE_SEQUENCE)
        answers: list[httpx.Response] = []

        def is_answered() -> bool:
            answers.append(get(exchange, path, "alice"))
            return answers[-1].status_code != 503

        wait_until(is_answered, "the archive is up to date")
        assert (answers[-1].status_code, answers[-1].json()["code"]) == (409, "no_ledger")
        assert client.hget(channels.STATE, channels.STATE_SEQUENCE) == before


def test_account_that_cannot_be_opened_is_refused(redis_url: str, tmp_path: Path) -> None:
    ledger = replace(LEDGER, max_accounts=1)
    with run_exchange(redis_url, tmp_path, ledger=ledger) as exchange:
        ask(exchange, "/v1/balances", "alice")
        answer = get(exchange, "/v1/balances", "bob")
    assert (answer.status_code, answer.json()["code"]) == (422, Reason.TOO_MANY_ACCOUNTS)


def test_key_without_the_scope_is_refused(exchange: Exchange) -> None:
    with run_workers(exchange.redis_url, API_KEYS=KEYS, DATABASE_URL=exchange.database_url) as (
        url,
        _,
    ):
        for path in ROUTES:
            refused = http.get(f"{url}{path}", headers={"X-Api-Key": ADMIN})
            assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
        told = http.get(f"{url}/v1/fees", headers={"X-Api-Key": PLAIN})
        assert told.json()["account"] == "alice"


def test_opening_that_no_engine_answers_is_unavailable(
    redis_url: str, client: Redis, tmp_path: Path
) -> None:
    exchange = ExchangeInMemory(ledger=LEDGER)
    entries = list_entries(exchange.batches)
    with run_database(sqlite_url(tmp_path)) as database:
        write_entries(database, entries)
    publish_exchange(client)
    commit_entries(client, entries)
    archive = Archive(open_for_queries(sqlite_url(tmp_path)))

    async def run() -> None:
        async with run_gateway(redis_url, archive=archive, reply_seconds=0.05) as gateway:
            answer = await gateway.get("/v1/balances", headers={ACCOUNT_HEADER: "alice"})
            assert (answer.status_code, answer.json()["code"]) == (503, "archive_unavailable")
            assert "being opened" in answer.json()["detail"]
            for path in ROUTES[1:]:
                assert (await gateway.get(path)).status_code == 200

    asyncio.run(run())
    archive.close()
    (entry,) = client.lrange(channels.ORDER_QUEUE, 0, -1)
    assert json.loads(entry)["command"] == "open_account"
