"""Frames of the WebSocket API: ids, parameters as text, and what a signature covers."""

import hmac
import json
from hashlib import sha256

import pytest

from binance_gateway.ws_api.frames import Frame, FrameFault, read_frame


def sign(payload: bytes) -> str:
    return hmac.new(b"demo", payload, sha256).hexdigest()


def read(text: str) -> Frame:
    return read_frame(text)


@pytest.mark.parametrize(
    ("method", "parameters", "signature"),
    [
        (
            "order.place",
            (
                '"apiKey":"demo","type":"LIMIT","symbol":"BTCUSDT","side":"SELL","price":60000.10,'
                '"quantity":0.02,"timeInForce":"GTC","timestamp":1769000000000,"signature":"x"'
            ),
            "df982c7d1d6a5bcc2dbea96463b1fd3d32846e189b5714351273eca443144c2a",
        ),
        (
            "order.place",
            (
                '"symbol":"BTCUSDT","side":"SELL","type":"LIMIT","timeInForce":"GTC","apiKey":"demo",'
                '"quantity":"0.02","price":"60000.10","timestamp":"1769000000000","signature":"x"'
            ),
            "df982c7d1d6a5bcc2dbea96463b1fd3d32846e189b5714351273eca443144c2a",
        ),
        (
            "session.logon",
            '"timestamp":1769000000000,"apiKey":"demo","signature":"x"',
            "3d7081dc1788919e091b29d063135f4ce3c1b2f865284da833c9718e046a6149",
        ),
    ],
)
def test_the_signatures_of_the_specification(method: str, parameters: str, signature: str) -> None:
    frame = read(f'{{"id":1,"method":"{method}","params":{{{parameters}}}}}')
    assert [sign(payload) for payload in frame.payloads] == [signature]


def test_values_become_text_and_a_signature_may_cover_their_encoded_form() -> None:
    sent = {
        "symbols": ["BTCUSDT", "ETHUSDT"], "flag": True, "number": 5, "none": None,
        "returnRateLimits": False, "signature": "x",
    }  # fmt: skip
    frame = read(json.dumps({"id": "a", "method": "v3/depth", "params": sent}))
    assert (frame.method, frame.returns_limits) == ("depth", False)
    assert frame.parameters == {
        "symbols": '["BTCUSDT","ETHUSDT"]', "flag": "true", "number": "5", "signature": "x",
    }  # fmt: skip
    plain, encoded, _ = frame.payloads
    assert plain == b'flag=true&number=5&returnRateLimits=false&symbols=["BTCUSDT","ETHUSDT"]'
    assert b"symbols=%5B%22BTCUSDT%22%2C%22ETHUSDT%22%5D" in encoded


@pytest.mark.parametrize("frame_id", [1, -5, 2**70, "a-b", "", None])
def test_an_id_is_echoed_in_its_own_type(frame_id: object) -> None:
    frame = read(json.dumps({"id": frame_id, "method": "ping"}))
    assert frame.id == frame_id
    assert type(frame.id) is type(frame_id)


@pytest.mark.parametrize(
    ("text", "frame_id", "code"),
    [
        ("", None, -1135),
        ("[1]", None, -1135),
        ('{"id":1', None, -1135),
        ("[" * 100_000, None, -1135),
        ('{"id":"\\ud800","method":"ping"}', None, -1135),
        ('{"id":1,"method":"ping","params":{"symbol":"\\udfff"}}', None, -1135),
        ('{"method":"ping"}', None, -1102),
        ('{"id":1.5,"method":"ping"}', None, -1130),
        ('{"id":[1],"method":"ping"}', None, -1130),
        ('{"id":3}', 3, -1102),
        ('{"id":3,"method":4}', 3, -1102),
        ('{"id":3,"method":"ping","params":[1]}', 3, -1130),
        ('{"id":3,"method":"ping","params":{"returnRateLimits":"no"}}', 3, -1130),
    ],
)
def test_a_frame_that_is_none_is_refused(text: str, frame_id: object, code: int) -> None:
    with pytest.raises(FrameFault) as caught:
        read(text)
    assert (caught.value.frame_id, caught.value.error.code) == (frame_id, code)


def test_parameters_are_plain_texts() -> None:
    frame = read('{"id": 1, "method": "account.status", "params": {"apiKey": 5, "a": "b"}}')
    assert [type(value) for value in frame.parameters.values()] == [str, str]
