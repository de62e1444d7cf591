"""What watching a stream takes, whatever it says: connect, wait until it has begun, hang up."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Self

from benchmark.shared.web_socket import WebSocketReader

CONNECT_SECONDS = 30.0


class StreamWatch(ABC):
    """A connected WebSocket as long as the asynchronous context.

    Raises ConnectionError, OSError or TimeoutError if the server does not take the connection.
    """

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        self._url = url
        self._headers = headers
        self._reader: WebSocketReader | None = None
        self._begun = asyncio.Event()
        """To be set by `_receive`: the context begins then."""

    async def __aenter__(self) -> Self:
        async with asyncio.timeout(CONNECT_SECONDS):
            self._reader = await WebSocketReader.open(self._url, self._headers, self._receive)
            await self._begun.wait()
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._reader is not None
        self._reader.close()

    @property
    def is_closed(self) -> bool:
        """Whether the server hung up."""
        return self._reader is not None and self._reader.is_closed

    @abstractmethod
    def _receive(self, text: bytes, now: float) -> None:
        """Take a text that arrived at `now`."""
