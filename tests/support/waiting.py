"""Polls with a deadline: the suite never sleeps for a guess."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from launcher.supervision.waiting import DEADLINE_SECONDS, PAUSE_SECONDS, wait_until

__all__ = ["DEADLINE_SECONDS", "ask_until", "until", "wait_until"]

Answer = TypeVar("Answer")


async def until(
    is_true: Callable[[], object | Awaitable[object]], seconds: float = DEADLINE_SECONDS
) -> None:
    """Return as soon as `is_true` holds; raise TimeoutError if it does not within `seconds`."""
    async with asyncio.timeout(seconds):
        while not await _ask(is_true):  # noqa: ASYNC110  # other processes have no events for us
            await asyncio.sleep(PAUSE_SECONDS)


async def _ask(is_true: Callable[[], object | Awaitable[object]]) -> object:
    answer = is_true()
    return await answer if inspect.isawaitable(answer) else answer


def ask_until(ask: Callable[[], Answer], is_served: Callable[[Answer], bool]) -> Answer:
    """Return the first answer that `is_served`, or the last one at the deadline."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not is_served(answer := ask()) and time.monotonic() < deadline:
        time.sleep(PAUSE_SECONDS)
    return answer
