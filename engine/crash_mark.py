"""Tells a process that crashed (segmentation fault, abort …) from one that somebody ended.

The interpreter's fault handler writes into a file of this process when a fatal signal comes;
SIGKILL and SIGTERM leave the file empty. A file with something in it is found at the next start.
"""

import contextlib
import faulthandler
import logging
import os
from pathlib import Path

_PATTERN = "engine-*.crash"

log = logging.getLogger(__name__)


def collect_crashes(folder: Path) -> bool:
    """Whether an engine has crashed on `folder` since the last call; logs what it left."""
    crashed = False
    for path in folder.glob(_PATTERN):
        with contextlib.suppress(FileNotFoundError):
            crashed |= _collect(path)
    return crashed


def mark_crashes(folder: Path) -> None:
    """From now on a crash of this process leaves its mark in `folder`; a warning if it cannot."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / f"engine-{os.getpid()}.crash").open("w")
    except OSError as error:
        log.warning("a crash will leave no mark: %s", error)
    else:
        faulthandler.enable(file, all_threads=False)


def remove_own_mark(folder: Path) -> None:
    """For a process that ends in order."""
    faulthandler.disable()
    with contextlib.suppress(OSError):
        (folder / f"engine-{os.getpid()}.crash").unlink()


def _collect(path: Path) -> bool:
    text = path.read_text(errors="replace")
    if text:
        log.error("an engine crashed here:\n%s", text)
        path.unlink()
    elif not _is_alive(path.stem.rpartition("-")[2]):
        path.unlink()
    return bool(text)


def _is_alive(pid: str) -> bool:
    """Whether there is a process `pid`, its parent's zombie included."""
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:
        return True
    return True
