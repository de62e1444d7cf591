"""Whether a folder's disk has room for Redis to go on."""

import shutil
from pathlib import Path

ROOM_BYTES = 8 << 20
"""Enough for the largest commit, and for what is cut off a torn file."""


def explain_full_disk(folder: Path) -> str | None:
    """Say what is wrong and what to do if the disk of `folder` is full, else return None."""
    free = shutil.disk_usage(folder).free
    if free >= ROOM_BYTES:
        return None
    return (
        f"the disk of {folder} is full ({free >> 10} KB free): make room. Until then orders are"
        " refused; nothing that was accepted is lost"
    )
