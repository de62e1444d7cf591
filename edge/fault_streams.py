"""Faults on a WebSocket: what a client is sent is lost, late, twice or in another order.

All that a service writes goes through the connection's transport, frame by frame, whoever encodes
it. So the faults are there, and no service knows of them.
"""

import asyncio
import logging
from collections.abc import Iterator
from typing import Any

from edge.fault_rules import Fault, FaultRules

logger = logging.getLogger(__name__)

_FIN, _OPCODE, _LENGTH = 0x80, 0x0F, 0x7F
_TEXT, _BINARY = 1, 2
_LONG, _LONGER = 126, 127


class FaultyTransport:
    """A transport that messages pass on their way to one client; all else is the transport's."""

    def __init__(
        self, transport: asyncio.Transport, rules: FaultRules, path: str, account: str
    ) -> None:
        self._transport = transport
        self._rules = rules
        self._path = path
        self._account = account
        self._is_open = False
        self._kept: bytes | None = None
        self._silent_until = 0.0
        self._late: asyncio.Queue[tuple[float, bytes]] | None = None
        self._sending: asyncio.Task[None] | None = None

    def __getattr__(self, name: str) -> Any:
        """Be the transport in everything else."""
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Write frames, each with the fault that is its lot; the handshake has none."""
        if not self._is_open:
            self._is_open = True
            self._transport.write(data)
            return
        for frame, payload in split_frames(data):
            if payload is None:
                self._pass(frame)
            else:
                self._write_message(frame, payload)

    def _write_message(self, frame: bytes, payload: bytes) -> None:
        if asyncio.get_running_loop().time() < self._silent_until:
            return
        fault = self._rules.decide_message(self._path, self._account, payload)
        kept, self._kept = self._kept, None
        if fault is None:
            self._pass(frame)
        else:
            logger.info("fault %s: %s %s", fault.id, fault.rule.fault, self._path)
            self._inject(fault, frame)
        if kept is not None:
            self._pass(kept)

    def _inject(self, fault: Fault, frame: bytes) -> None:
        match fault.rule.fault:
            case "drop":
                return
            case "duplicate":
                self._pass(frame)
                self._pass(frame)
            case "reorder":
                self._kept = frame
            case "silence":
                self._silent_until = asyncio.get_running_loop().time() + fault.seconds
            case "disconnect":
                self._transport.abort()
            case _:
                self._delay(fault.seconds, frame)

    def _pass(self, frame: bytes) -> None:
        """Write a frame behind those that are late."""
        if self._sending is not None and not self._sending.done():
            self._delay(0.0, frame)
        elif not self._transport.is_closing():
            self._transport.write(frame)

    def _delay(self, seconds: float, frame: bytes) -> None:
        """Write a frame later, and what comes meanwhile behind it."""
        if self._late is None:
            self._late = asyncio.Queue()
        self._late.put_nowait((seconds, frame))
        if self._sending is None or self._sending.done():
            self._sending = asyncio.get_running_loop().create_task(self._send_late(self._late))

    async def _send_late(self, late: "asyncio.Queue[tuple[float, bytes]]") -> None:
        while not late.empty() and not self._transport.is_closing():
            seconds, frame = late.get_nowait()
            await asyncio.sleep(seconds)
            self._transport.write(frame)


def split_frames(data: bytes) -> Iterator[tuple[bytes, bytes | None]]:
    """Yield the frames of a server, each with its payload if it is a whole message."""
    start = 0
    while start + 2 <= len(data):
        head, length = data[start], data[start + 1] & _LENGTH
        body = start + 2
        if length in (_LONG, _LONGER):
            size = 2 if length == _LONG else 8
            length = int.from_bytes(data[body : body + size], "big")
            body += size
        end = body + length
        is_message = head & _FIN and head & _OPCODE in (_TEXT, _BINARY)
        yield data[start:end], data[body:end] if is_message else None
        start = end
    if start < len(data):
        yield data[start:], None
