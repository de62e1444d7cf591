"""What one entry costs on this machine's disk alone: the floor of every accepted order."""

import time

from redis import Redis

from benchmark.latency import Latency

_KEY = "benchmark:floor"
_PUSHES = 300
_PAYLOAD = b"x" * 250


def measure_push(redis_url: str) -> Latency:
    """One RPUSH after the other to a list that is removed again, each until it is confirmed."""
    times = []
    with Redis.from_url(redis_url) as client:
        for _ in range(_PUSHES):
            began = time.perf_counter()
            client.rpush(_KEY, _PAYLOAD)
            times.append(time.perf_counter() - began)
        client.delete(_KEY)
    return Latency.of(times)
