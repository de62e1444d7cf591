import pytest

from market_data.following.public_message import read_public_message
from market_data.market.broken_event import BrokenEvent
from protocol.channels import BBO_UPDATES, TRADE_EVENTS
from protocol.codec import encode
from protocol.events import ChannelMessage
from tests.unit.market_data.markets import bbo, trade


def test_a_message_of_ours_is_read() -> None:
    message = ChannelMessage(3, 5, [trade(1)])
    assert read_public_message(TRADE_EVENTS, encode(message)) == message


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"\xff\xfe",
        b"[1,2]",
        b"null",
        b"[" * 100_000,
        b'{"previous":0,"sequence":1}',
        b'{"previous":"0","sequence":1,"events":[]}',
        b'{"previous":0,"sequence":1,"events":[{"type":"nonsense"}]}',
        b'{"previous":0,"sequence":1,"events":[{"type":"trade"}]}',
        b'{"previous":2,"sequence":1,"events":[]}',
        b'{"previous":-1,"sequence":1,"events":[]}',
        b'{"previous":0,"sequence":1e999,"events":[]}',
        encode(ChannelMessage(0, 1, [bbo(1)])),
    ],
)
def test_anything_else_is_broken(data: bytes) -> None:
    with pytest.raises(BrokenEvent):
        read_public_message(TRADE_EVENTS, data)


def test_a_bbo_belongs_on_its_own_channel() -> None:
    assert read_public_message(BBO_UPDATES, encode(ChannelMessage(0, 1, [bbo(1)])))
