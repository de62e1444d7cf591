"""`/ws/orders` if Redis is away, if readers hang up, and if there are too many of them."""

import asyncio
import json
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from archive.database import open_for_queries
from archive.queries import Archive, ArchiveUnavailable
from order_gateway.__main__ import create_server
from order_gateway.account import report_feed, stream_session
from order_gateway.account.report_feed import ReportFeed
from order_gateway.app import create_app
from order_gateway.logs import current_request
from order_gateway.queueing.redis_client import make_client
from protocol.channels import EXECUTION_REPORTS, STATE, STATE_ID_KEY, last_sequence_field
from protocol.settings import Settings
from tests.support import http
from tests.support.archive_service import run_follower
from tests.support.engine_service import run_engine
from tests.support.gateway import INSTRUMENTS, ORDER, RedisProxy, run_proxy
from tests.support.waiting import DEADLINE_SECONDS, until

Scenario = Callable[[str, RedisProxy], Awaitable[None]]
PUBLISHED = last_sequence_field(EXECUTION_REPORTS)


@asynccontextmanager
async def serve(redis_url: str, database_url: str, **settings: Any) -> AsyncIterator[str]:
    """Where a gateway in this process listens."""
    archive = Archive(open_for_queries(database_url))
    await until(lambda: has_begun(archive))
    app = create_app(Settings(redis_url=redis_url, **settings), INSTRUMENTS, archive)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = create_server(app)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        await serving
    archive.close()


async def has_begun(archive: Archive) -> bool:
    try:
        archive.last_sequence()
    except ArchiveUnavailable:
        return False
    return True


def play(redis_url: str, folder: Path, scenario: Scenario, **settings: Any) -> None:
    """A scenario on an exchange whose gateway has a way to Redis that can be closed."""
    database_url = f"sqlite:///{folder / 'archive.sqlite3'}"

    async def run() -> None:
        async with (
            asyncio.timeout(3 * DEADLINE_SECONDS),
            run_proxy(redis_url) as proxy,
            serve(proxy.url, database_url, **settings) as where,
        ):
            await scenario(where, proxy)

    with run_engine(redis_url), run_follower(redis_url, database_url):
        asyncio.run(run())


async def read(stream: ClientConnection) -> Any:
    return json.loads(await stream.recv())


async def expect_end(stream: ClientConnection, code: str) -> None:
    """An error, and a close that says to try again."""
    assert (await read(stream))["code"] == code
    with pytest.raises(ConnectionClosed):
        await stream.recv()
    assert stream.close_code == 1013


async def count_streams(where: str) -> float:
    async with http.AsyncClient() as client:
        text = (await client.get(f"http://{where}/metrics")).text
    [line] = [line for line in text.splitlines() if line.startswith("gateway_order_streams ")]
    return float(line.split()[1])


class Lines(logging.Handler):
    """What the feed logged, each line with the request that it was logged for."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[tuple[str, str | None]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append((record.getMessage(), current_request.get()))


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Lines:
    handler = Lines()
    monkeypatch.setattr(report_feed.logger, "handlers", [handler])
    monkeypatch.setattr(report_feed.logger, "level", logging.INFO)
    return handler


def test_reader_that_comes_during_an_outage_is_told_and_hears_no_silence(
    redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: Lines
) -> None:
    monkeypatch.setattr(report_feed, "LIVE_SECONDS", 0.6)

    async def scenario(where: str, proxy: RedisProxy) -> None:
        await proxy.close()
        for _ in range(2):
            async with connect(f"ws://{where}/ws/orders") as stream:
                await expect_end(stream, "queue_unavailable")
        await proxy.open()
        monkeypatch.setattr(report_feed, "LIVE_SECONDS", DEADLINE_SECONDS)
        async with connect(f"ws://{where}/ws/orders") as stream:
            assert (await read(stream))["type"] == "snapshot"
        [(lost, _), (back, _)] = lines.lines
        assert "lost" in lost
        assert "again" in back

    play(redis_url, tmp_path, scenario)


def test_open_stream_says_that_it_is_deaf_and_when_it_hears_again(
    redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: Lines
) -> None:
    monkeypatch.setattr(stream_session, "HEARTBEAT_SECONDS", 0.1)

    async def scenario(where: str, proxy: RedisProxy) -> None:
        async with connect(f"ws://{where}/ws/orders") as stream, http.AsyncClient() as client:
            assert (await read(stream))["type"] == "snapshot"
            assert (await read(stream))["in_sync"] is True
            await proxy.close()
            while (await read(stream))["in_sync"]:
                pass
            assert [(await read(stream))["in_sync"] for _ in range(8)] == [False] * 8
            await proxy.open()
            while not (await read(stream))["in_sync"]:
                pass
            await client.post(f"http://{where}/v1/orders?response=result", json=ORDER)
            while (message := await read(stream))["type"] == "heartbeat":
                pass
            assert (message["type"], message["number"]) == ("execution_report", 1)
        assert [request for _, request in lines.lines] == [None, None]

    play(redis_url, tmp_path, scenario)


def test_reader_that_hangs_up_while_it_waits_is_noticed(
    redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report_feed, "LIVE_SECONDS", 3600.0)

    async def scenario(where: str, proxy: RedisProxy) -> None:
        await proxy.close()
        async with connect(f"ws://{where}/ws/orders"):
            await until(lambda: has_streams(where, 1))
        await until(lambda: has_streams(where, 0))

    play(redis_url, tmp_path, scenario)


async def has_streams(where: str, count: int) -> bool:
    return await count_streams(where) == count


def test_streams_of_an_account_and_in_all_are_bounded(redis_url: str, tmp_path: Path) -> None:
    async def scenario(where: str, _proxy: RedisProxy) -> None:
        async def open_stream(account: str) -> ClientConnection:
            return await connect(f"ws://{where}/ws/orders?account={account}")

        streams = [await open_stream(name) for name in ("alice", "alice", "bob")]
        for stream in streams:
            assert (await read(stream))["type"] == "snapshot"
        await expect_end(await open_stream("alice"), "too_many_connections")
        streams.append(await open_stream("carol"))
        assert (await read(streams[-1]))["type"] == "snapshot"
        await expect_end(await open_stream("dave"), "too_many_connections")
        await streams[0].close()
        await until(lambda: has_streams(where, 3))
        streams.append(await open_stream("alice"))
        assert (await read(streams[-1]))["type"] == "snapshot"
        for stream in streams:
            await stream.close()

    limits = {"gateway_max_streams": 4, "gateway_max_streams_per_account": 2}
    play(redis_url, tmp_path, scenario, **limits)


@pytest.mark.parametrize("change", [{STATE_ID_KEY: "22" * 32}, {PUBLISHED: 3}])
def test_listeners_start_anew_where_numbers_begin_anew(redis_url: str, change: Any) -> None:
    """Who goes on to wait for higher ones would hear nothing of another exchange."""

    async def run() -> None:
        async with asyncio.timeout(DEADLINE_SECONDS), make_client(redis_url) as client:
            await client.hset(STATE, mapping={STATE_ID_KEY: "11" * 32, PUBLISHED: 5})
            feed = ReportFeed(redis_url, client)
            async with feed.listen("alice") as listener:
                before = feed.exchange_id
                await client.hset(STATE, mapping=change)
                told = await listener.take(DEADLINE_SECONDS)
                assert told is not None
                assert (told.sequence, told.report) == (change.get(PUBLISHED, 5), None)
                assert (feed.exchange_id == before) is (STATE_ID_KEY not in change)
            await feed.aclose()

    asyncio.run(run())
