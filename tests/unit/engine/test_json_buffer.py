"""JSON that is put together from pieces."""

import pytest

from engine.exchange.json_buffer import JsonBuffer
from protocol.decimals import Increment

CENT, HALF = Increment("0.01"), Increment("0.5")


def test_pieces_and_numbers_stand_one_behind_the_other() -> None:
    text = JsonBuffer()
    text.put("{")
    text.put_quoted('"a":', "x")
    text.put_quoted(',"b":', None)
    text.put_decimal(',"c":', CENT, 5)
    text.put_decimal(',"d":', HALF, 3)
    text.put_decimal(',"e":', CENT, 0)
    text.put_decimal_or_null(',"f":', CENT, 0)
    text.put_number(',"g":', 2**63 - 1)
    text.put_id(',"h":', 12)
    text.put("}")
    assert text.to_text() == (
        '{"a":"x","b":null,"c":"0.05","d":"1.5","e":"0.00","f":null,"g":9223372036854775807'
        ',"h":"12"}'
    )


def test_events_are_a_message_with_a_comma_between_them() -> None:
    text = JsonBuffer()
    for number in range(3):
        text.begin()
        text.put_number("", number)
    assert text.events == 3
    assert text.to_message(7, 9) == b'{"previous":7,"sequence":9,"events":[0,1,2]}'


def test_text_grows_with_what_is_put() -> None:
    text = JsonBuffer()
    for _ in range(1_000):
        text.put_quoted("", "x" * 100)
    text.put_encoded("é".encode())
    assert text.to_message(0, 0).endswith(b'"' + b"x" * 100 + '"é]}'.encode())


def test_cleared_text_begins_anew() -> None:
    text = JsonBuffer()
    text.begin()
    text.put("old")
    text.clear()
    text.put("new")
    assert (text.to_text(), text.events) == ("new", 0)


def test_what_is_not_ascii_is_no_piece() -> None:
    with pytest.raises(ValueError, match=r"(?i)ascii"):
        JsonBuffer().put("é")
    with pytest.raises(ValueError, match=r"(?i)ascii"):
        JsonBuffer().put_quoted("", "é")
