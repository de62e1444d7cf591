"""The faults of a run, and how often each comes."""

import asyncio
import random
import time
from collections.abc import Mapping

from benchmark.chaos.fleet import Fleet

LEASE_SECONDS = 3.0
KINDS = ("redis", "engine", "gateway", "binance", "feed", "archive")
FAULTS = {
    "kill redis": 34,
    "kill engine": 34,
    "kill gateway": 8,
    "kill binance": 8,
    "kill feed": 5,
    "kill archive": 5,
    "pause redis": 4,
    "pause engine": 5,
    "pause-all engine": 2,
    "pause gateway": 3,
    "pause binance": 3,
    "pause feed": 3,
    "pause archive": 3,
}
"""How often each, of a hundred or so. A pause is longer than the lease; `pause-all` is of both."""


CLUSTER_FAULTS = {
    "kill primary": 40,
    "pause primary": 15,
    "failover primary": 15,
    "kill replica": 5,
    "pause replica": 3,
    "kill engine": 10,
    "pause engine": 4,
    "kill gateway": 3,
    "kill feed": 3,
    "kill archive": 2,
}
"""The same on a cluster: a `primary` is the node that has the list, a `replica` one of its own."""


async def inject_faults(
    fleet: Fleet,
    generator: random.Random,
    seconds: float,
    gap: float,
    faults: Mapping[str, int] = FAULTS,
) -> None:
    """Cause one fault every `gap` seconds; what is paused goes on before this returns."""
    deadline = time.monotonic() + seconds
    pauses = []
    while time.monotonic() < deadline:
        await asyncio.sleep(generator.uniform(0.3, 1.7) * gap)
        [fault] = generator.choices(list(faults), list(faults.values()))
        verb, kind = fault.split()
        if verb == "kill":
            fleet.kill(kind)
        elif verb == "failover":
            await asyncio.to_thread(fleet.fail_over)
        else:
            length = LEASE_SECONDS * generator.uniform(1.1, 2.0)
            pause = fleet.pause(kind, length, is_for_all=verb == "pause-all")
            pauses.append(asyncio.create_task(pause))
    await asyncio.gather(*pauses)


def count_faults(fleet: Fleet) -> dict[str, object]:
    """Return the faults as rows of the table."""
    return {
        **{f"{kind} kills": fleet.kills[kind] for kind in KINDS},
        **{
            f"{kind} pauses beyond the lease": fleet.count_pauses(kind, LEASE_SECONDS)
            for kind in KINDS
        },
    }
