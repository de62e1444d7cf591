"""What few orders have: amounts, icebergs, what is after a trigger, trails, prevented matches."""

from typing import Any

import pytest

from tests.support.binance import BinanceClient, Json
from tests.support.waiting import wait_until

LIMIT: Json = {"timeInForce": "GTC", "quantity": "0.02", "price": "60000.10"}
BTC: Json = {"symbol": "BTCUSDT"}


def sell(client: BinanceClient, quantity: str, price: str) -> Json:
    return client.place("SELL", "LIMIT", timeInForce="GTC", quantity=quantity, price=price)


def find(client: BinanceClient, placed: Json) -> Json:
    found: Json = client.get("order", symbol="BTCUSDT", orderId=placed["orderId"])
    return found


def trade_at(client: BinanceClient, other: BinanceClient, price: str) -> None:
    """Make `price` that of the last trade."""
    sell(other, "0.001", price)
    client.place("BUY", "LIMIT", timeInForce="IOC", quantity="0.001", price=price)


def test_market_order_by_amount_as_in_the_specification(
    client: BinanceClient, other: BinanceClient
) -> None:
    sell(other, "0.01", "60000")
    sell(other, "0.05", "60010")
    bought = client.place("BUY", "MARKET", quoteOrderQty="1000")
    told = [
        bought[name]
        for name in (
            "status", "origQty", "executedQty", "origQuoteOrderQty", "cummulativeQuoteQty",
        )
    ]  # fmt: skip
    assert told == ["FILLED", "0.01666000", "0.01666000", "1000.00000000", "999.66660000"]
    assert [(fill["price"], fill["qty"]) for fill in bought["fills"]] == [
        ("60000.00000000", "0.01000000"), ("60010.00000000", "0.00666000"),
    ]  # fmt: skip
    assert find(client, bought)["origQuoteOrderQty"] == "1000.00000000"


def test_market_order_by_amount_sells_down_to_the_lot(
    client: BinanceClient, other: BinanceClient
) -> None:
    other.place("BUY", "LIMIT", timeInForce="GTC", quantity="0.05", price="60000")
    sold = client.place("SELL", "MARKET", quoteOrderQty="1000")
    assert (sold["origQty"], sold["cummulativeQuoteQty"]) == ("0.01666000", "999.60000000")


def test_iceberg_shows_a_part_and_is_told_with_it(
    client: BinanceClient, other: BinanceClient
) -> None:
    placed = client.place("BUY", "LIMIT", **LIMIT, icebergQty="0.005")
    assert (placed["icebergQty"], placed["origQty"]) == ("0.00500000", "0.02000000")
    assert find(client, placed)["icebergQty"] == "0.00500000"

    def shows(quantity: str) -> bool:
        bids = client.ask("GET", "depth", symbol="BTCUSDT").json()["bids"]
        return bool(bids[:1] == [["60000.10000000", quantity]])

    wait_until(lambda: shows("0.00500000"), "the book has the part that is shown")
    sale = other.place("SELL", "LIMIT", timeInForce="IOC", quantity="0.012", price="60000.10")
    assert sale["status"] == "FILLED"
    wait_until(lambda: shows("0.00300000"), "the book has the next part")


@pytest.mark.parametrize(
    ("time_in_force", "expected"),
    [
        ("GTC", ("NEW", None)),
        ("IOC", ("EXPIRED", "UNFILLED_IOC_QUANTITY_EXPIRED")),
        ("FOK", ("EXPIRED", "UNFILLED_FOK_ORDER_EXPIRED")),
    ],
)
def test_time_in_force_counts_after_the_trigger(
    client: BinanceClient, other: BinanceClient, time_in_force: str, expected: tuple[str, Any]
) -> None:
    trade_at(client, other, "60000")
    stop = client.place(
        "BUY", "STOP_LOSS_LIMIT", timeInForce=time_in_force, quantity="0.01", price="60100",
        stopPrice="60100", newOrderRespType="RESULT",
    )  # fmt: skip
    assert (stop["timeInForce"], stop["workingTime"]) == (time_in_force, -1)
    waiting = find(client, stop)
    assert (waiting["isWorking"], waiting["workingTime"]) == (False, -1)
    trade_at(client, other, "60100")
    fired = find(client, stop)
    assert (fired["status"], fired.get("expiryReason")) == expected
    assert (fired["timeInForce"], fired["type"]) == (time_in_force, "STOP_LOSS_LIMIT")
    assert fired["isWorking"]
    assert fired["workingTime"] >= fired["time"]


def test_triggered_stop_keeps_its_working_time_when_it_trades(
    client: BinanceClient, other: BinanceClient
) -> None:
    trade_at(client, other, "60000")
    stop = client.place(
        "BUY", "STOP_LOSS_LIMIT", timeInForce="GTC", quantity="0.01", price="60100",
        stopPrice="60100",
    )  # fmt: skip
    trade_at(client, other, "60100")
    since = find(client, stop)["workingTime"]
    sell(other, "0.004", "60100")
    filled = find(client, stop)
    assert (filled["status"], filled["workingTime"]) == ("PARTIALLY_FILLED", since)
    assert filled["updateTime"] >= since


def test_trailing_stop_follows_the_market_and_fires(
    client: BinanceClient, other: BinanceClient
) -> None:
    trade_at(client, other, "60000")
    terms: Json = {
        "quantity": "0.01", "trailingDelta": "250", "stopPrice": "61000",
        "newOrderRespType": "RESULT",
    }  # fmt: skip
    stop = client.place("SELL", "TAKE_PROFIT", **terms)
    told = {"trailingDelta": 250, "trailingTime": -1, "stopPrice": "61000.00000000"}
    assert told.items() <= stop.items()
    assert told.items() <= find(client, stop).items()
    at_once = client.send("POST", "order", **BTC, side="SELL", type="STOP_LOSS", **terms)
    assert at_once.json() == {"code": -2010, "msg": "Order would trigger immediately."}

    trade_at(client, other, "61000")
    trails = find(client, stop)
    assert (trails["status"], trails["isWorking"]) == ("NEW", False)
    assert trails["trailingTime"] == trails["updateTime"] >= stop["transactTime"]
    trade_at(client, other, "64000")
    trade_at(client, other, "62400.01")
    assert not find(client, stop)["isWorking"]
    other.place("BUY", "LIMIT", timeInForce="GTC", quantity="0.01", price="62000")
    trade_at(client, other, "62400")
    fired = find(client, stop)
    assert (fired["status"], fired["cummulativeQuoteQty"]) == ("FILLED", "620.00000000")
    assert (fired["trailingDelta"], fired["stopPrice"]) == (250, "61000.00000000")
    assert trails["trailingTime"] == fired["trailingTime"] <= fired["workingTime"]


def test_trailing_stop_replaces_an_order_and_is_in_a_list(
    client: BinanceClient, other: BinanceClient
) -> None:
    trade_at(client, other, "60000")
    resting = client.place("BUY", "LIMIT", timeInForce="GTC", quantity="0.01", price="50000")
    terms: Json = {**BTC, "side": "BUY", "quantity": "0.01", "trailingDelta": "100"}
    limit: Json = {"type": "STOP_LOSS_LIMIT", "timeInForce": "GTC", "price": "61000"}
    assert client.send("POST", "order/test", **terms, **limit).json() == {}
    replaced = client.send(
        "POST", "order/cancelReplace", **terms, **limit, newOrderRespType="RESULT",
        cancelReplaceMode="STOP_ON_FAILURE", cancelOrderId=resting["orderId"],
    ).json()  # fmt: skip
    order = replaced["newOrderResponse"]
    assert (order["trailingDelta"], order["trailingTime"]) == (100, order["transactTime"])
    assert find(client, order)["stopPrice"] == "0.00000000"
    canceled = client.send("DELETE", "order", **BTC, orderId=order["orderId"]).json()
    assert (canceled["trailingDelta"], canceled["trailingTime"]) == (100, order["transactTime"])
    assert "stopPrice" not in canceled
    listed = client.send(
        "POST", "orderList/oco", **BTC, side="BUY", quantity="0.01", belowType="LIMIT_MAKER",
        belowPrice="59000", aboveType="STOP_LOSS", aboveStopPrice="61000", aboveTrailingDelta="100",
    ).json()  # fmt: skip
    trails = {each["type"]: each.get("trailingDelta") for each in listed["orderReports"]}
    assert trails == {"STOP_LOSS": 100, "LIMIT_MAKER": None}


def test_prevented_match_is_told_by_answer_query_and_list(client: BinanceClient) -> None:
    maker = client.place("SELL", "LIMIT", **LIMIT)
    taker = client.place(
        "BUY", "LIMIT", timeInForce="GTC", quantity="0.05", price="60000.10",
        selfTradePreventionMode="DECREMENT",
    )  # fmt: skip
    assert (taker["status"], taker["preventedQuantity"]) == ("NEW", "0.02000000")
    assert taker["selfTradePreventionMode"] == "DECREMENT"
    [match] = taker["preventedMatches"]
    assert match == {
        "preventedMatchId": taker["preventedMatchId"],
        "makerSymbol": "BTCUSDT",
        "makerOrderId": maker["orderId"],
        "price": "60000.10000000",
        "takerPreventedQuantity": "0.02000000",
        "makerPreventedQuantity": "0.02000000",
    }
    of_maker, of_taker = find(client, maker), find(client, taker)
    assert (of_maker["status"], of_maker["preventedQuantity"]) == (
        "EXPIRED_IN_MATCH", "0.02000000",
    )  # fmt: skip
    assert of_maker["selfTradePreventionMode"] == "NONE"
    told = {taker["preventedMatchId"]}
    assert {each["preventedMatchId"] for each in (of_maker, of_taker)} == told
    (opened,) = client.get("openOrders", **BTC)
    ended = client.get("allOrders", **BTC, orderId=maker["orderId"], limit=1)[0]
    assert {each["preventedMatchId"] for each in (opened, ended)} == told
    assert (of_taker["origQty"], of_taker["selfTradePreventionMode"]) == (
        "0.05000000", "DECREMENT",
    )  # fmt: skip
    canceled = client.send("DELETE", "order", **BTC, orderId=taker["orderId"]).json()
    assert {canceled["preventedMatchId"]} == told
    assert canceled["preventedQuantity"] == "0.02000000"
    [listed] = client.get("myPreventedMatches", **BTC, orderId=taker["orderId"])
    assert listed.pop("transactTime") == taker["transactTime"]
    assert listed == match | {
        "symbol": "BTCUSDT",
        "takerOrderId": taker["orderId"],
        "tradeGroupId": -1,
        "selfTradePreventionMode": "DECREMENT",
    }


def test_each_mode_takes_from_whom_it_says(client: BinanceClient) -> None:
    for mode, taken, taker_status, maker_status in (
        ("EXPIRE_TAKER", {"taker"}, "EXPIRED_IN_MATCH", "NEW"),
        ("EXPIRE_MAKER", {"maker"}, "NEW", "EXPIRED_IN_MATCH"),
        ("EXPIRE_BOTH", {"taker", "maker"}, "EXPIRED_IN_MATCH", "EXPIRED_IN_MATCH"),
    ):
        maker = client.place("SELL", "LIMIT", **LIMIT)
        taker = client.place("BUY", "LIMIT", **LIMIT, selfTradePreventionMode=mode)
        [match] = taker["preventedMatches"]
        assert {each for each in ("taker", "maker") if f"{each}PreventedQuantity" in match} == taken
        statuses = (find(client, taker)["status"], find(client, maker)["status"])
        assert statuses == (taker_status, maker_status)
        by_id = client.get("myPreventedMatches", **BTC, preventedMatchId=match["preventedMatchId"])
        assert [each["selfTradePreventionMode"] for each in by_id] == [mode]
        client.cancel_all()


def test_amendments_are_listed_in_order(client: BinanceClient) -> None:
    placed = client.place("BUY", "LIMIT", **LIMIT, newClientOrderId="one")
    number = placed["orderId"]
    for quantity, name in (("0.015", "two"), ("0.01", "three")):
        client.send(
            "PUT", "order/amend/keepPriority", **BTC, orderId=number, newQty=quantity,
            newClientOrderId=name,
        )  # fmt: skip
    amendments = client.get("order/amendments", **BTC, orderId=number)
    assert [
        (each["origClientOrderId"], each["newClientOrderId"], each["origQty"], each["newQty"])
        for each in amendments
    ] == [
        ("one", "two", "0.02000000", "0.01500000"),
        ("two", "three", "0.01500000", "0.01000000"),
    ]
    second = amendments[1]["executionId"]
    later = client.get("order/amendments", **BTC, orderId=number, fromExecutionId=second)
    assert later == amendments[1:]
    assert client.get("order/amendments", **BTC, orderId=number, limit=1) == amendments[:1]
