import pytest

from market_data.fanout.streams import CHANNELS, Stream
from market_data.sessions.requests import (
    MAX_FRAME_BYTES,
    Request,
    RequestRefused,
    read_frame_id,
    read_query,
    read_request,
)
from protocol.enums import Reason

SYMBOLS = ["BTC-USDT", "ETH-USDT"]


def test_subscribe_names_channels_and_symbols() -> None:
    text = '{"action":"subscribe","channels":["book"],"symbols":["ETH-USDT"],"id":7}'
    assert read_request(text, SYMBOLS) == Request("subscribe", [Stream("book", "ETH-USDT")], 7)


def test_without_channels_subscribe_means_the_default_and_unsubscribe_all() -> None:
    subscribe = read_request('{"action":"subscribe","symbols":["BTC-USDT"]}', SYMBOLS)
    assert [stream.channel for stream in subscribe.streams] == ["trades", "bbo", "l2_updates"]
    unsubscribe = read_request('{"action":"unsubscribe","symbols":["BTC-USDT"]}', SYMBOLS)
    assert set(CHANNELS) == {stream.channel for stream in unsubscribe.streams}


def test_the_heartbeat_is_one_stream_for_all_symbols() -> None:
    request = read_request('{"action":"subscribe","channels":["heartbeat"],"id":"h"}', SYMBOLS)
    assert request.streams == [Stream("heartbeat", "*")]


@pytest.mark.parametrize(
    ("text", "code", "named"),
    [
        (None, Reason.BINARY_FRAME, "subscribe"),
        ("x" * (MAX_FRAME_BYTES + 1), Reason.FRAME_TOO_LARGE, str(MAX_FRAME_BYTES)),
        ("{", Reason.INVALID_JSON, "subscribe"),
        ("", Reason.INVALID_JSON, "subscribe"),
        ("[" * MAX_FRAME_BYTES, Reason.INVALID_JSON, "subscribe"),
        ("\ud800", Reason.INVALID_JSON, "subscribe"),
        ("[]", Reason.INVALID_TYPE, "object"),
        ("null", Reason.INVALID_TYPE, "object"),
        ("{}", Reason.UNKNOWN_ACTION, "subscribe, unsubscribe"),
        ('{"action":["subscribe"]}', Reason.UNKNOWN_ACTION, "subscribe, unsubscribe"),
        ('{"action":"subscribe","channels":["l3"]}', Reason.UNKNOWN_CHANNEL, "l2_updates, book"),
        ('{"action":"subscribe","channels":"book"}', Reason.INVALID_TYPE, "array"),
        ('{"action":"subscribe","channels":[1]}', Reason.INVALID_TYPE, "array"),
        ('{"action":"subscribe","symbols":["DOGE"]}', Reason.UNKNOWN_SYMBOL, "BTC-USDT, ETH-USDT"),
        ('{"action":"subscribe","symbol":"DOGE"}', Reason.UNKNOWN_FIELD, "symbols"),
        ('{"action":"resume"}', Reason.INVALID_TYPE, "update_id"),
        ('{"action":"resume","symbols":["BTC-USDT"]}', Reason.INVALID_TYPE, "update_id"),
        ('{"action":"resume","symbols":{"DOGE":{}}}', Reason.UNKNOWN_SYMBOL, "BTC-USDT"),
        ('{"action":"resume","symbols":{"BTC-USDT":{}}}', Reason.INVALID_TYPE, "update_id"),
        ('{"action":"resume","symbols":{"BTC-USDT":{"id":1}}}', Reason.INVALID_TYPE, "trade_id"),
        (
            '{"action":"resume","symbols":{"BTC-USDT":{"trade_id":-1}}}',
            Reason.INVALID_TYPE,
            "trade_id",
        ),
        (
            '{"action":"resume","symbols":{"BTC-USDT":{"trade_id":true}}}',
            Reason.INVALID_TYPE,
            "trade_id",
        ),
        ('{"action":"subscribe","id":true}', Reason.INVALID_TYPE, "id"),
        ('{"action":"subscribe","id":1e400}', Reason.INVALID_JSON, "subscribe"),
        ('{"action":"subscribe","id":99999999999999999999}', Reason.INVALID_TYPE, "id"),
    ],
)
def test_what_is_not_a_request_is_refused_and_told_what_is(
    text: str | None, code: Reason, named: str
) -> None:
    with pytest.raises(RequestRefused) as refused:
        read_request(text, SYMBOLS)
    assert refused.value.code == code
    assert named in refused.value.detail


@pytest.mark.parametrize(
    ("frame", "frame_id"),
    [
        ('{"action":"jump","id":"mine"}', "mine"),
        ('{"id":7,"symbols":"' + "x" * MAX_FRAME_BYTES + '"}', 7),
        (b'{"action":"ping","id":8}', 8),
        ('{"id":true}', None),
        ('{"action":"ping"}', None),
        ("[1]", None),
        ('{"id":1', None),
        ("[" * MAX_FRAME_BYTES, None),
        ("\ud800", None),
        (b"\x00\xff", None),
        (None, None),
    ],
)
def test_the_id_of_a_refused_frame_is_read_where_it_can_be(
    frame: str | bytes | None, frame_id: object
) -> None:
    assert read_frame_id(frame) == frame_id


def test_resume_names_the_last_ids() -> None:
    text = '{"action":"resume","symbols":{"BTC-USDT":{"update_id":7,"trade_id":3}},"id":1}'
    assert read_request(text, SYMBOLS).positions == {
        Stream("book", "BTC-USDT"): 7,
        Stream("trades", "BTC-USDT"): 3,
    }
    assert read_request(text, SYMBOLS).exchange_id is None
    text = text.replace('"id"', '"exchange_id":"0f","id"')
    assert read_request(text, SYMBOLS).exchange_id == "0f"


@pytest.mark.parametrize(
    ("query", "streams"),
    [
        ("channels=book&symbols=ETH-USDT", [Stream("book", "ETH-USDT")]),
        ("channels=book,heartbeat&symbols=ETH-USDT",
         [Stream("book", "ETH-USDT"), Stream("heartbeat", "*")]),
        ("channels=book&channels=trades&symbols=ETH-USDT",
         [Stream("book", "ETH-USDT"), Stream("trades", "ETH-USDT")]),
        ("channels=", []),
        ("symbols=", []),
        ("symbols=ETH-USDT",
         [Stream(each, "ETH-USDT") for each in ("trades", "bbo", "l2_updates")]),
    ],
)  # fmt: skip
def test_a_url_names_channels_and_symbols(query: str, streams: list[Stream]) -> None:
    assert read_query(query, SYMBOLS) == streams


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("channels=level3", Reason.UNKNOWN_CHANNEL),
        ("symbols=DOGE", Reason.UNKNOWN_SYMBOL),
        ("channel=book", Reason.UNKNOWN_FIELD),
        ("channels=book," + "," * MAX_FRAME_BYTES, Reason.INVALID_REQUEST),
    ],
)
def test_a_bad_url_is_refused(query: str, code: Reason) -> None:
    with pytest.raises(RequestRefused) as refused:
        read_query(query, SYMBOLS)
    assert refused.value.code == code
