"""The crowd that the feed promises to bear; with a report: `python -m benchmark.feed crowd`."""

import asyncio
import logging

from benchmark.feed.crowd import run_crowd
from edge.open_files import allow_connections

GOOD, DEAF, TRICKLING = 900, 50, 50
MEGABYTES = 60.0

_logger = logging.getLogger(__name__)


def test_slow_readers_among_a_thousand_cost_the_others_nothing(redis_url: str) -> None:
    allow_connections(2 * (GOOD + DEAF + TRICKLING))
    crowd = asyncio.run(run_crowd(redis_url, GOOD, DEAF, TRICKLING, rate=20, seconds=15))
    _logger.info("memory %.0f, highest %.0f MB", crowd.memory_before, crowd.memory_highest)
    assert crowd.trades == 300
    assert crowd.complete == crowd.good == GOOD
    assert crowd.conflated > 0
    assert crowd.closed.keys() <= {"too_slow"}
    assert crowd.memory_highest - crowd.memory_before < MEGABYTES
