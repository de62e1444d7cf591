"""Processes that a measurement of the gateway runs: servers on sockets of ours, and the engine."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

import httpx
import psutil

from launcher.parent_death import make_child_setup
from protocol.settings import Settings

START_SECONDS = 20.0
HOST = "127.0.0.1"


class Server(NamedTuple):
    """A process that serves HTTP."""

    port: int
    process: psutil.Process

    def read_cpu(self) -> float:
        """Seconds of CPU that it has used."""
        times = self.process.cpu_times()
        return float(times.user + times.system)


@contextmanager
def run_server(module: str, redis_url: str, folder: Path, **settings: str) -> Iterator[Server]:
    """`python -m module --fd N`, once it answers; its log goes into a file of `folder`."""
    environment = _make_environment(redis_url, folder) | settings
    with socket.create_server((HOST, 0), backlog=2048) as listener:
        port = listener.getsockname()[1]
        log = folder / f"{port}.log"
        with (
            log.open("wb") as output,
            _run(module, environment, listener.fileno(), output) as process,
        ):
            _wait_until_it_answers(port)
            yield Server(port, psutil.Process(process.pid))


@contextmanager
def run_engine(redis_url: str, folder: Path) -> Iterator[None]:
    """An engine that matches what the gateway queues."""
    with _run("engine", _make_environment(redis_url, folder)):
        yield


@contextmanager
def _run(
    module: str,
    environment: dict[str, str],
    descriptor: int | None = None,
    log: BinaryIO | None = None,
) -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-m", module]
    command += [] if descriptor is None else ["--fd", str(descriptor)]
    process = subprocess.Popen(
        command,
        env=environment,
        stderr=log,
        pass_fds=[] if descriptor is None else [descriptor],
        preexec_fn=make_child_setup(),
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(START_SECONDS)


def _make_environment(redis_url: str, folder: Path) -> dict[str, str]:
    instruments = Settings().instruments_file.resolve()
    own = {
        "REDIS_URL": redis_url,
        "DATA_DIR": str(folder),
        "INSTRUMENTS_FILE": str(instruments),
        "LOG_LEVEL": "warning",
        "MAX_QUEUE_LENGTH": "1000000",
        "MAX_OPEN_ORDERS": "100000000",
    }
    return os.environ | own


def _wait_until_it_answers(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            httpx.get(f"http://{HOST}:{port}/health", timeout=START_SECONDS)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("a server to be measured does not start")
