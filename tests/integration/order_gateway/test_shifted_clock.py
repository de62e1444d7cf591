"""Signed requests at a gateway whose wall clock somebody sets."""

import asyncio
from pathlib import Path

import pytest

from goquant import GatewayClient, GatewayError
from protocol.enums import Reason
from tests.support.engine_service import run_engine
from tests.support.gateway_process import run_workers
from tests.support.shifted_clock import HOUR, ShiftedClock

KEY, SECRET = "signing-key-0123456", "a-secret-that-is-long-enough"
KEYS = f'[{{"key":"{KEY}","account":"bob","scopes":["trade","read"],"secret":"{SECRET}"}}]'


@pytest.mark.parametrize("offset", [HOUR, -HOUR])
def test_signature_is_judged_by_the_gateways_wall_clock_as_it_is_now(
    redis_url: str, tmp_path: Path, offset: int
) -> None:
    clock = ShiftedClock(tmp_path)

    async def run(url: str) -> None:
        async with GatewayClient(url, key=KEY, secret=SECRET) as bob:
            await bob.submit_order("BTC-USDT", "buy", "1", price="60000")
            clock.set(offset)
            with pytest.raises(GatewayError) as caught:
                await bob.cancel_orders()
            assert caught.value.code is Reason.TIMESTAMP_OUT_OF_WINDOW
            clock.set(0)
            assert (await bob.cancel_orders()).canceled == 1

    with (
        run_engine(redis_url),
        run_workers(
            redis_url, API_KEYS=KEYS, LD_PRELOAD=clock.library, CLOCK_OFFSET_FILE=clock.file
        ) as (url, _),
    ):
        asyncio.run(run(url))
