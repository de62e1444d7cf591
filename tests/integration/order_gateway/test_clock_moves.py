"""A worker hears where a manual clock is, whichever worker has moved it."""

import asyncio

import pytest
from redis.asyncio import Redis

from order_gateway.queueing.replies import Replies
from protocol.channels import CLOCK_MOVES, RESETS
from protocol.exchange_clock import MANUAL_START, ExchangeTime
from protocol.machine_clocks import open_machine_clocks
from protocol.timestamps import format_timestamp

HOUR = 3_600_000_000


def test_moves_and_resets_are_known_without_a_look_at_the_state(
    redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> list[int]:
        time, known = ExchangeTime(open_machine_clocks()), asyncio.Queue[int]()

        def note_move(timestamp: int) -> None:
            time.note_move(timestamp)
            known.put_nowait(time.now())

        def forget() -> None:
            time.forget()
            known.put_nowait(time.now())

        replies = Replies(redis_url, "worker", forget, note_move=note_move)
        replies.start()
        await replies.wait_until_tried()
        async with Redis.from_url(redis_url) as client:
            for moved in (HOUR, 2 * HOUR):
                await client.publish(CLOCK_MOVES, format_timestamp(MANUAL_START + moved))
            await client.publish(RESETS, b"")
            await client.publish(CLOCK_MOVES, b"no time")
            await client.publish(CLOCK_MOVES, format_timestamp(MANUAL_START + 1))
        async with asyncio.timeout(60):
            heard = [await known.get() for _ in range(4)]
        await replies.aclose()
        return [each - MANUAL_START for each in heard]

    assert asyncio.run(run()) == [HOUR, 2 * HOUR, 0, 1]
    assert "an unreadable move of the clock" in caplog.text
