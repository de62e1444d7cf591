"""Whether the disk under a folder has room to go on."""

import shutil
from pathlib import Path

ROOM_BYTES = 8 << 20
"""Enough for the largest commits, and to keep what is cut off a torn file."""


def explain_full_disk(folder: Path) -> str | None:
    """What is wrong and what to do, where the disk of `folder` is full; None where it is not."""
    free = shutil.disk_usage(folder).free
    if free >= ROOM_BYTES:
        return None
    return (
        f"the disk of {folder} is full ({free >> 10} KB free): make room. Until then orders are"
        " refused; nothing that was accepted is lost"
    )
