"""Files of records: plain text or compressed, with or without a header."""

import bz2
import csv
import gzip
import io
import lzma
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

UNREADABLE = (UnicodeDecodeError, lzma.LZMAError, EOFError, csv.Error, zipfile.BadZipFile)
"""What reading a file may raise beside OSError."""
_OPENERS: dict[str, Callable[..., Any]] = {
    ".gz": gzip.open,
    ".xz": lzma.open,
    ".bz2": bz2.open,
}


class Row(NamedTuple):
    """The fields of a line, and its number."""

    number: int
    fields: list[str]


@contextmanager
def open_bytes(path: Path) -> Iterator[IO[bytes]]:
    """Open a file, decompressed by its suffix: `.gz`, `.xz`, `.bz2`, or `.zip` with one file."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive, archive.open(archive.namelist()[0]) as content:
            yield content
        return
    opener = _OPENERS.get(path.suffix, open)
    with opener(path, "rb") as content:
        yield content


def read_rows(path: Path) -> Iterator[Row]:
    """Yield the lines of a CSV file that are not empty; raise OSError or one of UNREADABLE."""
    with open_bytes(path) as content:
        lines = csv.reader(io.TextIOWrapper(content, encoding="utf-8-sig"))
        for fields in lines:
            if fields:
                yield Row(lines.line_num, fields)
