"""A service that streams the market, as a process of its own, to be measured."""

import signal
import socket
import tempfile
import time
from typing import Self

import httpx

from benchmark.shared.child_process import Child, end, start_python

_START_SECONDS = 60.0


class FeedService:
    """A service that runs as long as the context, and is in sync when that begins."""

    def __init__(self, redis_url: str, module: str = "market_data") -> None:
        self._module = module
        self._folder = tempfile.TemporaryDirectory()
        self._environment = {
            "REDIS_URL": redis_url, "LOG_LEVEL": "warning",
            "DATABASE_URL": f"sqlite:///{self._folder.name}/archive.sqlite3",
            "BINANCE_CONNECTIONS": "0",
        }  # fmt: skip
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
        self.port: int = self._listener.getsockname()[1]
        self._process: Child | None = None

    def __enter__(self) -> Self:
        descriptor = self._listener.fileno()
        self._process = start_python(
            ["-m", self._module, "--fd", str(descriptor)],
            self._environment,
            descriptors=[descriptor],
        )
        deadline = time.monotonic() + _START_SECONDS
        while not httpx.get(f"{self.url}/health", timeout=_START_SECONDS).json().get("in_sync"):
            if time.monotonic() > deadline:
                raise RuntimeError("the service does not come into sync")
            time.sleep(0.05)
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            end(self._process, signal.SIGKILL)
        self._listener.close()
        self._folder.cleanup()

    @property
    def url(self) -> str:
        """URL of its REST side."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Pid of its process."""
        assert self._process is not None
        return self._process.pid
