"""Send requests at their scheduled times, whatever became of those before (open loop)."""

import time
from collections.abc import Callable, Sequence

from benchmark.load.sending.clock import AlarmClock
from benchmark.load.sending.requests import Request
from benchmark.load.watching.ledger import Ledger

_LEAD_SECONDS = 0.1
_MAX_AT_ONCE = 64
"""So many requests are handed over before the answers that have come get a turn."""


async def dispatch(
    requests: Sequence[Request], ledger: Ledger, submit: Callable[[Request], None]
) -> None:
    """Hand over each request, sorted by time; the ledger notes when it was due and when it left."""
    start = time.perf_counter() + _LEAD_SECONDS
    for request in requests:
        for number in request.numbers:
            ledger.due[number] = start + request.offset
    with AlarmClock() as alarm:
        at = 0
        while at < len(requests):
            await alarm.wait_until(start + requests[at].offset)
            at = _hand_over(requests, at, start, ledger, submit)


def _hand_over(
    requests: Sequence[Request],
    first: int,
    start: float,
    ledger: Ledger,
    submit: Callable[[Request], None],
) -> int:
    """Hand over those that are due by now; return the index of the next one."""
    until = time.perf_counter() - start
    at = first
    while at < min(first + _MAX_AT_ONCE, len(requests)) and requests[at].offset <= until:
        now = time.perf_counter()
        for number in requests[at].numbers:
            ledger.handed_over[number] = now
        submit(requests[at])
        at += 1
    return at
