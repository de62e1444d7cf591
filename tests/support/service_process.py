"""Run a service as a process of its own, on a socket that it inherits."""

import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import IO, TypeVar

import httpx

from launcher.supervision.parent_death import make_child_setup
from tests.support.waiting import DEADLINE_SECONDS


class ServiceProcess:
    """A running service."""

    def __init__(self, port: int, process: subprocess.Popen[bytes], log: IO[bytes]) -> None:
        self.port = port
        self.process = process
        self._log = log
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=DEADLINE_SECONDS)

    def read_log(self) -> str:
        """Return everything that it has logged."""
        self._log.seek(0)
        return self._log.read().decode()

    def is_healthy(self) -> bool:
        """Return whether it says so."""
        try:
            return self.http.get("/health").status_code == 200
        except httpx.TransportError:
            return False


Running = TypeVar("Running", bound=ServiceProcess)


@contextmanager
def run_service(
    kind: Callable[[int, subprocess.Popen[bytes], IO[bytes]], Running],
    module: str,
    environment: Mapping[str, str],
) -> Iterator[Running]:
    """Run `python -m module` as long as the context; it need not be ready when that begins."""
    with tempfile.TemporaryFile() as log:
        with socket.create_server(("127.0.0.1", 0), backlog=2048) as listener:
            port = listener.getsockname()[1]
            process = start_service(module, listener, environment, log)
        service = kind(port, process, log)
        try:
            yield service
        finally:
            service.http.close()
            process.kill()
            process.wait()


def start_service(
    module: str,
    listener: socket.socket,
    environment: Mapping[str, str],
    log: IO[bytes] | None = None,
) -> subprocess.Popen[bytes]:
    """Start `python -m module` on a socket, to end with this process; it logs to `log`."""
    return subprocess.Popen(
        [sys.executable, "-m", module, "--fd", str(listener.fileno())],
        env=environment,
        stderr=log,
        pass_fds=(listener.fileno(),),
        preexec_fn=make_child_setup(),
    )
