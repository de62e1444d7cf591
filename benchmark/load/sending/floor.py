"""What one entry costs on this machine's disk: the floor of every accepted order."""

import time

from benchmark.shared.latency import Latency
from tests.support.redis_client import open_redis

_KEY = "benchmark:floor"
_SECONDS = 5.0
"""Long enough to meet the disk's stalls, of which every latency's tail is made."""
_MAX_PUSHES = 20_000
_PAYLOAD = b"x" * 250


def measure_push(redis_url: str) -> Latency:
    """Time one confirmed RPUSH after the other, to a list that is removed again."""
    times: list[float] = []
    with open_redis(redis_url) as client:
        end = time.perf_counter() + _SECONDS
        while (began := time.perf_counter()) < end and len(times) < _MAX_PUSHES:
            client.rpush(_KEY, _PAYLOAD)
            times.append(time.perf_counter() - began)
        client.delete(_KEY)
    return Latency.of(times)
