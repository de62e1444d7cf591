"""Order lists: OCO, OTO, OTOCO, OPO and OPOCO, by their own calls and the old one."""

from typing import Any

import pytest

from tests.support.binance import BinanceClient, Json
from tests.support.waiting import wait_until

BTC: Json = {"symbol": "BTCUSDT"}
SELL_OCO: Json = {
    "side": "SELL", "quantity": "0.02", "aboveType": "LIMIT_MAKER", "abovePrice": "61000",
    "belowType": "STOP_LOSS_LIMIT", "belowStopPrice": "59000", "belowPrice": "58900",
    "belowTimeInForce": "GTC",
}  # fmt: skip
WORKING: Json = {
    "workingType": "LIMIT", "workingSide": "BUY", "workingPrice": "60000",
    "workingQuantity": "0.02", "workingTimeInForce": "GTC",
}  # fmt: skip
PENDING: Json = {"pendingType": "LIMIT_MAKER", "pendingSide": "SELL", "pendingPrice": "62000"}
LEGS: Json = {
    "pendingSide": "SELL", "pendingAboveType": "LIMIT_MAKER", "pendingAbovePrice": "62000",
    "pendingBelowType": "STOP_LOSS", "pendingBelowStopPrice": "59000",
}  # fmt: skip


def place(client: BinanceClient, kind: str, **parameters: Any) -> Json:
    answer = client.send("POST", kind, **BTC | parameters)
    assert answer.status_code == 200, answer.text
    placed: Json = answer.json()
    return placed


@pytest.fixture(autouse=True)
def last_price(client: BinanceClient, other: BinanceClient) -> None:
    """The last trade was at 60000."""
    other.place("SELL", "LIMIT", timeInForce="GTC", quantity="0.001", price="60000")
    client.place("BUY", "LIMIT", timeInForce="IOC", quantity="0.001", price="60000")


def statuses(client: BinanceClient, placed: Json) -> list[str]:
    return [
        client.get("order", **BTC, orderId=each["orderId"])["status"] for each in placed["orders"]
    ]


def test_oco_has_its_shape_and_ends_with_one_leg(
    client: BinanceClient, other: BinanceClient
) -> None:
    placed = place(client, "orderList/oco", **SELL_OCO, listClientOrderId="list-1")
    reports = placed.pop("orderReports")
    assert [each["type"] for each in reports] == ["LIMIT_MAKER", "STOP_LOSS_LIMIT"]
    assert [each["orderListId"] for each in reports] == [placed["orderListId"]] * 2
    assert placed == {
        "orderListId": placed["orderListId"], "contingencyType": "OCO",
        "listStatusType": "EXEC_STARTED", "listOrderStatus": "EXECUTING",
        "listClientOrderId": "list-1", "transactionTime": placed["transactionTime"],
        "symbol": "BTCUSDT",
        "orders": [
            {name: each[name] for name in ("symbol", "orderId", "clientOrderId")}
            for each in reports
        ],
    }  # fmt: skip
    number = placed["orderListId"]
    for found in (
        client.get("orderList", orderListId=number),
        client.get("orderList", origClientOrderId="list-1"),
        *client.get("openOrderList"),
        *client.get("allOrderList", limit=1),
        *client.get("allOrderList", fromId=number),
        *client.get("allOrderList", startTime=placed["transactionTime"]),
    ):
        assert found | {"transactionTime": 0} == placed | {"transactionTime": 0}
    opened = client.get("openOrders", **BTC)
    assert [(each["orderListId"], each["isWorking"]) for each in opened] == [
        (number, True), (number, False),
    ]  # fmt: skip
    other.place("BUY", "LIMIT", timeInForce="IOC", quantity="0.02", price="61000")
    assert statuses(client, placed) == ["FILLED", "EXPIRED"]
    before, sale = client.get("myTrades", **BTC)
    assert (before["orderListId"], sale["orderListId"]) == (-1, number)
    loss = client.get("order", **BTC, orderId=placed["orders"][1]["orderId"])
    assert loss["expiryReason"] == "OCO_TRIGGER"
    assert client.get("orderList", orderListId=number)["listStatusType"] == "ALL_DONE"
    assert client.get("openOrderList") == []


def test_old_oco_is_the_same(client: BinanceClient) -> None:
    placed = place(
        client, "order/oco", side="SELL", quantity="0.02", price="61000", stopPrice="59000",
        stopLimitPrice="58900", stopLimitTimeInForce="GTC", limitClientOrderId="above",
        stopStrategyId=7, stopStrategyType=1_000_000,
    )  # fmt: skip
    strategies = [
        (each.get("strategyId"), each.get("strategyType")) for each in placed["orderReports"]
    ]
    assert strategies == [(None, None), (7, 1_000_000)]
    told = [(each["type"], each["price"]) for each in placed["orderReports"]]
    assert told == [("LIMIT_MAKER", "61000.00000000"), ("STOP_LOSS_LIMIT", "58900.00000000")]
    assert placed["orders"][0]["clientOrderId"] == "above"


def test_list_is_canceled_as_a_whole(client: BinanceClient) -> None:
    placed = place(client, "orderList/oco", **SELL_OCO)
    answer = client.send("DELETE", "orderList", **BTC, orderListId=placed["orderListId"])
    canceled = answer.json()
    assert [each["status"] for each in canceled["orderReports"]] == ["CANCELED"] * 2
    (cancel_id,) = {each["clientOrderId"] for each in canceled["orderReports"]}
    own = [each["clientOrderId"] for each in placed["orders"]]
    assert [each["origClientOrderId"] for each in canceled["orderReports"]] == own
    assert cancel_id not in {"", *own}
    assert (canceled["listStatusType"], canceled["orders"]) == ("ALL_DONE", placed["orders"])
    again = client.send("DELETE", "orderList", **BTC, orderListId=placed["orderListId"])
    assert again.json() == {"code": -2011, "msg": "Unknown order sent."}
    assert client.get("openOrders", **BTC) == []


def test_lists_are_canceled_with_all_else(client: BinanceClient) -> None:
    placed = place(client, "orderList/oco", **SELL_OCO)
    single = client.place("BUY", "LIMIT", timeInForce="GTC", quantity="0.01", price="50000")
    canceled = client.send("DELETE", "openOrders", **BTC).json()
    assert [each.get("orderId", each["orderListId"]) for each in canceled] == [
        placed["orderListId"], single["orderId"],
    ]  # fmt: skip
    assert len(canceled[0]["orderReports"]) == 2
    assert statuses(client, placed) == ["CANCELED", "CANCELED"]


def test_amend_of_a_leg_tells_of_its_list(client: BinanceClient) -> None:
    placed = place(client, "orderList/oco", **SELL_OCO)
    number = placed["orders"][0]["orderId"]
    answer = client.send(
        "PUT", "order/amend/keepPriority", **BTC, orderId=number, newQty="0.01",
        newClientOrderId="less",
    ).json()  # fmt: skip
    assert answer["amendedOrder"]["workingTime"] == placed["orderReports"][0]["workingTime"]
    fields = ("orderListId", "contingencyType", "listOrderStatus", "listClientOrderId", "symbol")
    told = answer["listStatus"]
    assert {name: told[name] for name in fields} == {name: placed[name] for name in fields}
    assert told["orders"] == [placed["orders"][0] | {"clientOrderId": "less"}, placed["orders"][1]]


def test_leg_that_is_canceled_takes_the_other_along(client: BinanceClient) -> None:
    placed = place(client, "orderList/oco", **SELL_OCO)
    client.send("DELETE", "order", **BTC, orderId=placed["orders"][1]["orderId"])
    assert statuses(client, placed) == ["CANCELED", "CANCELED"]


def test_pending_order_comes_in_when_the_working_one_is_filled(
    client: BinanceClient, other: BinanceClient
) -> None:
    placed = place(client, "orderList/oto", **WORKING, **PENDING, pendingQuantity="0.01")
    assert placed["contingencyType"] == "OTO"
    working, pending = placed["orderReports"]
    assert (working["status"], pending["status"]) == ("NEW", "PENDING_NEW")
    assert pending["workingTime"] == -1
    assert statuses(client, placed) == ["NEW", "PENDING_NEW"]
    other.place("SELL", "LIMIT", timeInForce="IOC", quantity="0.02", price="60000")
    assert statuses(client, placed) == ["FILLED", "NEW"]
    found = client.get("order", **BTC, orderId=pending["orderId"])
    assert found["isWorking"]
    assert found["workingTime"] >= found["time"]


@pytest.mark.parametrize(
    ("kind", "parameters", "quantity"),
    [
        ("otoco", LEGS | {"pendingQuantity": "0.01"}, "0.01000000"),
        ("opo", PENDING, "0.01998000"),
        ("opoco", LEGS, "0.01998000"),
    ],
)
def test_pending_orders_sell_what_they_are_to(
    client: BinanceClient, other: BinanceClient, kind: str, parameters: Json, quantity: str
) -> None:
    placed = place(client, f"orderList/{kind}", **WORKING, **parameters)
    number = len(placed["orders"]) - 1
    assert statuses(client, placed) == ["NEW"] + ["PENDING_NEW"] * number
    other.place("SELL", "LIMIT", timeInForce="IOC", quantity="0.02", price="60000")
    assert statuses(client, placed) == ["FILLED"] + ["NEW"] * number
    opened = client.get("openOrders", **BTC)
    assert [each["origQty"] for each in opened] == [quantity] * number


REFUSED: list[tuple[str, Json, int, str]] = [
    ("oco", SELL_OCO | {"belowType": "LIMIT_MAKER"}, -1168,
     "At least one OCO order must be contingent."),
    ("oco", SELL_OCO | {"aboveType": "MARKET"}, -1158, "Order type not supported in OCO."),
    ("oco", SELL_OCO | {"aboveType": "STOP_LOSS"}, -1197,
     "A stop loss order in a sell OCO must be below."),
    ("oco", SELL_OCO | {"belowType": "TAKE_PROFIT"}, -1199,
     "A take profit order in a sell OCO must be above."),
    ("oco", SELL_OCO | {"aboveType": "TAKE_PROFIT", "belowType": "LIMIT_MAKER"}, -1166,
     "A limit order in a sell OCO must be above."),
    ("oco", SELL_OCO | {"side": "BUY"}, -1165, "A limit order in a buy OCO must be below."),
    ("oco", SELL_OCO | {"side": "BUY", "aboveType": "TAKE_PROFIT"}, -1198,
     "A take profit order in a buy OCO must be below."),
    ("oco", SELL_OCO | {"side": "BUY", "aboveType": "STOP_LOSS"}, -1196,
     "A stop loss order in a buy OCO must be above."),
    ("oco", SELL_OCO | {"belowTimeInForce": "IOC", "belowIcebergQty": "0.01"}, -1160,
     ("Parameter 'belowIcebergQty' is not supported if aboveTimeInForce/belowTimeInForce is not"
     " GTC.")),
    ("oco", SELL_OCO | {"belowPrice": None}, -1102,
     "Mandatory parameter 'belowPrice' was not sent, was empty/null, or malformed."),
    ("oco", SELL_OCO | {"abovePrice": "59500"}, -2010,
     "The relationship of the prices for the orders is not correct."),
    ("oco", SELL_OCO | {"quantity": "0.000011"}, -1013, "Filter failure: LOT_SIZE"),
    ("oco", SELL_OCO | {"quantity": "1000"}, -2010,
     "Account has insufficient balance for requested action."),
    ("oto", WORKING | PENDING | {"pendingQuantity": "0.01", "workingType": "MARKET"}, -1116,
     "Invalid orderType."),
    ("opo", WORKING | PENDING | {"workingSide": "SELL"}, -1222,
     "The working order in an OPO list must be a bid."),
    ("opo", WORKING | PENDING | {"pendingSide": "BUY"}, -1223,
     "The pending orders in an OPO list must be asks."),
    ("opo", WORKING | PENDING | {"workingPrice": None}, -1224,
     "Working order must include the 'workingPrice' tag."),
    ("opoco", WORKING | LEGS | {"workingSide": None}, -1224,
     "Working order must include the 'workingSide' tag."),
    ("opo", WORKING | PENDING | {"pendingQuantity": "0.01"}, -1225,
     "Pending orders should not include the 'pendingQuantity' tag."),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "parameters", "code", "text"),
    REFUSED,
    ids=[f"{case[2]} {case[0]}" for case in REFUSED],
)
def test_list_that_is_refused(
    client: BinanceClient, kind: str, parameters: Json, code: int, text: str
) -> None:
    sent = {name: value for name, value in parameters.items() if value is not None}
    answer = client.send("POST", f"orderList/{kind}", **BTC, **sent)
    assert (answer.status_code, answer.json()) == (400, {"code": code, "msg": text})
    assert client.get("openOrders", **BTC) == []


def test_list_that_there_is_not(client: BinanceClient) -> None:
    answer = client.send("GET", "orderList", orderListId=1)
    assert answer.json() == {"code": -2018, "msg": "Order list does not exist."}
    neither = client.send("GET", "orderList")
    assert neither.json()["code"] == -1102


def test_name_of_a_list_is_free_once_it_has_ended(client: BinanceClient) -> None:
    place(client, "orderList/oco", **SELL_OCO, listClientOrderId="again")
    answer = client.send("POST", "orderList/oco", **BTC, **SELL_OCO, listClientOrderId="again")
    assert answer.json() == {"code": -2010, "msg": "Duplicate order sent."}
    client.cancel_all()
    wait_until(lambda: client.get("openOrders") == [], "the list has ended")
    place(client, "orderList/oco", **SELL_OCO, listClientOrderId="again")
