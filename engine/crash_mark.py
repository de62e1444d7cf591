"""Tell an engine that crashed (segmentation fault, abort …) from one that somebody ended.

On a fatal signal the interpreter's fault handler writes into a file of this process; SIGKILL and
SIGTERM leave the file empty. The next start finds a file that is not empty.
"""

import contextlib
import faulthandler
import logging
import os
from pathlib import Path

from protocol.shards import FIRST

logger = logging.getLogger(__name__)


def collect_crashes(folder: Path, prefix: str = FIRST.file_prefix) -> bool:
    """Log and remove what crashed engines left in `folder`; return whether there was any.

    `prefix` is that of the files of their shard.
    """
    crashed = False
    for path in folder.glob(f"{prefix}*.crash"):
        with contextlib.suppress(FileNotFoundError):
            crashed |= _collect(path)
    return crashed


def mark_crashes(folder: Path, prefix: str = FIRST.file_prefix) -> None:
    """Have a crash of this process leave its mark in `folder`; warn if that is not possible."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / f"{prefix}{os.getpid()}.crash").open("w")
    except OSError as error:
        logger.warning("a crash will leave no mark: %s", error)
    else:
        faulthandler.enable(file, all_threads=False)


def remove_own_mark(folder: Path, prefix: str = FIRST.file_prefix) -> None:
    """Remove this process's mark, as it ends in order."""
    faulthandler.disable()
    with contextlib.suppress(OSError):
        (folder / f"{prefix}{os.getpid()}.crash").unlink()


def _collect(path: Path) -> bool:
    text = path.read_text(errors="replace")
    if text:
        logger.error("an engine crashed here:\n%s", text)
        path.unlink()
    elif not _is_alive(path.stem.rpartition("-")[2]):
        path.unlink()
    return bool(text)


def _is_alive(pid: str) -> bool:
    """Whether there is a process `pid`; a zombie counts."""
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:
        return True
    return True
