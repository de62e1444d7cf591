"""The processes that are measured: servers on sockets of ours, and the engine behind them."""

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import httpx

from benchmark.shared.child_process import run_python
from launcher.supervision.waiting import wait_until
from protocol.settings import Settings

START_SECONDS = 180.0
HOST = "127.0.0.1"


class Server(NamedTuple):
    """A process that serves HTTP."""

    port: int
    pid: int


@contextmanager
def run_server(
    module: str, redis_url: str, folder: Path, under: Sequence[str] = (), **settings: str
) -> Iterator[Server]:
    """Run `python -m module --fd N`; begins once it answers, its log is a file in `folder`.

    `under` is a command that runs it, such as valgrind with its options.
    """
    environment = _make_environment(redis_url, folder) | settings
    with socket.create_server((HOST, 0), backlog=2048) as listener:
        port = listener.getsockname()[1]
        descriptor = listener.fileno()
        command = ["-m", module, "--fd", str(descriptor)]
        with (
            (folder / f"{port}.log").open("wb") as log,
            run_python(
                command, environment, under=under, descriptors=[descriptor], stderr=log
            ) as process,
        ):
            _wait_until_it_answers(port)
            yield Server(port, process.pid)


@contextmanager
def run_engine(redis_url: str, folder: Path) -> Iterator[None]:
    """Run an engine that matches what the gateway queues."""
    with run_python(["-m", "engine"], _make_environment(redis_url, folder)):
        yield


def _make_environment(redis_url: str, folder: Path) -> dict[str, str]:
    instruments = Settings().instruments_file.resolve()
    return {
        "REDIS_URL": redis_url,
        "DATA_DIR": str(folder),
        "INSTRUMENTS_FILE": str(instruments),
        "LOG_LEVEL": "warning",
        "MAX_QUEUE_LENGTH": "1000000",
        "MAX_OPEN_ORDERS": "100000000",
        "BALANCES": "unlimited",  # nobody gives the made-up accounts money
    }


def _wait_until_it_answers(port: int) -> None:
    def answers() -> bool:
        with suppress(httpx.TransportError):
            httpx.get(f"http://{HOST}:{port}/health", timeout=START_SECONDS)
            return True
        return False

    wait_until(answers, "a server to be measured answers", START_SECONDS)
