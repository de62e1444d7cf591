"""Every error, provoked: its status, its code and its exact text, which clients match."""

from typing import Any

import pytest

from tests.support.binance import BinanceClient, now, sign

ORDER: dict[str, Any] = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC",
                         "quantity": "0.02", "price": "60000.10"}  # fmt: skip
MARKET: dict[str, Any] = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.02"}
DECIMAL_RANGE = r"^([0-9]{1,20})(\.[0-9]{1,20})?$"
SYMBOLS_RANGE = r'^\["[A-Z0-9-_.]{1,20}"(,"[A-Z0-9-_.]{1,20}"){0,}\]$'


ILLEGAL = "Illegal characters found in parameter '{}'; legal range is '{}'."
MISSING = "Mandatory parameter '{}' was not sent, was empty/null, or malformed."


def illegal(name: str, legal: str) -> str:
    return ILLEGAL.format(name, legal)


def missing(name: str) -> str:
    return MISSING.format(name)


ORDERS: list[tuple[dict[str, Any], int, str]] = [
    ({"side": "HOLD"}, -1117, "Invalid side."),
    ({"side": "buy"}, -1117, "Invalid side."),
    ({"type": "PEGGED"}, -1116, "Invalid orderType."),
    ({"timeInForce": "GTD"}, -1115, "Invalid timeInForce."),
    ({"symbol": "DOGEUSDT"}, -1121, "Invalid symbol."),
    ({"symbol": "btcusdt"}, -1100, illegal("symbol", r"^[A-Z0-9-_.]{1,20}$")),
    ({"price": "-1"}, -1100, illegal("price", DECIMAL_RANGE)),
    ({"quantity": "1e3"}, -1100, illegal("quantity", DECIMAL_RANGE)),
    ({"quantity": ".5"}, -1100, illegal("quantity", DECIMAL_RANGE)),
    ({"price": "1.123456789"}, -1111, "Parameter 'price' has too much precision."),
    ({"price": ""}, -1105, "Parameter 'price' was empty."),
    ({"price": None}, -1102, missing("price")),
    ({"timeInForce": None}, -1102, missing("timeInForce")),
    ({"symbol": None}, -1102, missing("symbol")),
    ({"stopPrice": "1"}, -1106, "Parameter 'stopPrice' sent when not required."),
    ({"quoteOrderQty": "1"}, -1106, "Parameter 'quoteOrderQty' sent when not required."),
    ({"type": "LIMIT_MAKER", "timeInForce": "IOC"}, -1106, ("Parameter 'timeInForce' sent when not"
     " required.")),
    ({"type": "STOP_LOSS_LIMIT"}, -1102, missing("stopPrice")),
    ({"unknown": "1"}, -1104, ("Not all sent parameters were read; read '8' parameter(s) but was"
     " sent '9'.")),
    ({"newClientOrderId": "no blank"}, -1100,
     illegal("newClientOrderId", r"^[a-zA-Z0-9-_]{1,36}$")),
    ({"strategyId": "99999999999999999999"}, -1108, "Parameter 'strategyId' overflowed."),
    ({"strategyType": "5"}, -1134, "strategyType was less than 1000000."),
    ({"selfTradePreventionMode": "SOME"}, -1130, ("Data sent for parameter"
     " 'selfTradePreventionMode' is not valid.")),
    ({"newOrderRespType": "ALL"}, -1130,
     "Data sent for parameter 'newOrderRespType' is not valid."),
    ({"pegPriceType": "ANY"}, -1210, "Invalid pegPriceType."),
    ({"pegOffsetType": "ANY"}, -1211, "Invalid pegOffsetType."),
    ({"type": "STOP_LOSS", "timeInForce": None, "price": None, "trailingDelta": 9}, -1013,
     "Filter failure: TRAILING_DELTA"),
    ({"trailingDelta": 100}, -1106, "Parameter 'trailingDelta' sent when not required."),
    ({"pegPriceType": "PRIMARY_PEG"}, -2010, "Pegged orders are not supported for this symbol."),
    ({"quantity": "0"}, -1013, "Invalid quantity."),
    ({"price": "0"}, -1013, "Invalid price."),
    ({"quantity": "0.000011"}, -1013, "Filter failure: LOT_SIZE"),
    ({"quantity": "100000000"}, -1013, "Filter failure: LOT_SIZE"),
    ({"price": "60000.001"}, -1013, "Filter failure: PRICE_FILTER"),
    ({"price": "9000000000.01"}, -1013, "Filter failure: PRICE_FILTER"),
    ({"price": "9000000000", "quantity": "2"}, -1013, "Filter failure: NOTIONAL"),
    ({"icebergQty": "0"}, -1013, "Invalid quantity."),
    ({"icebergQty": "0.000011"}, -1013, "Filter failure: LOT_SIZE"),
    ({"icebergQty": "0.00019"}, -1013, "Filter failure: ICEBERG_PARTS"),
    ({"icebergQty": "0.02"}, -2010, "IcebergQty exceeds QTY."),
    ({"icebergQty": "0.01", "timeInForce": "IOC"}, -2010, "Unsupported order combination"),
    ({"price": "9000000", "quantity": "5"}, -2010, ("Account has insufficient balance for requested"
     " action.")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "code", "text"), ORDERS, ids=[f"{case[1]} {case[0]}" for case in ORDERS]
)
def test_order_that_is_refused(
    client: BinanceClient, change: dict[str, Any], code: int, text: str
) -> None:
    parameters = {name: value for name, value in (ORDER | change).items() if value is not None}
    answer = client.send("POST", "order", **parameters)
    assert (answer.status_code, answer.json()) == (400, {"code": code, "msg": text})
    assert answer.headers["content-type"].startswith("application/json")


def test_market_order_by_neither_and_by_both(client: BinanceClient) -> None:
    values = {name: MARKET[name] for name in ("symbol", "side", "type")}
    assert client.send("POST", "order", **values).json()["code"] == -1102
    both = client.send("POST", "order", **values, quantity="1", quoteOrderQty="1")
    assert both.json()["code"] == -1106


@pytest.mark.parametrize(
    ("amount", "code", "text"),
    [
        ("0", -1013, "Invalid quantity."),
        ("0.00000001", -2010, ("Order book liquidity is less than LOT_SIZE filter minimum"
                               " quantity.")),
        ("1000", -2010, "Order book liquidity is less than symbol minimum quantity."),
        ("9000000001", -1013, "Filter failure: NOTIONAL"),
    ],
)  # fmt: skip
def test_amount_for_which_nothing_is_bought(
    client: BinanceClient, amount: str, code: int, text: str
) -> None:
    values = {name: MARKET[name] for name in ("symbol", "side", "type")}
    answer = client.send("POST", "order", **values, quoteOrderQty=amount)
    assert (answer.status_code, answer.json()) == (400, {"code": code, "msg": text})


def test_order_has_another_name_than_the_one_that_is_asked_for(client: BinanceClient) -> None:
    number = client.place("BUY", "LIMIT", timeInForce="GTC", quantity="0.02", price="50000")[
        "orderId"
    ]
    answer = client.send("GET", "order", symbol="BTCUSDT", orderId=number, origClientOrderId="x")
    text = "Client order ID is not correct for this order ID."
    assert (answer.status_code, answer.json()) == (400, {"code": -2039, "msg": text})


QUESTIONS: list[tuple[str, dict[str, Any], int, str]] = [
    ("GET order", {}, -1102, ("Param 'origClientOrderId' or 'orderId' must be sent, but both were"
     " empty/null!")),
    ("GET order", {"orderId": 1}, -2013, "Order does not exist."),
    ("GET order", {"origClientOrderId": "nobody"}, -2013, "Order does not exist."),
    ("GET order/amendments", {"orderId": 1}, -2013, "Order does not exist."),
    ("GET order/amendments", {}, -1102, missing("orderId")),
    ("GET myPreventedMatches", {}, -1102, ("Param 'preventedMatchId' or 'orderId' must be sent, but"
     " both were empty/null!")),
    ("GET myPreventedMatches", {"preventedMatchId": 1, "orderId": 1}, -1128,
     "Combination of optional parameters invalid."),
    ("DELETE order", {"orderId": 1}, -2011, "Unknown order sent."),
    ("DELETE order", {"origClientOrderId": "nobody"}, -2011, "Unknown order sent."),
    ("DELETE order", {"orderId": 1, "cancelRestrictions": "ONLY_OLD"}, -1145,
     "Invalid cancelRestrictions"),
    ("DELETE openOrders", {}, -2011, "Unknown order sent."),
    ("GET allOrders", {"limit": 0}, -1130, "Data sent for parameter 'limit' is not valid."),
    ("GET allOrders", {"startTime": 1, "endTime": 90_000_000}, -1127,
     "More than 24 hours between startTime and endTime."),
    ("GET allOrders", {"startTime": 2, "endTime": 1}, -1128,
     "Combination of optional parameters invalid."),
    ("GET myTrades", {"fromId": 1, "startTime": 1}, -1128,
     "Combination of optional parameters invalid."),
    ("GET myTrades", {"orderId": 1, "endTime": 1}, -1128,
     "Combination of optional parameters invalid."),
]  # fmt: skip


@pytest.mark.parametrize(
    ("call", "parameters", "code", "text"),
    QUESTIONS,
    ids=[f"{case[2]} {case[0]} {case[1]}" for case in QUESTIONS],
)
def test_question_or_change_that_is_refused(
    client: BinanceClient, call: str, parameters: dict[str, Any], code: int, text: str
) -> None:
    method, path = call.split()
    answer = client.send(method, path, symbol="BTCUSDT", **parameters)
    assert (answer.status_code, answer.json()) == (400, {"code": code, "msg": text})


PUBLIC: list[tuple[str, dict[str, Any], int, int, str]] = [
    ("GET nothing", {}, 404, -1020, "This operation is not supported."),
    ("GET /api/v1/ping", {}, 404, -1020, "This operation is not supported."),
    ("GET /sapi/v1/nothing", {}, 404, -1020, "This operation is not supported."),
    ("PUT ping", {}, 405, -1020, "This operation is not supported."),
    ("GET time", {"a": 1, "b": 2}, 400, -1101, ("Too many parameters; expected '0' and received"
     " '2'.")),
    ("GET exchangeInfo", {"symbol": "BTCUSDT", "symbols": '["BTCUSDT"]'}, 400, -1128,
     "Combination of optional parameters invalid."),
    ("GET exchangeInfo", {"symbols": '["BTCUSDT","BTCUSDT"]'}, 400, -1151,
     "Symbol is present multiple times in the list."),
    ("GET exchangeInfo", {"symbols": "BTCUSDT"}, 400, -1100,
     illegal("symbols", SYMBOLS_RANGE)),
    ("GET exchangeInfo", {"symbols": str([f"A{n}" for n in range(101)]).replace("'", '"')
     .replace(" ", "")}, 400, -1101,
     "Too many values sent for parameter 'symbols', maximum allowed up to 100."),
    ("GET exchangeInfo", {"symbolStatus": "OPEN"}, 400, -1122, "Invalid symbolStatus."),
    ("GET exchangeInfo", {"symbol": "DOGEUSDT"}, 400, -1121, "Invalid symbol."),
    ("GET ticker/24hr", {"type": "SOME"}, 400, -1139, "Invalid ticker type."),
    ("GET ticker/price", {"symbol": "BTCUSDT", "symbolStatus": "HALT"}, 400, -1220,
     "The symbol's status does not match the requested symbolStatus."),
    ("GET klines", {"symbol": "BTCUSDT", "interval": "7m"}, 400, -1120, "Invalid interval."),
    ("GET referencePrice", {"symbol": "BTCUSDT"}, 400, -2043,
     "This symbol doesn't have a reference price."),
    ("GET sor", {}, 404, -1020, "This operation is not supported."),
    ("POST sor/order", {}, 400, -1013, "This symbol is not available for SOR"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("call", "parameters", "status", "code", "text"),
    PUBLIC,
    ids=[f"{case[3]} {case[0]}" for case in PUBLIC],
)
def test_public_call_that_is_refused(
    client: BinanceClient, call: str, parameters: dict[str, Any], status: int, code: int, text: str
) -> None:
    method, path = call.split()
    answer = client.ask(method, path, **parameters)
    assert (answer.status_code, answer.json()) == (status, {"code": code, "msg": text})


def test_same_name_twice(client: BinanceClient) -> None:
    answer = client.ask("GET", "depth?symbol=BTCUSDT&symbol=BTCUSDT")
    assert answer.json() == {"code": -1101, "msg": "Duplicate values for a parameter detected."}


@pytest.mark.parametrize(
    ("offset", "window", "code", "text"),
    [
        (-6_000, None, -1021, "Timestamp for this request is outside of the recvWindow."),
        (-20_000, 10_000, -1021, "Timestamp for this request is outside of the recvWindow."),
        (5_000, None, -1021, "Timestamp for this request was 1000ms ahead of the server's time."),
        (0, 60_001, -1102, "'recvWindow' contains unexpected value. Cannot be greater than 60000."),
        (0, "1.0001", -1111, "Parameter 'recvWindow' has too much precision."),
        (0, "", -1105, "Parameter 'recvWindow' was empty."),
    ],
)
def test_time_that_is_refused(
    client: BinanceClient, offset: int, window: Any, code: int, text: str
) -> None:
    more = {} if window is None else {"recvWindow": window}
    answer = client.send("GET", "account", timestamp=now() + offset, **more)
    assert (answer.status_code, answer.json()) == (400, {"code": code, "msg": text})


def test_time_in_microseconds_and_a_wide_window_pass(client: BinanceClient) -> None:
    client.get("account", timestamp=now() * 1_000)
    client.get("account", timestamp=now() - 20_000, recvWindow=60_000)


@pytest.mark.parametrize("left_out", ["timestamp", "signature"])
def test_part_of_a_signature_that_is_missing(client: BinanceClient, left_out: str) -> None:
    payload = "" if left_out == "timestamp" else f"timestamp={now()}"
    query = f"signature={sign(client.account, '')}" if left_out == "timestamp" else payload
    answer = client._http.get(f"/api/v3/account?{query}")
    expected = {"code": -1102, "msg": missing(left_out)}
    assert (answer.status_code, answer.json()) == (400, expected)


def test_wrong_signature_and_wrong_keys(client: BinanceClient) -> None:
    wrong = client._http.get(f"/api/v3/account?timestamp={now()}&signature={'0' * 64}")
    text = "Signature for this request is not valid."
    assert (wrong.status_code, wrong.json()) == (400, {"code": -1022, "msg": text})
    for key in ("", "no account/name"):
        answer = client._http.get("/api/v3/account", headers={"X-MBX-APIKEY": key})
        expected = {"code": -2014, "msg": "API-key format invalid."}
        assert (answer.status_code, answer.json()) == (401, expected)


def test_unit_and_binary_form_that_there_are_not(client: BinanceClient) -> None:
    unit = client._http.get("/api/v3/time", headers={"X-MBX-TIME-UNIT": "SECOND"})
    text = "Invalid value for time unit; expected either MICROSECOND or MILLISECOND."
    assert unit.json() == {"code": -1194, "msg": text}
    binary = client._http.get("/api/v3/time", headers={"X-MBX-SBE": "3:5"})
    assert binary.json() == {"code": -1155, "msg": "SBE is not enabled."}


def test_json_in_a_body_is_no_form(client: BinanceClient) -> None:
    answer = client._http.post(f"/api/v3/order?timestamp={now()}", content=b'{"symbol": "BTCUSDT"}')
    assert answer.json()["code"] == -1102
