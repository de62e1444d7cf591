"""The head of an answer, as bytes."""

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from uvicorn.protocols.http.flow_control import FlowControl

from edge.request_cycle import RequestCycle


class Transport:
    """Takes what is written."""

    def __init__(self) -> None:
        self.written = b""
        self.writes = 0
        self.is_closed = False

    def write(self, part: bytes) -> None:
        self.written += part
        self.writes += 1

    def close(self) -> None:
        self.is_closed = True


def answer(
    headers: Sequence[tuple[bytes, bytes]],
    *bodies: bytes,
    method: str = "GET",
    status: int = 200,
    is_kept: bool = True,
) -> Transport:
    transport: Any = Transport()

    async def send() -> None:
        connection: Any = SimpleNamespace(
            transport=transport,
            flow=FlowControl(transport),
            logger=None,
            server_state=SimpleNamespace(default_headers=[(b"date", b"today")]),
            on_response_complete=lambda: None,
        )
        cycle = RequestCycle(
            connection, {"method": method}, is_kept=is_kept, expects_continue=False
        )
        await cycle.send({"type": "http.response.start", "status": status, "headers": headers})
        for number, body in enumerate(bodies, 1):
            more = number < len(bodies)
            await cycle.send({"type": "http.response.body", "body": body, "more_body": more})

    asyncio.run(send())
    given: Transport = transport
    return given


def test_answer_of_known_length() -> None:
    transport = answer([(b"content-length", b"4")], b"body")
    assert transport.written == b"HTTP/1.1 200 OK\r\ndate: today\r\ncontent-length: 4\r\n\r\nbody"
    assert not transport.is_closed


def test_answer_that_is_whole_is_written_at_once() -> None:
    assert answer([(b"content-length", b"4")], b"body").writes == 1
    assert answer([(b"content-length", b"0")], b"").writes == 1


def test_answer_of_unknown_length_is_chunked() -> None:
    transport = answer([], b"one", b"two")
    lines = b"date: today\r\ntransfer-encoding: chunked\r\n"
    assert transport.written == (
        b"HTTP/1.1 200 OK\r\n" + lines + b"\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"
    )


def test_answer_to_head_has_no_body() -> None:
    transport = answer([(b"content-length", b"4")], b"body", method="HEAD")
    assert transport.written.endswith(b"content-length: 4\r\n\r\n")


def test_answer_without_content_has_no_length() -> None:
    assert answer([], b"", status=204).written.count(b"\r\n") == 3


@pytest.mark.parametrize("body", [b"too long", b"s"])
def test_body_of_another_length_is_a_fault(body: bytes) -> None:
    with pytest.raises(RuntimeError, match="Content-Length"):
        answer([(b"content-length", b"4")], body)


def test_last_answer_of_a_connection_says_so_and_ends_it() -> None:
    transport = answer([(b"content-length", b"0")], b"", is_kept=False)
    assert b"connection: close\r\n" in transport.written
    assert transport.is_closed


def test_application_may_end_a_connection() -> None:
    transport = answer([(b"content-length", b"0"), (b"connection", b"Close")], b"")
    assert transport.is_closed


@pytest.mark.parametrize("text", [b"a\r\nset-cookie: b", b"a\nb", b"a\rb", b"a\x00b", b"\x7f"])
def test_control_characters_in_a_header_are_a_fault(text: bytes) -> None:
    for header in ((b"name", text), (text, b"value")):
        with pytest.raises(RuntimeError, match="line break"):
            answer([header], b"")
