"""A crowd in small; the full one is `python -m benchmark.feed crowd`."""

import asyncio

from benchmark._feed_crowd import run_crowd


def test_slow_readers_cost_the_others_nothing(redis_url: str) -> None:
    crowd = asyncio.run(run_crowd(redis_url, good=180, deaf=10, trickling=10, rate=200, seconds=5))
    assert crowd.trades == 1_000
    assert crowd.complete == crowd.good == 180
    assert crowd.conflated > 0
    assert crowd.memory_highest - crowd.memory_before < 60
