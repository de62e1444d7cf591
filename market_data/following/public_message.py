"""Reads and checks what arrives on a public channel."""

import msgspec

from market_data.market.broken_event import BrokenEvent
from protocol.channels import BBO_UPDATES, ORDER_BOOK_UPDATES, TRADE_EVENTS
from protocol.codec import decode_message
from protocol.events import Bbo, ChannelMessage, L2Delta, PublicEvent, Trade

_EVENT_TYPES = {TRADE_EVENTS: Trade, ORDER_BOOK_UPDATES: L2Delta, BBO_UPDATES: Bbo}


def read_public_message(channel: str, data: bytes) -> ChannelMessage:
    """Return the message; raise BrokenEvent if the engine could not have sent it there."""
    try:
        message = decode_message(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BrokenEvent(f"unreadable: {error}") from error
    is_notice = not message.events  # a longer message stands in the journal alone
    if not 0 <= message.previous < message.sequence + is_notice:
        raise BrokenEvent(f"sequence {message.sequence} cannot follow {message.previous}")
    for event in message.events:
        if not isinstance(event, _EVENT_TYPES[channel]):
            raise BrokenEvent(f"a {type(event).__name__} has no place there")
    return message


def list_public_events(message: ChannelMessage) -> list[PublicEvent]:
    """Return the events of a message from `read_public_message`, all of which are public."""
    return message.events  # type: ignore[return-value]
