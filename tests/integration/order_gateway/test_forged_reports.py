"""A report on `/ws/orders` that the engine never made: somebody has access to Redis."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from websockets.asyncio.client import ClientConnection, connect

from order_gateway.account import report_feed
from order_gateway.queueing.redis_client import make_client
from protocol.channels import EXECUTION_REPORTS, STATE
from protocol.codec import encode
from protocol.events import ChannelMessage, ExecutionReport
from tests.integration.order_gateway.test_stream_outages import PUBLISHED, Lines, lines, play, read
from tests.support import http
from tests.support.gateway import ORDER, RedisProxy
from tests.support.waiting import DEADLINE_SECONDS

__all__ = ["lines"]


class ForgedStream:
    """A reader of `/ws/orders`, and somebody who has access to Redis."""

    def __init__(self, stream: ClientConnection, client: Any, where: str) -> None:
        self._stream = stream
        self._client = client
        self._where = where

    async def read(self, kind: str) -> Any:
        """Return the next message of this kind; heartbeats are passed over."""
        while (message := await read(self._stream))["type"] == "heartbeat":
            pass
        assert message["type"] == kind
        return message

    async def submit(self) -> str:
        async with http.AsyncClient() as client:
            answer = await client.post(
                f"http://{self._where}/v1/orders?response=result", json=ORDER
            )
        order_id: str = answer.json()["order_id"]
        return order_id

    async def forge(self, report: ExecutionReport, ahead: int) -> None:
        """Publish the report of an order that nobody has sent, so that it fits the chain."""
        last = int(await self._client.hget(STATE, PUBLISHED))
        forged = msgspec.structs.replace(report, sequence=last + ahead, order_id="forged")
        message = ChannelMessage(last, last + ahead, [forged])
        await self._client.publish(EXECUTION_REPORTS, encode(message))


@asynccontextmanager
async def read_with_forger(where: str, redis_url: str) -> AsyncIterator[ForgedStream]:
    async with (
        connect(f"ws://{where}/ws/orders") as stream,
        asyncio.timeout(DEADLINE_SECONDS),
        make_client(redis_url) as client,
    ):
        yield ForgedStream(stream, client, where)


@pytest.mark.parametrize("ahead", [1, 2, 1000])
@pytest.mark.parametrize("is_busy", [False, True], ids=["quiet", "busy"])
def test_a_forged_report_is_undone(
    redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ahead: int, is_busy: bool
) -> None:
    """By the engine's own messages that come in its place, or by the next look at its state."""
    if is_busy:
        monkeypatch.setattr(report_feed, "CHECK_SECONDS", 3600.0)

    async def scenario(where: str, _proxy: RedisProxy) -> None:
        async with read_with_forger(where, redis_url) as reader:
            await reader.read("snapshot")
            orders = [await reader.submit()]
            report = (await reader.read("execution_report"))["data"]
            await reader.forge(msgspec.convert(report, ExecutionReport), ahead)
            assert (await reader.read("execution_report"))["data"]["order_id"] == "forged"
            if is_busy:
                orders += [await reader.submit() for _ in range(2)]
            snapshot = await reader.read("snapshot")
            assert {each["order_id"] for each in snapshot["orders"]} <= set(orders)
            orders.append(await reader.submit())
            while (report := await reader.read("execution_report"))["data"]["order_id"] != orders[
                -1
            ]:
                assert report["data"]["order_id"] in orders

    play(redis_url, tmp_path, scenario)


def test_forged_messages_that_do_not_fit_are_ignored(
    redis_url: str, tmp_path: Path, lines: Lines
) -> None:
    async def scenario(where: str, _proxy: RedisProxy) -> None:
        async with read_with_forger(where, redis_url) as reader, make_client(redis_url) as client:
            await reader.read("snapshot")
            for _ in range(3):
                await reader.submit()
                report = (await reader.read("execution_report"))["data"]
            await reader.forge(msgspec.convert(report, ExecutionReport), -1)
            await client.publish(EXECUTION_REPORTS, b"no JSON")
            last = await reader.submit()
            report = (await reader.read("execution_report"))["data"]
            assert report["order_id"] == last
        assert [line for line, _ in lines.lines if "ignored a forged message" in line]

    play(redis_url, tmp_path, scenario)
