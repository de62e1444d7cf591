"""What a client is sent when messages are lost, late, twice or in another order."""

import asyncio
from typing import Any

import msgspec
import pytest

from edge.fault_rules import FaultRule, FaultRules
from edge.fault_streams import FaultyTransport, split_frames

HANDSHAKE = b"HTTP/1.1 101 Switching Protocols\r\n\r\n"


def make_frame(payload: bytes, head: int = 0x81) -> bytes:
    if len(payload) < 126:
        return bytes((head, len(payload))) + payload
    size = 2 if len(payload) < 1 << 16 else 8
    return bytes((head, 126 if size == 2 else 127)) + len(payload).to_bytes(size, "big") + payload


class Client:
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.is_cut = False

    def write(self, data: bytes) -> None:
        self.frames.append(data)

    def is_closing(self) -> bool:
        return self.is_cut

    def abort(self) -> None:
        self.is_cut = True


def send(count: int, **rule: object) -> tuple[list[str], bool]:
    """Send numbered messages through a fault; return those that came, and whether it was cut."""
    rules, client = FaultRules(), Client()
    rules.add(msgspec.convert({"route": "WS /ws", **rule}, FaultRule))
    transport: Any = FaultyTransport(client, rules, "/ws/orders", "alice")  # type: ignore[arg-type]

    async def run() -> None:
        transport.write(HANDSHAKE)
        for number in range(count):
            transport.write(make_frame(str(number).encode()))
        if transport._sending is not None:
            await transport._sending

    asyncio.run(run())
    assert client.frames[0] == HANDSHAKE
    return [payload.decode() for frame in client.frames[1:] for _, payload in split_frames(frame)
            if payload is not None], client.is_cut  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "received"),
    [
        ({"fault": "drop", "every": 2}, "0 2 4"),
        ({"fault": "duplicate", "every": 3}, "0 1 2 2 3 4 5 5"),
        ({"fault": "reorder", "every": 2, "times": 2}, "0 2 1 4 3 5"),
        ({"fault": "silence", "every": 3, "milliseconds": 60_000}, "0 1"),
        ({"fault": "delay", "every": 2, "milliseconds": 5}, "0 1 2 3 4 5"),
        ({"fault": "drop", "account": "bob"}, "0 1 2 3 4 5"),
        ({"fault": "drop", "contains": "3"}, "0 1 2 4 5"),
    ],
)
def test_messages_meet_their_fault(rule: dict[str, object], received: str) -> None:
    assert send(6, **rule) == (received.split(), False)


def test_connection_breaks_in_place_of_a_message() -> None:
    assert send(6, fault="disconnect", every=3) == (["0", "1"], True)


def test_frames_are_split_whatever_their_length() -> None:
    payloads = [b"a", b"b" * 125, b"c" * 126, b"d" * 70_000]
    data = b"".join(map(make_frame, payloads))
    assert [payload for _, payload in split_frames(data)] == payloads
    assert b"".join(frame for frame, _ in split_frames(data)) == data


def test_what_is_no_whole_message_meets_nothing() -> None:
    parts = [make_frame(b"x", head) for head in (0x01, 0x80, 0x88, 0x89, 0x8A)]
    assert [payload for part in parts for _, payload in split_frames(part)] == [None] * 5
