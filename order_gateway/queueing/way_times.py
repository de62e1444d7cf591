"""Where the time of a request went, for the answer's header `Server-Timing`.

Its parts follow one another: the gateway, until the push is confirmed; the list, until the engine
takes the entry, whose stamp says when; the engine and its commit, until the reply is here.
"""

from time import perf_counter
from typing import NamedTuple

from protocol.events import Reply
from protocol.timestamps import now_in_microseconds, parse_timestamp


class WayTimes(NamedTuple):
    """When the parts of an order's way ended, by `perf_counter`; `replied` is 0 without a reply."""

    pushed: float
    replied: float = 0.0


def describe_way(began: float, times: WayTimes, reply: Reply | None) -> bytes:
    """Return the header's value; list and engine are one where the stamp is of another clock."""
    if reply is None or not times.replied:
        return _write(("gateway", times.pushed - began))
    report = reply.order or next(iter(reply.orders), None)
    stamp = None if report is None else _place_stamp(report.timestamp)
    if stamp is None or not began <= stamp <= times.replied:
        return _write(("gateway", times.pushed - began), ("exchange", times.replied - times.pushed))
    pushed = min(times.pushed, stamp)  # the engine may be faster than the word of the push
    return _write(
        ("gateway", pushed - began), ("list", stamp - pushed), ("engine", times.replied - stamp)
    )


def _place_stamp(timestamp: str) -> float:
    """Return when that was by `perf_counter`, if it was by this machine's clock."""
    ago = now_in_microseconds() - parse_timestamp(timestamp)
    return perf_counter() - ago / 1_000_000


def _write(*parts: tuple[str, float]) -> bytes:
    return ", ".join(f"{name};dur={1000 * seconds:.3f}" for name, seconds in parts).encode()
