"""One takeover, watched from the death of the engine to the next commit."""

import signal
import time
from typing import NamedTuple, cast

from redis import Redis

from benchmark.takeover.engines import Engines
from protocol import channels

POLL_SECONDS = 0.002
DEADLINE_SECONDS = 120.0


class Takeover(NamedTuple):
    """Seconds until another engine committed: since the death, and since the lease ended."""

    after_death: float
    after_lease: float


def watch_takeover(client: Redis, engines: Engines, number: signal.Signals) -> Takeover:
    """End the engine that serves, watch until another has committed, start one in its place."""
    serving = engines.find_serving()
    owner, _sequence, _left = _read(client)
    engines.send(serving, number)
    died = lease_end = time.monotonic()
    deadline = died + DEADLINE_SECONDS
    before: int | None = None
    while time.monotonic() < deadline:
        ready, sequence, left = _read(client)
        now = time.monotonic()
        if ready == owner and client.get(channels.LEASE) == owner:
            lease_end = now + left / 1000
        elif before is None:
            before = sequence
        elif sequence > before:
            engines.replace(serving)
            return Takeover(now - died, max(0.0, now - min(lease_end, now)))
        time.sleep(POLL_SECONDS)
    raise TimeoutError(f"no takeover within {DEADLINE_SECONDS:g} s")


def _read(client: Redis) -> tuple[bytes | None, int, int]:
    """Return who is ready, the sequence, and how many milliseconds are left of the lease."""
    with client.pipeline() as pipeline:
        pipeline.hmget(channels.STATE, [channels.STATE_READY, channels.STATE_SEQUENCE])
        pipeline.pttl(channels.LEASE)
        (ready, sequence), left = pipeline.execute()
    return cast("bytes | None", ready), int(sequence or 0), int(left)
