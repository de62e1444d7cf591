"""One HTTP connection: uvicorn's, with bounds, and with bodies that belong to their requests.

What depends on the inside of uvicorn's protocol class is in this file and in `edge.request_cycle`.
What runs for every request is written out here instead of calling uvicorn's: it costs each order.
"""

import asyncio
import math
import time
from collections.abc import Callable
from enum import Enum, auto
from typing import Any, cast
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from edge.gate import Gate
from edge.head_rules import Head, HeadRules, find_excess, head_too_large, malformed
from edge.limits import (
    MAX_FIELDS,
    MAX_HEAD_BYTES,
    MAX_LINGERING_BYTES,
    MAX_UNREAD_BODY_BYTES,
    SECONDS_FOR_A_BODY,
    SECONDS_FOR_A_HEAD,
    SECONDS_OF_SILENCE,
    SECONDS_TO_LINGER,
    SECONDS_TO_READ_AN_ANSWER,
)
from edge.problem_bytes import make_answer
from edge.prompt import Prompt, PromptRequest, Prompts
from edge.request_cycle import PromptCycle, RequestCycle
from protocol.enums import Reason
from protocol.refusal import Refusal

_HEAD_SLICE = 2_048
"""What the parser gets of a head at a time: one of short lines has too many of them soon."""
_ASGI = {"version": "3.0", "spec_version": "2.3"}


class _Refused(Exception):
    """Stops the parser."""


class _Phase(Enum):
    """What the client is to send next."""

    SILENCE = auto()
    HEAD = auto()
    BODY = auto()
    NOTHING = auto()
    """Its answer is being made."""
    OVER = auto()
    """Whatever it sends is thrown away."""


_MUCH = {_Phase.BODY, _Phase.OVER}
"""When there may be much to come."""


class _Candidate:
    """A request that is served without ASGI if the rest of it comes in the same slice."""

    __slots__ = ("body", "head", "is_kept", "is_whole", "serve")

    def __init__(self, head: Head, serve: Prompt, *, is_kept: bool) -> None:
        self.head = head
        self.serve = serve
        self.is_kept = is_kept
        self.body = b""
        self.is_whole = False


class HttpConnection(HttpToolsProtocol):
    """A connection from its first byte until it ends or becomes a WebSocket.

    `deadline` is when the client's time is over; None until the next look at it, which sets it by
    the phase: a request that is over before that needs no look at the clock. The parser gets slices
    of at most `MAX_HEAD_BYTES`, and no more of them than that without making something of them.
    Handshakes, the dearest of requests, are made in turns over addresses.
    """

    def __init__(self, gate: Gate, rules: HeadRules, prompts: Prompts, **uvicorn: Any) -> None:
        super().__init__(**uvicorn)
        self._gate = gate
        self._rules = rules
        self._prompts = prompts
        self._candidate: _Candidate | None = None
        self._address = ""
        self._phase = _Phase.SILENCE
        self._slice_bytes = 0
        self._fruitless_bytes = 0
        self._uncounted_bytes = 0
        self._discarded_bytes = 0
        self._refusal: Refusal | None = None
        self._is_websocket = False
        self._head: Head | None = None
        self.headers = []
        self.deadline: float | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a place, or refuse the client."""
        super().connection_made(transport)
        self._address = self.client[0] if self.client else ""
        refusal = self._gate.enter(self, self._address)
        if refusal is not None:
            self._refuse(refusal)
            self.transport.close()  # it has taken a place although there is none

    def connection_lost(self, exc: Exception | None) -> None:
        """Give the place back."""
        self._gate.leave(self, self._address)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what came, slice by slice."""
        if len(data) <= _HEAD_SLICE and self._phase is not _Phase.OVER:
            while data:
                data = self._parse(data)
            return
        start = 0
        while start < len(data):
            size = MAX_HEAD_BYTES if self._phase in _MUCH else _HEAD_SLICE
            part = data[start : start + size]
            start += size
            while part:
                part = self._discard(part) if self._phase is _Phase.OVER else self._parse(part)
        if self._phase is _Phase.OVER or (self._phase is _Phase.BODY and not self._is_serving()):
            self.flow.pause_reading()
            self._read_in_turn(len(data))

    def _parse(self, data: bytes) -> bytes:
        """Parse `data`; return what has to be parsed once more, without its upgrade."""
        self._slice_bytes = len(data)
        self._fruitless_bytes += self._slice_bytes
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            return self._leave_http(data[upgrade.args[0] :])
        except httptools.HttpParserError as error:
            self._end_candidate(is_cut=True)
            self._refuse(self._refusal or malformed(f"this is not HTTP/1.1: {error}"))
            return b""
        if self._candidate is not None:
            self._end_candidate()
        if self._fruitless_bytes > MAX_HEAD_BYTES or len(self.headers) > MAX_FIELDS:
            is_head = self._phase is _Phase.HEAD
            head = Head(b"", self.url, "", self.headers, {}) if is_head else None
            self._refuse((head and find_excess(head)) or head_too_large())
        return b""

    def _leave_http(self, rest: bytes) -> bytes:
        """Become a WebSocket; return the request as plain HTTP if that is not what it asks for."""
        if self._is_websocket:
            self._phase, self.deadline = _Phase.NOTHING, math.inf
            self.flow.pause_reading()
            self._gate.handshakes.enter(self._address, 1, self.handle_websocket_upgrade)
            return b""
        assert self._head is not None
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        return self._head.to_bytes_without_upgrade() + rest

    def handle_websocket_upgrade(self) -> None:
        """Hand the transport over; the place stays taken until it is closed."""
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        self._phase, self.deadline = _Phase.OVER, math.inf
        super().handle_websocket_upgrade()
        protocol: Any = self.transport.get_protocol()
        protocol.connection_lost = self._leave_after(protocol.connection_lost)

    def _leave_after(
        self, end: Callable[[Exception | None], None]
    ) -> Callable[[Exception | None], None]:
        def leave(exc: Exception | None) -> None:
            self._gate.leave(self, self._address)
            end(exc)

        return leave

    def _should_upgrade(self) -> bool:
        return self._is_websocket

    def on_message_begin(self) -> None:
        """Begin a head."""
        if self._candidate is not None:
            self._end_candidate(is_cut=True)
        self.url = b""
        self.headers = []
        self._is_websocket = False
        self._phase, self.deadline = _Phase.HEAD, None

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header without the blanks around its value."""
        self.headers.append((name.lower(), value.strip(b" \t")))

    def on_headers_complete(self) -> None:
        """Check the head, and let the application begin."""
        parser, headers = self.parser, self.headers
        method, version = parser.get_method(), parser.get_http_version()
        head = Head(method, self.url, version, headers, dict(headers))
        self._refusal = self._rules.find_fault(head, self._fruitless_bytes + self._uncounted_bytes)
        if self._refusal is not None:
            raise _Refused
        self.headers = []  # trailers would come into it, and are ignored
        self._fruitless_bytes = 0
        if parser.should_upgrade():
            self._choose_protocol(head)
        else:
            self._discarded_bytes = 0
            self._phase, self.deadline = _Phase.BODY, None
            self._begin(head)

    def _begin(self, head: Head) -> None:
        """Start the application, unless the request may be served without ASGI."""
        is_kept = head.version != "1.0" and self.parser.should_keep_alive()
        serve = self._prompts.get((head.method, head.target))
        is_alone = not (self._is_serving() or self.flow.write_paused)
        if serve is not None and is_alone and b"expect" not in head.fields:
            self._candidate = _Candidate(head, serve, is_kept=is_kept)
        else:
            self._begin_cycle(head, is_kept=is_kept)

    def _end_candidate(self, *, is_cut: bool = False) -> None:
        """Serve what has come as a whole, or let it go the way of ASGI.

        `is_cut`: another request, or what is none, comes behind it in the same slice.
        """
        candidate, self._candidate = self._candidate, None
        if candidate is None:
            return
        if candidate.is_whole and not is_cut:
            cycle: Any = PromptCycle(self, is_kept=candidate.is_kept)
            self.cycle = cycle
            head = candidate.head
            asked = PromptRequest(self._make_plain_scope(head), head.fields, candidate.body)
            candidate.serve(asked, cycle.answer)
            return
        self._begin_cycle(candidate.head, is_kept=candidate.is_kept)
        self.cycle.body += candidate.body
        self.cycle.more_body = not candidate.is_whole
        self.cycle.message_event.set()

    def _begin_cycle(self, head: Head, *, is_kept: bool) -> None:
        """Start the application, or let the request wait for the answers to those before it."""
        scope = self._make_scope(head)
        is_first = not self._is_serving()
        expects_continue = head.fields.get(b"expect", b"").lower() == b"100-continue"
        self.cycle = RequestCycle(self, scope, is_kept=is_kept, expects_continue=expects_continue)
        if is_first:
            self._start_asgi_task(self.cycle, self.app)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((self.cycle, self.app))

    def _make_plain_scope(self, head: Head) -> dict[str, Any]:
        """Describe a request to a target of `prompts`: a path of plain characters, and no query."""
        return {
            "type": "http",
            "method": head.method.decode("ascii"),
            "path": head.target.decode("ascii"),
            "raw_path": head.target,
            "query_string": b"",
            "headers": head.headers,
            "client": self.client,
        }

    def _make_scope(self, head: Head) -> Any:
        url = httptools.parse_url(head.target)
        path = url.path.decode("ascii")
        return {
            "type": "http",
            "asgi": _ASGI,
            "http_version": head.version,
            "method": head.method.decode("ascii"),
            "path": unquote(path) if "%" in path else path,
            "raw_path": url.path,
            "query_string": url.query or b"",
            "root_path": "",
            "headers": head.headers,
            "scheme": self.scheme,
            "server": self.server,
            "client": self.client,
            "state": self.app_state.copy(),
        }

    def _choose_protocol(self, head: Head) -> None:
        """Take the upgrade to a WebSocket; read a request for another one again, without it."""
        if not head.is_websocket:
            self._head = head
            return
        if self._is_serving():
            self._refusal = malformed("a WebSocket begins after the answers to what came before")
            raise _Refused
        self._is_websocket = True
        # what uvicorn makes the WebSocket's handshake of
        self.scope = cast("Any", {"method": "GET", "headers": head.headers})

    def _is_serving(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def on_body(self, body: bytes) -> None:
        """Give a part of the body to the application, or throw it away if it has answered."""
        self._fruitless_bytes = 0
        if self._candidate is not None:
            self._candidate.body += body
            return
        cycle = self.cycle
        if not cycle.response_complete:
            cycle.body += body
            if len(cycle.body) > HIGH_WATER_LIMIT:
                self.flow.pause_reading()
            cycle.message_event.set()
            return
        self._discarded_bytes += len(body)
        if self._discarded_bytes > MAX_UNREAD_BODY_BYTES:
            self._wait(_Phase.OVER, SECONDS_TO_LINGER)
            self._end_with(b"")

    def on_message_complete(self) -> None:
        """Wait for the answer, or for the next request, which may have begun in this slice."""
        self._fruitless_bytes = 0
        self._uncounted_bytes = self._slice_bytes
        if self._phase is not _Phase.BODY:  # an upgrade
            return
        if self._candidate is not None:
            self._candidate.is_whole = True
            self._phase, self.deadline = _Phase.NOTHING, math.inf
            return
        cycle = self.cycle
        if cycle.response_complete:
            self._phase, self.deadline = _Phase.SILENCE, None
        else:
            self._phase, self.deadline = _Phase.NOTHING, math.inf
            cycle.more_body = False
            cycle.message_event.set()

    def on_response_complete(self) -> None:
        """Serve the next request of the pipeline, or wait for one: the deadline ends the wait."""
        if self.transport.is_closing():
            self.deadline = time.monotonic() + SECONDS_TO_READ_AN_ANSWER
            return
        if self._phase is _Phase.BODY:
            self._read_in_turn(HIGH_WATER_LIMIT)
        else:
            self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        elif self._phase is _Phase.NOTHING:
            self._phase, self.deadline = _Phase.SILENCE, None
        if self.flow.write_paused:
            self.deadline = time.monotonic() + SECONDS_TO_READ_AN_ANSWER

    def _read_in_turn(self, size: int) -> None:
        """Go on reading what is thrown away when it is this client's turn."""
        self._gate.discards.enter(self._address, size, self._read_on)

    def _read_on(self) -> None:
        if not self.transport.is_closing():
            self.flow.resume_reading()

    def pause_writing(self) -> None:
        """Wait for a client that does not read."""
        super().pause_writing()
        self.deadline = time.monotonic() + SECONDS_TO_READ_AN_ANSWER

    def resume_writing(self) -> None:
        """Go on with a client that has read."""
        super().resume_writing()
        if self._phase is _Phase.NOTHING:
            self.deadline = math.inf
        elif self._phase is _Phase.SILENCE:
            self.deadline = None

    def is_over(self, now: float) -> bool:
        """Whether the client has let its time go by; begin to count it if that is not done yet."""
        if self.deadline is None:
            self.deadline = now + self._find_patience()
        return self.deadline < now

    def _find_patience(self) -> float:
        if self._phase is _Phase.HEAD:
            return SECONDS_FOR_A_HEAD
        return SECONDS_FOR_A_BODY if self._phase is _Phase.BODY else SECONDS_OF_SILENCE

    def expire(self) -> None:
        """End the connection, because the client has let its time go by."""
        self.deadline = math.inf
        if self.transport.is_closing() or self.flow.write_paused or self._phase is _Phase.OVER:
            self.transport.abort()
        elif self._phase is _Phase.SILENCE:
            self.transport.close()
        elif self.flow.read_paused:  # it is not the client who is slow
            self._wait(self._phase, SECONDS_FOR_A_BODY)
        else:
            self._refuse(Refusal(Reason.REQUEST_TIMEOUT, None, "the request did not come in time"))

    def _wait(self, phase: _Phase, seconds: float) -> None:
        self._phase = phase
        self.deadline = time.monotonic() + seconds

    def _refuse(self, refusal: Refusal) -> None:
        """Answer with a problem document, and end; requests that are being served come first."""
        is_of_cycle = self._phase is _Phase.BODY
        self._wait(_Phase.OVER, SECONDS_TO_LINGER)
        self._fruitless_bytes = 0
        self._gate.log.warn(f"{refusal.code} to {self._address}: {refusal.detail}")
        if self._is_serving() and (self.pipeline or not is_of_cycle):
            self.deadline = math.inf
            self.cycle.keep_alive = False
        else:
            has_answer = is_of_cycle and self.cycle.response_started
            self._end_with(b"" if has_answer else make_answer(refusal))

    def _end_with(self, answer: bytes) -> None:
        """Write the answer and its end; go on reading for a while, or a reset would destroy it."""
        if self._is_serving():
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.transport.is_closing():
            return
        self.transport.write(answer)
        self.transport.write_eof()
        self.flow.resume_reading()

    def _discard(self, data: bytes) -> bytes:
        self._discarded_bytes += len(data)
        if self._discarded_bytes > MAX_LINGERING_BYTES:
            self.transport.abort()
        return b""
