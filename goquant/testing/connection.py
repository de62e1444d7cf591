"""A connection that asks one service, one request after the other.

A test sends thousands, and most of what httpx does for each is of no use here: it takes three times
as long. What a caller sees of errors is httpx's.
"""

import http.client
import select
import socket
from urllib.parse import urlsplit

import httpx

_Connection = http.client.HTTPConnection


class Connection:
    """A connection to `url` that is kept, and opened again if the service has closed it."""

    def __init__(self, url: str, seconds: float) -> None:
        address = urlsplit(url)
        self._url = url
        self._connection = _Connection(address.hostname or "", address.port, timeout=seconds)

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """Return the answer, whatever its status; raise httpx.TransportError if there is none."""
        request = httpx.Request(method, f"{self._url}{path}")
        connection = self._connection
        try:
            if connection.sock is None or _is_closed(connection.sock):
                connection.close()
                connection.connect()
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            content = answer.read()
        except TimeoutError as error:
            connection.close()
            raise httpx.ReadTimeout(str(error), request=request) from error
        except ConnectionRefusedError as error:
            connection.close()
            raise httpx.ConnectError(str(error), request=request) from error
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise httpx.ReadError(str(error), request=request) from error
        return httpx.Response(
            answer.status, headers=answer.getheaders(), content=content, request=request
        )

    def close(self) -> None:
        """Close it."""
        self._connection.close()


def _is_closed(sock: socket.socket) -> bool:
    """Whether the service has closed it: nothing is to be read between two requests."""
    readable, _, _ = select.select([sock], [], [], 0)
    return bool(readable)
