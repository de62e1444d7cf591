"""`run.json` in the data folder: what other processes may know of the system that runs there."""

from contextlib import suppress
from pathlib import Path

import msgspec

RUN_FILE = "run.json"
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Place(msgspec.Struct, frozen=True):
    """Where a run file counts: in this very folder, until the machine starts again."""

    folder: str
    inode: int
    boot: str


class RedisRecord(msgspec.Struct, frozen=True):
    """The Redis that the system uses; `is_own`: start_system.py started it."""

    url: str
    title: str
    is_own: bool


class RunFile(msgspec.Struct, frozen=True, kw_only=True):
    """What every reader may count on; the launcher adds what its own commands need."""

    place: Place
    redis: RedisRecord

    def is_of(self, folder: Path) -> bool:
        """Whether it was written for `folder` since the machine started, and is not a copy."""
        return self.place == identify_place(folder)


def identify_place(folder: Path) -> Place:
    """Return what tells `folder` from its copies; raise OSError if there is no such folder.

    The boot is empty if the system does not number its boots, as on macOS: there the time at which
    a process began tells it from those before a restart.
    """
    return Place(str(folder.resolve()), folder.stat().st_ino, read_boot_id())


def read_boot_id() -> str:
    """Return the id of the running kernel; empty if the system does not number its boots."""
    with suppress(OSError):
        return _BOOT_ID.read_text().strip()
    return ""
