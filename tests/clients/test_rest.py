"""Trading over REST: shapes, texts and numbers as the specification has them."""

import re

import httpx
import pytest

from launcher.supervision.run_file import RunRecord
from tests.support.binance import BinanceClient, Json

LIMIT: Json = {"timeInForce": "GTC", "quantity": "0.02", "price": "60000.10"}
QUERY_FIELDS = (
    "symbol orderId orderListId clientOrderId price origQty executedQty cummulativeQuoteQty status"
    " timeInForce type side stopPrice icebergQty time updateTime isWorking workingTime"
    " origQuoteOrderQty selfTradePreventionMode"
)
CANCEL_FIELDS = (
    "symbol origClientOrderId orderId orderListId clientOrderId transactTime price origQty"
    " executedQty origQuoteOrderQty cummulativeQuoteQty status timeInForce type side"
    " selfTradePreventionMode"
)
RESULT_FIELDS = (
    "symbol orderId orderListId clientOrderId transactTime price origQty executedQty"
    " origQuoteOrderQty cummulativeQuoteQty status timeInForce type side workingTime"
    " selfTradePreventionMode"
)


def test_full_answer_of_an_order_that_trades(client: BinanceClient, other: BinanceClient) -> None:
    other.place("SELL", "LIMIT", timeInForce="GTC", quantity="0.005", price="59999.9")
    placed = client.place("BUY", "LIMIT", newClientOrderId="bot7-31", **LIMIT)
    [fill] = placed.pop("fills")
    assert set(placed) == set(RESULT_FIELDS.split())
    assert fill | {"tradeId": 0} == {
        "price": "59999.90000000",
        "qty": "0.00500000",
        "commission": "0.00000500",
        "commissionAsset": "BTC",
        "tradeId": 0,
    }
    told = {
        name: placed[name] for name in ("executedQty", "cummulativeQuoteQty", "status", "price")
    }
    assert told == {
        "executedQty": "0.00500000",
        "cummulativeQuoteQty": "299.99950000",
        "status": "PARTIALLY_FILLED",
        "price": "60000.10000000",
    }
    assert (placed["orderListId"], placed["clientOrderId"]) == (-1, "bot7-31")


@pytest.mark.parametrize(
    ("kind", "asked", "fields"),
    [
        ("LIMIT", None, RESULT_FIELDS + " fills"),
        ("LIMIT", "RESULT", RESULT_FIELDS),
        ("LIMIT", "ACK", "symbol orderId orderListId clientOrderId transactTime"),
        ("LIMIT_MAKER", None, "symbol orderId orderListId clientOrderId transactTime"),
    ],
)
def test_each_shape_has_its_fields(
    client: BinanceClient, kind: str, asked: str | None, fields: str
) -> None:
    more = {"newOrderRespType": asked} if asked else {}
    values = LIMIT if kind == "LIMIT" else {name: LIMIT[name] for name in ("quantity", "price")}
    placed = client.place("BUY", kind, **values, **more)
    assert set(placed) == set(fields.split())


@pytest.mark.parametrize(
    "own", [{"strategyId": 7, "strategyType": 1_000_001}, {"strategyId": 2**63 - 1},
            {"strategyType": 1_000_000}],
)  # fmt: skip
def test_strategy_is_told_by_the_answer_and_by_questions(client: BinanceClient, own: Json) -> None:
    placed = client.place("BUY", "LIMIT", **LIMIT, **own)
    assert pick_strategy(placed) == own
    short = client.place("BUY", "LIMIT", newOrderRespType="ACK", **LIMIT, **own)
    assert pick_strategy(short) == {}
    without = client.place("BUY", "LIMIT", **LIMIT)
    for each in client.get("openOrders"):
        expected = {} if each["orderId"] == without["orderId"] else own
        assert pick_strategy(each) == expected
    client.cancel_all()
    found = client.get("order", symbol="BTCUSDT", orderId=placed["orderId"])
    assert set(found) == {*QUERY_FIELDS.split(), *own}
    assert pick_strategy(found) == own


def pick_strategy(order: Json) -> Json:
    return {name: order[name] for name in ("strategyId", "strategyType") if name in order}


def test_strategies_of_a_list_and_of_a_replacement_are_kept(client: BinanceClient) -> None:
    listed = client.send(
        "POST", "orderList/oco", symbol="BTCUSDT", side="SELL", quantity="0.02",
        aboveType="LIMIT_MAKER", abovePrice="70000", aboveStrategyId=1,
        belowType="STOP_LOSS", belowStopPrice="50000", belowStrategyId=2,
    ).json()  # fmt: skip
    told = {each["type"]: each["strategyId"] for each in client.get("openOrders")}
    assert told == {"LIMIT_MAKER": 1, "STOP_LOSS": 2}
    replaced = client.send(
        "POST", "order/cancelReplace", symbol="BTCUSDT", side="SELL", type="LIMIT", **LIMIT,
        strategyId=3, cancelReplaceMode="STOP_ON_FAILURE",
        cancelOrderId=listed["orders"][0]["orderId"],
    )  # fmt: skip
    assert replaced.status_code == 200
    assert [each["strategyId"] for each in client.get("openOrders")] == [3]


def test_order_is_found_by_the_name_of_its_cancel(
    client: BinanceClient, other: BinanceClient
) -> None:
    btc = {"symbol": "BTCUSDT"}
    placed = client.place("BUY", "LIMIT", **LIMIT)
    ended = {"orderId": placed["orderId"], "newClientOrderId": "the-end"}
    client.send("DELETE", "order", **btc, **ended)
    found = client.get("order", **btc, origClientOrderId="the-end")
    assert (found["orderId"], found["clientOrderId"]) == (
        placed["orderId"], placed["clientOrderId"],
    )  # fmt: skip
    by_both = client.get("order", **btc, orderId=placed["orderId"], origClientOrderId="the-end")
    assert by_both == found
    stranger = other.send("GET", "order", **btc, origClientOrderId="the-end")
    assert stranger.json() == {"code": -2013, "msg": "Order does not exist."}
    named = client.place("BUY", "LIMIT", newClientOrderId="the-end", **LIMIT)
    assert client.get("order", **btc, origClientOrderId="the-end")["orderId"] == named["orderId"]


def test_form_and_query_place_the_same_order(client: BinanceClient) -> None:
    values = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", **LIMIT}
    in_body = client.send_form("POST", "order", **values).json()
    in_query = client.send("POST", "order", **values).json()
    assert in_query["orderId"] > in_body["orderId"]
    assert re.fullmatch("[A-NP-Za-z0-9][A-Za-z0-9]{21}", in_body["clientOrderId"])


def test_order_is_found_by_either_id_and_canceled(client: BinanceClient) -> None:
    placed = client.place("BUY", "LIMIT", **LIMIT)
    number, name = placed["orderId"], placed["clientOrderId"]
    found = client.get("order", symbol="BTCUSDT", orderId=number)
    assert set(found) == set(QUERY_FIELDS.split())
    assert found == client.get("order", symbol="BTCUSDT", origClientOrderId=name)
    assert client.get("openOrders", symbol="BTCUSDT") == [found] == client.get("openOrders")
    answer = client.send(
        "DELETE", "order", symbol="BTCUSDT", orderId=number, newClientOrderId="end-1"
    )
    canceled = answer.json()
    assert set(canceled) == set(CANCEL_FIELDS.split())
    told = [canceled[each] for each in ("status", "clientOrderId", "origClientOrderId")]
    assert told == ["CANCELED", "end-1", name]
    assert client.get("openOrders") == []
    assert client.get("order", symbol="BTCUSDT", orderId=number)["status"] == "CANCELED"


def test_post_only_that_would_trade_is_refused(client: BinanceClient, other: BinanceClient) -> None:
    other.place("SELL", "LIMIT", **LIMIT)
    answer = client.send(
        "POST", "order", symbol="BTCUSDT", side="BUY", type="LIMIT_MAKER", quantity="0.02",
        price="60000.10",
    )  # fmt: skip
    assert answer.status_code == 400
    assert answer.json() == {"code": -2010, "msg": "Order would immediately match and take."}
    assert client.get("allOrders", symbol="BTCUSDT") == []


def test_remainders_expire_with_their_reason(client: BinanceClient, other: BinanceClient) -> None:
    other.place("SELL", "LIMIT", **LIMIT)
    values = {"quantity": "0.05", "price": "60000.10"}
    killed = client.place("BUY", "LIMIT", timeInForce="FOK", **values)
    assert killed["status"] == "EXPIRED"
    assert killed["expiryReason"] == "UNFILLED_FOK_ORDER_EXPIRED"
    assert killed["fills"] == []
    part = client.place("BUY", "LIMIT", timeInForce="IOC", **values)
    assert (part["executedQty"], part["status"]) == ("0.02000000", "EXPIRED")
    assert part["expiryReason"] == "UNFILLED_IOC_QUANTITY_EXPIRED"
    market = client.place("BUY", "MARKET", quantity="0.02")
    assert (market["status"], market["price"], market["fills"]) == ("EXPIRED", "0.00000000", [])
    assert market["expiryReason"] == "INSUFFICIENT_LIQUIDITY"


def test_money_moves_as_the_trade_says(client: BinanceClient, other: BinanceClient) -> None:
    before = read_balances(client)
    other.place("SELL", "LIMIT", **LIMIT)
    client.place("BUY", "MARKET", quantity="0.02")
    after = read_balances(client)
    assert after["BTC"]["free"] - before["BTC"]["free"] == 1_998_000
    assert before["USDT"]["free"] - after["USDT"]["free"] == 120_000_200_000
    client.place("BUY", "LIMIT", timeInForce="GTC", quantity="1", price="50000")
    assert read_balances(client)["USDT"]["locked"] == 5_000_000_000_000
    [trade] = client.get("myTrades", symbol="BTCUSDT")
    told = {name: trade[name] for name in ("price", "qty", "quoteQty", "commission", "isBuyer")}
    assert told == {
        "price": "60000.10000000",
        "qty": "0.02000000",
        "quoteQty": "1200.00200000",
        "commission": "0.00002000",
        "isBuyer": True,
    }
    assert trade["isMaker"] is False


def test_account_has_the_fields_of_the_example(client: BinanceClient) -> None:
    rates = {"maker": "0.00100000", "taker": "0.00100000"}
    none = dict.fromkeys(("maker", "taker", "buyer", "seller"), "0.00000000")
    client.place("BUY", "LIMIT", **LIMIT)
    account = client.get("account")
    balances = {each["asset"]: each for each in account.pop("balances")}
    assert account == {
        "makerCommission": 10, "takerCommission": 10, "buyerCommission": 0, "sellerCommission": 0,
        "commissionRates": none | rates, "canTrade": True, "canWithdraw": False,
        "canDeposit": False, "brokered": False, "requireSelfTradePrevention": False,
        "preventSor": False, "updateTime": account["updateTime"], "accountType": "SPOT",
        "permissions": ["SPOT"], "uid": account["uid"],
    }  # fmt: skip
    assert balances["USDT"]["locked"] == "1200.00200000"
    assert isinstance(account["uid"], int)
    assert client.get("account/commission", symbol="BTCUSDT") == {
        "symbol": "BTCUSDT", "standardCommission": none | rates, "specialCommission": none,
        "taxCommission": none,
        "discount": {
            "enabledForAccount": False, "enabledForSymbol": False, "discountAsset": "BNB",
            "discount": "0.00000000",
        },
    }  # fmt: skip


def read_balances(client: BinanceClient) -> dict[str, dict[str, int]]:
    """What the account has, in 10^-8."""
    return {
        each["asset"]: {name: int(each[name].replace(".", "")) for name in ("free", "locked")}
        for each in client.get("account")["balances"]
    }


def test_orders_and_trades_are_read_page_by_page(
    client: BinanceClient, other: BinanceClient
) -> None:
    numbers = []
    for _ in range(7):
        numbers.append(client.place("BUY", "LIMIT", **LIMIT)["orderId"])
        other.place("SELL", "LIMIT", **LIMIT)
    assert numbers == sorted(numbers)
    seen: list[int] = []
    while page := client.get(
        "allOrders", symbol="BTCUSDT", limit=3, orderId=seen[-1] + 1 if seen else 0
    ):
        seen += [order["orderId"] for order in page]
    assert seen == numbers
    trades: list[Json] = []
    while page := client.get(
        "myTrades", symbol="BTCUSDT", limit=3, fromId=trades[-1]["id"] + 1 if trades else 0
    ):
        trades += page
    assert [trade["orderId"] for trade in trades] == numbers
    newest = client.get("allOrders", symbol="BTCUSDT", limit=2)
    assert [order["orderId"] for order in newest] == numbers[-2:]
    start = client.get("order", symbol="BTCUSDT", orderId=numbers[3])["time"]
    page = client.get("allOrders", symbol="BTCUSDT", startTime=start, limit=2)
    assert [order["orderId"] for order in page] == numbers[3:5]
    [of_one] = client.get("myTrades", symbol="BTCUSDT", orderId=numbers[2])
    assert of_one["orderId"] == numbers[2]


def test_orders_of_both_gateways_are_the_same(exchange: RunRecord, client: BinanceClient) -> None:
    headers = {"X-Account": client.account}
    native = httpx.Client(base_url=exchange.gateway_url, headers=headers, trust_env=False)
    order = {"symbol": "BTC-USDT", "side": "buy", "order_type": "post_only", "quantity": "0.02",
             "price": "59000", "client_order_id": "from-there"}  # fmt: skip
    made_there = native.post("/v1/orders?response=result", json=order).json()
    made_here = client.place("BUY", "LIMIT", newClientOrderId="from-here", **LIMIT)
    here = {each["clientOrderId"]: each for each in client.get("openOrders")}
    assert {name: each["orderId"] for name, each in here.items()} == {
        "from-there": made_there["number"],
        "from-here": made_here["orderId"],
    }
    assert (here["from-there"]["type"], here["from-there"]["timeInForce"]) == ("LIMIT_MAKER", "GTC")
    there = native.get("/v1/orders?status=open").json()["orders"]
    assert {each["client_order_id"]: each["order_type"] for each in there} == {
        "from-there": "post_only", "from-here": "limit",
    }  # fmt: skip
    client.send("DELETE", "order", symbol="BTCUSDT", origClientOrderId="from-there")
    assert native.delete(f"/v1/orders/by-number/{made_here['orderId']}").status_code == 200
    assert client.get("openOrders") == []
    native.close()


def test_stop_that_is_reached_already_is_refused(
    client: BinanceClient, other: BinanceClient
) -> None:
    other.place("SELL", "LIMIT", **LIMIT)
    client.place("BUY", "MARKET", quantity="0.02")
    values = {"symbol": "BTCUSDT", "quantity": "0.01"}
    for side, kind, reached, waiting in (
        ("SELL", "STOP_LOSS", "60000.10", "60000"),
        ("SELL", "TAKE_PROFIT", "60000", "60000.20"),
        ("BUY", "TAKE_PROFIT", "60000.10", "60000"),
        ("BUY", "STOP_LOSS", "60000", "60000.20"),
    ):
        placed = values | {"side": side, "type": kind}
        refused = client.send("POST", "order", stopPrice=reached, **placed)
        assert refused.json() == {"code": -2010, "msg": "Order would trigger immediately."}
        assert client.send("POST", "order", stopPrice=waiting, **placed).status_code == 200
    assert [each["isWorking"] for each in client.get("openOrders")] == [False] * 4


def test_moments_are_in_the_unit_that_is_asked_for(client: BinanceClient) -> None:
    milliseconds = client.ask("GET", "time").json()["serverTime"]
    answer = client._http.get("/api/v3/time", headers={"X-MBX-TIME-UNIT": "microsecond"})
    assert 0 <= answer.json()["serverTime"] - milliseconds * 1_000 < 60_000_000


def test_name_may_be_used_again_once_its_order_has_ended(client: BinanceClient) -> None:
    first = client.place("BUY", "LIMIT", newClientOrderId="again", **LIMIT)
    answer = client.send(
        "POST", "order", symbol="BTCUSDT", side="BUY", type="LIMIT", newClientOrderId="again",
        **LIMIT,
    )  # fmt: skip
    assert answer.json() == {"code": -2010, "msg": "Duplicate order sent."}
    client.cancel_all()
    second = client.place("BUY", "LIMIT", newClientOrderId="again", **LIMIT)
    assert second["orderId"] > first["orderId"]
    found = client.get("order", symbol="BTCUSDT", origClientOrderId="again")
    assert found["orderId"] == second["orderId"]


def test_listen_key_is_one_an_account(client: BinanceClient, other: BinanceClient) -> None:
    key = client.ask("POST", "userDataStream").json()["listenKey"]
    assert re.fullmatch("[A-Za-z0-9]{60}", key)
    assert client.ask("POST", "userDataStream").json()["listenKey"] == key
    assert client.ask("PUT", "userDataStream", listenKey=key).json() == {}
    stranger = other.ask("PUT", "userDataStream", listenKey=key)
    assert stranger.json() == {"code": -1125, "msg": "This listenKey does not exist."}
    assert client.ask("DELETE", "userDataStream", listenKey=key).json() == {}
    assert client.ask("PUT", "userDataStream", listenKey=key).json()["code"] == -1125
