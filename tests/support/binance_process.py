"""Run the Binance gateway as a process of its own, and use it as a client would."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.support.service_process import ServiceProcess, run_service
from tests.support.waiting import DEADLINE_SECONDS, wait_until


class Binance(ServiceProcess):
    """A running Binance gateway."""

    @property
    def url(self) -> str:
        """Of REST."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def socket_url(self) -> str:
        """Of everything by WebSocket."""
        return f"ws://127.0.0.1:{self.port}"

    def get(self, path: str, **parameters: object) -> Any:
        """Return the answer of a public call, which must succeed."""
        answer = self.http.get(f"/api/v3/{path}", params=_to_texts(parameters))
        assert answer.status_code == 200, answer.text
        return answer.json()

    def fail(self, path: str, **parameters: object) -> tuple[int, int, str]:
        """Return status, code and text of a public call that is refused."""
        answer = self.http.get(f"/api/v3/{path}", params=_to_texts(parameters))
        body = answer.json()
        return answer.status_code, body["code"], body["msg"]

    @contextmanager
    def connect(self, path: str) -> Iterator["Socket"]:
        """Open a WebSocket."""
        address = self.socket_url + path
        # a client's own pings draw random numbers, which tests with hypothesis must not
        with connect(address, compression=None, max_queue=None, ping_interval=None) as connection:
            yield Socket(connection)


class Socket:
    """A client that reads message by message."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    def next(self) -> Any:
        """Return the next message."""
        return json.loads(self.connection.recv(timeout=DEADLINE_SECONDS))

    def ask(self, method: str, parameters: object = None, request_id: object = 1) -> Any:
        """Send a request; return its answer, and skip all else."""
        request = {"method": method, "id": request_id}
        if parameters is not None:
            request["params"] = parameters
        return self.send(json.dumps(request))

    def send(self, text: str) -> Any:
        """Send a text; return the next answer."""
        self.connection.send(text)
        while True:
            message = self.next()
            if isinstance(message, dict) and "id" in message:
                return message


@contextmanager
def run_binance(redis_url: str, database_url: str, **settings: str) -> Iterator[Binance]:
    """Run the service on a socket that it inherits, ready when the context begins."""
    environment = {**os.environ, "REDIS_URL": redis_url, "DATABASE_URL": database_url, **settings}
    with run_service(Binance, "binance_gateway", environment) as service:
        wait_until(service.is_healthy, "the Binance gateway is in sync")
        yield service


def _to_texts(parameters: dict[str, object]) -> dict[str, str]:
    return {
        name: value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
        for name, value in parameters.items()
    }
