"""The rule of a client in an event loop that asks once, of a single Redis as of a cluster."""

import asyncio
from typing import Any

from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import TimeoutError as NoAnswer


class Once(Retry):
    """Runs a command once, for `seconds` at most.

    redis-py's own `socket_timeout` sends with `asyncio.wait_for`, which on Python 3.11 forgets a
    cancel that comes in the turn in which all is sent: its task would then go on for ever.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(NoBackoff(), 0)
        self._seconds = seconds

    async def call_with_retry(self, *arguments: Any, **options: Any) -> Any:
        """Run the command; raise a redis TimeoutError if it takes longer."""
        try:
            async with asyncio.timeout(self._seconds):
                return await super().call_with_retry(*arguments, **options)
        except TimeoutError:
            raise NoAnswer(f"no answer within {self._seconds:g} seconds") from None
