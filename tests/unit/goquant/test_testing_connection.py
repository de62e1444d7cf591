"""The connection of tests: answers of every form, and what is said if there is none."""

import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from threading import Thread

import httpx
import pytest

from goquant.testing.connection import Connection

SECONDS = 30.0


@contextmanager
def serve(*answers: bytes) -> Iterator[str]:
    """A service that gives each request the next answer, and then hangs up."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:

        def answer() -> None:
            connection, _ = listening.accept()
            with closing(connection):
                for each in answers:
                    connection.recv(65536)
                    for place in range(0, len(each), 7):  # in many parts
                        connection.sendall(each[place : place + 7])

        thread = Thread(target=answer)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        thread.join()


WHOLE = b'HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\n{"a":1}'


@pytest.mark.parametrize(
    "raw",
    [
        WHOLE,
        b"HTTP/1.1 100 Continue\r\n\r\n" + WHOLE,
        b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{"a\r\n4\r\n":1}\r\n0\r\n\r\n',
    ],
    ids=["whole", "continued", "chunked"],
)
def test_answers_of_one_connection_are_read_whole(raw: bytes) -> None:
    with serve(raw, WHOLE) as url, closing(Connection(url, SECONDS)) as connection:
        assert connection.ask("POST", "/x", b"{}").read_json() == {"a": 1}
        assert connection.ask("GET", "/x").content == b'{"a":1}'


def test_error_has_status_headers_and_text() -> None:
    refusal = b"HTTP/1.1 422 No\r\nX-Advance: 1s\r\ncontent-length: 3\r\n\r\nbad"
    with serve(refusal) as url, closing(Connection(url, SECONDS)) as connection:
        with pytest.raises(httpx.HTTPStatusError, match="bad") as caught:
            connection.ask("GET", "/x").raise_for_status()
        response = caught.value.response
        assert (response.status_code, response.headers["x-advance"]) == (422, "1s")


@pytest.mark.parametrize(
    "raw", [b"", WHOLE[:-1], b"nonsense\r\n\r\n"], ids=["none", "a part", "no HTTP"]
)
def test_answer_that_is_not_whole_is_no_answer(raw: bytes) -> None:
    with serve(raw) as url, closing(Connection(url, SECONDS)) as connection:
        with pytest.raises(httpx.ReadError) as caught:
            connection.ask("GET", "/x")
        assert str(caught.value.request.url) == f"{url}/x"


def test_service_that_is_not_there_or_is_silent_is_told_apart() -> None:
    def ask(url: str, seconds: float) -> Callable[[], object]:
        return lambda: Connection(url, seconds).ask("GET", "/x")

    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(httpx.ReadTimeout):
            ask(url, 0.05)()
    with pytest.raises(httpx.ConnectError):
        ask(url, SECONDS)()
