"""A machine's clocks: the wall clock, which can be set, and the one that nobody sets."""

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from protocol.timestamps import now_in_microseconds, since_boot_in_microseconds

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Reading(NamedTuple):
    """A look at the machine's clocks, in microseconds: since it was booted, and since 1970."""

    boot_id: str
    since_boot: int
    wall: int

    def since(self, earlier: "Reading") -> int:
        """Measure the time since an earlier look; by the wall clock after a boot, and never < 0."""
        if self.boot_id == earlier.boot_id:
            return max(0, self.since_boot - earlier.since_boot)
        return max(0, self.wall - earlier.wall)


def open_machine_clocks() -> Callable[[], Reading]:
    """Make the function that reads this machine's clocks.

    A machine that does not tell its boots apart counts each process as one.
    """
    try:
        boot_id = _BOOT_ID.read_text().strip()
    except OSError:
        boot_id = secrets.token_hex(16)

    return lambda: Reading(boot_id, since_boot_in_microseconds(), now_in_microseconds())
