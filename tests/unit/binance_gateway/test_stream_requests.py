"""Requests of readers of streams: what they may say, and the exact texts of faults."""

import json

import pytest

from binance_gateway.streams.names import EVERY_SYMBOL, parse_name
from binance_gateway.streams.requests import StreamFault, StreamRequest, read_request

EXPECTED = (
    "expected one of `SUBSCRIBE`, `UNSUBSCRIBE`, `LIST_SUBSCRIPTIONS`, `SET_PROPERTY`,"
    " `GET_PROPERTY`"
)


def test_streams_are_named_in_order() -> None:
    text = '{"method":"SUBSCRIBE","params":["btcusdt@trade","!ticker@arr"],"id":7}'
    assert read_request(text) == StreamRequest(7, "SUBSCRIBE", ("btcusdt@trade", "!ticker@arr"))


@pytest.mark.parametrize(
    "request_id", [0, 1, 2**63, "abc123", "4c4bf958-7baf-4978-91f3-9478f398e047", None]
)
def test_an_id_is_echoed_in_its_own_type(request_id: object) -> None:
    found = read_request(json.dumps({"method": "LIST_SUBSCRIPTIONS", "id": request_id}))
    assert found.id == request_id
    assert type(found.id) is type(request_id)


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("nonsense", 3, "Invalid JSON: expected value at line 1 column 1"),
        ("[]", 3, "Invalid JSON: expected value at line 1 column 1"),
        ("[" * 100_000, 3, "Invalid JSON: expected value at line 1 column 1"),
        ('{"method":"GET_PROPERTY","params":["x"]}', 0, "Unknown property"),
        (
            '{"method":"SET_PROPERTY","params":["combined",1]}',
            1,
            "Invalid value type: expected Boolean",
        ),
        (
            '{"method":"SET_PROPERTY","params":[1,true]}',
            2,
            "Invalid request: property name must be a string",
        ),
        (
            '{"method":"SUBSCRIBE","params":[],"id":1.5}',
            2,
            "Invalid request: request ID must be an unsigned integer",
        ),
        (
            '{"method":"GET_PROPERTY","params":["combined",true]}',
            2,
            "Invalid request: too many parameters",
        ),
        (
            '{"method": "SUBSCRIBER","id":1}',
            2,
            f"Invalid request: unknown variant `SUBSCRIBER`, {EXPECTED} at line 1 column 23",
        ),
        (
            '{"params":["btcusdt@trade"],"id":1}',
            2,
            "Invalid request: missing field `method` at line 1 column 35",
        ),
    ],
)
def test_a_fault_is_told_in_binances_words(text: str, code: int, message: str) -> None:
    with pytest.raises(StreamFault) as caught:
        read_request(text)
    assert (caught.value.code, caught.value.message) == (code, message)


@pytest.mark.parametrize(
    ("name", "kind", "speed", "detail", "symbol"),
    [
        ("btcusdt@trade", "trade", 0, "", "BTCUSDT"),
        ("btcusdt@depth", "diff", 1000, "0", "BTCUSDT"),
        ("btcusdt@depth@100ms", "diff", 100, "0", "BTCUSDT"),
        ("btcusdt@depth20@100ms", "partial", 100, "20", "BTCUSDT"),
        ("btcusdt@kline_1M", "kline", 1000, "1M", "BTCUSDT"),
        ("btcusdt@kline_1d@+08:00", "kline", 1000, "1d", "BTCUSDT"),
        ("btcusdt@ticker_4h", "window", 1000, "4h", "BTCUSDT"),
        ("!ticker_1h@arr", "window", 1000, "1h", EVERY_SYMBOL),
        ("!bookTicker", "bookTicker", 0, "", EVERY_SYMBOL),
        ("BTCUSDT@trade", "trade", 0, "", "btcusdt"),
    ],
)
def test_a_name_says_kind_speed_and_symbol(
    name: str, kind: str, speed: int, detail: str, symbol: str
) -> None:
    found = parse_name(name)
    assert found is not None
    assert (found.kind.name, found.kind.speed, found.kind.detail) == (kind, speed, detail)
    assert found.symbol == symbol


@pytest.mark.parametrize("name", ["", "0", "btcusdt", "btcusdt@", "@trade", "btcusdt@kline_7m"])
def test_other_names_are_none(name: str) -> None:
    assert parse_name(name) is None
