"""Cancels with conditions, cancel-replace in every outcome, amends that keep the place."""

from typing import Any

import pytest

from tests.support.binance import BinanceClient, Json

LIMIT: Json = {"timeInForce": "GTC", "quantity": "0.02", "price": "60000.10"}
NEW: Json = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", **LIMIT}
UNKNOWN: Json = {"code": -2011, "msg": "Unknown order sent."}
NO_FUNDS: Json = {
    "code": -2010,
    "msg": "Account has insufficient balance for requested action.",
}


TEXTS = {
    -2021: "Order cancel-replace partially failed.",
    -2022: "Order cancel-replace failed.",
}


def cancel(client: BinanceClient, **parameters: Any) -> Json:
    answer: Json = client.send("DELETE", "order", **{"symbol": "BTCUSDT"} | parameters).json()
    return answer


def replace(client: BinanceClient, mode: str, **parameters: Any) -> tuple[int, Json]:
    answer = client.send("POST", "order/cancelReplace", cancelReplaceMode=mode, **NEW | parameters)
    return answer.status_code, answer.json()


def test_both_ids_and_the_symbol_must_fit(client: BinanceClient, other: BinanceClient) -> None:
    number = client.place("BUY", "LIMIT", newClientOrderId="one", **LIMIT)["orderId"]
    assert cancel(client, orderId=number, origClientOrderId="two") == UNKNOWN
    assert cancel(client, orderId=number, symbol="ETHUSDT") == UNKNOWN
    assert cancel(other, orderId=number) == UNKNOWN
    assert cancel(other, origClientOrderId="one") == UNKNOWN
    assert client.get("order", symbol="BTCUSDT", orderId=number)["status"] == "NEW"
    assert cancel(client, orderId=number, origClientOrderId="one")["status"] == "CANCELED"


def test_cancel_for_a_state_alone(client: BinanceClient, other: BinanceClient) -> None:
    number = client.place("BUY", "LIMIT", **LIMIT)["orderId"]
    refused = {"code": -2011, "msg": "Order was not canceled due to cancel restrictions."}
    partly, new = "ONLY_PARTIALLY_FILLED", "ONLY_NEW"
    assert cancel(client, orderId=number, cancelRestrictions=partly) == refused
    other.place("SELL", "LIMIT", timeInForce="IOC", quantity="0.005", price="60000")
    assert cancel(client, orderId=number, cancelRestrictions=new) == refused
    assert cancel(client, orderId=number, cancelRestrictions=partly)["status"] == "CANCELED"


def test_replacement_may_have_the_name_of_what_it_replaces(client: BinanceClient) -> None:
    old = client.place("BUY", "LIMIT", newClientOrderId="same", **LIMIT)["orderId"]
    status, answer = replace(
        client, "STOP_ON_FAILURE", cancelOrderId=old, newClientOrderId="same", price="59000"
    )
    assert (status, answer["cancelResult"], answer["newOrderResult"]) == (200, "SUCCESS", "SUCCESS")
    assert answer["cancelResponse"]["origClientOrderId"] == "same"
    assert answer["newOrderResponse"]["price"] == "59000.00000000"
    [left] = client.get("openOrders", symbol="BTCUSDT")
    assert (left["clientOrderId"], left["price"]) == ("same", "59000.00000000")


@pytest.mark.parametrize(
    ("mode", "is_known", "has_funds", "expected"),
    [
        ("STOP_ON_FAILURE", False, True, (400, -2022, "FAILURE", "NOT_ATTEMPTED")),
        ("ALLOW_FAILURE", False, False, (400, -2022, "FAILURE", "FAILURE")),
        ("ALLOW_FAILURE", False, True, (409, -2021, "FAILURE", "SUCCESS")),
        ("STOP_ON_FAILURE", True, False, (409, -2021, "SUCCESS", "FAILURE")),
        ("ALLOW_FAILURE", True, False, (409, -2021, "SUCCESS", "FAILURE")),
    ],
)
def test_outcome_of_both_halves(
    client: BinanceClient,
    mode: str,
    is_known: bool,
    has_funds: bool,
    expected: tuple[int, int, str, str],
) -> None:
    number = client.place("BUY", "LIMIT", **LIMIT)["orderId"] if is_known else 1
    quantity = "0.02" if has_funds else "1000"
    status, answer = replace(client, mode, cancelOrderId=number, quantity=quantity)
    told = answer["data"]
    found = (status, answer["code"], told["cancelResult"], told["newOrderResult"])
    assert found == expected
    assert answer["msg"] == TEXTS[answer["code"]]
    assert told["cancelResponse"] == UNKNOWN or told["cancelResponse"]["status"] == "CANCELED"
    if told["newOrderResult"] == "FAILURE":
        assert told["newOrderResponse"] == NO_FUNDS
    assert len(client.get("openOrders", symbol="BTCUSDT")) == (told["newOrderResult"] == "SUCCESS")


def test_wrong_order_leaves_the_old_one(client: BinanceClient) -> None:
    number = client.place("BUY", "LIMIT", **LIMIT)["orderId"]
    for change in ({"price": "60000.001"}, {"quantity": "0"}, {"price": ""}):
        status, answer = replace(client, "STOP_ON_FAILURE", cancelOrderId=number, **change)
        assert (status, set(answer)) == (400, {"code", "msg"})
    status, answer = replace(client, "STOP_ON_FAILURE")
    assert answer["code"] == -1102
    assert [each["orderId"] for each in client.get("openOrders")] == [number]


def amend(client: BinanceClient, **parameters: Any) -> Json:
    answer = client.send("PUT", "order/amend/keepPriority", **{"symbol": "BTCUSDT"} | parameters)
    told: Json = answer.json()
    return told


def test_amend_lowers_and_keeps_the_place(client: BinanceClient, other: BinanceClient) -> None:
    first = client.place("BUY", "LIMIT", newClientOrderId="first", **LIMIT)["orderId"]
    client.place("BUY", "LIMIT", **LIMIT)
    answer = amend(client, orderId=first, newQty="0.01")
    amended = answer["amendedOrder"]
    assert (amended["qty"], amended["origClientOrderId"]) == ("0.01000000", "first")
    assert amended["clientOrderId"] not in {"", "first"}
    sale = other.place("SELL", "LIMIT", timeInForce="IOC", quantity="0.01", price="60000")
    assert sale["status"] == "FILLED"
    assert client.get("order", symbol="BTCUSDT", orderId=first)["status"] == "FILLED"


def test_amend_that_is_refused(client: BinanceClient) -> None:
    number = client.place("BUY", "LIMIT", newClientOrderId="kept", **LIMIT)["orderId"]
    raised = amend(client, orderId=number, newQty="0.03")
    assert raised == {
        "code": -2038, "msg": "Order amend (quantity increase) is not supported.",
    }  # fmt: skip
    equal = amend(client, orderId=number, newQty="0.02")
    assert equal == {
        "code": -2038, "msg": "The requested action would change no state; rejecting.",
    }  # fmt: skip
    assert amend(client, orderId=1, newQty="0.01") == UNKNOWN
    assert amend(client, orderId=number, newQty="0.000011")["msg"] == "Filter failure: LOT_SIZE"
    kept = amend(client, orderId=number, newQty="0.01", newClientOrderId="kept")
    assert kept["amendedOrder"]["clientOrderId"] == "kept"


def test_amend_to_what_has_traded_ends_the_order_and_weighs_nothing(
    client: BinanceClient, other: BinanceClient
) -> None:
    def read_weight() -> int:
        return int(client.ask("GET", "ping").headers["x-mbx-used-weight-1m"])

    placed = client.place("BUY", "LIMIT", newClientOrderId="long", **LIMIT)
    other.place("SELL", "LIMIT", timeInForce="IOC", quantity="0.005", price="60000")
    day, before = client.get("rateLimit/order")[1], read_weight()
    less = amend(client, orderId=placed["orderId"], newQty="0.01")
    between = read_weight()
    ended = amend(client, orderId=placed["orderId"], newQty="0.005")
    after = read_weight()
    assert [each["amendedOrder"]["status"] for each in (less, ended)] == [
        "PARTIALLY_FILLED", "EXPIRED",
    ]  # fmt: skip
    assert less["amendedOrder"]["workingTime"] == placed["workingTime"]
    assert client.get("rateLimit/order")[1] in (day, day | {"count": 0})  # a new day begins at 0
    if before < between < after:  # else a new minute has begun
        assert (between - before, after - between) == (5, 1)


def test_order_that_was_not_tried_counts(client: BinanceClient) -> None:
    def count() -> int:
        _, day = client.get("rateLimit/order")
        return int(day["count"])

    before = count()
    status, _ = replace(client, "STOP_ON_FAILURE", cancelOrderId=1)
    assert status == 400
    assert count() in (before + 1, 1, 0)  # a new day begins at 0, before the order or behind it
