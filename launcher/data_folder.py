"""The folder with everything that the exchange keeps, and the marker that says it is ours."""

import errno
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from launcher.redis.binary import RedisBinary, parse_version
from launcher.setup.errors import LaunchError
from launcher.setup.file_lock import hold_lock

_MARKER = "goquant.json"


class DataFolder:
    """`DATA_DIR`. Only a folder that is new, empty or marked as ours is ever used."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self._marker = self.path / _MARKER

    @property
    def logs(self) -> Path:
        """The folder of the services' logs."""
        return self.path / "logs"

    @property
    def redis(self) -> Path:
        """The folder of our own Redis's files."""
        return self.path / "redis"

    @property
    def redis_cluster(self) -> Path:
        """The folder of our own cluster's files."""
        return self.path / "redis-cluster"

    @property
    def is_ours(self) -> bool:
        """Whether it has our marker."""
        return self._marker.is_file()

    def prepare(self) -> None:
        """Create and mark it, for its owner alone.

        Raises LaunchError if it holds something else, or if it cannot be used.
        """
        try:
            self._create()
        except OSError as error:
            raise LaunchError(f"DATA_DIR {self.path} cannot be used: {error.strerror}") from None

    def _create(self) -> None:
        if self.path.exists() and not self.path.is_dir():
            raise LaunchError(f"DATA_DIR {self.path} is not a folder")
        if not self.is_ours and self.path.exists() and any(self.path.iterdir()):
            raise LaunchError(
                f"DATA_DIR {self.path} holds something that is not ours; choose another folder"
            )
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(PermissionError):  # it may belong to another user, who lets us in
            self.path.chmod(0o700)
        self._marker.touch()
        if not os.access(self.path, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Keep other systems out of it; raise LaunchError if one uses it already."""
        with ExitStack() as stack:
            if not self._take_lock(stack):
                raise LaunchError(
                    f"a system is already running on {self.path} (see `start_system.py status`); "
                    "a second one needs its own DATA_DIR, GATEWAY_PORT, MARKET_DATA_PORT and"
                    " BINANCE_PORT (or BINANCE=off)"
                )
            yield

    def _take_lock(self, stack: ExitStack) -> bool:
        path = self.path / "lock"
        try:
            return stack.enter_context(hold_lock(path, wait=False))
        except OSError as error:
            raise LaunchError(f"{path} cannot be locked: {error.strerror}") from None

    def choose_binary(self, binaries: Iterable[RedisBinary]) -> RedisBinary:
        """Return the first of `binaries` that can read what is here, and note it in the marker.

        Raises LaunchError, with the reason and what to do, if none of them can.
        """
        written = self._read_server()
        passed: list[RedisBinary] = []
        for binary in binaries:
            if written is None or _can_read(binary, *written):
                self._write_server(binary)
                return binary
            passed.append(binary)
        raise LaunchError(_explain_mismatch(self.path, passed, written))

    def wipe(self) -> None:
        """Delete it and all that is in it; raise LaunchError if it is not ours."""
        if not self.is_ours:
            raise LaunchError(f"{self.path} is not a data folder of ours; nothing was deleted")
        shutil.rmtree(self.path)

    def _read_server(self) -> tuple[str, str] | None:
        """Return name and version of the server that wrote here, None if none did."""
        text = self._marker.read_text()
        if not text or not self.redis.exists():
            return None
        try:
            content = json.loads(text)
            return content["server"], content["version"]
        except (ValueError, KeyError, TypeError):
            raise LaunchError(f"{self._marker} is not readable; restore or remove it") from None

    def _write_server(self, binary: RedisBinary) -> None:
        content = {"server": binary.name, "version": binary.version}
        self._marker.write_text(json.dumps(content) + "\n")


def _can_read(binary: RedisBinary, name: str, version: str) -> bool:
    return binary.name == name and parse_version(binary.version) >= parse_version(version)


def _explain_mismatch(
    path: Path, binaries: list[RedisBinary], written: tuple[str, str] | None
) -> str:
    name, version = written or ("", "")
    here = ", ".join(binary.title for binary in binaries)
    return (
        f"{path} was written by {name.capitalize()} {version}, which {here} may not be able to "
        f"read. Start with {name.capitalize()} {version} or newer (REDIS_SERVER=/path/to/it), or "
        "with another DATA_DIR, or delete this one: python start_system.py reset"
    )
