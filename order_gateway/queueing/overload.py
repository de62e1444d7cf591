"""Refuses new orders while too many entries wait to be matched."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from contextvars import Context

from order_gateway.errors import Unavailable
from protocol.enums import Reason

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.05


class OverloadGate:
    """Closes for new orders above `high_mark` entries in the list; opens again below half of that.

    Cancels and amends pass up to twice the mark. While the gate is closed, it reads the length of
    the list itself by `read_depth`, which returns None if the length is unknown.
    """

    def __init__(self, high_mark: int, read_depth: Callable[[], Awaitable[int | None]]) -> None:
        self._high_mark = high_mark
        self._read_depth = read_depth
        self._depth = 0
        self._poller: asyncio.Task[None] | None = None

    def observe(self, depth: int) -> None:
        """Note the list's length; close the gate if it is above the mark."""
        self._depth = depth
        if depth > self._high_mark and self._poller is None:
            logger.warning("overload: %d entries wait, new orders are refused", depth)
            # in a context of its own, not in that of the request which happened to close the gate
            self._poller = asyncio.create_task(self._poll_until_low(), context=Context())

    @property
    def is_open(self) -> bool:
        """Whether new orders may pass."""
        return self._poller is None

    def admit_order(self) -> None:
        """Raise Unavailable while the gate is closed for new orders."""
        if not self.is_open:
            raise self._overloaded()

    def admit_change(self) -> None:
        """Raise Unavailable while too many entries wait even for cancels and amends."""
        if self._depth > 2 * self._high_mark:
            raise self._overloaded()

    async def aclose(self) -> None:
        """Stop reading the length."""
        poller = self._poller
        if poller is not None:
            poller.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await poller

    async def _poll_until_low(self) -> None:
        try:
            while 2 * self._depth >= self._high_mark:
                await asyncio.sleep(POLL_SECONDS)
                depth = await self._read_depth()
                self._depth = self._depth if depth is None else depth
        finally:
            self._poller = None
        logger.info("overload is over: %d entries wait", self._depth)

    def _overloaded(self) -> Unavailable:
        return Unavailable(
            Reason.OVERLOADED,
            f"{self._depth} entries wait to be matched; nothing was queued, try again shortly",
        )
