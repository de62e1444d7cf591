"""Where an export goes: a file that appears when it is complete, or standard output."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

STANDARD_OUTPUT = "-"


class UnusableDestination(Exception):
    """Nothing can be written there; the text says why."""


def find_destination(name: str) -> Path | None:
    """Return the file to write, resolving symbolic links; None for standard output.

    Raise UnusableDestination if something other than a regular file is there.
    """
    if name == STANDARD_OUTPUT:
        return None
    path = Path(name)
    if path.is_dir():
        raise UnusableDestination(f"{name} is a folder: name a file in it")
    if path.exists() and not path.is_file():
        raise UnusableDestination(
            f"{name} is not a regular file: name one, or - for CSV to standard output"
        )
    try:
        return path.resolve()
    except RuntimeError:  # Python 3.11 raises it for links that lead to each other
        raise UnusableDestination(f"{name} is a symbolic link that leads nowhere") from None


@contextmanager
def open_destination(path: Path | None) -> Iterator[BinaryIO]:
    """Open a file to write to, which replaces `path` when the context ends without an error.

    Until then `path` stays as it is; what is written goes to a file of another name beside it.
    """
    if path is None:
        with open(sys.stdout.fileno(), "wb", closefd=False) as output:
            yield output
        return
    partial = path.with_name(f"{path.name}.{os.getpid()}.part")
    with partial.open("xb") as file:
        try:
            yield file
            file.flush()
            if path.exists():
                shutil.copymode(path, partial)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
