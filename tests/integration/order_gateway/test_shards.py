"""The gateway before several shards: one exchange to its callers."""

from collections.abc import Iterator
from typing import Any, TypeAlias

import httpx
import pytest

from goquant import SyncGatewayClient
from protocol.shards import find_shard
from tests.support.sharded_exchange import make_account, run_sharded_exchange
from tests.support.shards import SYMBOLS
from tests.support.waiting import wait_until

Json: TypeAlias = dict[str, Any]
NOTHING = "0.00000000"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with run_sharded_exchange(tmp_path_factory.mktemp("exchange")) as exchange:
        yield exchange.url


@pytest.fixture
def client(url: str) -> Iterator[httpx.Client]:
    """A caller with an account of its own, which has 1000 USDT on the shards from 2 on."""
    account = make_account(url)
    with httpx.Client(base_url=url, headers={"X-Account": account}, timeout=30) as client:
        yield client
        client.delete("/v1/orders")


def make_order(shard: int, **more: str) -> Json:
    """Make a bid that rests."""
    order = {"symbol": SYMBOLS[shard], "side": "buy", "order_type": "limit", "quantity": "1"}
    return order | {"price": f"{shard}.00"} | more


def place(client: httpx.Client, shard: int, **more: str) -> Json:
    answer = client.post("/v1/orders?response=result", json=make_order(shard, **more))
    assert answer.status_code == 201, answer.text
    found: Json = answer.json()
    assert found["status"] == "open"
    return found


def list_open(client: httpx.Client) -> list[str]:
    answer = client.get("/v1/orders", params={"status": "open"})
    return [order["symbol"] for order in answer.json()["orders"]]


def read_usdt(client: httpx.Client) -> tuple[Json, dict[int, str]]:
    """Read what the account has in all, and what is free on each shard."""
    told = client.get("/v1/balances").json()
    [total] = [each for each in told["balances"] if each["asset"] == "USDT"]
    return total, {
        shard["shard"]: each["free"]
        for shard in told.get("shards", ())
        for each in shard["balances"]
        if each["asset"] == "USDT"
    }


def test_simulated_traders_are_refused_as_at_the_start(client: httpx.Client) -> None:
    assert not client.get("/v1/admin/market").json()["is_available"]
    answer = client.post("/v1/admin/market", json={"name": "demo"})
    assert (answer.status_code, answer.json()["code"]) == (409, "market_unavailable")
    assert "several" in answer.json()["detail"]


def test_order_goes_to_the_shard_of_its_symbol(client: httpx.Client) -> None:
    for shard in SYMBOLS:
        order = place(client, shard)
        assert find_shard(order["number"]) == find_shard(int(order["order_id"])) == shard
    everything = sorted(SYMBOLS.values())
    wait_until(lambda: sorted(list_open(client)) == everything, "all are in one list")


def test_same_name_on_two_shards_is_two_orders(client: httpx.Client) -> None:
    orders = [place(client, shard, client_order_id="mine") for shard in (1, 2)]
    assert orders[0]["order_id"] != orders[1]["order_id"]
    repeated = client.post("/v1/orders?response=result", json=make_order(2, client_order_id="mine"))
    assert repeated.status_code == 200
    assert repeated.json()["order_id"] == orders[1]["order_id"]


def test_batch_over_shards_is_answered_in_its_order(client: httpx.Client) -> None:
    shards = [3, 1, 2, 1, 3]
    answer = client.post(
        "/v1/orders/batch?response=result", json={"orders": [make_order(each) for each in shards]}
    )
    results = [item["order"] for item in answer.json()["results"]]
    assert [find_shard(order["number"]) for order in results] == shards
    assert {order["status"] for order in results} == {"open"}


@pytest.mark.parametrize("shard", SYMBOLS)
def test_order_is_changed_by_its_id_its_name_and_its_number(
    client: httpx.Client, shard: int
) -> None:
    by_id, by_number = place(client, shard), place(client, shard)
    place(client, shard, client_order_id="named")
    amended = client.patch("/v1/orders/by-client-id/named", json={"quantity": "0.5"})
    assert (amended.status_code, find_shard(amended.json()["number"])) == (200, shard)
    for path in (by_id["order_id"], f"by-number/{by_number['number']}", "by-client-id/named"):
        answer = client.delete(f"/v1/orders/{path}")
        assert (answer.status_code, answer.json()["status"]) == (200, "canceled")
        assert find_shard(answer.json()["number"]) == shard


def test_batch_of_cancels_finds_each_order(client: httpx.Client) -> None:
    orders = [place(client, shard) for shard in SYMBOLS]
    targets = [{"order_id": order["order_id"]} for order in orders[:2]]
    targets += [{"number": orders[2]["number"]}, {"order_id": "12345"}]
    answer = client.post("/v1/orders/cancel-batch", json={"orders": targets})
    assert [item["status"] for item in answer.json()["results"]] == [200, 200, 200, 404]


def test_order_that_no_shard_knows_is_unknown(client: httpx.Client) -> None:
    for path in ("12345", "by-client-id/nobody", "by-number/640", "by-number/690"):
        answer = client.delete(f"/v1/orders/{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_order"), path


def test_cancel_of_all_is_done_on_each_shard_once_for_a_key(client: httpx.Client) -> None:
    for shard in SYMBOLS:
        place(client, shard)
    headers = {"Idempotency-Key": "end-of-day"}
    first = client.delete("/v1/orders", headers=headers)
    assert first.json()["canceled"] == 3
    place(client, 2)
    again = client.delete("/v1/orders", headers=headers)
    assert (again.json()["canceled"], again.headers["Idempotency-Replayed"]) == (3, "true")
    assert client.delete("/v1/orders", params={"symbol": SYMBOLS[2]}).json()["canceled"] == 1


def test_timer_cancels_on_each_shard(client: httpx.Client) -> None:
    for shard in SYMBOLS:
        place(client, shard)
    answer = client.post("/v1/cancel-after", json={"seconds": 1})
    assert answer.status_code == 200
    assert answer.json()["due"]
    wait_until(lambda: not list_open(client), "nothing is open")


def test_balances_are_those_of_all_shards_and_say_where_they_are(client: httpx.Client) -> None:
    place(client, 2)
    wait_until(lambda: read_usdt(client)[0]["locked"] != NOTHING, "the hold is in the archive")
    total, by_shard = read_usdt(client)
    assert total == {"asset": "USDT", "free": "101998.00000000", "locked": "2.00000000"}
    assert by_shard == {1: "100000.00000000", 2: "998.00000000", 3: "1000.00000000"}


def move(client: httpx.Client, **fields: object) -> httpx.Response:
    body = {"asset": "USDT", "amount": "250.5", "from": 1, "to": 2, "id": "one"}
    return client.post("/v1/transfers", json=body | fields)


def list_states(client: httpx.Client) -> list[str]:
    return [each["state"] for each in client.get("/v1/transfers").json()["transfers"]]


def test_transfer_moves_what_is_free_and_tells_how_far_it_is(client: httpx.Client) -> None:
    answer = move(client)
    assert answer.status_code == 201, answer.text
    sent = answer.json()
    assert sent == {
        "id": "one", "account": client.headers["X-Account"], "asset": "USDT",
        "amount": "250.50000000", "from": 1, "to": 2, "number": sent["number"], "state": "sent",
        "free": "99749.50000000", "locked": NOTHING, "duplicate": False,
    }  # fmt: skip
    wait_until(lambda: list_states(client) == ["received"], "it is there")
    total, by_shard = read_usdt(client)
    assert (total["free"], by_shard[1], by_shard[2]) == (
        "102000.00000000", "99749.50000000", "1250.50000000",
    )  # fmt: skip
    place(client, 2, price="1250")  # with what has come
    [transfer] = client.get("/v1/transfers").json()["transfers"]
    for name in ("id", "amount", "from", "to", "number"):
        assert transfer[name] == sent[name]
    causes = [entry["cause"] for entry in client.get("/v1/ledger").json()["entries"]]
    assert {"sent", "received"} <= set(causes)


def test_transfers_are_listed_in_pages_newest_first(client: httpx.Client) -> None:
    for number in range(3):
        assert move(client, id=f"id-{number}").status_code == 201
    page = client.get("/v1/transfers", params={"limit": 2}).json()
    rest = client.get("/v1/transfers", params={"limit": 2, "after": page["after"]}).json()
    assert [each["id"] for each in page["transfers"] + rest["transfers"]] == [
        "id-2", "id-1", "id-0",
    ]  # fmt: skip
    assert rest["after"] is None


def test_repeated_transfer_has_the_same_answer(client: httpx.Client) -> None:
    first = move(client).json()
    again = move(client, amount="250.50")
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (200, "true")
    assert again.json() == first | {"duplicate": True}
    body = {"asset": "USDT", "amount": "1", "from": 1, "to": 3, "id": "two"}
    keyed = {"Idempotency-Key": "a-key"}
    answers = [client.post("/v1/transfers", json=body, headers=keyed).json() for _ in range(2)]
    assert answers[1] == answers[0] | {"duplicate": True}


@pytest.mark.parametrize(
    "other", [{"amount": "250"}, {"to": 3}, {"asset": "BTC"}, {"from": 2, "to": 1}, {"from": 3}]
)
def test_id_of_another_transfer_is_refused(client: httpx.Client, other: Json) -> None:
    assert move(client).status_code == 201
    answer = move(client, **other)
    assert (answer.status_code, answer.json()["code"]) == (422, "transfer_id_reused")
    assert answer.json()["field"] == "id"


@pytest.mark.parametrize(
    ("fields", "code", "field", "nearest"),
    [
        ({"to": 7}, "unknown_shard", "to", "3"),
        ({"from": 9}, "unknown_shard", "from", "3"),
        ({"to": 1}, "same_shard", "to", None),
        ({"amount": "100000.1"}, "insufficient_balance", "amount", "100000.00000000"),
        ({"amount": "0"}, "amount_out_of_range", "amount", "0.00000001"),
        ({"asset": "XYZ"}, "unknown_asset", "asset", None),
        ({"id": "a b"}, "invalid_transfer_id", "id", None),
    ],
)
def test_transfer_that_cannot_be_is_refused_and_leaves_its_id_free(
    client: httpx.Client, fields: Json, code: str, field: str, nearest: str | None
) -> None:
    problem = move(client, **fields).json()
    assert (problem["code"], problem["field"], problem.get("nearest")) == (code, field, nearest)
    assert move(client, **{"from": 3}).status_code == 201


def test_program_moves_money_and_follows_it(client: httpx.Client, url: str) -> None:
    with SyncGatewayClient(url, account=client.headers["X-Account"], wait=30) as gateway:
        sent = gateway.transfer("USDT", "100.5", source=2, target=3, transfer_id="mine")
        assert (sent.source, sent.target, sent.amount, sent.free, sent.duplicate) == (
            2, 3, "100.50000000", "899.50000000", False,
        )  # fmt: skip
        assert gateway.transfer("USDT", "100.5", source=2, target=3, transfer_id="mine").duplicate
        wait_until(
            lambda: [each.state for each in gateway.list_transfers()] == ["received"], "it is there"
        )
        told = gateway.balances()
        assert told.on_way == []
        by_shard = {
            part.shard: each.free
            for part in told.shards
            for each in part.balances
            if each.asset == "USDT"
        }
        assert (by_shard[2], by_shard[3]) == ("899.50000000", "1100.50000000")


def test_order_that_lacks_funds_says_where_there_is_more(client: httpx.Client) -> None:
    read_usdt(client)  # which opens the account on shard 1
    answer = client.post("/v1/orders?response=result", json=make_order(2, price="2000.00")).json()
    assert answer["reason"] == "insufficient_balance"
    assert answer["detail"] == (
        "2000.00000000 USDT are needed, 1000.00000000 are free;"
        " shard 1 has 100000.00000000 USDT more, shard 3 has 1000.00000000 USDT more:"
        " POST /v1/transfers moves it"
    )


def test_credit_on_a_shard_that_there_is_not_names_the_nearest(client: httpx.Client) -> None:
    body = {"account": "a", "asset": "USDT", "amount": "1", "id": "x", "shard": 7}
    answer = client.post("/v1/admin/credit", json=body)
    assert answer.status_code == 422
    assert (answer.json()["field"], answer.json()["nearest"]) == ("shard", "3")


def test_instrument_says_its_shard(client: httpx.Client) -> None:
    listed = client.get("/v1/instruments").json()["instruments"]
    assert {each["shard"]: each["symbol"] for each in listed} == SYMBOLS
    assert client.get("/v1/instruments/ETH-USDT").json()["shard"] == 2


def test_halt_of_an_instrument_is_for_its_shard(client: httpx.Client) -> None:
    assert client.post("/v1/instruments/ETH-USDT/halt").status_code == 200
    try:
        phases = {
            each["symbol"]: each["phase"]
            for each in client.get("/v1/instruments").json()["instruments"]
        }
        assert phases == {"BTC-USDT": "continuous", "ETH-USDT": "halted", "SOL-USDT": "continuous"}
    finally:
        assert client.post("/v1/instruments/ETH-USDT/resume").status_code == 200


def test_health_is_of_all_shards(client: httpx.Client) -> None:
    ready = client.get("/readyz").json()
    assert (ready["status"], ready["reasons"]) == ("ready", [])
    wait_until(
        lambda: client.get("/readyz").json()["archive_commands_behind"] == 0, "the archive is there"
    )
