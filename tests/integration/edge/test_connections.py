"""How long and how many: the edge in front of an application that answers at once."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

import edge.connection
from edge.gate import Places
from edge.limits import SECONDS_OF_SILENCE
from edge.server import make_server
from tests.support.waiting import DEADLINE_SECONDS, wait_until

GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
HEAD = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n"
HANDSHAKE = (
    b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
SHORT = 0.3


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the length of the body; accept every WebSocket; make 100 MB at /large."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        while (await receive())["type"] != "websocket.disconnect":
            pass
    elif scope["path"] == "/large":
        await PlainTextResponse(b"x" * 100_000_000)(scope, receive, send)
    else:
        body = await Request(scope, receive).body()
        await PlainTextResponse(f"{len(body)} bytes")(scope, receive, send)


@contextmanager
def serve(places: Places = Places(50, 50, 50)) -> Iterator[int]:  # noqa: B008 - it cannot change
    """The edge on a port."""
    server = make_server(
        application, places, websocket="websockets-sansio", max_frame_bytes=9, seconds_to_stop=1
    )
    server.config.lifespan = "off"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            wait_until(lambda: server.started, "the server has started")
            yield listener.getsockname()[1]
        finally:
            stop(server, thread)


def stop(server: uvicorn.Server, thread: threading.Thread) -> None:
    server.should_exit = True
    thread.join()


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=DEADLINE_SECONDS)


def read_to_the_end(client: socket.socket) -> bytes:
    answer = b""
    with suppress(ConnectionError):
        while part := client.recv(1 << 20):
            answer += part
    return answer


def read_code(answer: bytes) -> str:
    return str(json.loads(answer.partition(b"\r\n\r\n")[2])["code"])


@pytest.mark.parametrize(
    ("name", "begun"),
    [
        ("SECONDS_FOR_A_HEAD", GET[:-2]),
        ("SECONDS_FOR_A_HEAD", b"G"),
        ("SECONDS_FOR_A_BODY", HEAD + b"1234"),
        ("SECONDS_FOR_A_BODY", HEAD),
    ],
)
def test_request_that_does_not_end_is_ended(
    monkeypatch: pytest.MonkeyPatch, name: str, begun: bytes
) -> None:
    monkeypatch.setattr(edge.connection, name, SHORT)
    with serve() as port, connect(port) as client:
        client.sendall(begun)
        assert read_code(read_to_the_end(client)) == "request_timeout"


def test_dripping_bytes_win_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge.connection, "SECONDS_FOR_A_HEAD", SHORT)
    with serve() as port, connect(port) as client:
        begun = time.monotonic()
        client.settimeout(0.05)
        answer = b""
        while not answer and time.monotonic() < begun + DEADLINE_SECONDS:
            client.send(b"G" if client.fileno() < 0 else b"A")
            with suppress(TimeoutError):
                answer = client.recv(4096)
        assert b" 400 " in answer or b" 408 " in answer


@pytest.mark.parametrize("before", [b"", GET])
def test_silent_connection_is_closed(monkeypatch: pytest.MonkeyPatch, before: bytes) -> None:
    monkeypatch.setattr(edge.connection, "SECONDS_OF_SILENCE", SHORT)
    with serve() as port, connect(port) as client:
        client.sendall(before)
        assert read_to_the_end(client).count(b"HTTP/1.1") == before.count(b"HTTP/1.1")


def test_connection_outlives_the_pauses_of_clients() -> None:
    assert SECONDS_OF_SILENCE >= 75
    with serve() as port, connect(port) as client:
        for _ in range(2):
            client.sendall(GET)
            answer = b""
            while not answer.endswith(b"0 bytes"):  # head and body may come one after the other
                part = client.recv(4096)
                assert part, answer
                answer += part
            client.settimeout(6.5)
            with pytest.raises(TimeoutError):
                client.recv(1)


def test_client_that_does_not_read_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge.connection, "SECONDS_TO_READ_AN_ANSWER", SHORT)
    with serve(Places(1, 1, 1)) as port, connect(port) as deaf:
        deaf.sendall(b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n")
        wait_until(lambda: is_served(port), "the deaf one has lost its place")


def is_served(port: int) -> bool:
    with connect(port) as client:
        client.sendall(GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        return read_to_the_end(client).endswith(b"0 bytes")


@pytest.mark.parametrize(
    ("places", "code"),
    [
        (Places(3, 9, 9), "too_many_connections"),
        (Places(9, 9, 3), "too_many_connections_from_address"),
    ],
)
@pytest.mark.parametrize("opening", [b"", GET, HANDSHAKE])
def test_connections_are_bounded_and_places_are_given_back(
    places: Places, code: str, opening: bytes
) -> None:
    with serve(places) as port:
        with ExitStack() as stack:
            for _ in range(3):
                client = stack.enter_context(connect(port))
                client.sendall(opening)
                assert not opening or client.recv(4096)
            wait_until(lambda: not is_served(port), "all places are taken")
            with connect(port) as late:
                assert read_code(read_to_the_end(late)) == code
        wait_until(lambda: is_served(port), "the places are free again")


def test_answer_comes_before_the_refusal_of_what_follows() -> None:
    with serve() as port, connect(port) as client:
        client.sendall(HEAD + b"123456789" + b"?\r\n\r\n")
        answer = read_to_the_end(client)
        assert answer.endswith(b"9 bytes")
        assert b"connection: close" in answer


def test_requests_in_a_row_are_answered_in_their_order() -> None:
    row = b"".join(
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%b" % (size, b"x" * size)
        for size in (1, 70_000, 2, 200_000, 3)
    )
    with serve() as port, connect(port) as client:
        client.sendall(row + b"GET / HTTP/1.0\r\nHost: a\r\n\r\n")
        sizes = [
            line.split()[0] for line in read_to_the_end(client).splitlines() if b" bytes" in line
        ]
        assert [size.partition(b"HTTP")[0] for size in sizes] == [
            b"1",
            b"70000",
            b"2",
            b"200000",
            b"3",
            b"0",
        ]


def test_places_leave_room_for_other_addresses() -> None:
    assert Places.of(10_000, 2_000) == (10_000, 2_000, 8_000)
    assert Places.of(100, 2_000) == (100, 80, 80)
