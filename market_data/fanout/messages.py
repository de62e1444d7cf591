"""The messages that go out on the WebSocket, as `PROTOCOL.md` defines them."""

from typing import Any, NamedTuple

import msgspec

from edge.text_frames import frame_text
from market_data.fanout.streams import Stream
from protocol import PROTOCOL_VERSION
from protocol.codec import encode
from protocol.enums import Reason
from protocol.events import Level


class Message(NamedTuple):
    """A frame on its way to the readers of `stream`.

    `cursor` is what a reader that misses it catches up from: the first update id of a book delta,
    the start of a candle, 0 if only the newest counts.
    """

    stream: Stream
    frame: bytes
    cursor: int = 0


class Connected(msgspec.Struct, tag_field="type", tag="connected", frozen=True):
    """First message of every connection: what it is subscribed to, and every symbol there is.

    `exchange_id` names the exchange whose ids follow, null before it has begun.
    """

    message: str
    exchange_id: str | None
    subscriptions: list[str]
    symbols: list[str]
    protocol: int = PROTOCOL_VERSION


class Ack(msgspec.Struct, tag_field="type", tag="ack", frozen=True):
    """An action was carried out; `subscriptions` is the result: channel to symbols."""

    id: str | int | None
    action: str
    subscriptions: dict[str, list[str]]


class Pong(msgspec.Struct, tag_field="type", tag="pong", frozen=True):
    """Answer to `ping`."""

    id: str | int | None
    timestamp: str


class TradesMissing(msgspec.Struct, tag_field="type", tag="trades_missing", frozen=True):
    """Trades that a `resume` asked for and that are held nowhere any more, both ends included."""

    symbol: str
    first_trade_id: int
    last_trade_id: int


class Error(msgspec.Struct, tag_field="type", tag="error", frozen=True, omit_defaults=True):
    """A frame was refused and changed nothing; `message` names what is valid.

    `retry_after`: seconds until it would be accepted, if that is known.
    """

    id: str | int | None
    code: Reason
    message: str
    retry_after: int | None = None


class BookSnapshot(msgspec.Struct, tag_field="type", tag="book_snapshot", frozen=True):
    """The whole book.

    `reason`: `subscribed`, `resumed` (the deltas that the reader missed are not held any more),
    `conflated` (the reader fell too far behind) or `rebuilt` (what was sent before may be void).
    """

    symbol: str
    last_update_id: int
    bids: list[Level]
    asks: list[Level]
    checksum: int
    reason: str
    timestamp: str | None


class BookDelta(msgspec.Struct, tag_field="type", tag="book_delta", frozen=True):
    """Changed levels with absolute quantities, "0" if gone; `checksum`: of the book after it."""

    symbol: str
    first_update_id: int
    last_update_id: int
    bids: list[Level]
    asks: list[Level]
    checksum: int
    timestamp: str


class LastIds(msgspec.Struct, frozen=True):
    """The last ids of a symbol; 0 before the first."""

    update_id: int
    trade_id: int


class Heartbeat(msgspec.Struct, tag_field="type", tag="heartbeat", frozen=True):
    """Sent once a second. If `in_sync` is false, the feed is deaf and what readers have may be old.

    `sequence` is a commit of the engine up to which nothing is missing here.
    """

    timestamp: str
    in_sync: bool
    exchange_id: str | None
    sequence: int
    symbols: dict[str, LastIds]


class Envelope(msgspec.Struct, frozen=True):
    """The form of `trade`, `bbo`, `l2_update`, `ticker` and `candle`."""

    type: str
    data: dict[str, Any]


def encode_frame(message: object) -> bytes:
    """Encode `message` as a whole WebSocket text frame: the same bytes for every client."""
    return frame_text(encode(message))
