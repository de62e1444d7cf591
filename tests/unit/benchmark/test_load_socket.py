import asyncio
import time

import pytest
from websockets.asyncio.server import ServerConnection, serve

from benchmark.load.sending.clock import AlarmClock
from benchmark.shared.web_socket import WebSocketReader
from tests.support.waiting import DEADLINE_SECONDS

TEXTS = [b"short", b"x" * 126, b"y" * 70_000, b"", b"last"]


async def answer(connection: ServerConnection) -> None:
    """Send all texts and a ping between them, then echo what comes."""
    for text in TEXTS[:-1]:
        await connection.send(text.decode())
    await (await connection.ping(b"are you there"))
    await connection.send(TEXTS[-1].decode())
    async for request in connection:
        await connection.send(request)


async def read_all() -> list[bytes]:
    received: list[bytes] = []
    is_complete = asyncio.Event()

    def receive(text: bytes, _: float) -> None:
        received.append(text)
        if len(received) == len(TEXTS):
            reader.send(b"again " * 50)
        if len(received) > len(TEXTS):
            is_complete.set()

    async with serve(answer, "127.0.0.1", 0, compression=None) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        reader = await WebSocketReader.open(f"ws://127.0.0.1:{port}/", {}, receive)
        await asyncio.wait_for(is_complete.wait(), DEADLINE_SECONDS)
        reader.close()
    return received


def test_texts_of_every_length_come_whole_and_a_ping_is_answered() -> None:
    assert asyncio.run(read_all()) == [*TEXTS, b"again " * 50]


async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 403 Forbidden\r\n\r\n")
    writer.close()


async def connect_refused() -> None:
    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        await WebSocketReader.open(f"ws://127.0.0.1:{port}/", {}, lambda *_: None)


def test_a_server_that_does_not_want_to_is_a_connection_error() -> None:
    with pytest.raises(ConnectionError, match="403 Forbidden"):
        asyncio.run(connect_refused())


async def wake_after(seconds: float, *, has_timer: bool) -> float:
    with AlarmClock(has_timer=has_timer) as alarm:
        moment = time.perf_counter() + seconds
        await alarm.wait_until(moment)
        return time.perf_counter() - moment


@pytest.mark.parametrize("has_timer", [True, False])
@pytest.mark.parametrize("seconds", [-1.0, 0.0, 0.003])
def test_the_alarm_rings_and_never_too_early(seconds: float, has_timer: bool) -> None:
    assert asyncio.run(wake_after(seconds, has_timer=has_timer)) >= 0


def test_the_alarm_keeps_the_clock_that_moments_are_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine whose event loop counts from elsewhere."""
    clock = time.perf_counter
    monkeypatch.setattr(time, "perf_counter", lambda: clock() + 1_000)
    assert asyncio.run(wake_after(0.003, has_timer=False)) < 10
