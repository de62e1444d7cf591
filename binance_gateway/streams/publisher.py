"""Hands a message to the readers of a stream, encoded once for each form that somebody reads.

A reader has its messages bare or with their stream's name, and with times in one of two units: the
hub's streams are names of streams in one of these four forms.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import NamedTuple

from binance_gateway.words.times import TimeUnit
from edge.text_frames import frame_text
from market_data.fanout.hub import Hub
from market_data.fanout.messages import Message
from market_data.fanout.streams import Stream
from protocol.codec import encode

MAX_REMEMBERED = 10_000
"""Names whose streams are kept; with more, the one that was needed least lately is made anew."""


class Form(NamedTuple):
    """How a connection has its messages."""

    is_combined: bool
    unit: TimeUnit

    def stream(self, name: str) -> Stream:
        """Return the hub's stream of that name, in this form."""
        return _find_streams(name)[self]


FORMS = tuple(Form(is_combined, unit) for is_combined in (False, True) for unit in TimeUnit)


@lru_cache(maxsize=MAX_REMEMBERED)
def _find_streams(name: str) -> Mapping[Form, Stream]:
    """Return the hub's streams of a name, by their form."""
    return {form: Stream(name, f"{form.is_combined:d}{form.unit.value}") for form in FORMS}


def frame_payload(name: str, form: Form, payload: bytes) -> bytes:
    """Make a frame of an encoded payload."""
    if form.is_combined:
        payload = b'{"stream":%b,"data":%b}' % (encode(name), payload)
    return frame_text(payload)


class Publisher:
    """Writes to the hub."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def list_read_names(self) -> set[str]:
        """Return the names of the streams that anyone reads, in whichever form."""
        return {stream.channel for stream in self._hub.read_streams}

    def has_readers(self, name: str) -> bool:
        """Whether anyone reads the stream of that name."""
        return not self._hub.read_streams.isdisjoint(_find_streams(name).values())

    def publish(self, name: str, describe: Callable[[int], object]) -> None:
        """Publish what `describe` makes for a unit of time, given in microseconds."""
        encoded: dict[TimeUnit, bytes] = {}
        for form, stream in _find_streams(name).items():
            if self._hub.has_readers(stream):
                if form.unit not in encoded:
                    encoded[form.unit] = encode(describe(form.unit.value))
                frame = frame_payload(name, form, encoded[form.unit])
                self._hub.publish(Message(stream, frame))
