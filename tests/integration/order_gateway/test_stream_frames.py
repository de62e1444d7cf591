"""What a client sends on `/ws/orders`, and who says nothing at all."""

import asyncio
import json
import socket
from contextlib import ExitStack
from pathlib import Path
from unittest.mock import Mock

import pytest
from redis import Redis
from websockets.exceptions import InvalidStatus
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.sync.client import connect
from websockets.typing import Origin

from edge import websocket
from edge.frame_budget import BYTES_AT_ONCE, FRAMES_AT_ONCE
from order_gateway.account import stream_limits
from order_gateway.account.stream_connection import StreamConnection
from order_gateway.account.stream_limits import StreamLimits
from protocol.channels import ORDER_QUEUE
from protocol.refusal import Refusal
from tests.integration.order_gateway.test_exchange import KEYS, PLAIN
from tests.support.gateway_process import run_exchange, run_workers
from tests.support.raw_websocket import make_frame, open_websocket, read_to_end
from tests.support.waiting import wait_until

PING, PONG, CLOSE, TEXT, CONTINUATION, RESERVED = 9, 10, 8, 1, 0, 3
FLOODS = {
    "pings": make_frame(PING, b"x") * 3_000,
    "pongs": make_frame(PONG, b"") * 3_000,
    "messages": make_frame(TEXT, b"") * 3_000,
    "fragments": make_frame(TEXT, b"", fin=False)
    + make_frame(CONTINUATION, b"", fin=False) * 3_000,
}


def test_a_flood_of_frames_ends_the_connection(redis_url: str, tmp_path: Path) -> None:
    with run_exchange(redis_url, tmp_path) as exchange:
        port = int(exchange.url.rpartition(":")[2])
        for flood, frames in FLOODS.items():
            with open_websocket(port, "/ws/orders") as client:
                client.sendall(frames)
                received = read_to_end(client)
            assert b"\x03\xf0rate_limited" in received[-120:], flood  # 1008
            assert received.count(b"\x8a\x01x") <= FRAMES_AT_ONCE + BYTES_AT_ONCE // 7
        with open_websocket(port, "/ws/orders") as client:
            client.sendall(make_frame(PING, b"are you there") * 5)
            assert read_until(client, b"\x8a\x0dare you there", 5)


@pytest.mark.parametrize("before", [b"", make_frame(PING, b"x")], ids=["", "behind a ping"])
@pytest.mark.parametrize("code", [b"", b"\x03\xe8", b"\x0f\xa0why"])
def test_a_command_behind_a_close_frame_is_none(redis_url: str, before: bytes, code: bytes) -> None:
    command = make_frame(TEXT, b'{"id":1,"command":"cancel_after","body":{"seconds":0}}')
    with run_workers(redis_url) as (url, _), Redis.from_url(redis_url) as redis:
        port = int(url.rpartition(":")[2])
        path = "/ws/orders?reports=off"
        with open_websocket(port, path) as client:
            client.sendall(before + command + make_frame(CLOSE, code) + command)
            read_to_end(client)
        with open_websocket(port, path) as client:
            client.sendall(command)
            wait_until(lambda: redis.llen(ORDER_QUEUE) >= 2, "the next one is pushed")
        assert redis.llen(ORDER_QUEUE) == 2


def test_a_websocket_at_a_wrong_path_is_not_found(redis_url: str) -> None:
    with run_workers(redis_url) as (url, _):
        for path in ("/ws/nothing", "/ws/orders/", "/v1/orders", "/"):
            with pytest.raises(InvalidStatus) as refused, connect(url.replace("http", "ws") + path):
                pass
            assert refused.value.response.status_code == 404, path
            assert json.loads(refused.value.response.body)["code"] == "not_found"
        with pytest.raises(InvalidStatus) as refused:
            connect(url.replace("http", "ws") + "/ws/orders", origin=Origin("http://evil.example"))
        assert refused.value.response.status_code == 403
        assert json.loads(refused.value.response.body)["code"] == "origin_not_allowed"


def test_silent_connections_take_no_place_of_a_stream(redis_url: str, tmp_path: Path) -> None:
    with (
        run_exchange(redis_url, tmp_path, GATEWAY_MAX_STREAMS="3", API_KEYS=KEYS) as exchange,
        ExitStack() as stack,
    ):
        port = int(exchange.url.rpartition(":")[2])
        silent = [
            stack.enter_context(open_websocket(port, "/ws/orders"))
            for _ in range(stream_limits.MAX_UNNAMED_OF_ADDRESS + 20)
        ]
        url = exchange.url.replace("http", "ws") + "/ws/orders"
        with connect(url, additional_headers={"X-API-Key": PLAIN}) as stream:
            assert json.loads(stream.recv(timeout=20))["account"] == "alice"
        with connect(url) as stream:
            stream.send(json.dumps({"key": PLAIN}))
            assert json.loads(stream.recv(timeout=20))["account"] == "alice"
        for client in silent:
            assert b"unauthorized" in read_to_end(client)


def test_who_has_been_silent_longest_gives_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_limits, "MAX_UNNAMED_OF_ADDRESS", 2)
    monkeypatch.setattr(stream_limits, "MAX_UNNAMED", 3)
    ended: list[str] = []

    async def wait(places: StreamLimits, address: str, name: str) -> None:
        try:
            async with places.reserve_unnamed(address):
                await asyncio.Event().wait()
        except TimeoutError:
            ended.append(name)

    async def run() -> None:
        places = StreamLimits(10, 10)
        for address, name in [("a", "a1"), ("b", "b1"), ("a", "a2"), ("a", "a3"), ("c", "c1")]:
            task = asyncio.create_task(wait(places, address, name))
            tasks.append(task)
            await asyncio.sleep(0.01)
        for task in tasks:
            task.cancel()

    tasks: list[asyncio.Task[None]] = []
    asyncio.run(run())
    assert ended == ["a1", "b1"]


def test_who_comes_while_the_silent_one_is_leaving_gets_its_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stream_limits, "MAX_UNNAMED_OF_ADDRESS", 1)
    monkeypatch.setattr(stream_limits, "SECONDS_TO_SAY_WHO", 0.01)
    entered: list[str] = []

    async def run() -> None:
        places = StreamLimits(10, 10)
        async with places.reserve_unnamed("a"):
            try:
                await asyncio.Event().wait()
            finally:
                async with places.reserve_unnamed("a"):
                    entered.append("newcomer")

    with pytest.raises(TimeoutError):
        asyncio.run(run())
    assert entered == ["newcomer"]


def test_places_of_an_account_and_of_all_are_given_back() -> None:
    places = StreamLimits(2, 1)
    with places.reserve_for("alice"):
        with pytest.raises(Refusal, match="of this account"), places.reserve_for("alice"):
            pass
        with places.reserve_for("bob"), pytest.raises(Refusal), places.reserve_for("carol"):
            pass
    with places.reserve_for("alice"), places.reserve_for("carol"):
        pass


def test_who_breaks_the_protocol_and_does_not_read_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "SECONDS_TO_READ_THE_END", 0.0)
    transport = Mock()

    async def run() -> None:
        connection = StreamConnection.__new__(StreamConnection)
        connection.loop, connection.queue = asyncio.get_running_loop(), asyncio.Queue()
        connection.conn, connection.transport = ServerProtocol(state=State.OPEN), transport
        connection.handshake_initiated = True
        connection.data_received(make_frame(RESERVED, b""))
        transport.close.assert_called_once()
        transport.abort.assert_not_called()
        await asyncio.sleep(0.01)

    asyncio.run(run())
    transport.abort.assert_called_once()


def read_until(client: socket.socket, text: bytes, count: int) -> bool:
    received = b""
    while received.count(text) < count and (piece := client.recv(1 << 16)):
        received += piece
    return received.count(text) == count
