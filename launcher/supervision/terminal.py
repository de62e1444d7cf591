"""The launcher's output: text, or with LOG_FORMAT=json nothing but JSON lines."""

import os
import sys
from typing import Literal, TextIO

from protocol.logs import to_json_line


class Terminal:
    """Standard output, or standard error; if it is closed, the launcher goes on without it."""

    def __init__(self, log_format: Literal["text", "json"], *, to_stderr: bool = False) -> None:
        self._is_json = log_format == "json"
        self._stream = sys.stderr if to_stderr else sys.stdout

    def show(self, text: str) -> None:
        """Print something that the launcher itself says."""
        self._print(to_json_line("launcher", text.strip()) if self._is_json else text)

    def copy(self, service: str, line: str) -> None:
        """Print a line that a service wrote; a JSON line stays as it is."""
        self._print(to_json_line(service, line) if self._is_json else f"{service:<12} | {line}")

    def _print(self, line: str) -> None:
        print_if_open(line, self._stream)


def print_if_open(line: str, stream: TextIO) -> None:
    """Print `line`; if nobody reads `stream` any more, leave out it and all that follows."""
    try:
        print(line, file=stream, flush=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
