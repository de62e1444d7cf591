"""Wake the load generator at a moment, to some microseconds.

The event loop's own timers count whole milliseconds, which is longer than from order to order.
"""

import asyncio
import ctypes
import os
import time
from typing import Self

_CLOCK_MONOTONIC = 1
_FLAGS = os.O_NONBLOCK | os.O_CLOEXEC
_ABSOLUTE = 1


class _Moment(ctypes.Structure):
    """`struct itimerspec`: repeat never, ring at `seconds` and `nanoseconds`."""

    _fields_ = (
        ("repeat_seconds", ctypes.c_long),
        ("repeat_nanoseconds", ctypes.c_long),
        ("seconds", ctypes.c_long),
        ("nanoseconds", ctypes.c_long),
    )


class AlarmClock:
    """Rings at moments of `time.perf_counter`; without Linux's timerfd, to whole milliseconds."""

    def __init__(self, *, has_timer: bool = True) -> None:
        self._has_timer = has_timer
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._timer = -1
        self._rung = asyncio.Event()

    def __enter__(self) -> Self:
        if self._has_timer and hasattr(self._libc, "timerfd_create"):
            self._timer = self._libc.timerfd_create(_CLOCK_MONOTONIC, _FLAGS)
        if self._timer >= 0:
            asyncio.get_running_loop().add_reader(self._timer, self._ring)
        return self

    def __exit__(self, *_: object) -> None:
        if self._timer >= 0:
            asyncio.get_running_loop().remove_reader(self._timer)
            os.close(self._timer)

    async def wait_until(self, moment: float) -> None:
        """Return at `moment`; other tasks have a turn before, even if the moment has passed."""
        if self._timer < 0:
            await asyncio.sleep(max(0.0, moment - time.perf_counter()))
            return
        seconds, nanoseconds = divmod(int(moment * 1e9), 10**9)
        self._rung.clear()
        ring = _Moment(0, 0, seconds, nanoseconds)
        self._libc.timerfd_settime(self._timer, _ABSOLUTE, ctypes.byref(ring), None)
        await self._rung.wait()

    def _ring(self) -> None:
        os.read(self._timer, 8)
        self._rung.set()
